"""
The browser for tests of pages: one for each process of tests, with a window of its own for each test.

A browser belongs to the event loop that it was started in, so these tests share one: mark them `IN_ITS_LOOP`, and give
their fixtures `loop_scope="session"`.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from playwright.async_api import Browser

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
IN_ITS_LOOP = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator["Browser"]:
    from playwright.async_api import async_playwright  # takes a while, and only these tests need it

    path = need_chromium()
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: "Browser") -> AsyncIterator["Browser"]:
    """Chromium without any window. Those of this test are closed after it, and with them goes what pages kept."""
    assert chromium.contexts == []
    yield chromium
    for context in chromium.contexts:
        await context.close()


def need_chromium() -> Path:
    """Skips, and says so, where there is no browser; fails where WHETSTONE_REQUIRE_BROWSER=1 asks for one."""
    if CHROMIUM.exists():
        return CHROMIUM
    if os.environ.get("WHETSTONE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"WHETSTONE_REQUIRE_BROWSER=1, and there is no {CHROMIUM}. On Debian: apt-get install chromium.")
    pytest.skip(f"SKIPPED: no browser at {CHROMIUM}. On Debian: apt-get install chromium.")
