"""AGENT_MODEL=offline: rules play the model, so that everything runs before there is a key.

It is no LLM: it reads the context in the prompt (`reply.py`), makes out what is still to be done
from the sentences that it knows, and asks about every other.
"""

from .reply import reply

NOTE = (
    "This is the offline stand-in, not an LLM. For a real model set AGENT_MODEL=openai/gpt-5-mini"
    " and OPENAI_API_KEY in .env"
)

__all__ = ["NOTE", "reply"]
