"""The sentences that the rules understand: yours to edit, or to delete with the rest of them."""

from .grammar import Draft, Hole, Rules, Sentence, Slot

NEWEST = "the newest"  # no tag has spaces
SERVICES, ENVIRONMENTS = ("backend", "frontend"), ("staging", "production")
PLACES = {
    "service": Slot("a service", read=str.lower, choices=SERVICES, several=True),
    "tag": Slot("a tag", r"v?[0-9]+(?:\.[0-9]+)[\w.+-]*|v[0-9]+", default=NEWEST),
    "environment": Slot("an environment", read=str.lower, choices=ENVIRONMENTS, several=True),
}
SHIP = "(deploy|ship|release|roll out)"
LATEST = "[ [the ](latest|newest)[ (tag|version|release)][ of]]"
TO = f"[re]{SHIP}{LATEST}[ [the ]{{service}}][ {{tag}}][ (to|in|on) {{environment}}]"
SLOWLY = " (gradually|slowly|bit by bit)[ (to|in) production]"
BACK = "(roll back|rollback|revert)[ [the ]{service}][ (in|on) {environment}]"
RUNS = "(check|[is ]deployed|[the ]status|running)[ the][ status][ (of|in|on)] {environment}"
TAGS = "[(which|what|list|show)[ me] [the ]][git ]tags[ are there| do we have]"
WHERE = "{service} {deployed} to {environment} (before: {before})."
WENT_BACK = "Rolled back the {service} in {environment} from {before} to {deployed}."
THERE = "In {environment}: backend {backend}, frontend {frontend}."
NO_TAG = {"there is no tag": "tag"}
SENTENCES = (
    Sentence("deploy_{service}", TO, f"Deployed {WHERE}", NO_TAG),
    Sentence(
        "roll_out",
        SHIP + LATEST + " [the ]{service}[ {tag}]" + SLOWLY,
        f"Rolled out {WHERE}",
        NO_TAG,
    ),
    Sentence("rollback", BACK, WENT_BACK, final="to roll back to|deploy the tag that is wanted"),
    Sentence("check_deployment_status", RUNS, THERE),
    Sentence("list_git_tags", TAGS, "The newest tags are {tags}."),
)
USAGE = (
    "deployments, rollbacks and questions about them. Try “deploy the backend v1.2.0 to staging”,"
    " “what is deployed in production?”, “which tags are there?”, “roll back the backend in"
    " production” or “roll out the frontend gradually”."
)


def completed(step: Draft, known: Draft) -> Draft:
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


RULES = Rules(PLACES, SENTENCES, USAGE, completed)
