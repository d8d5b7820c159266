"""What is done about a mail that came in, by whichever way: it answers, follows up or begins."""

from pydantic import ValidationError

from ...errors import format_error
from ...events import Trigger
from ...inbound import Caller, Launch, delivery_id
from ...log import logger
from ...outcomes import became_of
from ...people import Person
from ...reach import tried
from ...runner import Runner
from ...shown import words
from ...store import NoSuchThread
from ...thread import CannotFollow, Thread
from .answering import answer_in
from .believing import vouched_for
from .reading import Mail
from .replies import reply_in
from .sending import send
from .settings import EmailSettings, Mailing, mailing_of
from .signing import CHANNEL, Name, name_in
from .writing import Letter, how_to_reply, replying_to

KIND = "email_received"
NOT_CLEAR = "Nothing was done: it is not clear what this says."
LONGEST_SUBJECT = 500  # characters
ABOUT_A_CALL = ("asks", "reminds", "explains")  # mails whose reply is an answer to what they ask
MOST_BEHIND = 10  # mails of a conversation that an explanation names


class Unclear(Exception):
    """The mail changes nothing; what its writer is told."""


async def receive(mail: Mail, runner: Runner, settings: EmailSettings) -> None:
    """The same mail again changes nothing. Raises StoreError, and then it can come again."""
    mailing = mailing_of(settings)
    if why := why_ignored(mail, settings, mailing):
        logger().warning("mail_ignored", problem=why)
        return
    name = named_in(mail, mailing)
    try:
        thread_id = await deliver(mail, name, runner, mailing.sender)
        logger().info("mail_received", thread=thread_id)
    except (Unclear, CannotFollow, ValidationError) as problem:
        why = format_error(problem) if isinstance(problem, ValidationError) else str(problem)
        logger().warning("mail_changed_nothing", problem=type(problem).__name__)
        await explain(mail, name, why, mailing)


def why_ignored(mail: Mail, settings: EmailSettings, mailing: Mailing) -> str | None:
    """Nobody is told: what is automatic would answer back, and who is not believed is somebody
    else.
    """
    if not mail.sender:
        return "it has no one address in From"
    if mail.sender == mailing.sender or name_in(mail.id, mailing.secret):
        return "it is one of our own"
    if mail.is_automatic:
        return "a machine wrote it"
    domain = mail.sender.rpartition("@")[2]
    if not {mail.sender, f"@{domain}"} & set(settings.email_allowed or ()):
        return "AGENT_EMAIL_ALLOWED does not name who wrote it"
    if not vouched_for(mail, settings.email_trusts or ""):
        return f"{settings.email_trusts} does not vouch for its sender"
    return None


def named_in(mail: Mail, mailing: Mailing) -> Name | None:
    """The mail of ours that it replies to."""
    names = (name_in(each, mailing.secret) for each in mail.refers_to)
    return next((name for name in names if name and name.thread_id), None)


async def deliver(mail: Mail, name: Name | None, runner: Runner, ours: str) -> str:
    """The id of the thread. Raises Unclear, and what `Runner.tell` raises."""
    caller = Caller(Person(CHANNEL, mail.sender))
    if name:
        return await replied(mail, name, caller, runner, ours)
    key = delivery_id(CHANNEL, mail.id)
    for before in mail.refers_to:  # their own first mail, when nothing of ours came in between
        if await known(thread_id := delivery_id(CHANNEL, before), runner):
            return await followed_up(mail, thread_id, caller, runner)
    event = said_in(mail, mail.text.strip(), key, key)
    return await runner.launch(caller.said(event), key)


async def replied(mail: Mail, name: Name, caller: Caller, runner: Runner, ours: str) -> str:
    thread = await known(name.thread_id, runner)
    if thread is None:
        raise Unclear("There is no such conversation any more.")
    is_about_a_call = name.kind in ABOUT_A_CALL and bool(name.call_id)
    asked = thread.asked(name.call_id)
    if is_about_a_call:
        asked = thread.was_asked(name.call_id, caller.person)
    if asked and (answer := answer_in(mail, asked, ours)):
        await runner.tell(name.thread_id, caller.said(answer))
    elif waiting := thread.asked(name.call_id):
        raise Unclear(f"{NOT_CLEAR} Please {how_to_reply(waiting)}")
    elif is_about_a_call:
        became = became_of(name.call_id, thread.events) or "it waits no longer"
        raise Unclear(f"Nothing was changed: what you were asked is settled, {became}.")
    else:
        await followed_up(mail, name.thread_id, caller, runner)
    return name.thread_id


async def followed_up(mail: Mail, thread_id: str, caller: Caller, runner: Runner) -> str:
    event = said_in(mail, reply_in(mail.text), delivery_id(CHANNEL, thread_id, mail.id), thread_id)
    thread = await runner.agent.store.get(thread_id)
    if thread.status != "done" and not thread.delivered_as(event):
        raise Unclear(f"Nothing was done: {BUSY.get(thread.status, WAITS)}")
    await runner.tell(thread_id, caller.said(event))
    return thread_id


BUSY = {
    "running": "the agent is still at work. Write again when its answer has come.",
    "stopped": "this conversation was stopped. A new mail begins another.",
    "failed": "this conversation has failed. Whoever runs the agent can resume it.",
}
WAITS = "something waits for an answer first. Reply to the mail that asks for it."


def said_in(mail: Mail, text: str, key: str, thread_id: str) -> Trigger:
    """Raises Unclear where it says nothing, and ValidationError where it says too much."""
    if not text:
        raise Unclear("Nothing was done: there is no text in it that can be read.")
    said = Launch(message=text).message
    data = {"from": mail.sender, "subject": mail.subject[:LONGEST_SUBJECT], "message": said}
    meta = {"delivery": key, "ref": mail.id, "thread": thread_id}
    return Trigger(type=KIND, data=data, meta=meta)


async def known(thread_id: str, runner: Runner) -> Thread | None:
    try:
        return await runner.agent.store.get(thread_id)
    except NoSuchThread:
        return None


async def explain(mail: Mail, name: Name | None, why: str, mailing: Mailing) -> None:
    """A courtesy, and sent once: nothing depends on it."""
    thread_id = name.thread_id if name else ""
    call_id = name.call_id if name and name.kind in ABOUT_A_CALL else ""
    about = Name("explains", thread_id, call_id, mail.sender, about=mail.id)
    behind = mail.refers_to[:MOST_BEHIND][::-1]
    letter = Letter(about, replying_to(mail.subject), [words(why)], answers=mail.id, behind=behind)
    _, failed = await tried(lambda: send(letter, mailing))
    if failed:
        logger().warning("mail_not_explained", problem=failed)
