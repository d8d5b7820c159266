"""Every test runs in an empty folder of its own and sees none of your settings."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

from agent.discovery import brought
from agent.model import decoding
from agent.store.filesystem import FileSystemThreadStore

from .yours.samples import prepare

# The same examples every time. `pytest --hypothesis-profile=search` looks for new ones.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("steady")

# What a channel of yours cannot start without, as a webhook without its secret. Change the words
# where they do not fit, as for a number.
NEEDED = {
    f"AGENT_{name}".upper(): "made up, and long enough"
    for section in brought("settings")
    for name, field in section.model_fields.items()
    if field.is_required()
}
os.environ.update(NEEDED)


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are processors: some tests wait."""
    return (os.cpu_count() or 1) + 2


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """It makes up its cases while it is collected, which takes a second in each process."""
    fast = config.getoption("markexpr") == "not slow"
    return (fast and collection_path.name == "test_api_fuzz.py") or None


def pytest_collection_finish() -> None:
    """What is imported by now stays: it is not searched for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        # The scripted models listen on this machine, where no proxy leads.
        ours = name.startswith("AGENT_") and name not in NEEDED
        if ours or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    # What a server took would be remembered of the next one that gets its port.
    monkeypatch.setattr(decoding, "_taken", {})
    prepare()


@pytest.fixture
def store(tmp_path: Path) -> FileSystemThreadStore:
    return FileSystemThreadStore(tmp_path / ".threads")
