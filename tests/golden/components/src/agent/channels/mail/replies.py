"""What a reply says, and what of it is a quote. Pure."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import groupby

from mailparser_reply import EmailReplyParser  # type: ignore[import-untyped]
from mailparser_reply.constants import MAIL_LANGUAGES  # type: ignore[import-untyped]

from .texts import STRUCK

MAX_READ = 4_000  # characters in which quotes are looked for: it takes the square of the time
PARSER = EmailReplyParser(languages=list(MAIL_LANGUAGES))
# When somebody wrote it, and who, above a quote: in more languages than the parser knows.
WROTE = re.compile(
    r"(?:\A|\n)(?=.{0,500}(?<!\d)20\d\d(?!\d))(?=.{0,500}(?<!\d)\d\d?[:.]\d\d(?!\d))"
    r"[^\n<>]{0,200}<[^\n<>@]{1,64}@[^\n<>]{1,255}>[^\n<>]{0,80}[:\uff1a]\n+(?=>)"
)
ANYBODY = ""  # in place of an address


def reply_in(text: str) -> str:
    """What somebody says above, between or below what they quote, without how they end their mails.
    What looks like the head of a quote is taken for one, so this decides on nothing.
    """
    text = re.sub(r"\n\s*\n", "\n\n", text.replace("\r\n", "\n")).strip()
    text = without_quotes(WROTE.sub("\n", text).strip())
    place = text.rfind("\n", 0, MAX_READ) if len(text) > MAX_READ else len(text)
    place = MAX_READ if place < 0 else place
    first, *others = PARSER.read(text[:place]).replies
    is_cut = not others and not first.signatures
    return (str(first.body or first.full_body) + (text[place:] if is_cut else "")).strip()


def without_quotes(text: str) -> str:
    """And without their heads: of what stands below one, the parser would say nothing."""
    said = list[str]()
    for is_quote, lines in groupby(text.split("\n"), lambda line: line.startswith(">")):
        if is_quote:
            while said and not said[-1].strip():
                said.pop()
            said[-LONGEST:] = [*without_head(said[-LONGEST:], ANYBODY), ""]
        else:
            said += lines
    return "\n".join(said).strip()


def beside_quotes(text: str, ours: str) -> str:
    """What somebody says beside what they quote of the mail from our address, and nothing less:
    what else looks like a quote, or like the head of one, may be a condition.
    """
    above, *below = copy_of(ours).split(text.replace("\r\n", "\n"), maxsplit=1)
    said = list[str]()
    is_ours: bool | None = None  # nothing was seen yet
    for kind, group in groupby(above.split("\n"), kind_of):
        lines = list(group)
        if kind == "said":
            words = without_head(lines, ours)
            is_ours = len(words) < len(lines)
            said += words
        elif kind == "quoted":
            is_ours = is_of_ours([line[1:] for line in lines], ours, is_ours)
            said += [] if is_ours else lines
    said += [behind_our_words(each) for each in below]
    return "\n".join(line.strip() for line in said).strip()


def kind_of(line: str) -> str:
    if not line.strip("> \t\xa0"):
        return ""
    is_quoted = line.startswith(">") and STRUCK not in line  # our own mail has nothing struck out
    return "quoted" if is_quoted else "said"


def is_of_ours(quote: Sequence[str], ours: str, so_far: bool | None) -> bool:
    """A quote below no head is of ours only where it stands first, and begins with none itself."""
    firsts = [quote[:count] for count in range(1, LONGEST + 1)]
    if any(is_head(lines, ours) for lines in firsts):
        return True
    if so_far is None:
        return not any(line.rstrip().endswith(COLONS) for line in quote[:LONGEST])
    return so_far


def behind_our_words(copy: str) -> str:
    """Of our mail without marks: what stands behind the last words of it, or all that is there."""
    said = " ".join(copy.split())
    _, last, behind = said.partition(LAST_WORDS)
    return behind if last else said


LAST_WORDS = "and why below it."  # as `how_to_reply` ends for what needs a yes
COLONS = (":", "\uff1a")
LONGEST = 3  # lines of a head
# The heads of quotes, as mail programs write them: when, who and "wrote", and no word more. What
# somebody says of a mail, in a condition, has the same in it.
WORD = r"[^\W\d_]{1,15}"
OPENER = r"(?:(?:on|am|le|el|em|il giorno|il|op|den|dne|dnia|w dniu|pe) |在 ?)?"
DAYS = r"ma|di|wo|do|vr|za|zo|lun|mar|mer|gio|ven|sab|dom|man|tir|ons|tor|fre|po|út|st|čt|pá"
DAY = rf"(?:(?:{WORD}(?:-feira)?[.,]{{1,2}}|{DAYS}) )?"
DATE = (
    rf"(?:\d\d?(?:st|nd|rd|th|er|[.\xba])?,? (?:de )?{WORD}[.,]{{0,2}} (?:del? )?20\d\d"
    rf"|{WORD}\.? \d\d?(?:st|nd|rd|th)?,? 20\d\d|20\d\d\. {WORD}\.? \d\d?\."
    r"|\d{1,4}[./-] ?\d\d?[./-] ?\d{2,4}\.?"
    r"|20\d\d ?[年년] ?\d\d? ?[月월] ?\d\d? ?[日일])(?: ?[\u0433\u0440]\.)?"
    r"(?: ?\(.\)| ?(?:周|週|星期).)?"
)
TIME = (
    r"(?:[,\uff0c]? ?(?:(?:at|um|om|a las?|às|à\(s\)|à|alle ore|alle|kl\.?|klo|o|v|в|\u043e) )?"
    r"(?:(?:上午|下午|午前|午後|오전|오후) ?)?\d\d?[:.h]\d\d(?:[:.]\d\d)?(?: ?[ap]\.? ?m\.?)?"
    r"(?: uhr)?(?: \(?(?:UTC|GMT|CES?T|MES?Z|[ECMP][SD]T|BST|JST)?(?:[+-][\d:]{1,5})?\)?)?)?"
)
WHEN = rf"{DAY}{DATE}{TIME}"
BEFORE = r"(?:schrieb|schreef|skrev|heeft|a écrit|ha scritto)"
AFTER = (
    r"(?:wrote|a écrit|escribió|escreveu|ha scritto|napisał(?:\(a\))?|napsal(?:\(a\))?|pisze"
    r"|написал(?:\(\u0430\)|\u0430)?|пишет|пише|kirjoitti|写道|寫道"
    r"|のメール|님이 작성(?:하였습니다)?|작성)"
)
NAME = r"([^<>@:;]{0,60}?)"
# Where our own mail stands below without marks, as Outlook has it: what its first two lines say.
FROM = r"(?:From|Von|De|Da|Van|Od|Fra|Från|Lähettäjä|От|发件人|差出人|보낸 사람)"
NEXT = (
    r"(?:Sent|Date|To|Gesendet|Datum|An|Envoyé|À|Enviado|Enviada|Fecha|Data|Para|Inviato|A|Verzonden"
    r"|Aan|Odesláno|Komu|Wysłano|Do|Sendt|Dato|Til|Skickat|Till|Lähetetty|Отправлено|Дата|Кому"
    r"|发送时间|日期|收件人|送信日時|宛先|보낸 날짜|받는 사람)"
)


def box(who: str) -> str:
    """The whole of an address, or of anybody's where it is none."""
    address = re.escape(who) if who else r"[^\s<>()\[\]@]{1,64}@[^\s<>()\[\]@]{1,255}"
    return rf"(?<![\w.!#$%&'*+/=?^{{|}}~-])(?:[\"'<(\[]*(?:mailto:)?{address}[\"'>)\]]* ?){{1,2}}"


@cache
def heads_of(who: str) -> Sequence[re.Pattern[str]]:
    heads = (
        rf"{OPENER}{WHEN}에?[,\uff0c、]? ?{NAME}{box(who)},? ?{AFTER}",
        rf"{OPENER}{WHEN},? {BEFORE} {NAME}{box(who)}(?:het volgende geschreven)?",
        rf"{NAME}{box(who)}(?:escreveu|于|於) ?\(?{OPENER}{WHEN}\)? ?(?:写道|寫道)?",
        rf"{WHEN},? {NAME}(?=<){box(who)}",
    )
    return [re.compile(rf"{head} ?[:\uff1a]", re.I) for head in heads]


@cache
def copy_of(ours: str) -> re.Pattern[str]:
    first = rf"[ *]*{FROM}[ *\xa0]*[:\uff1a][^\n<>@]{{0,100}}{box(ours)}[ *]*$"
    second = rf"[ *]*{NEXT}[ *\xa0]*[:\uff1a]"
    return re.compile(rf"^(?:(?<=[-_]\n){first}|{first}(?=\n{second}))", re.I | re.M)


def without_head(lines: Sequence[str], who: str) -> list[str]:
    counts = range(1, min(LONGEST, len(lines)) + 1)
    head = next((count for count in counts if is_head(lines[-count:], who)), 0)
    return list(lines[: len(lines) - head])


def is_head(lines: Sequence[str], who: str) -> bool:
    if not lines or sum(map(len, lines)) > 300 or not lines[-1].rstrip().endswith(COLONS):
        return False
    line = " ".join(" ".join(lines).split())
    found = (head.fullmatch(line) for head in heads_of(who)) if who in line.lower() else ()
    return any(each and is_name(each[1], who) for each in found)


def is_name(name: str, ours: str) -> bool:
    """Of ours, words with a capital, as far as a script has any: in others more may be said."""
    words = [word.strip("\"'(),") for word in name.split()]
    loud = [word for word in words if len(word) > 1 and word.isupper()]
    is_one = len(words) <= 4 and len(loud) <= 1 and not any(word[:1].islower() for word in words)
    return is_one or ours == ANYBODY or name.strip() == ours.partition("@")[0]
