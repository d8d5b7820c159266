"""What people click and fill in: the same events, by the same way, as through the API."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from ...events import HumanResponse
from ...forms import edited
from ...inbound import Approval, Caller, Postponement, Response
from ...outcomes import became_of
from ...people import Person
from ...runner import Runner
from ...store import StoreError
from ...thread import CannotFollow, NotAllowed, Thread
from ...waiting import Waiting
from .blocks import LATER, choices_of
from .hearing import CHANNEL, Id, Ts
from .modals import WORDS, Shown, block_of, text_of, typed_in
from .settings import Slack
from .words import cut

REFUSALS = (CannotFollow, StoreError, ValidationError)


class Team(BaseModel):
    id: Id


class User(BaseModel):
    id: Id
    team_id: Id | None = None


class Action(BaseModel):
    value: str


class Container(BaseModel):
    """Where the button stands that was clicked."""

    channel_id: Id
    message_ts: Ts
    thread_ts: Ts | None = None


class Asking(BaseModel):
    """The message with the button, as it is there now."""

    blocks: list[dict[str, Any]] = []


class By(BaseModel):
    """Who does it, and from where."""

    team: Team
    user: User

    @property
    def caller(self) -> Caller:
        return Caller(Person(CHANNEL, self.user.id))

    def is_served(self, slack: Slack) -> bool:
        """In the workspace that the message is in, and the one that they are of."""
        teams = {self.team.id, self.user.team_id or self.team.id}
        return all(slack.serves(team, self.user.id) for team in teams)


class Click(By):
    type: Literal["block_actions"]
    trigger_id: str
    container: Container
    message: Asking = Asking()
    actions: Annotated[list[Action], Field(min_length=1, max_length=1)]


class Typed(BaseModel):
    values: dict[str, dict[str, Any]]


class View(BaseModel):
    id: str
    private_metadata: str
    state: Typed


class Submission(By):
    type: Literal["view_submission"]
    view: View


async def waiting_for(shown: Shown, caller: Caller, runner: Runner) -> Waiting:
    """What waits, if it is what was shown. Raises CannotFollow, also for who may not decide on it,
    and StoreError.
    """
    thread = await runner.agent.store.get(shown.thread_id)
    waiting = thread.asked(shown.call_id)
    if waiting is None:
        raise is_over(shown, thread)
    no = caller.said(HumanResponse(call_id=shown.call_id, data={"approved": False}))
    if waiting.for_approval and (why := runner.agent.approvers.refusal(waiting, no)):
        raise NotAllowed(why)
    return waiting


async def what_was_shown(shown: Shown, caller: Caller, runner: Runner) -> Waiting:
    """What a button or modal was made of; what they send twice is told twice. Raises CannotFollow
    and StoreError.
    """
    thread = await runner.agent.store.get(shown.thread_id)
    if waiting := thread.was_asked(shown.call_id, caller.person):
        return waiting
    raise is_over(shown, thread)


def is_over(shown: Shown, thread: Thread) -> CannotFollow:
    became = became_of(shown.call_id, thread.events)
    return CannotFollow(became or f"the thread is {thread.status}")


async def over(shown: Shown, runner: Runner) -> str | None:
    """What became of the call, where it waits no longer. Raises StoreError."""
    thread = await runner.agent.store.get(shown.thread_id)
    waits = thread.asked(shown.call_id)
    return None if waits else became_of(shown.call_id, thread.events)


async def act(
    shown: Shown, caller: Caller, runner: Runner, values: Mapping[str, Any] | None = None
) -> None:
    """Do what the button or the modal says, to the call that it was shown for and no other.

    Raises WrongFields, CannotFollow, StoreError, and ValidationError.
    """
    tell, call_id = partial(runner.tell, shown.thread_id), shown.call_id
    text = text_of(values or {}, WORDS) or ""
    match shown.do:
        case "approve":
            await tell(caller.said(Approval(call_id=call_id, approved=True).event()))
        case "edit":
            waiting = await what_was_shown(shown, caller, runner)
            changed = edited(waiting, typed_in(values or {}, waiting))
            decided = Approval(call_id=call_id, approved=True, arguments=changed)
            await tell(caller.said(decided.event()))
        case "reject":
            decided = Approval(call_id=call_id, approved=False, comment=text.strip() or None)
            await tell(caller.said(decided.event()))
        case "say":
            await tell(caller.said(Response(call_id=call_id, response=text).event(None)))
        case "choose":
            choices = choices_of(await what_was_shown(shown, caller, runner))
            if not 0 <= shown.n < len(choices):
                raise CannotFollow("it cannot be answered so")
            chosen = Response(call_id=call_id, response=choices[shown.n])
            await tell(caller.said(chosen.event(None)))
        case "later":
            now, times = runner.agent.clock(), list(LATER.values())
            if not 0 <= shown.n < len(times):
                raise CannotFollow("there is no such time")
            later = Postponement(call_id=call_id, until=now + times[shown.n])
            await tell(caller.said(later.event(now)))


def errors_at(faults: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """By the blocks that the modal has; what is about none of them stands at its first."""
    first = next(iter(values), WORDS)
    errors: dict[str, str] = {}
    for name, fault in faults.items():
        place = block_of(name) if block_of(name) in values else first
        errors[place] = cut("; ".join(filter(None, (errors.get(place), fault))), 300)
    return errors
