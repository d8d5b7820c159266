"""Constrained decoding: where it can, the server lets the model write nothing but a step.

Which way a server takes is found out by asking (`auto`), and remembered by the process.
"""

import json
from dataclasses import replace
from functools import cache
from typing import Any, Literal

from ..settings import Decoding
from .connection import Request
from .grammar import step_grammar
from .schema import has_free_objects, step_schema, wrapped_schema

Way = Literal["json_schema", "json_object", "grammar", "off"]
Api = Literal["chat", "responses", "google", "other"]

ENDINGS: dict[str, Api] = {
    "/chat/completions": "chat",
    "/responses": "responses",
    ":generateContent": "google",
}
_taken: dict[str, Way] = {}  # by the place


def ways(decoding: Decoding, request: Request) -> list[Way]:
    """What to try, in this order. `off` needs nothing of the server, so nothing comes after it.

    What was taken last is the first that is tried and not the only one: another server may stand
    in the same place today.
    """
    if decoding != "auto":
        return [decoding]
    by_api: dict[Api, list[Way]] = {"chat": ["json_schema", "json_object", "off"], "other": ["off"]}
    in_order = by_api.get(api_of(request), ["json_schema", "off"])
    in_order.sort(key=lambda way: way != _taken.get(request.place))
    return in_order[: in_order.index("off") + 1]


def remember(request: Request, way: Way) -> None:
    _taken[request.place] = way


def api_of(request: Request) -> Api:
    return next((api for end, api in ENDINGS.items() if request.place.endswith(end)), "other")


def constrained(request: Request, way: Way) -> Request:
    """The same request with the constraint; a client that brings one of its own keeps it."""
    api = api_of(request)
    if api in ("responses", "google") and way == "json_schema":
        return replace(request, body=json.dumps(within(json.loads(request.body), api)))
    if api != "chat" or way == "off" or '"response_format":' in request.body:
        return request  # in a text, its quotes would be escaped
    return replace(request, body=f"{request.body.rstrip()[:-1]},{addition(way)}}}")


@cache
def addition(way: Way) -> str:
    """What a chat completion has more, as it stands in the body."""
    if way == "grammar":
        return f'"grammar":{json.dumps(step_grammar())}'
    as_object = {"type": "json_object", "schema": step_schema()}
    as_schema = {"type": "json_schema", "json_schema": {"name": "next_step", **named()}}
    return f'"response_format":{json.dumps(as_schema if way == "json_schema" else as_object)}'


def named() -> dict[str, Any]:
    schema = wrapped_schema()
    return {"strict": not has_free_objects(schema), "schema": schema}


def within(body: dict[str, Any], api: Api) -> dict[str, Any]:
    """These two APIs have a place for it beside other options."""
    if api == "responses":
        format_ = {"type": "json_schema", "name": "next_step", **named()}
        return body | {"text": {"format": format_, **body.get("text", {})}}
    kind = {"responseMimeType": "application/json", "responseJsonSchema": wrapped_schema()}
    return body | {"generationConfig": kind | body.get("generationConfig", {})}
