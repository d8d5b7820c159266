"""What the offline stand-in says, and what it makes of what others say."""

from typing import Any

from .plans import Step

USAGE = (
    "This is the offline stand-in, not an LLM: it understands deployments, rollbacks and questions"
    " about them. Try “deploy the backend v1.2.0 to staging”, “what is deployed in production?”,"
    " “which tags are there?” or “roll back the backend in production”."
)


def text_of(data: Any) -> str:
    """What an event says, whichever channel it came through."""
    fields = data if isinstance(data, dict) else {"text": data}
    said = (fields.get(name) for name in ("message", "text", "body", "response"))
    return next((text for text in said if isinstance(text, str)), "")


def tags_in(result: Step) -> list[Step]:
    shown = result.get("tags")
    return [tag for tag in shown if isinstance(tag, dict)] if isinstance(shown, list) else []


def outcome(intent: str, result: Step) -> str:
    """A result, in a sentence."""
    service, there, tag, before = map(result.get, ("service", "environment", "deployed", "before"))
    match intent:
        case "list_git_tags":
            named = (f"{tag.get('name')} ({tag.get('date')})" for tag in tags_in(result))
            return f"The newest tags are {', '.join(named)}."
        case "check_deployment_status":
            found = (f"{name} {value}" for name, value in result.items() if name != "environment")
            return f"In {there}: {', '.join(found)}."
        case "rollback":
            return f"Rolled back the {service} in {there} from {before} to {tag}."
    return f"Deployed {service} {tag} to {there} (before: {before})."


def question(message: str, choices: tuple[str, ...] = ()) -> Step:
    offered = {"format": "multiple_choice", "choices": list(choices)} if choices else {}
    return {"intent": "request_more_information", "message": message, **offered}


def done(message: str) -> Step:
    return {"intent": "done_for_now", "message": message}
