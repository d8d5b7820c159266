"""The sentences that the rules understand: yours to edit, or to delete with the rest of them."""

from typing import Any

from .grammar import Draft, Hole, Sentence, Slot

NEWEST = "the newest"  # no tag has spaces
SERVICE = Slot("a service", choices=("backend", "frontend"), read=str.lower, several=True)
PLACE = Slot("an environment", choices=("staging", "production"), read=str.lower, several=True)
TAG = Slot("a tag", r"v?[0-9]+(?:\.[0-9]+)[\w.+-]*|v[0-9]+", default=NEWEST)
LATEST = r"(?:(?:the )?(?:latest|newest)(?: (?:tag|version|release))?(?: of)? )?"
DEPLOY = {"service": SERVICE, "tag": TAG, "environment": PLACE}
BACK = {"service": SERVICE, "environment": PLACE}
SENTENCES = (
    Sentence(
        "(?:re)?(?:deploy|ship|release|roll out)(?: "
        + LATEST
        + "(?:the )?{service})?(?: {tag})?(?: (?:to|in|on) {environment})?",
        "deploy_{service}",
        DEPLOY,
    ),
    Sentence(
        "(?:deploy|ship|release|roll out) (?:the )?{service}(?: {tag})?"
        " (?:gradually|slowly|bit by bit)(?: (?:to|in) production)?",
        "roll_out",
        {"service": SERVICE, "tag": TAG},
    ),
    Sentence("(?:deploy|ship|release) {tag}(?: to {environment})?", "deploy_{service}", DEPLOY),
    Sentence(
        "(?:roll back|rollback|revert)(?: (?:the )?{service})?(?: (?:in|on) {environment})?",
        "rollback",
        BACK,
    ),
    Sentence(
        "(?:check|(?:is )?deployed|(?:the )?status|running)(?: (?:the )?(?:status )?)?"
        "(?: ?(?:of|in|on) ?)?{environment}",
        "check_deployment_status",
        {"environment": PLACE},
    ),
    Sentence(
        "(?:(?:which|what|list|show)(?: me)? (?:the )?)?(?:git )?tags(?: are there| do we have)?",
        "list_git_tags",
    ),
)
USAGE = (
    "deployments, rollbacks and questions about them. Try “deploy the backend v1.2.0 to staging”,"
    " “what is deployed in production?”, “which tags are there?”, “roll back the backend in"
    " production” or “roll out the frontend gradually”."
)
SAID = {
    "list_git_tags": "The newest tags are {tags}.",
    "check_deployment_status": "In {environment}: backend {backend}, frontend {frontend}.",
    "rollback": "Rolled back the {service} in {environment} from {before} to {deployed}.",
    "roll_out": "Rolled out {service} {deployed} to {environment} (before: {before}).",
    "deploy_backend": "Deployed {service} {deployed} to {environment} (before: {before}).",
    "deploy_frontend": "Deployed {service} {deployed} to {environment} (before: {before}).",
}
# What a tool's error says, the argument that mends it, and what to ask for.
MENDED_BY = (("there is no tag", "tag", "another tag"),)
FINAL = ("to roll back to", "deploy the tag that is wanted")  # errors that nothing mends
ANSWERS: dict[str, dict[str, Any]] = {}  # what an answer may say, and the arguments that it changes


def completed(step: Draft, known: dict[str, Any]) -> Draft:
    """A tag that is none is asked about; the newest has to be looked up."""
    shown = known.get("list_git_tags", known.get("git_tags"))
    listed = (shown or {}).get("tags") or []
    tags = [str(tag["name"]) for tag in listed if isinstance(tag, dict) and "name" in tag]
    tag = step.get("tag")
    if tag == NEWEST and shown is None:
        return {"intent": "list_git_tags"}
    if tag == NEWEST:
        return step | {"tag": tags[0] if tags else Hole("a tag, for there is none")}
    if isinstance(tag, str) and f"v{tag}" in tags:
        return step | {"tag": f"v{tag}"}
    if isinstance(tag, str) and shown and str(shown.get("older")) == "0" and tag not in tags:
        return step | {"tag": Hole(f"another tag, for there is no {tag}", tuple(tags))}
    return step
