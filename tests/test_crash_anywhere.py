"""
Kill the process at every single step of a morning, or let the platform time out there: people must see the same thing.

A morning begins when it is nine o'clock. Then up to three of five deeds happen, in any order: the courier delivers, a
minute passes, Ada answers, Ben answers, Ada changes her answer. Every story is told once without a fault and once for
each step with a fault at it; whatever the platform was not told it repeats to the next process. In the end every
message must stand once, show the same, and no answer may be lost. Where two deaths in one story leave the same rows and
messages behind at the same deed, the future is the same, too, and is lived through once.

The features are the ones that are shipped. The store is one in memory, so that the thousands of lives take seconds;
`test_the_same_on_the_real_store` tells some of the stories on a real file.
"""

import asyncio
import pickle
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import count, product
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.clock import TurnedClock
from bot.config import Config
from bot.engine import courier as courier_module
from bot.engine import outbox, roster
from bot.engine.engine import Engine
from bot.features import discover
from bot.kernel.action import Action
from bot.kernel.card import Card
from bot.kernel.effect import Post
from bot.kernel.event import Event, Person, Submitted, Value
from bot.kernel.facts import AnswersToShow
from bot.kernel.ports import Row, Store, Tx
from bot.store.sqlite import SqliteStore
from tests.quick_store import QuickStore
from tests.story import CoreDriver
from tests.world import GROUP, MORNING, TENANT, Crash, Fuse, World, catalogue, travel, turned

T = TypeVar("T")
NINE = MORNING + timedelta(minutes=5)
POST = f"daily/{GROUP}/2026-01-05"
TASK = "2026-01-05"
FORM = Action.to("answers.send", task=TASK)
VALUES: dict[str, Value] = {"text": "", "choices": ("show",)}
FEATURES = discover()
CONFIG = Config()
DEEDS = ("drain", "wait", "ada", "ben", "ada again")
WORDS = {
    "ada": "I would sort the list first, because then the gap is between neighbours.",
    "ben": "A hash map of what was seen already does it in one pass over the list.",
    "ada again": "On second thought a heap is enough, since only the smallest are needed.",
}
STORIES = [story for length in range(4) for story in product(DEEDS, repeat=length)]
AFTERWARDS = timedelta(minutes=20)  # more than any lease or wait that one fault can cause


# --- one life after another -------------------------------------------------------------------


class SameFuture(Exception):
    """Another death has left the same behind; how that goes on is known."""


@dataclass
class Morning:
    """
    What lasts while processes come and go: rows, messages, the time, what was not acknowledged yet.

    `remains` is what deaths have left behind in this story until now; None where every one is outlived.
    """

    store: Store
    world: World
    clock: TurnedClock
    lives: "count[int]" = field(default_factory=lambda: count(1))
    app: App | None = None
    remains: set[bytes] | None = None

    def process(self) -> App:
        """The living process; a new one where the last died."""
        if self.app is None or self.world.fuse.dead:
            self.world.fuse.revive()
            engine = Engine(self.store, FEATURES, catalogue())
            name = f"life-{next(self.lives)}"
            self.app = App(CONFIG, self.store, engine, {TENANT: self.world}, self.clock, name)
        return self.app

    async def outlive(self, name: str, deed: Callable[[App], Awaitable[object]]) -> None:
        """Do it; where the process dies over it, it happens again to the next one. `name` is the deed's alone."""
        while True:
            try:
                await deed(self.process())
            except Crash:
                self._note_death(name)
                continue
            return

    def _note_death(self, name: str) -> None:
        if self.remains is None:
            return
        assert isinstance(self.store, QuickStore)
        seen = (name, self.clock.now(), self.world.messages, self.world.rooms, self.world.created)
        left = sha256(self.store.image + pickle.dumps(seen)).digest()
        if left in self.remains:
            raise SameFuture
        self.remains.add(left)

    async def do(self, deed: str, delivery: str) -> None:
        match deed:
            case "open":
                await self.outlive(delivery, lambda app: app.almanac.tick())
            case "drain":
                await self.outlive(delivery, lambda app: app.courier.drain())
            case "wait":
                self.clock.go(timedelta(minutes=1))
                await self.outlive(delivery, lambda app: app.pulse())
            case _:
                event = answer(deed, delivery, self.clock.now())
                await self.outlive(delivery, lambda app: app.engine.handle(event))

    async def settle(self) -> None:
        """Long enough for every lease to lapse and every wait to end."""
        end = self.clock.now() + AFTERWARDS

        async def step(app: App) -> None:
            await travel(app, self.clock, end)

        await self.outlive(f"settle until {end}", step)


def answer(deed: str, delivery: str, now: datetime) -> Event:
    member = deed.partition(" ")[0]
    values = {**VALUES, "text": WORDS[deed]}
    return Event(delivery, TENANT, GROUP, "general", Person(member, member.title()), now, Submitted(FORM, values))


async def _begin(morning: Morning) -> None:
    """The group is set up, ada and ben have joined, and it is nine."""
    driver = CoreDriver(morning.process(), morning.world, morning.clock)
    await driver.found()
    for member in ("ada", "ben"):
        await driver.press(member, "Join the study group", f"members.join/{GROUP}")
    morning.clock.set(NINE)


@cache
def _beginning() -> tuple[bytes, dict[str, object]]:
    """Rows and messages at nine o'clock, made once."""

    async def make() -> tuple[bytes, dict[str, object]]:
        clock = turned()
        store = QuickStore()
        morning = Morning(store, World(clock), clock)
        await _begin(morning)
        return store.image, dict(vars(morning.world))

    with ThreadPoolExecutor(1) as pool:  # a loop is running here already
        return pool.submit(asyncio.run, make()).result()


def at_nine(faults: dict[int, str]) -> Morning:
    image, before = _beginning()
    clock, fuse = turned(NINE), Fuse(dict(faults))
    world = World(clock, fuse)
    world.messages = {**before["messages"]}  # type: ignore[dict-item]
    world._receipts = count(1000)
    return Morning(QuickStore(fuse, image), world, clock)


# --- what people see in the end -----------------------------------------------------------------


@dataclass(frozen=True)
class Truth:
    wall: dict[str, Card]
    doubles: tuple[str, ...]
    answers: dict[str, str]


async def tell(story: Sequence[str], faults: dict[int, str], morning: Morning | None = None) -> tuple[Truth, Fuse]:
    """Live through the story with these faults, and through everything that follows from it."""
    here = morning or at_nine(faults)
    for number, deed in enumerate(("open", *story)):
        await here.do(deed, f"morning-{number}")
    await here.settle()
    return await look(here), here.world.fuse


async def look(here: Morning) -> Truth:
    app = here.process()

    def ask(tx: Tx) -> dict[str, str]:
        scene = app.engine._asker(roster.group_scene(tx, GROUP, here.clock.now()))
        return {shown.author_member: shown.text for shown in scene(AnswersToShow(TASK), tx)}

    answers = await here.store.read(ask)
    return Truth(here.world.wall(), tuple(here.world.doubles()), answers)


def answers_of(story: Sequence[str]) -> dict[str, str]:
    """What must be kept: each member's last words."""
    return {deed.partition(" ")[0]: WORDS[deed] for deed in story if deed in WORDS}


def problem(story: Sequence[str], expected: Truth, found: Truth) -> str:
    if found.doubles:
        return f"twice: {found.doubles}"
    if found.answers != answers_of(story):
        return f"answers: {sorted(found.answers)}"
    if found.wall != expected.wall:
        return f"seen: {[name for name in expected.wall if found.wall.get(name) != expected.wall[name]]}"
    return ""


async def faulty_lives(story: Sequence[str]) -> list[str]:
    """Every fault in this story after which people see something else."""
    expected, fuse = await tell(story, {})
    assert not problem(story, expected, expected)
    assert POST in expected.wall
    wrong = []
    remains: set[bytes] = set()
    for step, (where, can_time_out) in enumerate(fuse.log, 1):
        for fault in ("crash", "timeout") if can_time_out else ("crash",):
            here = at_nine({step: fault})
            here.remains = remains
            try:
                found, _ = await tell(story, {}, here)
            except SameFuture:
                continue
            if no := problem(story, expected, found):
                wrong.append(f"{'-'.join(story)}: {fault} {where} (step {step}): {no}")
    return wrong


# --- every step ------------------------------------------------------------------------------


async def test_the_deeds_are_those_that_people_do() -> None:
    morning = at_nine({})
    await morning.settle()
    driver = CoreDriver(morning.process(), morning.world, morning.clock)
    form = (await driver.press("ada", "Answer", POST)).form
    assert form
    assert form.action == FORM.encode()
    assert set(form.labels) >= set(VALUES)


@pytest.mark.parametrize("chunk", range(8))
async def test_wherever_we_die_people_see_the_same(chunk: int) -> None:
    for story in STORIES[chunk::8]:
        assert await faulty_lives(story) == []


# --- a test that cannot fail proves nothing ----------------------------------------------------


async def wrong_lives() -> list[str]:
    """What goes wrong in three stories that are enough to see it."""
    return [line for story in ((), ("drain", "ada"), ("ada", "drain", "ben")) for line in await faulty_lives(story)]


async def test_without_find_some_messages_stand_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    async def blind(self: World, target: object, name: str, since: datetime) -> None:
        return None

    monkeypatch.setattr(World, "find", blind)
    wrong = await wrong_lives()
    assert any("crash after post" in line and "twice" in line for line in wrong)
    assert any("timeout after post" in line and "twice" in line for line in wrong)


async def test_a_newer_wish_that_resets_the_attempts_would_show_messages_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    want = outbox.want

    def forgetful(tx: Tx, group: str, tenant: str, post: Post, now: datetime) -> None:
        want(tx, group, tenant, post, now)
        tx.run("UPDATE outbox SET attempts = 0 WHERE name = :name AND shown < revision", name=post.name)

    monkeypatch.setattr(outbox, "want", forgetful)
    wrong = await wrong_lives()
    assert wrong
    assert all(("twice" in line and "drain-a" in line) or "drain-b" in line for line in wrong)


async def test_doubt_that_is_taken_for_a_no_would_show_messages_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    release = outbox.release

    def hasty(tx: Tx, row: Row, until: datetime, *, sent: bool) -> None:
        release(tx, row, until, sent=False)

    monkeypatch.setattr(outbox, "release", hasty)
    wrong = await wrong_lives()
    assert wrong
    assert all("timeout after post" in line for line in wrong)


async def test_settling_before_the_call_would_lose_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    deliver = courier_module.Courier._deliver

    async def trusting(self: courier_module.Courier, row: Row) -> None:
        receipt = row["receipt"] or "w1000"  # what the world will call it
        await self.store.run(lambda tx: outbox.settle(tx, row, receipt, self.clock.now()))
        await deliver(self, row)

    monkeypatch.setattr(courier_module.Courier, "_deliver", trusting)
    wrong = await wrong_lives()
    assert any("seen" in line for line in wrong)


# --- any order, any number of faults ---------------------------------------------------------------


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(DEEDS), max_size=14),
    st.dictionaries(st.integers(1, 90), st.sampled_from(["crash", "timeout"]), max_size=7),
)
async def test_any_story_with_any_faults_ends_the_same(deeds: list[str], faults: dict[int, str]) -> None:
    expected, _ = await tell(deeds, {})
    found, _ = await tell(deeds, faults)
    assert problem(deeds, expected, found) == ""


# --- the real store ------------------------------------------------------------------------------


class FusedStore:
    """The real store, whose process may die before and after each of its commits."""

    def __init__(self, store: SqliteStore, fuse: Fuse) -> None:
        self._store, self.fuse = store, fuse

    async def run(self, unit: Callable[[Tx], T]) -> T:
        def fused(tx: Tx) -> T:
            value = unit(tx)
            self.fuse.step("before a commit")
            return value

        self.fuse.breathe("a transaction")
        value = await self._store.run(fused)
        self.fuse.step("after a commit")
        return value

    async def read(self, query: Callable[[Tx], T]) -> T:
        self.fuse.breathe("a read")
        return await self._store.read(query)


@pytest.mark.parametrize("deeds", [("ada", "drain", "ada again"), ("drain", "ben", "wait")], ids="-".join)
async def test_the_same_on_the_real_store(deeds: tuple[str, ...], tmp_path: Path) -> None:
    expected, fuse = await tell(deeds, {})
    for step, (where, can_time_out) in enumerate(fuse.log, 1):
        path = tmp_path / f"{step}.db"
        path.write_bytes(_beginning()[0])
        store = await SqliteStore.open(path)
        here = at_nine({step: "timeout" if can_time_out and step % 2 else "crash"})
        here.store = FusedStore(store, here.world.fuse)
        found, _ = await tell(deeds, {}, here)
        await store.close()
        assert problem(deeds, expected, found) == "", where
