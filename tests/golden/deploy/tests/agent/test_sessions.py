"""A session is what its cookie says, for as long as the secret that signed it is one of ours."""

import pytest
from pydantic import SecretStr

from agent.inbound import Caller
from agent.people import Person
from agent.sessions import COOKIE, LASTS, cookie_for, known_by, owner_of
from agent.settings import SCOPES, Scope, Token

from .serving import THREADS, TOKEN, serving

NEW, OLD, OTHER = (SecretStr(f"{word}-secret-of-the-tests") for word in ("new", "old", "other"))
READS: frozenset[Scope] = frozenset({"read"})
TOKENS = {
    "ops": Token(secrets=[NEW, OLD]),
    "a.b": Token(secrets=[OTHER], scopes=READS),
    "čaj": Token(secrets=[OTHER]),
}
NOW = 1_800_000_000.5


@pytest.mark.parametrize(
    ("name", "secret", "scopes"),
    [("ops", NEW, SCOPES), ("ops", OLD, SCOPES), ("a.b", OTHER, READS), ("čaj", OTHER, SCOPES)],
)
def test_a_session_is_its_token_s_by_name_and_scopes(
    name: str, secret: SecretStr, scopes: frozenset[Scope]
) -> None:
    cookie = cookie_for(name, secret, NOW)
    assert cookie.isascii()
    assert secret.get_secret_value() not in cookie
    for later in (0, LASTS - 1):
        assert known_by(cookie, TOKENS, NOW + later) == Caller(Person("inbox", name), scopes)


def test_it_ends() -> None:
    assert known_by(cookie_for("ops", NEW, NOW), TOKENS, NOW + LASTS) is None


def test_a_secret_that_is_replaced_ends_its_sessions_and_no_others() -> None:
    after = {"ops": Token(secrets=[NEW])}
    assert known_by(cookie_for("ops", OLD, NOW), after, NOW) is None
    assert known_by(cookie_for("ops", NEW, NOW), after, NOW)
    assert known_by(cookie_for("a.b", OTHER, NOW), after, NOW) is None


def test_what_was_made_by_anybody_else_is_none() -> None:
    until, signature, name = cookie_for("a.b", OTHER, NOW).split(".", 2)
    wrong = ["", ".", "..", "ops", f"{until}.{signature}.ops", f"{until}0.{signature}.{name}"]
    wrong += [f"{until}..{name}", f"{until}.{signature[:-1]}0.{name}", f"{until}.ü.{name}"]
    wrong += [f"-1.{signature}.{name}", f"٣.{signature}.{name}", f"{'9' * 5000}.{signature}.{name}"]
    wrong += [f"{until}.{signature}.%C4%8Daj", OTHER.get_secret_value()]
    for cookie in wrong:
        assert known_by(cookie, TOKENS, NOW) is None, cookie


def test_the_owner_of_a_secret_is_found_by_all_of_it() -> None:
    assert owner_of(OLD.get_secret_value(), TOKENS) == ("ops", OLD)
    for wrong in ("", "old", OLD.get_secret_value()[:-1], "ü", "\udcff".encode("utf-8", "replace")):
        assert owner_of(str(wrong), TOKENS) is None


def test_a_token_is_no_cookie_and_a_cookie_is_no_token() -> None:
    client = serving(token=TOKEN)
    client.cookies.set(COOKIE, TOKEN)
    assert client.get(THREADS).status_code == 401
    cookie = cookie_for("api", SecretStr(TOKEN), 10**11)
    bearer = {"Authorization": f"Bearer {cookie}"}
    assert serving(token=TOKEN).get(THREADS, headers=bearer).status_code == 401
    client.cookies.set(COOKIE, cookie)
    assert client.get(THREADS).status_code == 200
