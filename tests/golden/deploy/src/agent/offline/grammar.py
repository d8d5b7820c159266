"""The words that the offline stand-in knows, and what each verb is said about.

A sentence with any other word is none of ours: “unless”, “not” or “tomorrow” may turn it around,
and nothing is deployed on a guess.
"""

import re
from dataclasses import dataclass, field

SERVICES = ("backend", "frontend")
ENVIRONMENTS = ("staging", "production")
NEWEST = "the newest tag"  # no tag has spaces

END = r"[ -]?end\b"
PLACE = r"\b(?:staging|production|prod)\b"
THE_NEWEST = r"\b(?:latest|newest|most recent|last) (?:tag|version|release)\b"
KINDS = {
    "tag": r"\bv?[0-9]+\.[0-9](?:[\w.+-]*\w)?|\bv[0-9]+\b",
    "tags": rf"\b(?:what|which) is the {THE_NEWEST}|\b(?:tags|versions|releases)\b"
    r"(?: (?:do|can) (?:i|you|we) (?:have|know|see|deploy)\b)?",
    "newest": rf"{THE_NEWEST}|\b(?:latest|newest|most recent)\b",
    "deploy": r"\b(?:(?:re-?)?deploy(?:ing)?|ship|release|roll ?out)\b",
    "rollback": rf"\broll[ -]?back\b(?!{END})|\b(?:revert|undo)\b"
    rf"|\broll(?= (?:it|that|them|(?:the )?(?:back|front){END}) back\b)",
    "status": r"\b(?:(?:current )?status|check|deployed|running)\b"
    r"|\bwhat(?:['\u2019]?s| is)(?= (?:in|on)\b)",
    "service": rf"\b(?:back|front){END}",
    "both": rf"\b(?:both|everything)\b(?! {PLACE})",
    "environment": rf"{PLACE}(?:(?:,|,? and|,? then| and then)(?: to| in| on)? {PLACE})?",
    "it": r"\b(?:it|that|them)\b",
    "filler": r"\b(?:hello|hi|hey|please|thanks|(?:can|could|would|will) you|i['\u2019]?d like"
    r"|i want|we want|we need|to|let['\u2019]?s|the|a|of|in|on|into|for|and|now|then|also|next|so"
    r"|ok|okay|yes|again|use|take|try|just|only|back|both|what['\u2019]?s|what|which|is|are|there"
    r"|tell|show|give|list|me|us|currently|deployment|last|version|tag|service|services"
    r"|environment|shop|instead(?! of))\b|^no\b(?=[,.;:])",
    "unknown": r"\w+",
}
TOKEN = re.compile("|".join(f"(?P<{kind}>{words})" for kind, words in KINDS.items()), re.I)


class Unclear(Exception):
    """This is no sentence of ours."""


@dataclass
class Clause:
    """A verb, and what is said about it."""

    verb: str = ""
    services: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    environments: list[str] = field(default_factory=list)
    it: bool = False

    @property
    def said(self) -> dict[str, list[str]]:
        return {"service": self.services, "tag": self.tags, "environment": self.environments}

    def add(self, kind: str, word: str) -> None:
        match kind:
            case "tag":
                self.tags.append(word)
            case "newest":
                self.tags.append(NEWEST)
            case "service":
                self.services.append(SERVICES[word.lower().startswith("f")])
            case "both" if not self.services:
                self.services.extend(SERVICES)
            case "environment" if not self.environments:
                named = re.findall(PLACE, word, re.I)
                self.environments += [ENVIRONMENTS[name.lower() != "staging"] for name in named]
            case "it":
                self.it = True
            case "unknown" | "both" | "environment":
                raise Unclear


def clauses(text: str) -> list[Clause]:
    """One for each verb; one without a verb if there is none. Raises Unclear."""
    if len(text) > 2000:
        raise Unclear
    found = [Clause()]
    for token in TOKEN.finditer(text):
        kind, last = str(token.lastgroup), found[-1]
        if kind == "service" and last.services and last.environments:
            found.append(Clause(last.verb))  # deploy this to here and that to there
        elif kind in ("deploy", "rollback", "status", "tags"):
            if last.verb and (last != Clause("status") or kind in ("deploy", "rollback")):
                found.append(Clause())
            found[-1].verb = kind
        found[-1].add(kind, token[0])
    return found
