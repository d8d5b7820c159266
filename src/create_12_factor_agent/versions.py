"""Which version of the template a project can go to."""

from .errors import NotPossible
from .project import Project
from .template.answers import ANSWERS_FILE
from .template.asking import Form
from .template.releases import order
from .template.source import Source


def version_for(source: Source, project: Project, wanted: str | None = None) -> str:
    """The version to update to, such as `v0.3.0`: the one asked for, else the CLI's own."""
    chosen = source.version if wanted is None else f"v{wanted.removeprefix('v')}"
    require_known(source, project)
    if chosen not in source.versions:
        raise NotPossible(f'--to "{wanted}": no such version; choose from {_listed(source)}')
    if order(chosen) < order(project.version):
        raise NotPossible(
            f"the project is at {project.version} already: there is no way back to {chosen}"
        )
    return chosen


def require_known(source: Source, project: Project) -> None:
    """Refuse a project made from a version that this installation does not carry.

    So it is with answers that this version does not take, which somebody wrote by hand.
    """
    if project.version in source.versions:
        form = Form(source.read(project.version, "copier.yml"))
        if wrong := form.wrong(project.answers):
            name, why = wrong
            raise NotPossible(f"{ANSWERS_FILE}: {name}: {why}; or restore the file with git")
        return
    try:
        is_newer = order(project.version) > order(source.version)
    except ValueError as error:
        raise NotPossible(f"{error}: restore _commit in .copier-answers.yml") from None
    if is_newer:
        raise NotPossible(
            f"the project is at {project.version} and this is {source.version}: "
            "use a newer create-12-factor-agent (uvx create-12-factor-agent@latest)"
        )
    raise NotPossible(
        f"the project was made from {project.version}, which was never released: "
        f"it cannot be updated; known are {_listed(source)}"
    )


def _listed(source: Source) -> str:
    return ", ".join(source.versions)
