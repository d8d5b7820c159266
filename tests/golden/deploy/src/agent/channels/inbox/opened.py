"""What is seen without being known: the way in, and how it looks."""

import re
import time
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from ...inbound import path_to
from ...sessions import COOKIE, LASTS, SIGN_IN, cookie_for, is_from_elsewhere, owner_of
from ...settings import Settings
from .rendering import SAFE, STATIC, page, to

router = APIRouter(include_in_schema=False)
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
MAX_FIELDS = 500


@router.get(SIGN_IN)
async def ask(request: Request, next: str = "") -> Response:
    settings: Settings = request.app.state.settings
    return page(request, "sign_in.html", next=own(request, next), open=not settings.tokens)


@router.post(SIGN_IN)
async def sign_in(request: Request) -> Response:
    settings: Settings = request.app.state.settings
    if is_from_elsewhere(request.headers):
        raise HTTPException(403, "a page of another site asks")
    form = await typed(request)
    next_page = own(request, form.get("next", ""))
    owner = owner_of(form.get("token", "").strip(), settings.tokens)
    if owner is None:
        why = "This is no token of this agent."
        return page(request, "sign_in.html", 401, next=next_page, open=False, why=why)
    answer = RedirectResponse(next_page, 303, SAFE)
    answer.set_cookie(
        COOKIE,
        cookie_for(*owner, time.time()),
        max_age=LASTS,
        path=home(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Whoever asks for it: it ends the session of the browser that sends it, and no other."""
    if is_from_elsewhere(request.headers):
        raise HTTPException(403, "a page of another site asks")
    answer = to(request, SIGN_IN)
    answer.delete_cookie(COOKIE, path=home(request))
    return answer


@router.get("/static/{name}")
async def static(name: str) -> Response:
    if name not in STATIC:
        raise HTTPException(404, "there is no such file")
    # Its address bears the hash of what it holds.
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(STATIC[name], headers=SAFE | kept, media_type=TYPES[name.rpartition(".")[2]])


async def typed(request: Request) -> dict[str, str]:
    """The fields of a form as browsers send them by default, lines ended as everywhere else."""
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise HTTPException(400, "the body is not a form") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def home(request: Request) -> str:
    return request.scope.get("root_path", "") or "/"


def own(request: Request, path: str) -> str:
    """The path, where it is one of this server's and leads nowhere else."""
    return path if re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", path) else path_to(request, "inbox")
