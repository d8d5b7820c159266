"""Debian's Chromium, driven by Playwright; where there is none, tests say so and are skipped."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Nothing is fetched but the pages; as root there is no sandbox.
QUIET = """
--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync
""".split()


@contextmanager
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def tab(context: BrowserContext, url: str) -> Page:
    """A page that is open; what it complains of is in `complaints`."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.__dict__["complaints"] = complaints
    page.goto(url)
    return page


def faults(page: Page) -> list[Any]:
    """What axe finds, and whether something stands out on the side."""
    found = Axe().run(page).response["violations"]
    wider = page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)")
    return [*((each["id"], each["nodes"][0]["html"]) for each in found), *[wider][: bool(wider)]]
