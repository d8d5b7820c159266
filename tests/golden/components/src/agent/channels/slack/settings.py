"""What Slack has to do with us: whose requests we believe, whom we serve, and with which token."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from ...settings import Section, load, require

API = "https://slack.com/api/"
KNOWN = r"[A-Z][A-Z0-9]{1,63}"  # T0123 is a workspace, C0123 a channel, U0123 a person


def listed(names: object) -> object:
    """Written with commas between them."""
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else names


def an_id(name: str) -> str:
    if not re.fullmatch(KNOWN, name):
        raise ValueError("write ids as Slack has them (C0123), with commas between them")
    return name


def a_bot_s(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"xoxb-[!-~]+", token.get_secret_value()):
        raise ValueError("the token of the bot begins with xoxb-")
    return token


def a_secret(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]{16,}", secret.get_secret_value()):
        raise ValueError("the signing secret has 16 characters of ASCII or more")
    return secret


def a_base(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+/(\S*/)?", url):
        raise ValueError(f"it is {API} unless a server of yours stands in for Slack")
    return url


Id = Annotated[str, AfterValidator(an_id)]
Ids = Annotated[frozenset[Id] | None, NoDecode, BeforeValidator(listed)]
Token = Annotated[SecretStr, AfterValidator(a_bot_s)]
Secret = Annotated[SecretStr, AfterValidator(a_secret)]
Secrets = Annotated[list[Secret] | None, NoDecode, BeforeValidator(listed)]


class Slack(Section):
    """Without channels or people it serves all of its workspaces."""

    slack_bot_token: Token | None = None
    slack_signing_secret: Secrets = None
    slack_teams: Ids = None
    slack_channels: Ids = None
    slack_people: Ids = None
    slack_to: Id | None = None
    slack_api_url: Annotated[str, AfterValidator(a_base)] = API

    @property
    def token(self) -> str:
        return self.slack_bot_token.get_secret_value() if self.slack_bot_token else ""

    @property
    def secrets(self) -> list[str]:
        """Two are valid at once while one replaces another."""
        return [secret.get_secret_value() for secret in self.slack_signing_secret or ()]

    def serves(self, team: str, user: str, channel: str | None = None) -> bool:
        """A direct message (`channel` None) is a matter of who sends it."""
        is_in = channel is None or self.slack_channels is None or channel in self.slack_channels
        is_known = self.slack_people is None or user in self.slack_people
        return team in (self.slack_teams or ()) and is_in and is_known


NEEDED = {
    "slack_bot_token": "the Bot User OAuth Token (xoxb-…), from the app's page OAuth & Permissions",
    "slack_signing_secret": "the Signing Secret, from the app's page Basic Information",
    "slack_teams": "the workspaces (T…) that are served, with commas between them",
    "slack_to": "the channel (C…) or the person (U…) that is told what did not begin in Slack",
}


def configured() -> Slack:
    """Raises WrongSettings."""
    slack = load(Slack)
    require(slack, NEEDED)
    return slack
