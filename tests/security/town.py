"""
Two groups full of secrets, and the people who might want to know them.

Every secret is a word of its own, so that one look at what somebody can read tells whether it got out.
"""

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from bot.app import App
from bot.clock import TurnedClock
from bot.config import Config
from bot.engine.engine import Engine
from bot.engine.outcome import Outcome
from bot.features import discover
from bot.features.answers.cards import DRAFT, HIDE, SHOW
from bot.kernel import codec
from bot.kernel.action import Action
from bot.kernel.card import Card, Form, card_words
from bot.kernel.effect import Reply
from bot.kernel.event import Event, Person, Pressed, Submitted, Told, Typed, What
from tests.quick_store import QuickStore
from tests.story import CoreDriver
from tests.world import BERLIN, GROUP, TENANT, World, catalogue, travel, turned

OTHER = "web:second"
MONDAY, TUESDAY = "2026-01-05", "2026-01-06"
NOW = datetime(2026, 1, 7, 10, 0, tzinfo=UTC)  # Wednesday: Monday's problem is closed, Wednesday's is open
TASK = "2026-01-07"
SET_UP = Action.to("organiser.keep_zone")

ADA, BEN, CARA, DORA, LEE, OLGA = "mem-ada", "mem-ben", "mem-cara", "mem-dora", "mem-lee", "mem-olga"
UMA, OTTO, SID, MAX = "mem-uma", "mem-otto", "mem-sid", "mem-max"

FIRST, DRAFTED, TOLD, REFUSED = "SECRETFIRST", "SECRETDRAFT", "SECRETTOLD", "SECRETREF"
CLOSED, HIDDEN, STUCK, TAKEN_BACK, ELSEWHERE = (
    "SECRETCLOSED", "SECRETHIDDEN", "SECRETSTUCK", "SECRETWITHDRAWN", "SECRETELSEWHERE",
)  # fmt: skip
# Who may read what is kept from others. Whoever is not named may not.
MAY_READ: Mapping[str, frozenset[str]] = {
    FIRST: frozenset({ADA}),
    DRAFTED: frozenset({ADA}),
    TOLD: frozenset({ADA}),
    REFUSED: frozenset({ADA}),
    CLOSED: frozenset({CARA, DORA}),  # who has answered
    HIDDEN: frozenset({CARA, DORA}),
    TAKEN_BACK: frozenset({DORA}),
    ELSEWHERE: frozenset({UMA}),
}
# Words that may be seen beside a name by nobody but this person.
NAMELESS: Mapping[str, str] = {HIDDEN: DORA, STUCK: BEN}


@dataclass(frozen=True)
class Visitor:
    """Somebody who tries. `group` is where the event says that it comes from; empty: a private message."""

    label: str
    id: str
    group: str = GROUP
    manages: bool = False

    @property
    def person(self) -> Person:
        return Person(self.id, self.id.title(), "", self.manages)


OUTSIDERS = (
    Visitor("a stranger", SID),
    Visitor("a stranger in private", SID, ""),
    Visitor("somebody who has left", LEE),
    Visitor("a member of another group", UMA),
    Visitor("a member of another group at home", UMA, OTHER),
    Visitor("a member of another group in private", UMA, ""),
    Visitor("the organiser of another group", OTTO),
    Visitor("the organiser of another group at home", OTTO, OTHER),
)
MEMBERS = (
    Visitor("a member", BEN),
    Visitor("a member who has answered", CARA),
    Visitor("a member in private", BEN, ""),
)
ORGANISERS = (Visitor("the organiser", OLGA), Visitor("somebody who manages the server", MAX, manages=True))


@dataclass
class Town:
    """All of it, in a store that can be put back to any earlier moment."""

    store: QuickStore
    world: World
    clock: TurnedClock
    app: App
    driver: CoreDriver
    _number: int = 0  # of the last delivery; none is used twice

    @property
    def engine(self) -> Engine:
        return self.app.engine

    def at(self, image: bytes) -> None:
        """Let everything stored be as it was then."""
        if self.store.image != image:
            self.store.close()
            self.store = QuickStore(image=image)
            self.engine.store = self.store

    async def do(self, who: Visitor, what: What, receipt: str = "") -> Outcome:
        """One deed, without anything that follows later."""
        self._number += 1
        spot = "general" if who.group == GROUP else "second" if who.group else f"dm-{who.id}"
        return await self.engine.handle(
            Event(f"try-{self._number}", TENANT, who.group, spot, who.person, self.clock.now(), what, receipt)
        )


def town() -> Town:
    """The same town each time; the story that leads to it is told once."""
    image, world, clock = _told()
    return _inhabited(QuickStore(image=image), world, clock, after=1_000)


def _inhabited(store: QuickStore, world: World, clock: TurnedClock, after: int = 0) -> Town:
    engine = Engine(store, discover(), catalogue())
    app = App(Config(), store, engine, {TENANT: world}, clock, "town")
    return Town(store, world, clock, app, CoreDriver(app, world, clock), after)


@cache
def _told() -> tuple[bytes, World, TurnedClock]:
    async def tell() -> tuple[bytes, World, TurnedClock]:
        clock = turned()
        here = _inhabited(QuickStore(), World(clock), clock)
        await _live(here)
        return here.store.image, here.world, clock

    with ThreadPoolExecutor(1) as pool:  # a loop is running here already
        return pool.submit(asyncio.run, tell()).result()


async def _live(here: Town) -> None:
    """What happened until Wednesday at ten."""
    driver = here.driver
    driver.person(OLGA, zone=BERLIN, manages=True)
    await driver.type(OLGA, "/study")
    await driver.press(OLGA, "organiser.setup")
    driver.person(OLGA, zone=BERLIN)  # she manages no server any more, and is its organiser all the same
    for member in (OLGA, ADA, BEN, CARA, DORA, LEE):
        await driver.press(member, "members.join", f"members.join/{GROUP}")
    first = here.store.rows("SELECT task FROM answers_tasks WHERE only_member = :ada", ada=ADA)[0]["task"]
    await _must(here, Visitor("", ADA), _answer(str(first), f"{FIRST} is what I think about my first problem."))
    await _must(here, Visitor("", LEE), Pressed(Action.to("members.leave")))
    await _must(here, Visitor("", OTTO, OTHER, manages=True), Typed("", ""))
    await _must(here, Visitor("", OTTO, OTHER, manages=True), Submitted(SET_UP, {"city": "Berlin"}))
    await _must(here, Visitor("", OTTO, OTHER), Pressed(Action.to("members.join")))
    await _must(here, Visitor("", UMA, OTHER), Pressed(Action.to("members.join")))
    await travel(here.app, here.clock, NOW)
    await _secrets(here)
    await travel(here.app, here.clock, NOW)


async def _secrets(here: Town) -> None:
    ada, ben, cara, dora = (Visitor("", member) for member in (ADA, BEN, CARA, DORA))
    await _must(here, ada, _answer(TASK, f"{DRAFTED} is not finished yet, so I keep it.", DRAFT))
    await _must(here, Visitor("", ADA, ""), Told(f"{TOLD} is what I wrote to the bot.", "chat-ada"))
    refused = await here.do(ada, _answer(MONDAY, REFUSED))
    assert refused.refused, "too short, so it is a draft of the engine's"
    await _must(here, cara, _answer(TASK, f"{CLOSED} is what Cara thinks, because order helps.", SHOW))
    await _must(here, dora, _answer(TASK, f"{HIDDEN} is my answer, and nobody shall know whose.", HIDE))
    await _must(here, dora, _answer(TUESDAY, f"{TAKEN_BACK} was my answer, and I take it back."))
    await _must(here, dora, Pressed(Action.to("answers.withdraw", task=TUESDAY)))
    await _must(here, cara, _answer(TUESDAY, "Cara thinks that a heap is enough, because few count."))
    tried = Submitted(Action.to("daily.tell_stuck", round=TASK), {"tried": f"{STUCK}: I sorted it, and then?"})
    await _must(here, ben, tried)
    await _must(here, Visitor("", UMA, OTHER), _answer(TASK, f"{ELSEWHERE} is what another group's member thinks."))


def _answer(task: str, text: str, *choices: str) -> Submitted:
    return Submitted(Action.to("answers.send", task=task), {"text": text, "choices": choices})


async def _must(here: Town, who: Visitor, what: What) -> None:
    outcome = await here.do(who, what)
    assert not outcome.refused, f"{who.id} {what}: {outcome.refused}"


# --- what somebody can read -----------------------------------------------------------------------


def readable(outcome: Outcome) -> Iterator[str]:
    """Each card and form that came back, as the reader sees it."""
    for answer in outcome.answers:
        yield card_text(answer.card) if isinstance(answer, Reply) else form_text(answer.form)
    if outcome.refused:
        yield card_text(outcome.refused.card)


def card_text(card: Card) -> str:
    menus = [word for menu in card.selects for option in menu.options for word in (option.label, option.help)]
    return "\n".join([card_words(card), *menus, *(f"{file.name}\n{file.text}" for file in card.files)])


def form_text(form: Form) -> str:
    """Everything in it; a form has nothing that its reader does not see but its address."""
    return codec.dump(form)
