"""Which names are those of secrets: keys of objects, variables, headers, fields in a text."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from .looks import Span

# How such a name ends, whatever is before it: DB_PASSWORD, dbPassword, DBPASSWORD.
NOUN = (
    r"(?:pass(?:word|wd|wort|phrase|code)|kennwort|pwd|secret|credential|contrase(?:n|ñ)a"
    r"|(?:aes|api|access|account|auth|client|consumer|database|db|encryption|hmac|licen[cs]e|master|priv"
    r"|private|root|secret|service(?:role)?|session|shared|signing|ssh|storage|subscription|webhook)key"
    r"|(?:access|api|auth|bearer|bot|refresh)token"
    r"|(?:connection|conn)str(?:ing)?|connectionurl|sess(?:ion)?id|setcookie|webhookurl"
    r"|(?:seed|recovery)phrase|(?:backup|mfa|otp|recovery|verification)code)s?"
    r"|(?:app|client|csrf|xsrf|deploy|device|id|invite|jwt|login|oauth|push|reset|security|session)token"
    r"|authorization"
)
# These are the end of other words too, so each stands alone. `tokens` are a count and stay.
WORD = r"(?:token|cookies?|jwt|auth|pass|pw|otp|dsn|sig|cvv|cvc|(?<=._)pat)"
# What may come behind and changes nothing.
STATE = (
    r"(?:base|pem|hash|value|str|string|text|plain|plaintext|raw|b64|base64|old|new|current|previous"
    r"|prod|production|dev|test|live|staging|primary|secondary|default|\d+)"
)
OTHERS = r"(?:ci|confirm(?:ation)?|db|eu|openai|uk|us)"  # behind the names of secrets alone
BY_NOUN = re.compile(rf"(?:{NOUN})(?:{STATE}|{OTHERS}){{0,3}}$")
BY_WORD = re.compile(rf"(?:^|_){WORD}(?:_?\d+|_{STATE}){{0,3}}$")
# Where a word ends and the next begins: db-password, db.password, dbPassword, DBPassword.
SEAM = re.compile(r"[^A-Za-z0-9ñ]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
COMMON = {"auth", "cookie", "cookies", "pass"}  # words of sentences and lists, more than names
VERDICT = "PASS"  # of a test

LONGEST = 200  # characters; what is longer is no word of a sentence, and is read once
LONG = 16  # characters that few words have
SPACE, END = r"[ \t\u00a0]{0,8}", r"\s|\Z"
# A name and what leads to its value. Each begins where a word does, so that a text is read once.
LEADS = [
    re.compile(  # name=  "name":  ['name'] =>  **name**:  "name is"
        r"(?<![\w.-])(?P<name>[\w.-]++(?: (?i:key|token|string|phrase|code)(?![\w.-]))?)"
        rf"(?:\\{{0,7}}[\"'`])?\]?\*{{0,2}}"
        rf"(?P<sign>{SPACE}(?:[:?+]=|=>|={{1,3}}|[:\uff1a]|%3D)\*{{0,2}}"
        rf"|[ ](?:is|was):?(?=[ ])){SPACE}"
        rf"(?:(?:[|>]-?)?\r?\n[ \t]{{1,16}}(?![\w.-]+:(?:{END}))"
        rf"|(?:\r?\n){{1,2}}[ \t]{{0,16}}(?=[^\s:=]{{1,{LONGEST}}}[ \t]{{0,8}}(?:\r?\n|\Z)))?"
    ),
    re.compile(  # --name, and the words of Docker, shells and .netrc
        r"(?<![\w.-])(?:--|(?:ENV|ARG|setenv|setx) |login (?!-)\S{1,99} )"
        r"(?P<name>[\w-]++)(?P<sign>[ ])"
    ),
    re.compile(  # a line of a table
        r"(?m:^|\|[ ])[`*]{0,2}(?P<name>[\w.-]++)[`*]{0,2}(?P<sign>\t|[ ]{0,40}\|)[ \t]{0,8}"
        rf"(?=[^\s|()]{{1,{LONGEST}}}[ \t]{{0,40}}(?:\||\r?\n|\Z))"
    ),
    re.compile(  # a pair: ["authorization", "…"], ('x-api-key', '…')
        r"[\[(][ ]?[\"'](?P<name>[\w.-]++)[\"'](?P<sign>,)[ ]?(?=[\"'])"
    ),
    re.compile(r"<(?P<name>[\w.:-]++)(?P<sign>>)(?=[^<\n]{1,500}+</)"),
    re.compile(  # name: DB_PASSWORD, value:
        r"(?<![\w.-])(?:name|key|header|Name|Key|Header)[\"']?\s?[:=]\s?[\"']?(?P<name>[\w.-]++)[\"']?,?\s{0,20}"
        r"[\"']?[vV]alue[\"']?(?P<sign>\s?[:=])\s?"
    ),
]
# Not into the next field of a query or of a connection string, nor beyond a quote around it all.
NEXT_FIELD = r"[ \t]?[\"']?[\w.-]{1,40}[ ]?[\w.-]{0,40}[=:]"  # of a query, a connection string
VALUE = re.compile(
    r"(?i:(?:aws4-hmac-sha256|bearer|basic|token|digest|apikey|bot|negotiate)[ ]+)?(?:"
    r"[bfru@]?\"(?:\"\")?(?P<double>(?:[^\"\\\n]|\\.)++)"
    r"|[bfru@]?'(?:'')?(?P<single>(?:[^'\\\n]|\\.)++)"
    r"|`(?P<ticks>[^`\n]++)"
    r"|(?P<quote>\\{1,7}[\"'])(?P<escaped>[^\n]+?)(?=(?<!\\)(?P=quote)|\n|\Z)"
    r"|(?P<several>[\[{(](?=[ \t]{0,8}\\{0,7}[\"'])[^\]})\n]++[\]})]?)"
    rf"|(?![\"'`])(?P<bare>(?:[^\s\"'`<&;,]|[&;,](?!{NEXT_FIELD}|[\"'`]|{END})|<(?!/)"
    rf"|[\"'`](?![,;:)\]}}>&]|{END}))*[^\s\"'`<&;,.:)\]}}])"
    r")"
)
HEADER = re.compile(r"(?i)(?:proxy-)?authorization|(?:set-)?cookie")
FIELDS = re.compile(  # session=1; theme="dark"
    r"(?:[\w-]+[ ]+)?(?P<fields>[\w.-]+=(?:(?<==)\"[^\"\n]*\"?|[^\n\"'`])*)"
)
XML = re.compile(r"(?P<content>[^<\n]+)")

# What stands where a value would, and is none: words, types, what others put there.
PLAIN = """
a again all also an and any are as at be been bool both but by bytes can change changed changeme
changing check contact could default did do does empty enter every example exists expired failed
false field flag float for forgot forgotten from get has have help here how i if in incorrect
input inputs int integer invalid is it its just leave length lost make matches may missing must
my needed never new no none not null number ok ollama on one only option optional or our
password please postgres read required reset same secret see send set short should show so some
str string that the their then there these they this three to token too true try two type
undefined unknown unless unset update updated use used user valid value was we were what when
where which who why will with without wrong yes you your
"""
PLACEHOLDER = re.compile(
    r"[$%#]?\{[^}\n]*\}?|<[^>\n]*>?|\$\(.*|[*•.…_-]+|x{3,}|\[(?:redacted|hidden|filtered|secret)\b.*"
    r"|(?:os|process|config|settings|self|env|getpass)[.(].*",
    re.IGNORECASE,
)


@lru_cache(maxsize=4_000)
def is_secret(name: str) -> bool:
    """Whether what goes by this name is a secret, in whatever way the name is written."""
    words = SEAM.sub("_", name[-200:]).strip("_").lower()
    by_name = BY_NOUN.search(words.replace("_", "")) or BY_WORD.search(words)
    return bool(by_name) and name != VERDICT


def by_name(text: str) -> Iterator[Span]:
    """Where the values of secret names stand."""
    for lead in LEADS:
        end = 0
        for found in lead.finditer(text):
            if found.start() >= end and is_secret(found["name"]):
                span = value_behind(found, text)
                if span:
                    yield span
                    end = span[1]


def value_behind(lead: re.Match[str], text: str) -> Span | None:
    name, sign, start = lead["name"], lead["sign"].strip(), lead.end()
    if sign == ">":
        return span_of(XML.match(text, start))
    if sign == ":" and HEADER.fullmatch(name) and (fields := FIELDS.match(text, start)):
        return fields.span("fields")
    found = VALUE.match(text, start)
    if sign == "," and not (found and is_value_of(name, found[found.lastgroup or 0])):
        return None
    if found and (bare := found["bare"]) and len(bare) <= LONGEST:
        in_prose = sign.startswith(("is", "was")) or (sign == ":" and name.lower() in COMMON)
        in_prose |= sign == "|" or (sign == "" and not name.isupper() and lead["sign"] == "\t")
        if is_plain(bare) or (in_prose and not is_mixed(bare)):
            return None
    return span_of(found)


def is_value_of(name: str, value: str) -> bool:
    """Of two texts side by side: a list of names is none of their values."""
    if not is_secret(name) or is_secret(value):
        return False
    is_header = HEADER.fullmatch(name) or name.lower().startswith("x-")
    return bool(is_header) or is_mixed(value) or len(value) >= LONG


def span_of(found: re.Match[str] | None) -> Span | None:
    """That of its group that matched last, which is what stands in the quotes if there are any."""
    return found.span(found.lastgroup or 0) if found else None


def is_plain(value: str) -> bool:
    """Whether it is a word of a sentence, a type, or what others put in place of a secret."""
    few = value.isdigit() and len(value) < 4
    return few or value.lower() in plain_words() or bool(PLACEHOLDER.fullmatch(value))


@cache
def plain_words() -> frozenset[str]:
    return frozenset(PLAIN.split())


def is_mixed(value: str) -> bool:
    """Whether it has letters and figures, as few words have."""
    return len(value) > 4 and any(map(str.isdigit, value)) and any(map(str.isalpha, value))
