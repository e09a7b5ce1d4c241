"""A real group on a real server, its people in real browser windows, and a clock turned by hand."""

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect
from playwright.async_api import TimeoutError as TooLate

from adapters.web.chat import Chat
from adapters.web.layout import TENANT
from adapters.web.platform import WebPlatform
from adapters.web.server import make_app, serve
from bot.app import App, open_app
from bot.clock import TurnedClock
from bot.config import STARTER, Config
from bot.content.catalogue import Catalogue
from bot.content.loader import load_pack
from bot.engine import outbox
from bot.engine.engine import Outcome
from bot.kernel.action import Action
from bot.kernel.event import Event, Person, Pressed, Submitted, Value, What
from bot.kernel.ports import Platform
from tests.chromium import Scheme, Windows
from tests.world import travel

TALK = "I, {}, think that one number hides much, because the classes differ. It fails where both are even."
PEOPLE = (Person("olga", "Olga", manages=True), Person("ada", "Ada"), Person("ben", "Ben"), Person("you", "You"))
ZONES = {"olga": "Europe/Berlin", "ada": "Europe/Berlin", "ben": "America/New_York", "you": "Asia/Tokyo"}
GROUP, CHANNEL = "web:group", "general"
GLANCES = 5
LAID_OUT = 2_000  # milliseconds until what has just been put into the page has its place

# What is wider than a window of this width, and what can be pressed in the part that is in front.
LOOK = """width => {
  const wide = document.documentElement.scrollWidth;
  const parts = [...document.querySelectorAll(".log, dialog[open], .place-head")]
    .filter((part) => part.scrollWidth > part.clientWidth + 1).map((part) => part.id || part.className);
  const front = ["dialog[open]", "#thread-log", "#log"].map((id) => document.querySelector(id)).find((part) => part);
  const buttons = [...front?.querySelectorAll("button") ?? []].filter((one) => one.checkVisibility());
  return {
    sideways: [...wide > width ? [`the page is ${wide} pixels wide`] : [], ...parts],
    buttons: buttons.map((one) => one.textContent.trim()),
  };
}"""
SETTLED = f"width => ({LOOK})(width).sideways.length === 0"
# Another width hides and shows parts, and what was hidden forgets how far it was scrolled.
KEEP = "globalThis.scrolled = [...document.querySelectorAll('.log, dialog')].map((part) => [part, part.scrollTop])"
PUT_BACK = "globalThis.scrolled.forEach(([part, top]) => { part.scrollTop = top })"


@cache
def shipped() -> Catalogue:
    return Catalogue.of([load_pack(STARTER)])


@dataclass(frozen=True)
class Screen:
    """What the window looks like. `name` is the folder of its screenshots."""

    name: str
    width: int
    height: int
    scheme: Scheme = "light"

    @property
    def is_phone(self) -> bool:
        return self.width < 700

    @property
    def other(self) -> "Screen":
        """Where somebody else in the same story looks; at the same one, where somebody wants the screenshots."""
        if os.environ.get("WHETSTONE_SCREENSHOTS"):
            return self
        return DESKTOP if self.is_phone else PHONE


DESKTOP, PHONE = Screen("desktop", 1280, 850), Screen("phone", 360, 740)


def on(*screens: Screen) -> pytest.MarkDecorator:
    """Tell a story on these screens; on both, whatever it asks for, where somebody wants the screenshots."""
    told = (DESKTOP, PHONE) if os.environ.get("WHETSTONE_SCREENSHOTS") else screens
    return pytest.mark.parametrize("screen", told, ids=lambda screen: screen.name)


@dataclass
class Window:
    """One person's browser."""

    page: Page
    screen: Screen

    # --- finding, by what a person sees ---------------------------------------------------

    def post(self, words: str) -> Locator:
        """The newest message that shows these words."""
        return self.page.get_by_role("article").filter(has_text=words).last

    def reply(self, words: str) -> Locator:
        """The newest private reply that shows these words."""
        return self.page.get_by_role("region", name="Only you can see this").filter(has_text=words).last

    @property
    def form(self) -> Locator:
        return self.page.get_by_role("dialog", name="Form to fill in")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("complementary", name="Thread")

    # --- doing ------------------------------------------------------------------------------

    async def press(self, label: str, within: Locator | None = None) -> None:
        await (within or self.page).get_by_role("button", name=label, exact=True).last.click()

    async def choose(self, menu: str, option: str, within: Locator | None = None) -> None:
        """Take the option of this label, or that has these words in its label, in the newest menu of this name."""
        select = (within or self.page).get_by_label(menu, exact=True).last
        found = select.locator("option:not([disabled])").filter(has_text=option).first
        await expect(found).to_be_attached()
        await select.select_option(label=await found.inner_text())
        await self.press(f"Choose {menu}", within)

    async def answer_form(self, values: Mapping[str, str], send: str = "Save") -> None:
        """Fill the form that is open, by the labels of its fields, and send it."""
        for label, value in values.items():
            box = self.form.get_by_label(label, exact=True)
            if await box.evaluate("box => box.tagName") == "SELECT":
                await box.select_option(label=value)
            else:
                await box.fill(value)
        await self.press(send, self.form)

    async def write(self, label: str, words: str) -> None:
        """Type a message into the box of this name and send it with Enter."""
        await expect(self.form).to_be_hidden()  # nobody can write behind a form
        box = self.page.get_by_label(label, exact=True)
        await box.fill(words)
        await box.press("Enter")
        await expect(box).to_have_value("")

    async def go(self, place: str) -> None:
        """Open a channel or the private conversation from the list; on a phone the list opens first."""
        if self.screen.is_phone:
            await self.page.get_by_role("button", name="Channels and private messages").click()
        await self.page.get_by_role("navigation").get_by_role("link", name=re.compile(rf"^{place}")).click()
        await expect(self.page.get_by_role("heading", level=1, name=place)).to_be_visible()

    async def open_thread(self, words: str) -> None:
        await self.post(words).get_by_role("link", name="Open the thread").click()
        await expect(self.thread).to_be_visible()

    async def take_up(self, screen: Screen) -> None:
        """The same person goes on with another device."""
        self.screen = screen
        await self._resize(screen)

    # --- looking ------------------------------------------------------------------------------

    async def sees(self, *words: str, within: Locator | None = None) -> None:
        for each in words:
            # looks again sooner than `expect` does
            await (within or self.page).get_by_text(each).filter(visible=True).last.wait_for()

    async def show(self, name: str, whole: Locator | None = None) -> None:
        """
        Nothing is wider than a desk or a phone, and both show the same buttons. A picture, if $WHETSTONE_SCREENSHOTS
        names a folder.

        `whole` is a part that must be on the picture from its top to its end: the window is made high enough for it.
        """
        other = PHONE if self.screen.width == DESKTOP.width else DESKTOP
        for _ in range(GLANCES):  # more than one where something came between the two
            here = await self._look(name, self.screen)
            await self.page.evaluate(KEEP)
            await self._resize(other)
            there = await self._look(name, other)
            await self._resize(self.screen)
            await self.page.evaluate(PUT_BACK)
            if there == here:
                break
        assert there == here, f"{name}: the buttons on a {other.name}, and those on a {self.screen.name}"
        if folder := os.environ.get("WHETSTONE_SCREENSHOTS"):
            height = self.screen.height
            if whole and (box := await whole.bounding_box()):
                height = max(height, int(box["height"]) + 320)
            await self.page.set_viewport_size({"width": self.screen.width, "height": height})
            if whole:
                await whole.evaluate("part => part.scrollIntoView({ block: 'nearest' })")
            path = Path(folder) / self.screen.name / f"{name}.png"
            await self.page.screenshot(path=path, animations="disabled")
            await self._resize(self.screen)

    async def _resize(self, screen: Screen) -> None:
        await self.page.set_viewport_size({"width": screen.width, "height": screen.height})

    async def _look(self, name: str, screen: Screen) -> list[str]:
        """The buttons in front. Fails when something has to be scrolled sideways."""
        if (seen := await self.page.evaluate(LOOK, screen.width))["sideways"]:
            with suppress(TooLate):
                await self.page.wait_for_function(SETTLED, arg=screen.width, timeout=LAID_OUT)
            seen = await self.page.evaluate(LOOK, screen.width)
        assert seen["sideways"] == [], f"{name} has to be scrolled sideways on a {screen.name}"
        return list(seen["buttons"])


@dataclass
class House:
    """The server and who is in it. Time passes only by `wait` and `until`."""

    app: App
    chat: Chat
    clock: TurnedClock
    address: str
    browser: Windows
    deliveries: "count[int]" = field(default_factory=lambda: count(1))

    # --- what happens without a window ------------------------------------------------------

    async def deed(self, person: str, what: What, group: str = GROUP) -> Outcome:
        """Somebody does this where nobody looks. Fails when it is refused."""
        who = replace((await self.chat.people.all())[person], zone=ZONES[person])
        spot = CHANNEL if group else f"dm-{person}"
        event = Event(f"deed-{next(self.deliveries)}", TENANT, group, spot, who, self.clock.now(), what)
        outcome = await self.app.engine.handle(event)
        assert outcome.refused is None, f"{person}, {what}: {outcome.refused}"
        await self.app.settle()
        return outcome

    async def press(self, person: str, route: str, value: str = "", **about: str) -> Outcome:
        """Press what has this action: `press("ada", "daily.hint", round="2026-01-05")`."""
        return await self.deed(person, Pressed(Action.to(route, **about), value))

    async def send(self, person: str, route: str, values: Mapping[str, Value], **about: str) -> Outcome:
        """Send the form that has this action."""
        return await self.deed(person, Submitted(Action.to(route, **about), values))

    async def set_up(self, *members: str) -> None:
        """Olga has set the group up, and these people have joined."""
        await self.press("olga", "organiser.setup")
        for member in members:
            await self.press(member, "members.join")

    async def practise(self, *members: str) -> None:
        """These members answer the newest problem now; it opened today."""
        for member in members:
            task = f"{self.clock.now():%Y-%m-%d}"
            await self.send(member, "answers.send", {"text": TALK.format(member), "choices": ()}, task=task)

    # --- windows ----------------------------------------------------------------------------

    async def enter(self, person: str, screen: Screen = DESKTOP) -> Window:
        """This person opens the link that lets them in; their browser tells its time zone."""
        lent = await self.browser.lend(screen.width, screen.height, ZONES[person], screen.scheme)
        window = Window(lent.page, screen)
        new = not (await self.chat.people.all())[person].zone
        key = await self.chat.people.invite(person)
        if not new:
            await window.page.goto(f"{self.address}/enter?key={key}")
        else:
            async with window.page.expect_response("**/do/zone"):
                await window.page.goto(f"{self.address}/enter?key={key}")
        await window.page.wait_for_url(f"**/c/{CHANNEL}")
        return window

    async def wait(self, wait: timedelta = outbox.MERGE) -> None:
        """Long enough for edits that were waiting for more."""
        await self.until(self.clock.now() + wait)

    async def until(self, at: datetime) -> None:
        await travel(self.app, self.clock, at)


@pytest.fixture
def content() -> Catalogue:
    """The problems of the house. A module that needs others has a fixture of this name, too."""
    return shipped()


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path, clock: TurnedClock, browser: Windows, content: Catalogue) -> AsyncIterator[House]:
    """The shipped problems, four people, nobody set anything up. It fails the test when a page complained."""
    platforms: dict[str, Platform] = {}
    async with await open_app(Config(data=tmp_path / "data"), platforms, clock, content) as app:
        chat = await Chat.open(tmp_path / "chat", clock, GROUP)
        platforms[TENANT] = WebPlatform(chat)
        for person in PEOPLE:
            await chat.people.know(person)
        runner = await serve(make_app(app, chat), 0)
        house = House(app, chat, clock, f"http://127.0.0.1:{runner.addresses[0][1]}", browser)
        yield house
        complaints = [complaint for lent in browser.lent for complaint in lent.complaints]
        await browser.take_back()
        await runner.cleanup()
        await app.stop()
        await chat.close()
    assert complaints == []
