"""Secrets are not shown: known by their look, by their name, or as those of our own environment.

What is shown is changed, never what will run. `looks` and `names` say what a secret is.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from .looks import USERINFO, Span, by_look
from .names import by_name, is_mixed, is_secret, is_value_of, plain_words

REDACTED = "[redacted]"
ENDS_SHOWN = 16  # characters that a secret has at least, of which four are shown
SHORTEST = 4  # characters in which a secret can be said: pw=x
SHORTEST_KEY = 16
FOLDERS = {"PWD", "OLDPWD"}  # where a shell is and was, which are no passwords
UNSAID = {"AGENT_EMAIL_MAILGUN", "AGENT_EMAIL_POSTMARK"}  # secrets whose names do not say so
SHORTEST_OWN = 6  # characters: what is shorter is the part of too many words

Instead = Callable[[str], str]


def redact(value: Any, own: frozenset[str] | None = None) -> Any:
    """The same JSON with its secrets blanked out; our own are those of the environment."""
    return without_secrets(value, our_secrets() if own is None else own, lambda _: REDACTED)


def marked(value: Any) -> Any:
    """The same JSON for whoever decides about it: a secret is told by its length and its ends."""
    return without_secrets(value, our_secrets(), mark)


def our_secrets() -> frozenset[str]:
    return secrets_among(frozenset(os.environ.items()))


@lru_cache(maxsize=4)  # each step asks for them, and they hardly ever change
def secrets_among(environment: frozenset[tuple[str, str]]) -> frozenset[str]:
    return own_secrets(dict(environment))


def mark(secret: str) -> str:
    ends = f": {secret[:2]}…{secret[-2:]}" if len(secret) >= ENDS_SHOWN else ""
    return f"[secret of {len(secret)} characters{ends}]"


def own_secrets(environment: Mapping[str, str]) -> frozenset[str]:
    """What no text may show, wherever it stands: the values of secret variables, and the passwords
    in the URLs of others, which a database's own words have without the URL's escapes.
    """
    named = (value for name, value in environment.items() if is_secret_variable(name, value))
    urls = (found for value in environment.values() for found in USERINFO.finditer(value))
    passwords = [found["password"] or found[1] for found in urls]
    values = {part for value in named for part in parts_of(value)}
    values |= {*passwords, *map(unquote, passwords)}
    return frozenset(filter(is_telling, values))


def parts_of(value: str) -> set[str]:
    """A variable can hold more than one: AGENT_API_TOKENS is JSON, and others have commas."""
    try:
        texts = set(texts_in(json.loads(value)))
    except (ValueError, RecursionError):
        texts = set(re.split(r"[\s,;:]+", value))
    long = {text for text in texts if len(text) >= SHORTEST_KEY}
    return {value, *long, *(text.removeprefix("whsec_") for text in long)}


def texts_in(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            yield from (text for item in value for text in texts_in(item))
        case dict():
            yield from texts_in(list(value.values()))


def is_telling(value: str) -> bool:
    """Whether it is more than a word, or a figure, that others say too."""
    is_long = len(value) >= SHORTEST_OWN or is_mixed(value)
    return is_long and value.lower() not in plain_words()


def is_secret_variable(name: str, value: str) -> bool:
    """Besides what is a secret anywhere: OPENAI_COMPATIBLE_KEY, but no SORT_KEY=created_at."""
    is_key = name.endswith("_KEY") and len(value) >= SHORTEST_KEY
    return (is_secret(name) or is_key or name in UNSAID) and name not in FOLDERS


def without_secrets(value: Any, own: frozenset[str], instead: Instead) -> Any:
    match value:
        case str():
            return in_text(value, own, instead)
        case dict():
            return in_object(value, own, instead)
        case int() | float() if str(value) in own:
            return instead(str(value))
        case list():
            return in_list(value, own, instead)
        case _:
            return value


def in_object(value: dict[str, Any], own: frozenset[str], instead: Instead) -> dict[str, Any]:
    """By the name of each, and of `{"name": "API_KEY", "value": …}` the value."""
    said = next((value[key] for key in value if key.lower() in ("name", "key", "header")), None)
    is_pair = isinstance(said, str) and is_secret(said)
    shown: dict[str, Any] = {}
    for key, item in value.items():
        secret = is_secret(key) or (is_pair and key.lower() == "value")
        hidden = secret and item is not None and not isinstance(item, bool)
        shown[unlike(in_text(key, own, instead), shown)] = (
            instead(serialized(item)) if hidden else without_secrets(item, own, instead)
        )
    return shown


def in_list(value: list[Any], own: frozenset[str], instead: Instead) -> list[Any]:
    """Of `[name, value]`, as some give headers, the value; and what stands behind `--password`."""
    shown = [without_secrets(item, own, instead) for item in value]
    is_pair = len(value) == 2
    for place, (name, item) in enumerate(pairwise(value), 1):
        if isinstance(name, str) and isinstance(item, str):
            is_option = name.startswith("-") and is_secret(name) and not item.startswith("-")
            if is_option or (is_pair and is_value_of(name, item)):
                shown[place] = instead(item)
    return shown


def unlike(key: str, others: Mapping[str, Any]) -> str:
    """Two keys that are not shown are two all the same."""
    return key if key not in others else unlike(f"{key} {len(others) + 1}", others)


def in_text(text: str, own: frozenset[str], instead: Instead) -> str:
    if len(text) < SHORTEST:
        return text
    shown, end = [], 0
    for start, stop in merged([*by_look(text), *by_name(text), *by_value(text, own)]):
        shown += [text[end:start], instead(text[start:stop])]
        end = stop
    return "".join([*shown, text[end:]])


def by_value(text: str, own: frozenset[str]) -> Iterable[Span]:
    return (found.span() for found in (pattern_of(own).finditer(text) if own else ()))


@lru_cache(maxsize=8)
def pattern_of(own: frozenset[str]) -> re.Pattern[str]:
    """Each as it is, as a URL and a form have it, and as JSON has it."""
    forms = {f for v in own for f in (v, quote(v, ""), quote_plus(v), json.dumps(v)[1:-1])}
    return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))


def merged(spans: Iterable[Span]) -> list[Span]:
    """In their order, none within or over another."""
    apart: list[Span] = []
    for start, stop in sorted(spans):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(stop, apart[-1][1]))
        else:
            apart.append((start, stop))
    return apart


def serialized(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
