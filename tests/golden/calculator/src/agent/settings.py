"""Configuration from the environment or `.env`; `.env.example` explains each, and a component's
page in `docs/` what that adds.
"""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Literal, TypeVar, get_args

from dotenv import load_dotenv
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from .context import ContextFormat
from .due import Route
from .signatures import keys_in

# How the server is asked to let the model write nothing but a step; see model/decoding.py.
Decoding = Literal["auto", "json_schema", "json_object", "grammar", "off"]


AS_JSON = "write it as JSON, as .env.example shows"


class WrongSettings(Exception):
    """Each variable that cannot be used, and why."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Unset(WrongSettings):
    """The same where nothing of a section is set: perhaps nobody wants what it is for."""


def hard_to_guess(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]{16,}", token.get_secret_value()):
        raise ValueError(
            "use 16 letters, figures and signs of ASCII or more, as `openssl rand -hex 32` makes"
        )
    return token


def signs(secrets: SecretStr) -> SecretStr:
    keys_in(secrets.get_secret_value())
    return secrets


def by_name(route: object) -> object:
    """A channel alone tells at once, and of everything."""
    return {"channel": route} if isinstance(route, str) else route


def names_in(routes: object) -> object:
    """Names can be written without JSON."""
    if not isinstance(routes, str) or routes.startswith("["):
        return routes
    return [name.strip() for name in routes.split(",")]


Named = Annotated[Route, BeforeValidator(by_name)]
Secret = Annotated[SecretStr, AfterValidator(hard_to_guess)]
WebhookSecret = Annotated[SecretStr, AfterValidator(signs)]
Scope = Literal["launch", "answer", "read"]
SCOPES: frozenset[Scope] = frozenset(get_args(Scope))


class Token(BaseModel):
    """What a caller of the API may do. Two secrets are valid at once while one replaces another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secrets: Annotated[list[Secret], Field(min_length=1)]
    scopes: frozenset[Scope] = SCOPES


class Section(BaseSettings):
    """Each field is read from `AGENT_` and its name in capitals. A channel's settings are one.

    It is compiled when it is read: what only says its usage needs none.
    """

    model_config = SettingsConfigDict(env_prefix="AGENT_", env_ignore_empty=True, defer_build=True)


class Settings(Section):
    model: str = "offline"
    store_url: str = "file:.threads"
    engine: str = "here"
    api_token: Secret | None = None
    api_tokens: dict[Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")], Token] = {}
    webhook_secret: WebhookSecret | None = None
    approvers: dict[str, list[str]] | None = None
    channels: Annotated[list[Named] | None, BeforeValidator(names_in)] = None
    expires_after: Annotated[int | float | None, Field(gt=0, allow_inf_nan=False)] = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    max_requests: Annotated[int, Field(ge=1)] = 600
    max_steps: Annotated[int, Field(ge=1)] = 20
    max_errors: Annotated[int, Field(ge=1)] = 3
    max_thread_size: Annotated[int, Field(ge=1)] = 4_000_000
    model_timeout: Annotated[int | float, Field(gt=0, allow_inf_nan=False)] = 120
    tool_timeout: Annotated[int | float, Field(gt=0)] = 300
    max_result: Annotated[int, Field(ge=1)] = 50_000
    decoding: Decoding = "auto"
    context_format: ContextFormat = "xml"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def tokens(self) -> dict[str, Token]:
        """Whom the server knows. The one of AGENT_API_TOKEN is called `api` and may do all."""
        alone = {"api": Token(secrets=[self.api_token])} if self.api_token else {}
        return alone | self.api_tokens


S = TypeVar("S", bound=Section)


def known_settings() -> set[str]:
    """The names of all variables of ours, of this class and of each section that was loaded."""
    sections: list[type[Section]] = Section.__subclasses__()
    return {f"AGENT_{name.upper()}" for section in sections for name in section.model_fields}


def unknown_settings() -> list[str]:
    """What looks like ours in the environment and is none: perhaps a name is misspelt. A line for
    each.
    """
    known = known_settings()
    ours = sorted(name for name in os.environ if name.upper().startswith("AGENT_"))
    return [
        f"{name} is no setting of this agent{meant(name.upper())}"
        for name in ours
        if name.upper() not in known
    ]


def meant(name: str) -> str:
    known = sorted(each.removeprefix("AGENT_") for each in known_settings())
    near = get_close_matches(name.removeprefix("AGENT_"), known, 1)
    return f": is AGENT_{near[0]} meant?" if near else ""


def load_settings() -> Settings:
    """Raises WrongSettings."""
    return load(Settings)


def load(section: type[S]) -> S:
    """`.env` goes into the environment first: the keys of the providers are read from there.

    Raises WrongSettings.
    """
    load_dotenv(".env")
    try:
        return section()
    except SettingsError as error:  # pydantic-settings names the field and its source in one line
        field = re.search(r'field "(\w+)"', str(error))
        name = field[1].upper() if field else "…"
        raise WrongSettings([f"AGENT_{name}: {AS_JSON}"]) from None
    except ValidationError as error:
        raise WrongSettings(faults_in(error)) from None


def require(section: Section, needed: Mapping[str, str]) -> None:
    """These fields must be set, each with what it is. Raises WrongSettings, which Unset is too."""
    missing = [name for name in needed if getattr(section, name) is None]
    if missing:
        faults = [f"AGENT_{name.upper()} is not set: {needed[name]}" for name in missing]
        raise (WrongSettings if section.model_fields_set else Unset)(faults)


def faults_in(error: ValidationError) -> list[str]:
    """Without what was given, which can be a secret."""
    return list(dict.fromkeys(map(fault_in, error.errors())))


def fault_in(error: ErrorDetails) -> str:
    # A number that may have a fraction or not is told as what it is, and not as each of the two.
    name, *place = (str(part) for part in error["loc"] if part not in ("int", "float"))
    is_either, is_whole = len(place) + 1 < len(error["loc"]), not place
    said = error["msg"].removeprefix("Value error, ")
    if is_whole and error["type"] == "missing":
        return f"AGENT_{name.upper()} is not set"
    if is_whole and error["type"] in ("dict_type", "list_type"):
        said = AS_JSON
    elif error["type"] in ("int_parsing", "float_parsing"):
        said = "write a number, such as 60 or 0.5" if is_either else "write a whole number"
    return f"AGENT_{name.upper()}: {': '.join(filter(None, ('.'.join(place), said)))}"
