"""What a human does on a page: the same events, by the same way, as through the API."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import HTTPException

from ...events import Stopped
from ...forms import PREFIX, Field, edited, typed_in
from ...inbound import Approval, Caller, Launch, Postponement, Response, delivery_id
from ...runner import Runner

LATER = {  # when somebody can be asked again
    "in an hour": timedelta(hours=1),
    "tomorrow": timedelta(days=1),
    "in a week": timedelta(weeks=1),
}


async def launch_from(form: Mapping[str, str], runner: Runner, caller: Caller) -> str:
    """The id of the new thread. A form that is sent twice launches one."""
    caller.needs("launch")
    delivery = delivery_of(form)
    event = Launch(message=form.get("message", "")).event(delivery)
    return await runner.launch(caller.said(event), delivery)


async def act(form: Mapping[str, str], thread_id: str, runner: Runner, caller: Caller) -> str:
    """Does what the form says; the thread to go on with. Raises WrongFields, and as a route may."""
    what, call_id = form.get("do", ""), form.get("call_id", "")
    caller.needs("launch" if what == "fork" else "answer")
    match what:
        case "answer":
            answer = Response(response=form.get("response", ""), call_id=call_id)
            await runner.tell(thread_id, caller.said(answer.event(None)))
        case "follow_up":
            more = Response(response=form.get("response", ""))
            event = more.event(delivery_of(form, thread_id))
            await runner.tell(thread_id, caller.said(event))
        case "approve" | "reject":
            comment = form.get("comment", "").strip() or None
            decided = Approval(call_id=call_id, approved=what == "approve", comment=comment)
            await runner.tell(thread_id, caller.said(decided.event()))
        case "change":
            arguments = await changed(form, thread_id, call_id, runner, caller)
            decided = Approval(call_id=call_id, approved=True, arguments=arguments)
            await runner.tell(thread_id, caller.said(decided.event()))
        case "postpone":
            now = runner.agent.clock()
            later = Postponement(call_id=call_id, until=now + time_in(form))
            await runner.tell(thread_id, caller.said(later.event(now)))
        case "resume":
            await runner.resume(thread_id, caller.person)
        case "stop":
            await runner.tell(thread_id, caller.said(Stopped()))
        case "fork":
            copy = (await runner.agent.store.get(thread_id)).fork(place_in(form))
            thread_id = await runner.agent.store.create(copy)
            if copy.status == "running":  # so its page says
                await runner.resume(thread_id, caller.person)
        case _:
            raise HTTPException(422, "do: choose what to do")
    return thread_id


async def changed(
    form: Mapping[str, str], thread_id: str, call_id: str, runner: Runner, caller: Caller
) -> dict[str, Any] | None:
    """The arguments as they were typed, None if they are as they were. Raises WrongFields."""
    waiting = (await runner.agent.store.get(thread_id)).was_asked(call_id, caller.person)
    if waiting is None:
        return {}  # which is refused, in the words in which any late answer is
    return edited(waiting, typed_in(form))


def as_typed(field: Field, form: Mapping[str, str]) -> str:
    """What a form that was refused is shown with again."""
    return form.get(PREFIX + field.name, field.value)


def delivery_of(form: Mapping[str, str], *place: str) -> str | None:
    key = form.get("key", "")[:255]
    return delivery_id("inbox", *place, key) if key else None


def place_in(form: Mapping[str, str]) -> int:
    at = form.get("at", "")
    if not (at.isascii() and at.isdecimal() and len(at) < 10):
        raise HTTPException(422, "at: the number of an event")
    return int(at)


def time_in(form: Mapping[str, str]) -> timedelta:
    if (chosen := form.get("later", "")) not in LATER:
        raise HTTPException(422, f"later: choose one of {', '.join(LATER)}")
    return LATER[chosen]
