"""
In a large group everything that is done for everybody is done in steps: no transaction grows with the group, and what
members do between two steps is treated as if they had done it before or after all of it.
"""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeVar

import pytest

from bot.engine import workshop
from bot.features.partners import records
from bot.features.partners.matching_rules import match
from bot.features.partners.wish_rules import Wish
from bot.kernel.event import Left
from bot.kernel.ports import Row, Tx
from bot.store.sqlite import SqliteTx
from tests.features.test_partner_properties import Group, again, is_sound
from tests.quick_store import QuickStore
from tests.story import CoreDriver
from tests.world import GROUP, Crash, travel

T = TypeVar("T")
MONDAY = date(2026, 1, 5)
ROUND = datetime.fromisoformat("2026-01-19T07:00:00+00:00")
SUNDAY = ROUND - timedelta(hours=12)
WEEK = timedelta(weeks=1)
TIMES = ("mornings", "afternoons", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "late")
MANY = 80  # members: some steps of each kind


class CountingStore(QuickStore):
    """Counts the statements of each unit of work."""

    most = 0

    async def run(self, unit: Callable[[Tx], T]) -> T:
        def counted(tx: Tx) -> T:
            counter = _Counter(self._db)
            value = unit(counter)
            self.most = max(self.most, counter.statements)
            return value

        return await super().run(counted)


class _Counter(SqliteTx):
    statements = 0

    def run(self, sql: str, **args: object) -> int:
        self.statements += 1
        return super().run(sql, **args)

    def one(self, sql: str, **args: object) -> Row | None:
        self.statements += 1
        return super().one(sql, **args)

    def all(self, sql: str, **args: object) -> list[Row]:
        self.statements += 1
        return list(super().all(sql, **args))


async def crowd(size: int, store: QuickStore | None = None, at: datetime = SUNDAY) -> Group:
    """So many members who all wish for partners, none of whom has any."""
    group = Group(size)
    if store:
        group = _with(group, store)
    await CoreDriver(group.app, group.world, group.clock).found()
    for member in group.members:
        await group.press(member, "members.join")
    await travel(group.app, group.clock, at)

    def wish(tx: Tx) -> None:
        records.keep_first_monday(tx, GROUP, MONDAY)
        for number, member in enumerate(group.members):
            times = tuple(key for place, key in enumerate(TIMES) if (number * 7 + place * 3) % 5 < 2)
            known = Wish(number % 3, times, in_writing=number % 17 == 0)
            records.keep_wish(tx, GROUP, member, known, group.clock.now())

    await group.store.run(wish)
    return group


def _with(group: Group, store: QuickStore) -> Group:
    group.store = group.app.store = store
    for part in (group.app.engine, group.app.courier, group.app.almanac, group.app.workshop):
        part.store = store
    return group


async def tick(group: Group, times: int = 1) -> None:
    """So many looks at what is due: each runs one step of the round."""
    for _ in range(times):
        await group.app.almanac.tick()


async def most_statements(size: int) -> int:
    """In one unit of work, over two weeks with a round, check-ins, plans, silence, and an end."""
    store = CountingStore()
    group = await crowd(size, store)
    store.most = 0
    for day in range(16):
        for number, member in enumerate(group.members):
            if number % 4 and day % 2 == 0:  # a quarter is silent
                await group.press(member, "partners.here")
        await travel(group.app, group.clock, SUNDAY + timedelta(days=day + 1))
    assert len(group.rows("partners_rounds", "state = 'done'")) == 2
    return store.most


async def test_no_transaction_grows_with_the_group() -> None:
    few, many = await most_statements(MANY), await most_statements(2 * MANY)
    assert many < 1.3 * few, (few, many)


async def test_where_a_round_did_not_come_everybody_is_seated_in_steps_all_the_same() -> None:
    store = CountingStore()
    group = await crowd(MANY, store, at=ROUND - WEEK - timedelta(hours=12))
    store.most = 0
    await travel(group.app, group.clock, ROUND - WEEK + timedelta(minutes=1))  # the Monday in the middle of a term
    free = [row for row in group.rows("partners_seats") if row["waits_since"]]
    seated = [member for people in group.pairs().values() for member in people]
    assert len(seated) + len(free) == MANY
    assert len(free) <= 1
    assert len(group.rows("wakes", "route = 'partners.free' AND state = 'done'")) > MANY // 4
    assert store.most < 1500


async def test_what_members_do_between_two_steps_counts() -> None:
    group = await crowd(MANY)
    group.clock.set(ROUND)
    await tick(group)  # the first step
    assert not group.rows("partners_rounds", "seats <> '[]'")
    await group.send("m1", "partners.send", {"stage": "interviewing", "times": ("late",), "talk": "writing"})
    await group.do("m2", Left())
    group.here -= {"m2"}
    await group.press("m3", "members.keep_pause", "7")
    await group.press("m70", "partners.stop")
    await group.press("m60", "members.keep_pause", "7")
    await group.press("m60", "members.resume")
    await group.press("m4", "partners.stop")
    await group.press("m4", "partners.again")
    await group.send("olga", "partners.send", {"stage": "employed", "times": ("mon",), "talk": "live"})
    assert not group.pairs(), "nobody is seated past the round that is held just now"
    await tick(group, 40)
    (round_,) = group.rows("partners_rounds")
    seats = {row["number"]: row["member"] for row in group.rows("partners_seats")}
    matched = {seats[number]: place for place, number in enumerate(json.loads(round_["seats"]))}
    assert set(matched) >= {"m0", "m1", "m4", "m60"}
    assert not {"m2", "m3", "m70"} & set(matched)
    args = json.loads(round_["args"])
    assert args["seats"][matched["m1"]]["in_writing"]
    assert args["seats"][matched["m1"]]["stage"] == 2
    await group.send("m5", "partners.send", {"stage": "employed", "times": (), "talk": "writing"})
    await group.app.settle()
    await is_sound(group)
    seated = {member for people in group.pairs().values() for member in people}
    assert seated >= set(group.members) - {"m2", "m3", "m70"}
    (of_five,) = [number for number, people in group.pairs().items() if "m5" in people]
    assert group.rows("partners_pairs", f"number = {of_five}")[0]["kind"] == "async"


async def test_a_block_between_the_steps_holds() -> None:
    group = await crowd(MANY)
    group.clock.set(ROUND)
    while not group.rows("partners_rounds", "seats <> '[]'"):
        await tick(group)
    (round_,) = group.rows("partners_rounds", "seats <> '[]'")
    places = match(json.loads(round_["args"]))["groups"][0]["seats"]
    numbers = json.loads(round_["seats"])
    people = {row["number"]: row["member"] for row in group.rows("partners_seats")}
    one, other = (people[numbers[place]] for place in places[:2])
    await group.send(one, "safety.send_block", {"person": other})
    await group.app.settle()
    await is_sound(group)


@pytest.mark.parametrize("step", [2, 5, 9, 14, 21, 33])
async def test_after_a_crash_in_the_middle_everybody_is_seated_just_so(step: int) -> None:
    whole = await crowd(MANY)
    await travel(whole.app, whole.clock, ROUND + timedelta(hours=1))
    cut = await crowd(MANY)
    cut.clock.set(ROUND)
    fuse = cut.store.fuse
    fuse.faults = {fuse.steps + step: "crash"}
    with pytest.raises(Crash):
        await cut.app.settle()
    fuse.revive()
    await travel(cut.app, cut.clock, ROUND + timedelta(hours=1))
    await again(cut)
    assert sorted(map(sorted, cut.pairs().values())) == sorted(map(sorted, whole.pairs().values()))
    assert cut.world.doubles() == []


async def test_the_matching_is_told_of_nobody_by_name() -> None:
    group = await crowd(MANY)
    seen: list[str] = []

    async def look(task: Callable[[str], object], args: str) -> object:
        seen.append(args)
        return task(args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workshop, "run", look)
        await travel(group.app, group.clock, ROUND)
    (args,) = seen
    assert len(json.loads(args)["seats"]) == MANY
    assert not [member for member in group.members if f'"{member}"' in args]
