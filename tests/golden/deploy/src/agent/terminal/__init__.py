"""Factor 11: the agent from a shell. The roof: nothing but the entry point imports this room."""
