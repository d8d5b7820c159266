"""From sentences to steps: what a text asks for, and what an answer adds to it."""

from itertools import product
from typing import Any, NamedTuple

from .grammar import ENVIRONMENTS, NEWEST, SERVICES, Clause, Unclear, clauses


class Hole(NamedTuple):
    wanted: str  # which only a human can tell
    choices: tuple[str, ...] = ()


Step = dict[str, Any]  # an intent and its arguments; `deploy` is told its service by next_step
Pairs = list[tuple[Any, Any]]  # services with their tags

A_SERVICE = Hole("a service", SERVICES)
AN_ENVIRONMENT = Hole("an environment", ENVIRONMENTS)


def understand(text: str, before: Pairs) -> list[Step]:
    """The steps that a text asks for, none if it is no sentence of ours.

    `before` is what was deployed before: “it”.
    """
    steps: list[Step] = []
    try:
        for clause in clauses(text):
            steps += steps_of(clause, before, steps)
            named = [(step["service"], step["tag"]) for step in steps if "tag" in step]
            before = list(dict.fromkeys(named)) or before
    except Unclear:
        return []
    return steps


def steps_of(clause: Clause, before: Pairs, steps: list[Step]) -> list[Step]:
    """Raises Unclear."""
    places = list[Any](clause.environments) or [AN_ENVIRONMENT]
    match clause.verb:
        case "deploy":
            return [
                {"intent": "deploy", "service": service, "tag": tag, "environment": place}
                for place, (service, tag) in product(places, pairs(clause, before))
            ]
        case "rollback" if set(clause.tags) <= {NEWEST}:
            return [
                {"intent": "rollback", "service": service, "environment": place}
                for place, (service, _) in product(places, pairs(clause, before))
            ]
        case "status":
            spoken_of = [step["environment"] for step in steps if "environment" in step][-1:]
            places = clause.environments or spoken_of or list(ENVIRONMENTS)
            return [{"intent": "check_deployment_status", "environment": p} for p in places]
        case "tags":
            return [{"intent": "list_git_tags"}]
    raise Unclear


def pairs(clause: Clause, before: Pairs) -> Pairs:
    """Each service with its tag. Raises Unclear."""
    services, tags = list[Any](dict.fromkeys(clause.services)), list[Any](clause.tags)
    if clause.it and not services:
        services, tags = [name for name, _ in before], tags or [tag for _, tag in before]
    services, tags = services or [A_SERVICE], tags or [NEWEST]
    tags = tags * len(services) if len(tags) == 1 else tags
    if len(tags) != len(services):
        raise Unclear
    return list(zip(services, tags, strict=True))


def fill(planned: list[Step], answer: str) -> list[Step]:
    """The plan with what a human answered where something was open; none if it is no answer."""
    try:
        [clause] = clauses(answer)
    except (Unclear, ValueError):  # the latter: more than one
        return []
    said = {name: words for name, words in clause.said.items() if words}
    if not planned or clause.verb not in ("", planned[0]["intent"]) or not fits(said, planned[0]):
        return []
    filled: list[Step] = []
    for step in planned:
        values = [said.get(name, [old]) if is_open(old) else [old] for name, old in step.items()]
        filled += [dict(zip(step, chosen, strict=True)) for chosen in product(*values)]
    return filled


def fits(said: dict[str, list[str]], step: Step) -> bool:
    """Whether it says what is open, one tag at most, and nothing against what was said before."""
    fitting = [is_open(step.get(name)) or words == [step.get(name)] for name, words in said.items()]
    return bool(said) and all(fitting) and len(said.get("tag", [])) < 2


def is_open(value: Any) -> bool:
    return isinstance(value, Hole) or value == NEWEST
