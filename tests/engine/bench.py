"""The engine with its courier and almanac on a store in memory, and short words for what members do to it."""

from datetime import datetime, timedelta
from itertools import count

import pytest

from bot.clock import TurnedClock
from bot.engine import outbox, roster
from bot.engine.almanac import Almanac
from bot.engine.courier import Courier
from bot.engine.engine import Engine, Outcome
from bot.kernel.action import Action
from bot.kernel.card import Card
from bot.kernel.effect import Channel, Effect, Late, Post
from bot.kernel.event import Event, Person, Pressed, Submitted, What
from bot.kernel.feature import Feature
from bot.kernel.ports import Tx
from tests.engine.club import SQL, make_club
from tests.quick_store import QuickStore, empty
from tests.world import CHANNEL, GROUP, TENANT, Crash, Fuse, World, turned

MAIN = Channel("main")
LEASE_OVER = outbox.LEASE + timedelta(seconds=1)


class Bench:
    """
    One group's engine. `restart` is a new process on the same rows; the world stays.

    A new process has a courier of its own name, as `bot.app` gives it.
    """

    def __init__(self, features: tuple[Feature, ...] | None = None, late: Late | None = None) -> None:
        self.features = features or (make_club(late) if late else make_club(),)
        self.clock: TurnedClock = turned()
        self.fuse = Fuse()
        self.world = World(self.clock, self.fuse)
        self.store = QuickStore(self.fuse, empty(SQL))
        self._lives, self._deliveries = count(1), count(1)
        self.tenants = [TENANT]
        self.restart()

    def restart(self) -> None:
        self.fuse.revive()
        self.engine = Engine(self.store, self.features)
        platforms = dict.fromkeys(self.tenants, self.world.platform)
        self.courier = Courier(self.store, platforms, self.clock, self.engine.hear, f"life-{next(self._lives)}")
        self.almanac = Almanac(self.store, self.engine, self.clock)

    # --- deeds ------------------------------------------------------------------------

    async def press(self, member: str, raw: str, value: str = "", **where: object) -> Outcome:
        return await self.do(member, Pressed(Action.decode(raw), value), **where)

    async def submit(self, member: str, raw: str, values: dict[str, str], **where: object) -> Outcome:
        return await self.do(member, Submitted(Action.decode(raw), values), **where)

    async def do(
        self,
        member: str,
        what: What,
        *,
        delivery: str = "",
        group: str = GROUP,
        tenant: str = TENANT,
        spot: str = "",
        receipt: str = "",
        manages: bool = False,
    ) -> Outcome:
        person = Person(member, member.title(), "", manages)
        delivery = delivery or f"delivery-{next(self._deliveries)}"
        spot = spot or (CHANNEL if group in (GROUP, "") else f"{CHANNEL}-of-{group}")  # no two groups share a channel
        return await self.engine.handle(
            Event(delivery, tenant, group, spot, person, self.clock.now(), what, receipt=receipt)
        )

    async def found(self, *members: str, group: str = GROUP, tenant: str = TENANT, zone: str = "") -> None:
        """Set a group up as olga, and let these join it."""
        raw = f"club.found?zone={zone.replace('/', '%2F')}" if zone else "club.found"
        await self.press("olga", raw, group=group, tenant=tenant, manages=True)
        for member in members:
            await self.press(member, "club.join", group=group, tenant=tenant)

    # --- wishes, past the handlers ------------------------------------------------------

    async def want(self, post: Post, *, group: str = GROUP, tenant: str = TENANT) -> None:
        """As if a handler had asked for it just now."""
        await self.perform([post], group=group, tenant=tenant)

    async def perform(self, effects: list[Effect], *, group: str = GROUP, tenant: str = TENANT) -> None:
        def unit(tx: Tx) -> None:
            scene = roster.group_scene(tx, group, self.clock.now())
            self.engine._perform(tx, effects, scene, tenant)

        await self.store.run(unit)

    # --- time -----------------------------------------------------------------------------

    async def drain(self) -> int:
        return await self.courier.drain()

    async def settle(self) -> None:
        for _ in range(1000):
            if not await self.almanac.tick() + await self.courier.drain():
                return
        raise AssertionError("it does not settle")

    async def go(self, wait: timedelta) -> None:
        """Step from one due thing to the next until `wait` has passed."""
        await self.until(self.clock.now() + wait)

    async def until(self, at: datetime) -> None:
        await self.settle()
        while (due := await self.next_due()) and due <= at:
            assert due > self.clock.now(), f"something stays due at {due}"
            self.clock.set(due)
            await self.settle()
        self.clock.set(at)
        await self.settle()

    async def next_due(self) -> datetime | None:
        found = [await self.almanac.next_due(), await self.courier.next_due()]
        return min((at for at in found if at), default=None)

    # --- looking --------------------------------------------------------------------------

    def row(self, name: str) -> dict[str, object]:
        (found,) = self.store.rows("SELECT * FROM outbox WHERE name = :name", name=name)
        return found

    def heard(self, kind: str) -> list[tuple[str, str]]:
        """Facts of this kind that the club heard: ("skipped", wake's name) or ("parked reason", post's name)."""
        rows = self.store.rows("SELECT * FROM club_heard WHERE what LIKE :kind || '%'", kind=kind)
        return [(str(row["what"]), str(row["name"])) for row in rows]

    def notes(self) -> dict[str, str]:
        return {str(r["member"]): str(r["text"]) for r in self.store.rows("SELECT * FROM club_notes")}


def card(text: str = "Hello") -> Card:
    return Card(text)


def post(name: str, text: str = "Hello", **more: object) -> Post:
    return Post(name, MAIN, card(text), **more)


async def die_at_next(bench: Bench, where: str) -> None:
    """Let the process die at the first step of the next drain whose description holds `where`."""
    bench.fuse.faults = {}
    before, original = bench.fuse.steps, bench.fuse.step

    def step(here: str, *, can_time_out: bool = False) -> None:
        if where in here and not bench.fuse.dead:
            bench.fuse.faults[bench.fuse.steps + 1] = "crash"
        original(here, can_time_out=can_time_out)

    bench.fuse.step = step  # type: ignore[method-assign]
    with pytest.raises(Crash):
        await bench.drain()
    bench.fuse.step = original  # type: ignore[method-assign]
    assert bench.fuse.steps > before
    bench.fuse.faults = {}
    bench.restart()
