"""What mail needs to be told; `docs/email.md` goes through it, to the first approval."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from ...settings import Section, Unset, WrongSettings, hard_to_guess, load, names_in

ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII)
PORTS = {"smtp": 587, "smtps": 465, "imap": 143, "imaps": 993}
Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    user: str
    password: str
    security: Security
    folder: str


def an_address(text: str) -> str:
    if not ADDRESS.fullmatch(text := text.strip().lower()):
        raise ValueError("write an address as ada@example.com")
    return text


def who_may(text: str) -> str:
    """An address, or all of a domain: `@example.com`."""
    text = text.strip().lower()
    return text if ADDRESS.fullmatch(f"any{text}") else an_address(text)


def a_place(text: str) -> str:
    if not re.fullmatch(r"https?://[\w.:\[\]-]+(/[\w./~-]*)?", text, re.ASCII):
        raise ValueError("write where people reach this server, as https://agent.example.com")
    return text.rstrip("/")


def a_server(*schemes: str) -> AfterValidator:
    def check(url: SecretStr) -> SecretStr:
        try:
            is_one = urlsplit(url.get_secret_value()).scheme in schemes and server_in(url).host
        except ValueError:
            is_one = ""
        if not is_one:
            raise ValueError(f"write it as {schemes[-1]}://user:password@mail.example.com")
        return url

    return AfterValidator(check)


def server_in(url: SecretStr) -> Server:
    """Its parts; without encryption only on this machine. Raises ValueError."""
    parts = urlsplit(url.get_secret_value())
    host, user, password = parts.hostname or "", parts.username or "", parts.password or ""
    security: Security = "tls" if parts.scheme.endswith("s") else "starttls"
    if security == "starttls" and is_here(host):
        security = "none"
    folder = unquote(parts.path.strip("/")) or "INBOX"
    port = parts.port or PORTS[parts.scheme]
    return Server(host, port, unquote(user), unquote(password), security, folder)


def secrets_in(secrets: SecretStr) -> list[SecretStr]:
    """With commas between them: all are valid while one replaces another, and the first signs."""
    return [SecretStr(each.strip()) for each in secrets.get_secret_value().split(",")]


def all_hard_to_guess(secrets: SecretStr) -> SecretStr:
    for each in secrets_in(secrets):
        hard_to_guess(each)
    return secrets


def is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def with_a_user(secrets: SecretStr) -> SecretStr:
    if not all(":" in each.get_secret_value() for each in secrets_in(secrets)):
        raise ValueError("write it as user:password, as it stands in the hook's address")
    return secrets


Secrets = Annotated[SecretStr, AfterValidator(all_hard_to_guess)]
Logins = Annotated[Secrets, AfterValidator(with_a_user)]
Address = Annotated[str, AfterValidator(an_address)]
Addresses = Annotated[list[Address] | None, BeforeValidator(names_in)]
Writers = Annotated[list[Annotated[str, AfterValidator(who_may)]] | None, BeforeValidator(names_in)]


class EmailSettings(Section):
    email_from: Address | None = None
    email_to: Addresses = None
    email_url: Annotated[str, AfterValidator(a_place)] | None = None
    email_secret: Secrets | None = None
    email_smtp: Annotated[SecretStr, a_server("smtp", "smtps")] | None = None
    email_imap: Annotated[SecretStr, a_server("imap", "imaps")] | None = None
    email_poll: Annotated[int | float, Field(ge=1, allow_inf_nan=False)] = 30
    email_postmark: Logins | None = None
    email_mailgun: Secrets | None = None
    email_allowed: Writers = None
    email_trusts: Annotated[str, Field(pattern=r"^[\w.-]+$")] | None = None

    @property
    def has_way_in(self) -> bool:
        return any(getattr(self, name) for name in WAYS_IN)


@dataclass(frozen=True)
class Mailing:
    """What is needed to write mails, all of it there, and whether replies come in."""

    sender: str
    to: tuple[str, ...]
    url: str
    secret: SecretStr
    smtp: Server
    takes_replies: bool

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


NEEDED = {
    "email_from": "the address that the agent writes from, as agent@example.com",
    "email_to": "whom it asks where a route names nobody, as ada@example.com",
    "email_url": "where people reach this server, as https://agent.example.com",
    "email_secret": "what its links are signed with, as `openssl rand -hex 32` makes",
    "email_smtp": "where its mails go out, as smtps://user:password@mail.example.com",
}
NEEDED_BY_A_WAY_IN = {
    "email_allowed": "who may write to it, as ada@example.com, @example.com",
    "email_trusts": "the mail server that says who wrote, as it names itself in "
    "Authentication-Results",
}
WAYS_IN = ("email_imap", "email_postmark", "email_mailgun")


def missing(settings: EmailSettings) -> list[str]:
    """A line for each setting without which this cannot work."""
    needed = NEEDED | (NEEDED_BY_A_WAY_IN if settings.has_way_in else {})
    return [
        f"AGENT_{name.upper()} is not set: {what}"
        for name, what in needed.items()
        if getattr(settings, name) is None
    ]


def mailing_of(settings: EmailSettings) -> Mailing:
    """Raises WrongSettings, which names what is missing, and Unset where all of it is."""
    lines = missing(settings)
    match settings:
        case EmailSettings(
            email_from=str(sender),
            email_to=list(to),
            email_url=str(url),
            email_secret=SecretStr() as secret,
            email_smtp=SecretStr() as smtp,
        ) if not lines:
            return Mailing(sender, tuple(to), url, secret, server_in(smtp), settings.has_way_in)
    raise (WrongSettings if settings.model_fields_set else Unset)(lines)


def load_email() -> EmailSettings:
    """Raises WrongSettings."""
    return load(EmailSettings)
