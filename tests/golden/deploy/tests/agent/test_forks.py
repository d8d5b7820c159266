"""A tool that forks: what it leaves behind is no second agent, and keeps nothing of ours."""

import asyncio
import os
import signal
import sys

import pytest

from agent.store.filesystem import FileSystemThreadStore

from .processes import python
from .stores import created, held

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")

# A tool whose copy returns as well, in its own thread or in one of its own.
RETURNS_TWICE = """
import asyncio, os, sys
from pathlib import Path
from agent.workers import run_apart

def forks():
    if os.fork() == 0:
        Path(f"copy-{os.getpid()}").touch()
    return os.getpid()

async def work():
    return await asyncio.to_thread(forks) if sys.argv[1] == "thread" else forks()

print(asyncio.run(run_apart(work)) == os.getpid(), flush=True)
os.wait()
print("ended")
"""


@pytest.mark.parametrize("where", ["work", "thread"])
def test_a_copy_that_returns_from_a_tool_ends(where: str) -> None:
    with python(RETURNS_TWICE, where) as process:
        out, _ = process.communicate(timeout=20)
    assert out == "True\nended\n"


# A server with a caller whose request is open, and a process that is forked meanwhile.
KEEPS_NOTHING = """
import asyncio, os, socket
import uvicorn
from agent.server.process import Server

async def app(scope, receive, send):
    if os.fork() == 0:
        left = [n for n in os.listdir("/proc/self/fd") if is_inet(n)]
        print(left, flush=True)
        os._exit(0)
    os.wait()
    print(len([n for n in os.listdir("/proc/self/fd") if is_inet(n)]), flush=True)
    server.should_exit = True

def is_inet(number):
    try:
        with socket.socket(fileno=os.dup(int(number))) as found:
            return found.family == socket.AF_INET
    except OSError:
        return False

async def main():
    asked = asyncio.create_task(ask())
    await server.serve()
    asked.cancel()

async def ask():
    while not server.started:
        await asyncio.sleep(0.01)
    place = server.servers[0].sockets[0].getsockname()
    _, writer = await asyncio.open_connection(*place)
    writer.write(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
    await asyncio.sleep(60)

server = Server(uvicorn.Config(app, port=0, lifespan="off", log_level="critical"))
asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="counts what is open")
def test_a_process_that_a_tool_forked_keeps_neither_the_port_nor_a_caller() -> None:
    with python(KEEPS_NOTHING) as process:
        out, _ = process.communicate(timeout=20)
    left, before = out.splitlines()
    assert before == "3"  # the port, the caller's end, and ours of the caller
    assert len(left.split(",")) == 1


# A holder of a lease whose copy lives on when it is killed.
DIES_BEFORE_ITS_COPY = """
import asyncio, os, sys, time
from pathlib import Path
from agent.store.filesystem import FileSystemThreadStore

async def hold():
    async with FileSystemThreadStore(Path(sys.argv[1])).lease(sys.argv[2]):
        if not os.fork():
            print(os.getpid(), flush=True)
        time.sleep(60)

asyncio.run(hold())
"""


def test_a_copy_that_outlives_us_holds_no_lease(store: FileSystemThreadStore) -> None:
    thread_id = created(store)
    with python(DIES_BEFORE_ITS_COPY, store.root, thread_id) as holder:
        assert holder.stdout
        copy = int(holder.stdout.readline())
        holder.kill()
        holder.wait(20)
        try:
            asyncio.run(held(store, thread_id))
        finally:
            os.kill(copy, signal.SIGKILL)
