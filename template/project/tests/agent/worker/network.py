"""Machines on a network that can be cut: namespaces, joined by a bridge in the one we are in.

What is cut is cut as by a switch: packets are lost in both directions, and nobody is told. A
program has such a network when it is begun with `BEGINS`, and it ends with the program.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from shutil import which

HOME = Path(__file__).parents[3]
# Who is not root keeps their user, as which a Postgres runs.
ROOT = os.name != "nt" and os.geteuid() == 0
BEGINS = ("unshare", "-n") if ROOT else ("unshare", "--map-current-user", "--keep-caps", "-n")
NEW_NETWORK = 0x40000000
LIKE = "10.99.0.{}"
# As `KEEPALIVES`, for those who cannot wait for a quarter of a minute.
HURRIED = {
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 3000,
}
TRIAL = "from tests.agent.worker.network import joined; joined(1)"


@cache
def can_be_made() -> bool:
    """Linux with iproute2, and as root or where users may have namespaces."""
    if not (which("unshare") and which("ip")):
        return False
    trial = [*BEGINS, sys.executable, "-c", TRIAL]
    return subprocess.run(trial, cwd=HOME, capture_output=True).returncode == 0


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True)


def checked(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@contextmanager
def within(place: int) -> Iterator[None]:
    """What is begun here, and what that begins, is in that namespace."""
    home = here()
    checked(libc().setns(place, NEW_NETWORK))
    try:
        yield
    finally:
        checked(libc().setns(home, NEW_NETWORK))
        os.close(home)


def here() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


class Machine:
    """A place that is reached by its address, and that has nothing but this and its loopback."""

    def __init__(self, number: int) -> None:
        self.address = LIKE.format(number)
        self._port, self._home = f"port{number}", here()
        with ThreadPoolExecutor(1) as apart:  # a namespace is a thread's own
            self._place = apart.submit(self._made).result()
        ip(f"link set {self._port} master switch")
        self.mend()

    def inside(self) -> AbstractContextManager[None]:
        return within(self._place)

    def cut(self) -> None:
        self._switch("down")

    def mend(self) -> None:
        self._switch("up")

    def _switch(self, state: str) -> None:
        with within(self._home):
            ip(f"link set {self._port} {state}")

    def _made(self) -> int:
        checked(libc().unshare(NEW_NETWORK))
        ip(f"link add wire type veth peer name {self._port} netns {os.getpid()}")
        ip(f"address add {self.address}/24 dev wire")
        ip("link set wire up")
        ip("link set lo up")
        return here()


class Here:
    """In place of a machine where there is no such network."""

    address = None

    def inside(self) -> AbstractContextManager[None]:
        return nullcontext()


def joined(count: int) -> list[Machine]:
    ip("link set lo up")
    ip("link add switch type bridge")
    ip("link set switch up")
    return [Machine(number) for number in range(1, count + 1)]


@cache
def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
