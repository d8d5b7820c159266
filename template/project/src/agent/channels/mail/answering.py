"""What a reply means for the call that its mail asked about. Pure.

A yes is one only where nothing else is said, and only to what the mail showed whole; whatever could
be meant otherwise is asked again.
"""

import re

from ...events import HumanResponse
from ...inbound import Approval, Response
from ...shown import is_cut
from ...waiting import Waiting
from .reading import Mail
from .replies import beside_quotes, reply_in
from .writing import listed

YES = {"yes", "approve", "approved"}
NO = {"no", "reject", "rejected"}
CLOSINGS = {
    "",
    "thanks",
    "thank you",
    "thanks a lot",
    "many thanks",
    "best",
    "cheers",
    "regards",
    "best regards",
    "kind regards",
    "best wishes",
    "-",
    "--",
}


def answer_in(mail: Mail, waiting: Waiting, ours: str) -> HumanResponse | None:
    """To a mail from our address. None where it is not clear what it says. Raises ValidationError
    for too many words.
    """
    said, is_whole = reply_in(mail.text), not is_cut(listed(waiting))
    if not waiting.for_approval:
        return answer_of(waiting, said) if said else None
    first, _, rest = beside_quotes(mail.text, ours).partition("\n")
    match word_of(first):
        case word if word in YES and is_whole and ":" not in first and is_closing(rest, mail.name):
            return Approval(call_id=waiting.call_id, approved=True).event()
        case word if word in NO:
            why = said.partition("\n")[2].strip() or None
            return Approval(call_id=waiting.call_id, approved=False, comment=why).event()
    return None


def answer_of(waiting: Waiting, said: str) -> HumanResponse:
    answer = Response(response=said).response
    return HumanResponse(call_id=waiting.call_id, data={"response": answer})


def word_of(line: str) -> str:
    # It begins at the first of them: from each of many dots to the next letter is a long way.
    return re.sub(r"(?<![\s.,!:;])[\s.,!:;]+$", "", line).strip().lower()


# What a program adds by itself, and not what somebody says of themselves.
DEVICES = "iphone|ipad|galaxy|samsung( galaxy)?( smartphone)?|pixel|android|phone|mobile( phone)?"
ADDED = re.compile(
    rf"sent from (my )?({DEVICES}|(yahoo|gmail|proton) ?mail( for ({DEVICES}))?)( device)?"
    r"|(sent from|get) outlook for (ios|android)( ?<https?://[^<>\s]{1,100}>)?"
    r"|[-_ ]{3,}(original message[-_ ]{3,})?"
)


def is_closing(lines: str, name: str) -> bool:
    """Whether there is nothing in it but how somebody ends their mails."""
    theirs = {name.lower(), *name.lower().split()}
    said = [word_of(line) for line in lines.split("\n")]
    return all(word in CLOSINGS | theirs or ADDED.fullmatch(word) for word in said)
