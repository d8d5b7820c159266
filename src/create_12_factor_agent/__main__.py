"""`python -m create_12_factor_agent` is the same as the command."""

from .cli import main

main()
