"""What a reply says, and what of it is a quote. Pure."""

import re

from mailparser_reply import EmailReplyParser  # type: ignore[import-untyped]
from mailparser_reply.constants import MAIL_LANGUAGES  # type: ignore[import-untyped]

MAX_READ = 4_000  # characters in which quotes are looked for: it takes the square of the time
PARSER = EmailReplyParser(languages=list(MAIL_LANGUAGES))
# When somebody wrote it, and who, above a quote: in more languages than the parser knows.
WROTE = re.compile(
    r"\n(?=.{0,500}(?<!\d)20\d\d(?!\d))(?=.{0,500}(?<!\d)\d\d?[:.]\d\d(?!\d))"
    r"[^\n<>]{0,200}<[^\n<>@]{1,64}@[^\n<>]{1,255}>[^\n<>]{0,80}[:\uff1a]\n+(?=>)"
)


def reply_in(text: str) -> str:
    """What somebody says above, between or below what they quote, without how they end their mails.
    What looks like the head of a quote is taken for one, so this decides on nothing.
    """
    text = re.sub(r"\n\s*\n", "\n\n", text.replace("\r\n", "\n")).strip()
    text = WROTE.sub("\n", text).strip()
    place = text.rfind("\n", 0, MAX_READ) if len(text) > MAX_READ else len(text)
    place = MAX_READ if place < 0 else place
    first, *others = PARSER.read(text[:place]).replies
    is_cut = not others and not first.signatures
    said = str(first.body or first.full_body) + (text[place:] if is_cut else "")
    lines = [line for line in said.split("\n") if not line.startswith(">")]
    return "\n".join(lines).strip()


# Where our own mail stands below without marks, as Outlook has it; and what stands above one with.
FROM = r"(?:From|Von|De|Da|Van|Od|Fra|Från|Lähettäjä|От|发件人|差出人|보낸 사람)"
HEAD = re.compile(r"[^\n]*20\d\d[^\n]*(?:\n[^\n]*){0,2}[:\uff1a]", re.ASCII)


def beside_quotes(text: str, ours: str) -> str:
    """What somebody says beside what they quote of the mail from our address, and nothing less:
    what else looks like the head of a quote may be a condition.
    """
    below = re.compile(rf"^[ *]*{FROM}[ *]*[:\uff1a][^\n]*{re.escape(ours)}", re.I | re.M)
    above = below.split(text.replace("\r\n", "\n"), maxsplit=1)[0]
    unmarked = "\n".join("" if line.startswith(">") else line for line in above.split("\n"))
    said = [each.strip() for each in re.split(r"\n[ \t]*\n", unmarked)]
    return "\n".join(each for each in said if each and not is_head(each, ours))


def is_head(paragraph: str, ours: str) -> bool:
    return ours in paragraph.lower() and HEAD.fullmatch(paragraph) is not None
