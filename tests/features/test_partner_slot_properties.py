"""Which times are offered; and whatever partners press, in whatever order, the week is sound."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.features.partners.hours_rules import HALF_HOURS, NOTICE, Part, Slot, hours_in
from bot.features.partners.slot_rules import State, Talk, search
from bot.kernel.action import Action
from bot.kernel.card import card_words
from bot.kernel.event import Submitted, Value
from bot.kernel.facts import AnswerKept
from tests.features.peers import tell
from tests.features.test_partner_plans import EVENINGS
from tests.features.test_partner_properties import Group, live_until, living, play

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
END = datetime(2026, 1, 19, 3, tzinfo=UTC)
BERLIN, SEOUL = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Seoul")
WEDNESDAY = datetime(2026, 1, 7, 17, 30, tzinfo=UTC)

# --- rules --------------------------------------------------------------------------------------------------------


BLOCKS = st.sets(st.tuples(st.integers(0, 6), st.sampled_from(Part)), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(BLOCKS, min_size=2, max_size=3), st.integers(0, 13 * 24))
def test_a_time_that_is_offered_lies_in_the_hours_of_all_and_before_the_end(
    wishes: list[set[tuple[int, Part]]], hours: int
) -> None:
    now = NOW + hours * HOUR
    zones = (BERLIN, SEOUL, ZoneInfo("UTC"))

    def masks(week: date) -> list[int]:
        return [hours_in(week, blocks, zone) for blocks, zone in zip(wishes, zones, strict=False)]

    found = search(masks, now, END)
    assert len(found) <= 2
    for slot in found:
        assert now + NOTICE <= slot.starts
        assert slot.ends <= END
        week = (slot.starts - timedelta(days=slot.starts.weekday())).date()
        first = (slot.starts - datetime.combine(week, datetime.min.time(), UTC)) // (30 * MINUTE)
        assert all(mask >> first & 1 for mask in masks(week))
    others = search(masks, now, END, found)
    for other in others:
        assert all(other.ends <= slot.starts or slot.ends <= other.starts for slot in found)


def test_where_one_week_has_one_time_the_next_week_has_the_other() -> None:
    found = search(lambda week: [0b11 << 40, 0b11 << 40], NOW, END)
    assert [slot.starts for slot in found] == [
        datetime(2026, 1, 5, 20, tzinfo=UTC), datetime(2026, 1, 12, 20, tzinfo=UTC)
    ]  # fmt: skip


def test_nobody_has_time_where_nobody_is() -> None:
    assert search(lambda week: [], NOW, END) == ()
    assert search(lambda week: [0, (1 << HALF_HOURS) - 1], NOW, END) == ()


@pytest.mark.parametrize("members", [("ada",), ("ada", "ben"), ("ada", "ben", "cleo")])
def test_all_of_them_must_take_it(members: tuple[str, ...]) -> None:
    slot = Slot(WEDNESDAY, 50)
    some = Talk(1, 1, (slot,), takes=tuple((member, 1) for member in members[1:]))
    every = Talk(1, 1, (slot,), takes=tuple((member, 1) for member in members))
    assert some.settled(members, NOW) is None
    assert every.settled(members, NOW) == slot
    assert every.settled(members, slot.starts) is None, "it has begun"
    assert every.state is State.OFFERED


# --- whatever partners do ----------------------------------------------------------------------------------------


PRESSES = (
    "plan", "work", "confirm", "unconfirm", "line", "say", "slot", "slot", "slot_take", "slot_take", "all_take",
    "slot_untake", "slot_others", "slot_move", "slot_stay", "slot_off", "slot_on",
)  # fmt: skip
CHANGES = ("wait", "wait", "pause", "resume", "leave", "join", "erase", "block", "here", "wish", "long")
DEED = st.one_of(*[st.sampled_from(PRESSES)] * 4, st.sampled_from(CHANGES))


async def press_there(group: Group, deed: str, number: int) -> None:
    """One press of somebody at some plan, check-in or time: mostly at their own, now and then at others' or at none."""
    pairs = group.pairs()
    member = group.members[number % len(group.members)]
    pair = next((pair for pair, people in pairs.items() if member in people and number % 5), number % 4)
    days = [row["day"] for row in group.rows("partners_checkins")] or ["2026-01-08"]
    at = {"pair": str(pair), "day": days[number % len(days)]}
    talk = max(group.rows("partners_slots", f"pair = {pair}"), key=lambda row: int(row["number"]), default=None)
    args = {"talk": str(talk["number"]), "round": str(talk["round"])} if talk else {"talk": "1", "round": "1"}
    choice = {"n": str(number % 2 + 1)}
    match deed:
        case "plan":
            values: dict[str, Value] = {"answers": str(number % 4), "reviews": "1", "line": f"line of {member}"}
            await group.do(member, Submitted(Action.to("partners.keep_plan"), values))
        case "work":
            await tell(group.app, AnswerKept(f"t{number % 9}", member, first=number % 2 == 0, late=False))
        case "line":
            words: dict[str, Value] = {"line": f"word of {member}"}
            await group.do(member, Submitted(Action.to("partners.keep_line", **at), words))
        case "say":
            await group.press(member, "partners.react", **at, say=("saw", "well", "talk", "x")[number % 4])
        case "confirm" | "unconfirm":
            await group.press(member, f"partners.{deed}", **at)
        case "slot":
            await group.press(member, "partners.slot")
        case "all_take":
            for one in pairs.get(pair, []):
                await group.press(one, "partners.slot_take", **args, **choice)
        case _:
            await group.press(member, f"partners.{deed}", **args, **choice)
    await group.app.settle()


async def week_is_sound(group: Group, sat: dict[int, set[str]]) -> None:
    """`sat`: who has ever sat in each pair."""
    wakes = group.rows("wakes", "route = 'partners.soon' AND state = 'due'")
    slots = {row["number"]: row for row in group.rows("partners_slots")}
    for wake in wakes:
        *_, number, version = wake["name"].split("/")
        talk = slots[int(number)]
        assert talk["state"] in ("agreed", "moving"), "what is called off reminds nobody"
        assert talk["version"] == int(version)
    for name, card in group.world.wall().items():
        if name.startswith(("partners.checkin/", "partners.plan/")):
            people = sat[int(name.split("/")[-2])]
            words = card_words(card)
            for member in group.members:
                assert f"@{member}" not in words or member in people, f"{name} tells of {member}"
                assert member not in group.erased or f"of {member}" not in words, f"{name} still quotes {member}"
    for row in group.rows("partners_lines"):
        assert row["member"] in sat[row["pair"]], "a check-in tells of partners alone"
    ours = ("partners.plan/", "partners.checkin/", "partners.slot/", "partners.soon/")
    assert not [name for name in group.world.doubles() if name.startswith(ours)]


async def settled_by_all(group: Group, before: dict[int, int]) -> None:
    """Every time that was agreed in this moment was taken by all who sit there, or put back by an undo."""
    for row in group.rows("partners_slots", "state = 'agreed'"):
        if row["version"] > before.get(row["number"], 0):
            takes = group.rows("partners_takes", f"slot = {row['number']} AND round = {row['round']}")
            for member in group.pairs()[row["pair"]]:
                assert member in {take["member"] for take in takes}, f"{member} has not taken it"


@pytest.mark.parametrize("size", [2, 3, 5])
@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.generate, Phase.shrink),
          suppress_health_check=list(HealthCheck), derandomize=True)  # fmt: skip
@given(deeds=st.lists(st.tuples(DEED, st.integers(0, 999)), min_size=20, max_size=50), thursday=st.booleans())
def test_whatever_partners_press_in_whatever_order_the_week_is_sound(
    size: int, deeds: Sequence[tuple[str, int]], *, thursday: bool
) -> None:
    async def live() -> None:
        group = living(size)
        sat: dict[int, set[str]] = defaultdict(set)
        for member in group.members:
            await group.send(member, "partners.send", {"stage": "starting", "times": EVENINGS, "talk": "live"})
        if thursday:
            await live_until(group, datetime(2026, 1, 8, 18, tzinfo=UTC))
        for deed, number in [("slot", 0), ("all_take", 0), *deeds]:
            before = {row["number"]: row["version"] for row in group.rows("partners_slots")}
            remember(group, sat)
            await (press_there if deed in PRESSES else play)(group, deed, number)
            remember(group, sat)
            await week_is_sound(group, sat)
            if deed in ("slot_take", "all_take"):
                await settled_by_all(group, before)

    asyncio.run(live())


def remember(group: Group, sat: dict[int, set[str]]) -> None:
    """Who sits or sat in each pair, as far as the rows still say it."""
    people = {row["number"]: row["member"] for row in group.rows("partners_seats")}
    for row in group.rows("partners_sittings"):
        sat[row["pair"]].add(people[row["seat"]])
