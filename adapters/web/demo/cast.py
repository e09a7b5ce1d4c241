"""The simulated members at work: they come in, join, read the channel, and do what their habits say."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from adapters.web.chat import Chat, direct
from adapters.web.demo.browser import Browser, Data
from adapters.web.demo.design_texts import DesignLibrary
from adapters.web.demo.designs import WEEK, plan_week
from adapters.web.demo.habits import CHANNEL, WRITE, Board, Deed, plan, run_errands
from adapters.web.demo.texts import Cast, Library, Partner
from bot.kernel.event import Person

log = logging.getLogger(__name__)

ORGANISER = "organiser"
TALK = "general"
PAIR = "partners.pair/"  # how the first message of a room of partners is named
FIND, PLAN = "partners.find", "partners.plan"
WRITES_BACK = timedelta(minutes=6)  # after a room was opened
MEMORY = timedelta(days=4)  # the last deed about a problem comes less than three days after its post
WEEK_MEMORY = timedelta(days=8)  # a system design week lasts seven
Settle = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Found:
    """
    A button or a menu that somebody sees: where it stands and what it does. `aside` is the number of a private reply,
    `value` what was taken from a menu.
    """

    spot: str
    receipt: str
    action: str
    aside: str = ""
    value: str = ""


class Company:
    """
    The whole cast with their browsers. `settle` lets everything that is due happen before the next one acts.

    It keeps nothing that the chat does not show: deeds follow from the boards in the channel and from the seed.
    `begin` is the instant at which the story begins, in the group's zone.
    """

    def __init__(
        self, cast: Cast, library: Library, designs: DesignLibrary, seed: int, begin: datetime, settle: Settle
    ) -> None:
        self._cast, self._library, self._designs, self._seed, self._settle = cast, library, designs, seed, settle
        self._chat: Chat | None = None
        self._browsers: dict[str, Browser] = {}
        self._stack = AsyncExitStack()
        self._talk = sorted(((line.instant(begin), line) for line in cast.talk), key=lambda said: said[0])
        self._errands = run_errands(cast, begin)
        self._deeds: list[Deed] = []
        self._plans: dict[Board, list[Deed]] = {}  # what follows from a board is always the same
        self._planned: list[Deed] = []
        self._unread = -1
        self._begin = self._since = begin

    async def come_in(self, chat: Chat, address: str, zone: str) -> None:
        """Everybody gets a link of their own and opens it."""
        self._chat = chat
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
        found = await self._find(who, "members.join", "")
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
        """Read the channel, if there is something new in it, and make plans for the problems that stand there."""
        who = self._cast.members[0].id
        unread = await self._count_unread(who)
        if unread != self._unread:
            seen = await self._browsers[who].get("/api/messages", spot=CHANNEL)
            self._planned = [deed for board in _boards(seen, now - MEMORY) for deed in self._plan(board)]
            self._planned += [deed for week in _weeks(seen, now - WEEK_MEMORY) for deed in self._plan(week)]
            self._unread = await self._count_unread(who)
        met = [deed for partner in self._cast.partners for deed in await self._plan_with(partner, now)]
        later = (deed for deed in [*self._errands, *self._planned, *met] if deed.at > self._since)
        self._deeds = sorted(later, key=lambda deed: deed.at)

    async def _plan_with(self, partner: Partner, now: datetime) -> list[Deed]:
        """In each room that this member shares with partners: their plan of the week, soon after it was opened."""
        if not any(deed.who == partner.who and deed.route == FIND and deed.at <= now for deed in self._errands):
            return []
        places = await self._chat.places(partner.who) if self._chat else ()
        deeds: list[Deed] = []
        for place in (place for place in places if place.kind == "room"):
            seen = await self._browsers[partner.who].get("/api/messages", spot=place.id)
            for message in seen["messages"]:
                if message["name"].startswith(PAIR) and _action([message["card"]], PLAN):
                    at = datetime.fromisoformat(message["at"]) + WRITES_BACK
                    deeds.append(
                        Deed(at, partner.who, PLAN, message["name"], message["receipt"], partner.plan, spot=place.id)
                    )
        return deeds

    async def _count_unread(self, who: str) -> int:
        """How many messages of the channel this member has not seen: it grows when something new stands there."""
        places = await self._chat.places(who) if self._chat else ()
        return sum(place.fresh for place in places if place.id == CHANNEL)

    def _plan(self, board: Board) -> list[Deed]:
        if board not in self._plans:
            is_week = board.name.startswith(WEEK)
            self._plans[board] = (
                plan_week(board, self._cast.designs, self._designs)
                if is_week
                else plan(board, self._cast, self._begin, self._library, self._seed)
            )
        return self._plans[board]

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
            if not deed.if_any:
                log.info("%s finds no button for %s", deed.who, deed.route)
            return
        where = {"spot": deed.spot}
        if found:
            log.info("%s presses %s", deed.who, deed.route.partition("?")[0])
            where = {"spot": found.spot, "receipt": found.receipt, "aside": found.aside}
            answer = await browser.do("press", **where, action=found.action, value=found.value, delivery=mark)
            deed = replace(deed, option="") if found.value else deed
        answer = await self._go_on(deed, browser, where, answer, mark)
        if answer["refused"]:
            log.info("%s was refused: %s", deed.who, answer["refused"]["because"])

    async def _go_on(self, deed: Deed, browser: Browser, where: dict[str, str], answer: Data, mark: str) -> Data:
        """Fill in, choose and press what the answers bring, until nothing of the deed is left; the last answer."""
        fields, option, then = deed.fields, deed.option, list(deed.then)
        while not answer["refused"]:
            form = next((form for form in answer["answers"] if form["kind"] == "form"), None)
            step = f"{mark}/{len(then)}"
            if form and fields:
                answer = await browser.submit(form, fields, deed.seconds, **where | {"delivery": f"{step}/form"})
                fields = {}
            elif option and (menu := _menu(answer["answers"], option)):
                log.info("%s chooses %s", deed.who, option)
                action, value = menu
                answer = await browser.do("press", **where, action=action, value=value, delivery=f"{step}/menu")
                option = ""
            elif then and (action := _action(answer["answers"], then[0])):
                log.info("%s presses %s", deed.who, then.pop(0).partition("?")[0])
                answer = await browser.do("press", **where, action=action, delivery=f"{step}/then")
            else:
                break
        if then and not deed.if_any:
            log.info("%s finds no button for %s", deed.who, then[0])
        return answer

    async def _reach(self, deed: Deed, browser: Browser, mark: str) -> tuple[Found | None, Data]:
        """The button that the deed needs, and the reply to what was told or typed to get there."""
        if deed.tell:
            answer = await browser.do("tell", text=deed.tell, delivery=f"{mark}/tell")
            spot, receipt = direct(deed.who), answer["receipt"]
        elif deed.type:
            answer = await browser.do("type", spot=CHANNEL, text=deed.type, delivery=f"{mark}/type")
            spot, receipt = CHANNEL, ""
        elif deed.in_private:
            return await self._find_in_private(browser, deed), {}
        elif deed.option and deed.receipt and not deed.then:
            return await self._find_in_thread(browser, deed), {}
        else:
            return await self._find(deed.who, deed.route, deed.receipt, deed.spot), {}
        action = _action(answer["answers"], deed.route)
        return Found(spot, receipt, action) if action else None, answer

    async def _find_in_private(self, browser: Browser, deed: Deed) -> Found | None:
        """The newest button, or menu with this option, in the private messages."""
        return _newest(await browser.get("/api/messages", spot=direct(deed.who)), deed)

    async def _find_in_thread(self, browser: Browser, deed: Deed) -> Found | None:
        """The menu with this option in the thread of the message."""
        return _newest(await browser.get("/api/messages", under=deed.receipt), deed)

    async def _find(self, who: str, route: str, receipt: str, spot: str = CHANNEL) -> Found | None:
        """The newest button of this route: on this message (any when empty), in a reply about it, or in its thread."""
        browser = self._browsers[who]
        seen = await browser.get("/api/messages", spot=spot, **({"only": receipt} if receipt else {}))
        if receipt:
            await self._put_away(who, seen, receipt)
        found = [one for one in _buttons(seen, route) if receipt in ("", one.receipt)]
        if receipt and not found:
            found = list(_buttons(await browser.get("/api/messages", under=receipt), route))
        return found[-1] if found else None

    async def _put_away(self, who: str, seen: Data, receipt: str) -> None:
        """Whoever turns to this message has done with the replies about others. Too often for a request."""
        for aside in seen["asides"]:
            if aside["receipt"] != receipt and self._chat:
                await self._chat.asides.dismiss(who, str(aside["aside"]))


def _boards(seen: Data, since: datetime) -> Iterator[Board]:
    for message in seen["messages"]:
        at = datetime.fromisoformat(message["at"])
        if at >= since and message["card"] and _action([message["card"]], WRITE):
            yield Board(message["name"], message["receipt"], message["card"]["title"], at)


def _newest(seen: Data, deed: Deed) -> Found | None:
    for message in reversed(seen["messages"]):
        cards = [message["card"]] if message["card"] else []
        if deed.option and (menu := _menu(cards, deed.option, deed.route)):
            return Found(message["spot"], message["receipt"], menu[0], value=menu[1])
        if not deed.option and (action := _action(cards, deed.route)):
            return Found(message["spot"], message["receipt"], action)
    return None


def _weeks(seen: Data, since: datetime) -> Iterator[Board]:
    """The system design weeks that opened since then."""
    for message in seen["messages"]:
        at = datetime.fromisoformat(message["at"])
        if at >= since and message["card"] and message["name"].startswith(WEEK):
            yield Board(message["name"], message["receipt"], message["card"]["title"], at)


def _buttons(seen: Data, route: str) -> Iterator[Found]:
    for message in seen["messages"]:
        if message["card"] and (action := _action([message["card"]], route)):
            yield Found(message["spot"], message["receipt"], action)
    for aside in seen["asides"]:
        if aside["card"] and (action := _action([aside["card"]], route)):
            yield Found(aside["spot"], aside["receipt"], action, str(aside["aside"]))


def _action(cards: Sequence[Data], wanted: str) -> str:
    """The first button's action that goes to this route and has these arguments, if any are named; or empty."""
    route, _, arguments = wanted.partition("?")
    named = set(arguments.split("&")) - {""}
    for card in cards:
        for button in card.get("buttons", ()):
            path, _, own = button["action"].partition("?")
            if path == route and named <= set(own.split("&")):
                return str(button["action"])
    return ""


def _menu(cards: Sequence[Data], label: str, route: str = "") -> tuple[str, str] | None:
    """The action and the value of the option with this label, in a menu of this route if one is named."""
    return next(
        (
            (menu["action"], option["value"])
            for card in cards
            for menu in card.get("selects", ())
            for option in menu["options"]
            if option["label"] == label and menu["action"].partition("?")[0] in (route or menu["action"]).split("?")[:1]
        ),
        None,
    )
