"""
The browser for tests of pages: one for each process of tests. It lends its windows, empty, to one test after another.

A browser belongs to the event loop that it was started in, so these tests share one: mark them `IN_ITS_LOOP`, and give
their fixtures `loop_scope="session"`.
"""

import os
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from playwright.async_api import Browser, ConsoleMessage, Page

# The same browser without a window of its own costs a third less.
CHROMIUMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
IN_ITS_LOOP = pytest.mark.asyncio(loop_scope="session")
WAIT = 8_000  # milliseconds until something that should show counts as missing
Scheme = Literal["light", "dark"]
Kind = tuple[str, bool]  # what cannot be changed: the time zone, and whether scripts run


@dataclass
class Lent:
    """One window of a test. Everything that its page complains about is kept in `complaints`."""

    page: "Page"
    kind: Kind
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", self._hear_error)
        self.page.on("console", self._hear)

    def _hear_error(self, error: Exception) -> None:
        self.complaints.append(str(error))

    def _hear(self, said: "ConsoleMessage") -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def silence(self) -> None:
        self.page.remove_listener("pageerror", self._hear_error)
        self.page.remove_listener("console", self._hear)


@dataclass
class Windows:
    """
    The windows of one browser. To open one costs more than twice what it costs to empty one.

    Each window is a browser of its own to the site: it has its own cookies, and they are gone when it is lent again.
    What a page stores otherwise belongs to its address, and each site of a test has another port.
    """

    browser: "Browser"
    lent: list[Lent] = field(default_factory=list)
    free: defaultdict[Kind, list["Page"]] = field(default_factory=lambda: defaultdict(list))

    async def lend(self, width: int, height: int, zone: str, scheme: Scheme = "light", *, scripts: bool = True) -> Lent:
        """An empty window of somebody who lives in this time zone. Nothing in it moves by itself."""
        kind = (zone, scripts)
        if not self.free[kind]:
            context = await self.browser.new_context(timezone_id=zone, java_script_enabled=scripts)
            self.free[kind].append(await context.new_page())
        page = self.free[kind].pop()
        page.set_default_timeout(WAIT)
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        self.lent.append(Lent(page, kind))
        return self.lent[-1]

    async def take_back(self) -> None:
        """Empty what is lent; from here on no page talks to any site, and no complaint is heard."""
        from playwright.async_api import Error

        while self.lent:
            lent = self.lent.pop()
            page, context = lent.page, lent.page.context
            lent.silence()
            try:
                for other in context.pages:
                    if other != page:
                        await other.close()
                await page.unroute_all()
                await page.goto("about:blank")
                await context.clear_cookies()
            except Error:  # closed by the test, or something stands in the way
                await context.close()
            else:
                self.free[lent.kind].append(page)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Windows]:
    from playwright.async_api import async_playwright, expect  # takes a while, and only these tests need it

    path = need_chromium()
    async with async_playwright() as playwright:
        expect.set_options(timeout=WAIT)
        running = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield Windows(running)
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Windows) -> AsyncIterator[Windows]:
    """Chromium, which lends its windows to this test. A test that stops its site takes them back before."""
    assert chromium.lent == []
    yield chromium
    await chromium.take_back()


def need_chromium() -> Path:
    """Skips, and says so, where there is no browser; fails where WHETSTONE_REQUIRE_BROWSER=1 asks for one."""
    found = next((path for path in CHROMIUMS if path.exists()), None)
    if found:
        return found
    why = f"there is no browser at {CHROMIUMS[-1]}. On Debian: apt-get install chromium."
    if os.environ.get("WHETSTONE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"WHETSTONE_REQUIRE_BROWSER=1, and {why}")
    pytest.skip(f"SKIPPED: {why}")
