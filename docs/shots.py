"""Takes the pictures of the inbox: `python docs/shots.py`, with Chromium and the dev requirements.

The project is the default one, with its offline stand-in, so the pictures show what anybody gets.
"""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
PORT = 8765
URL = f"http://localhost:{PORT}"
CHROMIUM = "/usr/bin/chromium"
REFUND = "refund 19.9 for order A-1001, it arrived broken"
MESSAGES = (
    "multiply 3 and 4, then divide the result by 2",
    "ask the manager whether we may close early on Friday",
    "refund",
    "add 1250.5 and 349.5",
    REFUND,
)


@contextmanager
def server(folder: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "create_12_factor_agent", "my-agent", "--yes", "--no-git"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    project = folder / "my-agent"
    clean = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    subprocess.run(["uv", "sync", "-q"], cwd=project, check=True, env=clean)
    serve = [str(project / ".venv/bin/agent"), "serve", "--port", str(PORT)]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(serve, cwd=project, env=clean, stdout=log, stderr=log)
    try:
        while b"running on" not in (folder / "log").read_bytes():
            assert process.poll() is None, (folder / "log").read_text()
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def launched(message: str) -> str:
    """The id of the thread, once it waits or is done."""
    headers = {"Content-Type": "application/json", "Prefer": "wait=10"}
    body = json.dumps({"message": message}).encode()
    request = urllib.request.Request(f"{URL}/api/v1/threads", body, headers)
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["id"])


def shot(page: Page, path: str, name: str) -> None:
    page.goto(URL + path)
    page.wait_for_timeout(300)
    page.screenshot(path=HERE / name)


def main() -> None:
    with TemporaryDirectory() as folder, server(Path(folder)), sync_playwright() as playwright:
        ids = [launched(message) for message in MESSAGES]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        sized: dict[str, Any] = {"device_scale_factor": 1.5, "locale": "en-GB"}
        wide = browser.new_page(viewport={"width": 1100, "height": 700}, **sized)
        shot(wide, "/", "inbox.png")
        wide.set_viewport_size({"width": 1100, "height": 860})
        wide.goto(f"{URL}/threads/{ids[-1]}")
        wide.get_by_text("Edit, then approve").click()
        wide.get_by_label("Amount").fill("9.95")
        wide.wait_for_timeout(300)
        wide.screenshot(path=HERE / "inbox-approval.png")
        shot(wide, f"/threads/{ids[0]}/context?at=3", "inbox-context.png")
        sized["color_scheme"] = "dark"
        phone = browser.new_page(viewport={"width": 390, "height": 760}, **sized)
        shot(phone, f"/threads/{ids[0]}", "inbox-phone.png")
        browser.close()


if __name__ == "__main__":
    main()
