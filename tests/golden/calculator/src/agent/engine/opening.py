"""An engine by its name: its module is imported when it is named, and a component may bring it."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from ..settings import Settings, WrongSettings
from . import Engine

HERE = "here"  # no engine
# Which component brings which. A module has `opened`, `check` and `migrated`, of settings.
COMPONENTS = {"procrastinate": "worker"}


def open_engine(settings: Settings) -> Engine | None:
    """None where threads run in the process that is told of them. Nothing is connected yet.

    Raises WrongSettings.
    """
    if settings.engine == HERE:
        return None
    engine: Engine = module_of(settings.engine).opened(settings)
    return engine


def check_engine(settings: Settings) -> None:
    """What is gone may come back, and is waited for. Raises WrongSettings and, for what stays as it
    is, NotQueued.
    """
    if settings.engine != HERE:
        module_of(settings.engine).check(settings)


def migrate(settings: Settings) -> str | None:
    """Bring what it keeps up to date; a line about it. Raises WrongSettings and NotQueued."""
    if settings.engine == HERE:
        return None
    line: str = module_of(settings.engine).migrated(settings)
    return line


def module_of(name: str) -> ModuleType:
    """Raises WrongSettings."""
    if not name.isidentifier() or not find_spec(f".{name}", __package__):
        add = COMPONENTS.get(name)
        way = f"run `create-12-factor-agent add {add}`" if add else f"say {HERE}"
        raise WrongSettings([f"AGENT_ENGINE={name} is no engine of this project: {way}"])
    return import_module(f".{name}", __package__)
