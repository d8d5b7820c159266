"""Factors 6 and 11: the agent over HTTP. Nothing but the entry points imports this room."""
