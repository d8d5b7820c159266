"""An engine by its name: its module is imported when it is named, and a component may bring it."""

from importlib import import_module
from importlib.util import find_spec

from ..settings import Settings, WrongSettings
from . import Engine

HERE = "here"  # no engine
COMPONENTS = {"procrastinate": "worker"}  # which brings which; a module has `open_engine(settings)`


def open_engine(settings: Settings) -> Engine | None:
    """None where threads run in the process that is told of them. Nothing is connected yet.

    Raises WrongSettings.
    """
    name = settings.engine
    if name == HERE:
        return None
    if not name.isidentifier() or not find_spec(f".{name}", __package__):
        add = COMPONENTS.get(name)
        way = f"run `create-12-factor-agent add {add}`" if add else f"say {HERE}"
        raise WrongSettings([f"AGENT_ENGINE={name} is no engine of this project: {way}"])
    engine: Engine = import_module(f".{name}", __package__).open_engine(settings)
    return engine
