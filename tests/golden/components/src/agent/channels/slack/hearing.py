"""What people write in Slack: the first message begins a thread, the others answer or follow up.

The Slack thread's id makes ours, and a message's its delivery's: nothing is mapped or remembered.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from ...events import Answer, AnyEvent, HumanContacted, HumanResponse, Trigger
from ...inbound import Caller, Response, delivery_id
from ...people import Person
from ...runner import Runner
from ...store import NoSuchThread
from ...thread import CannotFollow, Thread
from ...waiting import Waiting
from .settings import Slack
from .words import typed

KIND = "slack_message"
CHANNEL = "slack"
Id = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,64}$")]
Ts = Annotated[str, Field(pattern=r"^[0-9]{1,12}\.[0-9]{1,9}$")]  # a time, and a message's name


class SlackMessage(BaseModel):
    """Somebody's words, also with a file, or said to the channel as well; what bots say, edits, and
    what else there is are of other shapes.
    """

    type: str
    user: Id
    text: str
    channel: Id
    ts: Ts
    thread_ts: Ts | None = None
    channel_type: str | None = None
    team: Id | None = None
    user_team: Id | None = None
    subtype: Literal["file_share", "thread_broadcast"] | None = None
    bot_id: None = None
    edited: None = None

    @property
    def is_mention(self) -> bool:
        return self.type == "app_mention"

    @property
    def is_direct(self) -> bool:
        return self.type == "message" and self.channel_type == "im"


class Heard(BaseModel):
    """An event as the Events API delivers it."""

    team_id: Id
    event: SlackMessage
    authorizations: list[dict[str, object]] = []

    @property
    def bot(self) -> str:
        """Who we are there."""
        return str(next((each.get("user_id") for each in self.authorizations), ""))

    @property
    def teams(self) -> set[str]:
        """Where it was said, and who said it comes from: a channel can be of several."""
        return {self.team_id, *filter(None, (self.event.team, self.event.user_team))}

    @property
    def words(self) -> str:
        """Without the mention of ourselves."""
        return typed(self.event.text.replace(f"<@{self.bot}>", "", 1))


@dataclass(frozen=True)
class Place:
    """A Slack thread."""

    team: str
    channel: str
    ts: str

    @property
    def meta(self) -> dict[str, object]:
        """How the thread that begins here remembers it."""
        here = {"team": self.team, "channel": self.channel, "thread_ts": self.ts}
        return {CHANNEL: here, "thread": self.thread_id}

    @property
    def thread_id(self) -> str:
        return delivery_id(CHANNEL, self.team, self.channel, self.ts)


def place_of(began: AnyEvent | None) -> tuple[str, str] | None:
    """The channel and the Slack thread in which a thread of ours began, if it did."""
    match ((began and began.meta) or {}).get(CHANNEL):
        case {"channel": str() as channel, "thread_ts": str() as ts}:
            return channel, ts
    return None


async def hear(heard: Heard, slack: Slack, runner: Runner) -> str | None:
    """Keep what was said; what to tell its sender alone, if anything. Raises StoreError."""
    event = heard.event
    if event.user == heard.bot or not (event.is_mention or event.type == "message"):
        return None
    place = Place(heard.team_id, event.channel, event.thread_ts or event.ts)
    thread = await thread_at(place, runner)
    if thread is None and not (event.is_mention or event.is_direct):
        return None
    channel = None if event.is_direct else event.channel
    if not all(slack.serves(team, event.user, channel) for team in heard.teams):
        return "This agent does not take messages from you here."
    try:
        await keep(heard, thread, place, runner)
    except ValidationError:
        return "Say in words what you want."
    except CannotFollow as refusal:
        return f"Nothing was changed: {refusal}"
    return None


async def thread_at(place: Place, runner: Runner) -> Thread | None:
    try:
        return await runner.agent.store.get(place.thread_id)
    except NoSuchThread:
        return None


async def keep(heard: Heard, thread: Thread | None, place: Place, runner: Runner) -> None:
    """Raises CannotFollow, and ValidationError where it says nothing."""
    words = Response(response=heard.words).response
    key = delivery_id(CHANNEL, place.team, place.channel, heard.event.ts)
    ref = f"{place.channel}/{heard.event.ts}"
    said = Caller(Person(CHANNEL, heard.event.user)).said
    if thread is None or thread.awaiting is None or thread.awaiting.reason == "result":
        message = Trigger(type=KIND, data=words, meta={"delivery": key, "ref": ref, **place.meta})
        if thread is None:
            await runner.launch(said(message), place.thread_id)
        elif not has_come(key, thread):
            await runner.tell(place.thread_id, said(message))
    elif not has_come(key, thread):
        call_id = asked_before(heard.event, thread, thread.awaiting)
        data: Answer = {"response": thread.awaiting.chosen(words)}
        answer = HumanResponse(call_id=call_id, data=data, meta={"delivery": key})
        await runner.tell(place.thread_id, said(answer))


def has_come(key: str, thread: Thread) -> bool:
    """As an answer it is no message of the thread's, but bears its key as well."""
    return any((event.meta or {}).get("delivery") == key for event in thread.events)


def asked_before(said: SlackMessage, thread: Thread, waiting: Waiting) -> str:
    """The call that waits, where it was put before them here and these words came after it.

    Raises CannotFollow, also for words where a yes or a no is asked.
    """
    if waiting.for_approval:
        raise CannotFollow("it takes a yes or a no, with the buttons of the message")
    told = [event for event in thread.events if isinstance(event, HumanContacted)]
    refs = [event.data.get("ref", "") for event in told if event.call_id == waiting.call_id]
    if any(stood_before(said, ref) for ref in refs):
        return waiting.call_id
    raise CannotFollow("something has been asked meanwhile: answer it once it stands here")


def stood_before(said: SlackMessage, ref: str) -> bool:
    """By Slack's own clock."""
    channel, _, ts = ref.partition("/")
    return channel == said.channel and float(ts) < float(said.ts)
