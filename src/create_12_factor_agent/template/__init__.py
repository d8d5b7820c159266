"""The template and its history: where it comes from, what it asks, how it is rendered."""
