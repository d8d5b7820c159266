"""A browser without a screen or a script: it reads pages, fills in forms, and sends them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from ..serving import TOKEN, serving

VOID = {"meta", "link", "input", "img", "br", "path"}
SAME = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)  # name, value, words


class Page(HTMLParser):
    """What a page says (`text`), its forms, and every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        self.elements.append((tag, about))
        if tag == "form":
            self.forms.append(Form(about["action"]))
        if tag == "input" and about.get("type") != "radio":
            self.forms[-1].fields[about["name"]] = about.get("value", "")
        if tag in ("textarea", "select"):
            self.forms[-1].fields[about["name"]] = ""
        if tag == "option" and "selected" in about:
            self.forms[-1].fields[self._open[-1][1]["name"]] = about["value"]
        if tag == "button":
            self.forms[-1].buttons.append((about.get("name", ""), about.get("value", ""), ""))
        if tag not in VOID:
            self._open.append((tag, about))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        tag, about = self._open[-1] if self._open else ("", {})
        if tag == "textarea":
            self.forms[-1].fields[about["name"]] += data.removeprefix("\n")
        if tag == "button":
            name, value, words = self.forms[-1].buttons.pop()
            self.forms[-1].buttons.append((name, value, words + data))

    def form(self, what: str) -> Form:
        """The one that does this, or whose button says it."""
        return next(
            form
            for form in self.forms
            if form.fields.get("do") == what
            or any(what in (value, words.strip()) for _, value, words in form.buttons)
        )


def opened(client: TestClient, path: str = "/", status: int = 200) -> Page:
    answer = client.get(path, headers=SAME)
    assert answer.status_code == status, answer.text
    return Page(answer.text)


def sent(client: TestClient, form: Form, **fields: str) -> Response:
    """What a browser gets for it, redirects not followed."""
    body: Mapping[str, Any] = form.fields | {
        name.replace("__", "."): v for name, v in fields.items()
    }
    return client.post(form.action, data=body, headers=SAME, follow_redirects=False)


def signed_in(**parts: Any) -> TestClient:
    """A client of an agent with a token, which has shown it."""
    client = serving(token=TOKEN, **parts)
    answer = sent(client, opened(client, "/sign-in").forms[0], token=TOKEN)
    assert answer.status_code == 303, answer.text
    return client
