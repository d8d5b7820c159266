"""A Ctrl-C ends the command, but not what has to be whole."""

import subprocess
import sys
from pathlib import Path

from terminal import hear_signals

HEAD = """
import os, signal, sys
from create_12_factor_agent.interruption import held, listen, temporary_folder
listen()
def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)
"""


def told(script: str) -> list[str]:
    command = [sys.executable, "-c", HEAD + script]
    done = subprocess.run(
        command, capture_output=True, text=True, preexec_fn=hear_signals, timeout=60, check=True
    )
    return done.stdout.splitlines()


def test_it_comes_at_the_end_of_what_must_not_be_interrupted() -> None:
    script = """
try:
    with held():
        ctrl_c()
        print("whole")
    print("went on")
except KeyboardInterrupt:
    print("interrupted")
"""
    assert told(script) == ["whole", "interrupted"]


def test_a_temporary_folder_is_gone_when_it_comes_within() -> None:
    script = """
try:
    with temporary_folder() as folder:
        print(folder)
        ctrl_c()
except KeyboardInterrupt:
    print(folder.exists())
"""
    folder, there = told(script)
    assert (there, Path(folder).exists()) == ("False", False)


def test_a_temporary_folder_is_gone_when_it_comes_amid_the_tidying() -> None:
    script = """
import shutil
rmtree = shutil.rmtree
def interrupted(*arguments, **how):
    ctrl_c()
    rmtree(*arguments, **how)
try:
    with temporary_folder() as folder:
        print(folder)
        shutil.rmtree = interrupted
except KeyboardInterrupt:
    print(folder.exists())
"""
    folder, there = told(script)
    assert (there, Path(folder).exists()) == ("False", False)
