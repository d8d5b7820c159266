"""Factors 7 and 11: where the agent is triggered, and humans are reached. One module each.

A module here may bring any of these, and is mounted because it is there:

    routes    an APIRouter that is served to whoever has the token; one whose class is
              `inbound.Exact` reads its JSON to the letter
    hooks     an APIRouter that is open: each route checks who calls, as a signed webhook does
              (what is signed after Standard Webhooks are `routes` whose class is `hooks.Signed`)
    pages     an APIRouter for browsers: whoever is not known is led to where they can sign in
    channel   a class that is a reach.Channel, which puts before a human what waits for them; made
              of its settings, it raises WrongSettings for what it lacks (`settings.require`)
    listen    a function of (thread_id, event), called with every event once it is saved
    background  async functions of (runner), begun with the server, and again when they fail
    commands  a typer.Typer whose commands become the agent's own
    settings  a class of settings (`settings.Section`) that is checked when the server starts

This is the one place of the agent that is discovered (`discovery.py`). Nothing imports it.
"""
