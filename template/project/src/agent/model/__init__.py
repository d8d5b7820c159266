"""Factors 1 and 2: the model is asked here. The only room that knows BAML."""
