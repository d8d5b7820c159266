"""Errors as `application/problem+json` (RFC 9457): what is wrong, never where in our code."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import JSONResponse

from ..log import logger
from ..store import Full, Locked, Lost, NoSuchThread, NotStored, ThreadExists, Unreadable
from ..thread import AnotherDelivery, CannotFollow, NotAllowed, WrongArguments


class Problem(BaseModel):
    type: str = "about:blank"
    title: str
    status: int
    detail: str


def problem(status: int, detail: str) -> JSONResponse:
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(body.model_dump(), status, media_type="application/problem+json")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: these calls can answer with these problems."""
    schema = {"schema": Problem.model_json_schema()}
    content = {"content": {"application/problem+json": schema}}
    return {status: {"description": HTTPStatus(status).phrase, **content} for status in statuses}


# What any route here can answer with, a channel's as well.
EVERYWHERE = documented(400, 401, 403, 404, 408, 409, 413, 422, 429, 431, 503, 507)


NO_OBJECT = ("missing", "model_attributes_type", "model_type", "dict_type")


def install(app: FastAPI) -> None:
    """Answer every error of this app with a problem."""
    app.add_exception_handler(StarletteHTTPException, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(ValidationError, malformed)  # a hook reads its body itself
    app.add_exception_handler(NoSuchThread, lambda _, error: problem(404, str(error)))
    app.add_exception_handler(CannotFollow, lambda _, error: problem(409, str(error)))
    app.add_exception_handler(ThreadExists, lambda _, error: problem(409, str(error)))
    app.add_exception_handler(NotAllowed, lambda _, error: problem(403, str(error)))
    for unfit in (AnotherDelivery, WrongArguments):
        app.add_exception_handler(unfit, lambda _, error: problem(422, str(error)))
    app.add_exception_handler(Unreadable, unreadable)
    app.add_exception_handler(NotStored, not_stored)
    app.add_exception_handler(Locked, lambda _, error: problem(503, str(error)))
    app.add_exception_handler(Exception, lambda *_: problem(500, "see the server's log"))


def refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)
    answer = problem(error.status_code, error.detail)
    answer.headers.update(error.headers or {})
    return answer


def malformed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError | ValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return problem(400, "the body is not JSON")
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    fault = first["msg"].removeprefix("Value error, ")
    if not place and first["type"] in NO_OBJECT:
        fault = "send a JSON object, with Content-Type: application/json"
    return problem(422, f"{place}: {fault}" if place else fault)


def unreadable(request: Request, error: Exception) -> JSONResponse:
    logger().error("unreadable_thread", problem=str(error))
    return problem(409, "this thread is stored, but cannot be read: the server's log says why")


def not_stored(_: Request, error: Exception) -> JSONResponse:
    logger().error("not_stored", problem=str(error))
    if isinstance(error, Full):
        return problem(507, "there is no room to store this: nothing was changed, try again later")
    if isinstance(error, Lost):
        return problem(503, "the store was lost: look whether this was done before you repeat it")
    return problem(503, "the store cannot be used now: nothing was changed, try again later")
