"""The rules behind the offline stand-in: a grammar, and the story that a thread tells."""
