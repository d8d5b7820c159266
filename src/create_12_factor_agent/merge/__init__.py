"""A change of a project: tried on a copy, by git's own merge, and taken back if need be."""
