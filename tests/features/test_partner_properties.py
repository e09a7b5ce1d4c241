"""
Whatever members do, in groups of one, two, three and five: nobody sits in two pairs, with somebody whom they blocked or
who has left, pauses or was forgotten; nobody who wishes is dropped in silence; and the same round twice is one round.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations, count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.config import Config
from bot.engine import outbox
from bot.engine.engine import Engine, Outcome
from bot.features import discover
from bot.features.partners import FEATURE
from bot.features.partners.matching_rules import match
from bot.features.partners.round_handlers import hold_round, prepare_more, seat_everybody
from bot.features.partners.rules import SOON, Record, Week
from bot.features.partners.wish_rules import State, Wish, Wisher, week_of
from bot.kernel.action import Action
from bot.kernel.card import card_words
from bot.kernel.effect import Effect, Wake, Work
from bot.kernel.engine_facts import EverythingAbout
from bot.kernel.event import Done, Due, Event, Left, Person, Pressed, Scene, Submitted, Value, What
from bot.kernel.peer_facts import PartnersOf
from bot.kernel.ports import Tx
from tests.features.mornings import JOIN
from tests.features.peers import ask
from tests.quick_store import QuickStore
from tests.story import CoreDriver
from tests.world import CHANNEL, GROUP, TENANT, World, catalogue, travel, turned

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SIZES = (1, 2, 3, 5)
FEATURES = discover()
TIMES = (("mornings",), ("mon", "sat"), ("late", "mon"), ("fri",), ())
EXAMPLES = 12  # of each size: days of a group, some hundred deeds in all
TABLES = ("seats", "pairs", "sittings", "met", "rounds")


class Group:
    """A group of so many members, and what the test does to it."""

    def __init__(self, size: int, image: bytes = b"", messages: World | None = None) -> None:
        self.members = [f"m{n}" for n in range(size)]
        self.clock = turned()
        self.world = World(self.clock)
        if messages:
            self.world.messages, self.world._receipts = {**messages.messages}, count(10_000)
        self.store = QuickStore(image=image)
        self.app = App(Config(), self.store, Engine(self.store, FEATURES, catalogue()), {TENANT: self.world},
                       self.clock, "life")  # fmt: skip
        self._deliveries = count(10_000 if image else 1)
        self.here, self.erased = set(self.members), set[str]()

    async def do(self, member: str, what: What) -> Outcome:
        delivery = f"partners-{next(self._deliveries)}"
        person = Person(member, member.title())
        done = await self.app.engine.handle(Event(delivery, TENANT, GROUP, CHANNEL, person, self.clock.now(), what))
        assert not (done.refused and "our side" in done.refused.because), f"{member} {what}"
        return done

    async def press(self, member: str, route: str, value: str = "", **args: str) -> Outcome:
        return await self.do(member, Pressed(Action.to(route, **args), value))

    async def send(self, member: str, route: str, values: dict[str, Value]) -> Outcome:
        return await self.do(member, Submitted(Action.to(route), values))

    async def go(self, wait: timedelta) -> None:
        await travel(self.app, self.clock, self.clock.now() + wait)

    def rows(self, table: str, where: str = "1 = 1") -> list[dict[str, Any]]:
        return self.store.rows(f"SELECT * FROM {table} WHERE {where}")  # noqa: S608 - a test's own words

    def pairs(self) -> dict[int, list[str]]:
        """Who sits in each live pair, those who are parked not counted."""
        people = {row["number"]: row["member"] for row in self.rows("partners_seats")}
        live: dict[int, list[str]] = {row["number"]: [] for row in self.rows("partners_pairs", "state = 'live'")}
        for row in self.rows("partners_sittings", "phase IN ('active', 'quiet', 'nudged')"):
            if row["pair"] in live:
                live[row["pair"]].append(people[row["seat"]])
        return live

    def pair_of(self, member: str) -> str:
        return next((str(pair) for pair, people in self.pairs().items() if member in people), "0")

    def apart(self) -> set[frozenset[str]]:
        return {frozenset((row["member"], row["blocked_member"])) for row in self.rows("safety_blocks")}

    def paused(self) -> set[str]:
        now = self.clock.now()
        return {r["member"] for r in self.rows("members_pauses") if datetime.fromisoformat(r["until"]) > now}

    def kept(self) -> dict[str, list[dict[str, Any]]]:
        return {table: self.rows(f"partners_{table}") for table in TABLES}


@cache
def beginning(size: int) -> tuple[bytes, World]:
    """Rows and messages on Monday morning, made once for each size."""

    async def make() -> tuple[bytes, World]:
        group = Group(size)
        driver = CoreDriver(group.app, group.world, group.clock)
        await driver.found()
        for member in group.members:
            await driver.press(member, "Join the study group", JOIN)
        return group.store.image, group.world

    with ThreadPoolExecutor(1) as pool:  # a loop may be running here already
        return pool.submit(asyncio.run, make()).result()


def living(size: int) -> Group:
    image, world = beginning(size)
    return Group(size, image, world)


# --- what may never be -----------------------------------------------------------------------------


async def is_sound(group: Group) -> None:
    """What holds after every deed."""
    pairs, apart, paused = group.pairs(), group.apart(), group.paused()
    wishers = {row["member"]: row for row in group.rows("partners_seats")}
    seated = [member for people in pairs.values() for member in people]
    assert len(seated) == len(set(seated)), f"somebody sits in two pairs: {pairs}"
    for people in pairs.values():
        assert 1 <= len(people) <= 3
        for member in people:
            assert member in group.here - paused, f"{member} sits in a pair and is not here"
            assert wishers[member]["state"] == "wants"
        assert not [two for two in combinations(people, 2) if frozenset(two) in apart]
    partners = {member: await ask(group.app, PartnersOf(member)) for member in group.members}
    for member in group.members:
        assert member not in partners[member]
        assert all(member in partners[other] for other in partners[member])
    nobody_is_dropped(group, wishers, set(seated), paused)
    for member in group.erased:
        assert member not in wishers
    assert not group.rows("partners_sittings", "seat NOT IN (SELECT number FROM partners_seats)")


def nobody_is_dropped(group: Group, wishers: dict[str, dict[str, Any]], seated: set[str], paused: set[str]) -> None:
    into = (group.clock.now() - MORNING_OF_TERM) % timedelta(weeks=2)
    matching = into < 3 * HOUR or group.rows("partners_rounds", "state = 'asked'")
    unseated = [w for m, w in wishers.items() if m in group.here - seated - paused and w["state"] == "wants"]
    for row in unseated:
        assert row["waits_since"] or row["solo"] or row["resting"] or matching, f"{row['member']} is dropped in silence"
    waiting = [row["member"] for row in unseated if row["waits_since"] and not row["solo"]]
    if not matching and timedelta(weeks=2) - into + 3 * HOUR > SOON:
        strangers = [two for two in combinations(waiting, 2) if frozenset(two) not in group.apart()]
        moved = {row["seat"] for row in group.rows("partners_sittings", "vote = 'else'")}
        assert not strangers or moved, f"{strangers} both wait, and could be partners"


MORNING_OF_TERM = datetime.fromisoformat("2026-01-05T03:00:00+00:00")


async def rooms_are_right(group: Group) -> None:
    """Nobody who has gone can open a room in which others are."""
    await group.go(outbox.MERGE)
    here = group.here
    for people in group.world.rooms.values():
        gone = set(people) - here
        assert not gone or not set(people) & here or len(people) < 2, f"{gone} can still open a room: {people}"


# --- what may happen ---------------------------------------------------------------------------------

DEEDS = ("wish", "wish", "here", "here", "stop", "again", "back", "pause", "resume", "leave", "join", "erase", "block",
         "move", "third", "another", "solo", "vote", "else", "close", "board", "wait", "wait", "long", "round",
         "twice")  # fmt: skip


async def play(group: Group, deed: str, number: int) -> None:
    member = group.members[number % len(group.members)]
    other = group.members[(number // 7) % len(group.members)]
    if deed in ("leave", "join", "erase", "block"):
        await come_or_go(group, deed, member, other)
    elif deed in ("wait", "long"):
        await group.go((1, 13, 25, 49)[number % 4] * HOUR if deed == "wait" else 4 * DAY)
    elif deed == "round":
        await to_round(group, silent=() if number % 2 else (member,))
    elif deed == "twice":
        await again(group)
    else:
        await press(group, deed, member, number)
    await group.app.settle()


async def press(group: Group, deed: str, member: str, number: int) -> None:
    match deed:
        case "wish":
            times, talk = TIMES[number % len(TIMES)], "writing" if number % 5 == 4 else "live"
            stage = ("employed", "starting", "interviewing")[number % 3]
            await group.send(member, "partners.send", {"stage": stage, "times": times, "talk": talk})
        case "pause":
            await group.press(member, "members.keep_pause", ("3", "7", "14")[number % 3])
        case "resume":
            await group.press(member, "members.resume")
        case "move":
            await group.press(member, "partners.move", pair=group.pair_of(member))
        case "third" | "another" | "solo":
            for one in group.members:
                await group.press(one, "partners.choose", what=deed)
        case "vote" | "else":
            vote = "again" if deed == "vote" else "else"
            await group.press(member, "partners.vote", what=vote, pair=group.pair_of(member))
        case _:
            await group.press(member, f"partners.{deed}")


async def come_or_go(group: Group, deed: str, member: str, other: str) -> None:
    match deed:
        case "leave":
            await group.do(member, Left())
            group.here -= {member}
        case "join":
            await group.press(member, "members.join")
            group.here |= {member}
            group.erased -= {member}
        case "erase":
            await group.store.run(lambda tx: group.app.engine.erase(tx, TENANT, member, group.clock.now()))
            group.here -= {member}
            group.erased |= {member}
        case "block" if member != other:
            await group.send(member, "safety.send_block", {"person": other})


async def to_round(group: Group, *, silent: Sequence[str] = ()) -> None:
    """Time passes until the next round; all but these give a sign every second day."""
    gone = (group.clock.now() - MORNING_OF_TERM) // timedelta(weeks=2)
    at = MORNING_OF_TERM + (gone + 1) * timedelta(weeks=2) + 4 * HOUR
    await live_until(group, at, silent)


async def live_until(group: Group, at: datetime, silent: Sequence[str] = ()) -> None:
    while group.clock.now() < at:
        for member in group.members:
            if member not in silent:
                await group.press(member, "partners.here")
        await travel(group.app, group.clock, min(at, group.clock.now() + 2 * DAY))


async def again(group: Group) -> None:
    """The round of the last Monday is held and heard once more, as after a crash."""
    rounds = group.rows("partners_rounds", "state = 'done' AND result <> ''")
    before = group.kept()
    for row in rounds:
        done = Done("partners.match", f"partners.match/{GROUP}/{row['monday']}", json.loads(row["result"]))
        assert not await heard(group, lambda scene, tx, done=done: seat_everybody(done, scene, tx))  # type: ignore[misc]
        at = datetime.fromisoformat(f"{row['monday']}T07:00:00+00:00")
        due = Due("partners.round", f"partners.round/{GROUP}/{row['monday']}", at)
        assert not await heard(group, lambda scene, tx, due=due: hold_round(due, scene, tx))  # type: ignore[misc]
    assert group.kept() == before


async def heard(group: Group, handler: Callable[[Scene, Tx], Sequence[Effect]]) -> Sequence[Effect]:
    engine = group.app.engine

    def unit(tx: Tx) -> Sequence[Effect]:
        return handler(engine._for(tx, FEATURE, engine._nobodys(tx, GROUP, group.clock.now())), tx)

    return await group.store.run(unit)


EVENTS = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 999)), min_size=5, max_size=25)


@pytest.mark.parametrize("size", SIZES)
@settings(max_examples=EXAMPLES, deadline=None, phases=(Phase.explicit, Phase.generate, Phase.shrink),
          suppress_health_check=list(HealthCheck), derandomize=True)  # fmt: skip
@given(events=EVENTS)
def test_whatever_members_do_in_whatever_order_pairs_are_sound(size: int, events: Sequence[tuple[str, int]]) -> None:
    async def live() -> None:
        group = living(size)
        for member in range(size):
            await play(group, "wish", member)
            await is_sound(group)
        for deed, number in events:
            await play(group, deed, number)
            await is_sound(group)
        await rooms_are_right(group)

    asyncio.run(live())


# --- the round -----------------------------------------------------------------------------------------


async def everybody_wishes(group: Group) -> None:
    for number in range(len(group.members)):
        await press(group, "wish", group.members[number], number * 10)
    await group.app.settle()


async def test_the_same_round_held_and_heard_twice_is_one_round() -> None:
    group = living(5)
    await everybody_wishes(group)
    await to_round(group)
    assert sorted(len(people) for people in group.pairs().values()) == [2, 3]
    assert len(group.rows("partners_rounds", "state = 'done'")) == 1
    await again(group)


async def test_whoever_rests_leaves_or_blocks_while_the_round_is_matched_is_not_seated() -> None:
    group = living(5)
    await everybody_wishes(group)
    await group.press("m4", "members.keep_pause", "21")
    at = MORNING_OF_TERM + timedelta(weeks=2) + 4 * HOUR
    await live_until(group, at - timedelta(seconds=1))
    group.clock.set(at)
    due = Due("partners.round", f"partners.round/{GROUP}/2026-01-19", at)
    (_, step) = await heard(group, lambda s, tx: hold_round(due, s, tx))
    assert isinstance(step, Wake)
    then = Due(step.route, step.name, at)
    (work,) = await heard(group, lambda s, tx: prepare_more(then, s, tx))
    assert isinstance(work, Work)
    assert len(work.args["seats"]) == 4  # type: ignore[index]
    assert not [member for member in group.members if member in json.dumps(work.args)]
    await group.do("m0", Left())
    group.here -= {"m0"}
    for one, other in combinations(("m1", "m2", "m3"), 2):
        await group.send(one, "safety.send_block", {"person": other})
    assert match(work.args)["groups"]  # type: ignore[arg-type]
    await heard(group, lambda s, tx: seat_everybody(Done("partners.match", work.name, match(work.args)), s, tx))  # type: ignore[arg-type]
    assert not [people for people in group.pairs().values() if len(people) > 1]
    await is_sound(group)


async def test_nobody_reads_how_reliable_somebody_is_but_they_themselves_in_their_download() -> None:
    group = living(3)
    await everybody_wishes(group)
    await to_round(group)
    for member in group.members:
        mine = (await ask(group.app, EverythingAbout(member)))["partners_seats"]
        assert [(row["member"], "kept" in row) for row in mine] == [(member, True)]
    shown = "\n".join(card_words(message.card) for message in group.world.messages.values())
    assert "reliab" not in shown


async def test_a_week_without_a_sign_counts_against_somebody_and_a_break_does_not() -> None:
    group = living(3)
    await everybody_wishes(group)
    await group.press("m0", "partners.here")
    await group.press("m2", "members.keep_pause", "7")
    await group.go(timedelta(weeks=1))
    kept = {row["member"]: (row["kept"], row["missed"]) for row in group.rows("partners_seats")}
    begin = Record()
    assert kept["m0"] == (begin.kept * 0.93 + 1, begin.missed * 0.93)
    assert kept["m1"] == (begin.kept * 0.93, begin.missed * 0.93 + 1)
    assert kept["m2"] == (begin.kept, begin.missed)


def test_a_week_is_kept_by_a_sign_and_missed_without_one_where_somebody_waited_for_it() -> None:
    begins = MORNING_OF_TERM
    wisher = Wisher(1, "m1", Wish(0, ("mon",), in_writing=False), State.WANTS, begins)
    here, parked = replace(wisher, signed_at=begins + DAY), replace(wisher, parked_at=begins + 3 * DAY)
    assert week_of(wisher, begins, timedelta()) is Week.ALONE
    assert week_of(here, begins, timedelta()) is Week.ALONE
    assert week_of(here, begins, DAY) is Week.KEPT
    assert week_of(here, begins + 2 * DAY, 7 * DAY) is Week.MISSED  # that sign was before this week
    assert week_of(wisher, begins, 2 * DAY) is Week.ALONE  # too short to have missed it
    assert week_of(parked, begins, 2 * DAY) is Week.MISSED
    assert week_of(replace(wisher, resting=True), begins, 7 * DAY) is Week.PAUSED
    assert week_of(replace(wisher, rested_at=begins + DAY), begins, 7 * DAY) is Week.PAUSED


async def test_a_large_group_is_seated_in_steps_and_nobody_is_missing() -> None:
    group = living(25)
    await everybody_wishes(group)
    await to_round(group, silent=("m7",))
    seated = [member for people in group.pairs().values() for member in people]
    assert sorted(seated) == sorted(set(group.members) - {"m7"})
    assert group.rows("wakes", "route = 'partners.seat' AND state = 'done'")
    await again(group)
