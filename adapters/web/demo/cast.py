"""The simulated members at work: they come in, join, read the channel, and do what their habits say."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from adapters.web.chat import Chat
from adapters.web.demo.browser import Browser, Data
from adapters.web.demo.habits import WRITE, Board, Deed, plan, run_errands
from adapters.web.demo.texts import Cast, Library
from bot.kernel.event import Person

log = logging.getLogger(__name__)

ORGANISER = "organiser"
CHANNEL = "daily"  # where the group is set up
TALK = "general"
MEMORY = timedelta(days=4)  # the last deed about a problem comes less than three days after its post
Settle = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Found:
    """A button that somebody sees: where it stands and what it does. `aside` is the number of a private reply."""

    spot: str
    receipt: str
    action: str
    aside: str = ""


class Company:
    """
    The whole cast with their browsers. `settle` lets everything that is due happen before the next one acts.

    It keeps nothing that the chat does not show: deeds follow from the boards in the channel and from the seed.
    `begin` is the instant at which the story begins, in the group's zone.
    """

    def __init__(self, cast: Cast, library: Library, seed: int, begin: datetime, settle: Settle) -> None:
        self._cast, self._library, self._seed, self._settle = cast, library, seed, settle
        self._browsers: dict[str, Browser] = {}
        self._stack = AsyncExitStack()
        self._talk = sorted(((line.instant(begin), line) for line in cast.talk), key=lambda said: said[0])
        self._errands = run_errands(cast, begin)
        self._deeds: list[Deed] = []
        self._begin = self._since = begin

    async def come_in(self, chat: Chat, address: str, zone: str) -> None:
        """Everybody gets a link of their own and opens it."""
        people = [Person(ORGANISER, self._cast.organiser, zone, manages=True)]
        people += [Person(actor.id, actor.name, actor.zone) for actor in self._cast.members]
        for person in people:
            await chat.people.know(person)
            browser = await self._stack.enter_async_context(Browser(address))
            await browser.enter(await chat.people.invite(person.id))
            self._browsers[person.id] = browser

    async def leave(self) -> None:
        await self._stack.aclose()

    async def set_up(self) -> None:
        """The organiser makes the study group, in the way that an organiser does."""
        browser = self._browsers[ORGANISER]
        answer = await browser.do("say", spot=CHANNEL, text="/study", delivery="set-up")
        action = _action(answer["answers"], "organiser.setup")
        answer = await browser.do("press", spot=CHANNEL, action=action, delivery="set-up/press")
        if answer["refused"]:
            raise RuntimeError(f"the group could not be set up: {answer['refused']['because']}")
        await self._settle()

    async def join(self, who: str) -> None:
        """This member presses "Join the study group", and says how many days a week they have time."""
        browser = self._browsers[who]
        found = await self._find(browser, "members.join", "")
        if found is None:
            return
        answer = await browser.do(
            "press", spot=found.spot, receipt=found.receipt, action=found.action, delivery=f"join/{who}"
        )
        days = next(actor.days for actor in self._cast.members if actor.id == who)
        for menu in (menu for card in answer["answers"] if card["kind"] == "card" for menu in card["selects"]):
            if menu["action"].startswith("members.days"):
                await browser.do("press", spot=found.spot, action=menu["action"], value=days, delivery=f"days/{who}")
        await self._settle()

    @property
    def members(self) -> Sequence[str]:
        return [actor.id for actor in self._cast.members]

    def resume(self, now: datetime) -> None:
        """What was planned until now was done in an earlier run."""
        self._since = now

    # --- problems -------------------------------------------------------------------------

    async def look(self, now: datetime) -> None:
        """Read the channel, and make plans for the problems that stand in it."""
        browser = self._browsers[self._cast.members[0].id]
        boards = _boards(await browser.get("/api/messages", spot=CHANNEL), now - MEMORY)
        deeds = [deed for board in boards for deed in plan(board, self._cast, self._begin, self._library, self._seed)]
        later = (deed for deed in [*self._errands, *deeds] if deed.at > self._since)
        self._deeds = sorted(later, key=lambda deed: deed.at)

    def next_at(self) -> datetime | None:
        """When somebody acts next."""
        return min(
            [deed.at for deed in self._deeds[:1]] + [at for at, _ in self._talk if at > self._since], default=None
        )

    async def act(self, now: datetime) -> None:
        """Everybody whose time has come acts, one after the other."""
        for at, line in self._talk:
            if self._since < at <= now:
                await self._browsers[line.who].do("say", spot=TALK, text=line.text, delivery=f"talk/{at.isoformat()}")
        due = list(takewhile(lambda deed: deed.at <= now, self._deeds))
        self._since, self._deeds = now, self._deeds[len(due) :]
        for deed in due:
            await self._do(deed)
            await self._settle()

    async def _do(self, deed: Deed) -> None:
        browser = self._browsers[deed.who]
        mark = f"{deed.about}/{deed.route}/{deed.at.isoformat()}"
        found, answer = await self._reach(deed, browser, mark)
        if deed.route and found is None:
            log.info("%s finds no button for %s", deed.who, deed.route)
            return
        where = {"spot": CHANNEL}
        if found:
            log.info("%s presses %s", deed.who, deed.route)
            where = {"spot": found.spot, "receipt": found.receipt, "aside": found.aside}
            answer = await browser.do("press", **where, action=found.action, delivery=mark)
        form = next((form for form in answer["answers"] if form["kind"] == "form"), None)
        if form and deed.fields:
            answer = await browser.submit(form, deed.fields, deed.seconds, **where | {"delivery": f"{mark}/form"})
        if deed.option and (menu := _menu(answer["answers"], deed.option)):
            log.info("%s chooses %s", deed.who, deed.option)
            action, value = menu
            answer = await browser.do("press", **where, action=action, value=value, delivery=f"{mark}/menu")
        if answer["refused"]:
            log.info("%s was refused: %s", deed.who, answer["refused"]["because"])

    async def _reach(self, deed: Deed, browser: Browser, mark: str) -> tuple[Found | None, Data]:
        """The button that the deed needs, and the reply to what was told or typed to get there."""
        if deed.tell:
            answer = await browser.do("tell", text=deed.tell, delivery=f"{mark}/tell")
            spot, receipt = f"dm-{deed.who}", answer["receipt"]
        elif deed.type:
            answer = await browser.do("type", spot=CHANNEL, text=deed.type, delivery=f"{mark}/type")
            spot, receipt = CHANNEL, ""
        else:
            return await self._find(browser, deed.route, deed.receipt), {}
        action = _action(answer["answers"], deed.route)
        return Found(spot, receipt, action) if action else None, answer

    async def _find(self, browser: Browser, route: str, receipt: str) -> Found | None:
        """The newest button of this route: on this message (any when empty), in a reply about it, or in its thread."""
        seen = await browser.get("/api/messages", spot=CHANNEL)
        if receipt:
            await _put_away(browser, seen, receipt)
        found = [one for one in _buttons(seen, route) if receipt in ("", one.receipt)]
        if receipt and not found:
            found = list(_buttons(await browser.get("/api/messages", under=receipt), route))
        return found[-1] if found else None


async def _put_away(browser: Browser, seen: Data, receipt: str) -> None:
    """Whoever turns to this message has done with the replies about others."""
    for aside in seen["asides"]:
        if aside["receipt"] != receipt:
            await browser.do("dismiss", aside=str(aside["aside"]))


def _boards(seen: Data, since: datetime) -> Iterator[Board]:
    for message in seen["messages"]:
        at = datetime.fromisoformat(message["at"])
        if at >= since and message["card"] and _action([message["card"]], WRITE):
            yield Board(message["name"], message["receipt"], message["card"]["title"], at)


def _buttons(seen: Data, route: str) -> Iterator[Found]:
    for message in seen["messages"]:
        if message["card"] and (action := _action([message["card"]], route)):
            yield Found(message["spot"], message["receipt"], action)
    for aside in seen["asides"]:
        if aside["card"] and (action := _action([aside["card"]], route)):
            yield Found(aside["spot"], aside["receipt"], action, str(aside["aside"]))


def _action(cards: Sequence[Data], route: str) -> str:
    """The action of the first button of this route, or empty."""
    actions = (button["action"] for card in cards for button in card.get("buttons", ()))
    return next((action for action in actions if action.partition("?")[0] == route), "")


def _menu(cards: Sequence[Data], label: str) -> tuple[str, str] | None:
    """The action and the value of the option with this label."""
    return next(
        (
            (menu["action"], option["value"])
            for card in cards
            for menu in card.get("selects", ())
            for option in menu["options"]
            if option["label"] == label
        ),
        None,
    )
