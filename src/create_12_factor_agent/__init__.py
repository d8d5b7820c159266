"""Create an agent that follows the 12 factors, and keep it up to date."""

__version__ = "0.1.0.dev0"
