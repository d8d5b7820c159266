"""What the databases have in common: a thread is a row, and each of its events is another one.

An event is written once and never again. What is derived of a thread, so that it can be found,
stands in its row, and is written in the same transaction (`rows.py`). `store.py` is the store,
`upgrading.py` its schema and what is derived anew.
"""
