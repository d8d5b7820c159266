"""Who wrote a mail: its From, as far as the mail server that we trust vouches for it. Pure.

Anybody can write anything into a mail. The server that took it in says what it found, in
Authentication-Results (RFC 8601) under its own name, and takes out what others wrote under it.
"""

import re
from collections.abc import Callable, Sequence

from .reading import Mail


def vouched_for(mail: Mail, by: str) -> bool:
    """Whether what `by` says of it is about the domain of its From."""
    domain = mail.sender.rpartition("@")[2]
    return bool(domain) and VENDORS.get(by.lower(), results)(mail, domain, by)


def results(mail: Mail, domain: str, by: str) -> bool:
    """The topmost that bears the server's name counts: what came with the mail stands below."""
    for value in mail.all("authentication-results"):
        name, *found = said_by_server(value).split(";")
        if name.lower().split()[:1] == [by.lower()]:
            return any(is_pass(each, domain) for each in found)
    return False


def said_by_server(value: str) -> str:
    """Without its comments, and what it quotes has nothing in it that could pass for a result: in
    both there can be words of whoever sent the mail. Where one does not end, no result is known.
    """
    depth, quoted, said, chars = 0, False, "", iter(value)
    for char in chars:
        if char == "\\" and (depth or quoted):
            next(chars, "")
        elif char == '"' and not depth:
            quoted = not quoted
        elif quoted:
            said += char if char.isalnum() or char in "@.-<>" else "_"
        elif char == "(" or (char == ")" and depth):
            depth += 1 if char == "(" else -1
            said += " "
        elif not depth:
            said += char
    return said.partition(";")[0] if depth or quoted else said


def is_pass(result: str, domain: str) -> bool:
    method, *said = result.lower().split()[:10] or [""]
    about = dict(each.partition("=")[::2] for each in said)
    match method:
        case "dmarc=pass":
            return about.get("header.from") == domain
        case "dkim=pass":
            signed_by = about.get("header.d") or about.get("header.i", "").rpartition("@")[2]
            return is_aligned(signed_by, domain)
        case "spf=pass":
            return is_aligned(about.get("smtp.mailfrom", "").rpartition("@")[2], domain)
    return False


def is_aligned(who: str, domain: str) -> bool:
    """The same domain, or one above it."""
    who = who.strip("<>").lower()
    return "." in who and (who == domain or domain.endswith(f".{who}"))


def by_mailgun(mail: Mail, domain: str, _: str) -> bool:
    """Its spam filter, which must be set to mark: SPF of the envelope's sender."""
    return only(mail, "x-mailgun-spf") == "pass" and is_aligned(
        mail.envelope.rpartition("@")[2], domain
    )


def by_postmark(mail: Mail, _: str, __: str) -> bool:
    """Its SpamAssassin: a valid DKIM signature of the author's domain."""
    return "dkim_valid_au" in re.split(r"[,\s]+", only(mail, "x-spam-tests"))


def only(mail: Mail, header: str) -> str:
    """Empty where there is more than one: somebody else wrote the other."""
    found: Sequence[str] = mail.all(header)
    return found[0].strip().lower() if len(found) == 1 else ""


VENDORS: dict[str, Callable[[Mail, str, str], bool]] = {
    "mailgun": by_mailgun,
    "postmark": by_postmark,
}
