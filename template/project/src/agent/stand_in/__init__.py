"""The rules behind the offline stand-in: its sentences, and the story that a thread tells."""
