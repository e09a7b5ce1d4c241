"""A submission reads the last days of its member, however many years stand behind them."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.features.streaks import records
from bot.features.streaks.day_rules import CHOSEN, Entry, Kind
from bot.features.streaks.rules import RECENT
from bot.kernel.ports import Tx
from bot.store.sqlite import SqliteTx
from tests.features.histories import DAY, HOUR, START, entries, moments
from tests.quick_store import empty

GROUP = "g1"
Lookup = Callable[[Tx, datetime], object]


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(empty())
        db.row_factory = sqlite3.Row
        yield db


def keep(tx: Tx, member: str, log: Sequence[Entry]) -> set[Entry]:
    """The log as it was kept: each line has the next number."""
    for entry in log:
        records.keep_entry(tx, GROUP, member, entry)
    return set(records.list_entries(tx, GROUP, member))


@given(st.lists(entries(), max_size=40), st.lists(entries(), max_size=40), moments(40))
def test_a_window_holds_what_came_later_what_was_chosen_and_every_sending_of_an_answer(
    log: list[Entry], anothers: list[Entry], since: datetime
) -> None:
    with database() as db:
        tx = SqliteTx(db)
        keep(tx, "ben", anothers)
        kept = keep(tx, "ada", log)
        found = records.list_entries(tx, GROUP, "ada", since)
    sent = {entry.what for entry in kept if entry.kind == Kind.ANSWER and entry.at >= since}
    again = {entry for entry in kept if entry.kind == Kind.ANSWER and entry.what in sent}
    assert set(found) == again | {entry for entry in kept if entry.at >= since or entry.kind in CHOSEN}
    assert len(found) == len(set(found))


def live(tx: Tx, days: int) -> datetime:
    """A member who answered on so many days, chose a goal at first and rested once; the instant after the last day."""
    log = [Entry(START, Kind.JOINED), Entry(START, Kind.GOAL, "5")]
    log += [Entry(START + day * DAY + HOUR, Kind.ANSWER, f"p{day}") for day in range(days)]
    keep(tx, "ada", [*log, Entry(START + days * DAY, Kind.REST, "6")])
    return START + days * DAY


def steps(days: int, lookup: Lookup) -> int:
    """What the lookup costs after so many days, in steps of SQLite's own machine: on every computer the same number."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    with database() as db:
        tx = SqliteTx(db)
        now = live(tx, days)
        db.set_progress_handler(step, 1)
        lookup(tx, now)
        return count


@pytest.mark.parametrize(
    "lookup",
    [
        lambda tx, now: records.list_entries(tx, GROUP, "ada", now - RECENT),
        lambda tx, now: records.list_credits(tx, GROUP, "ada", 7),
        lambda tx, now: records.keep_entry(tx, GROUP, "ada", Entry(now, Kind.ANSWER, "today")),
    ],
    ids=["the log of the last days", "the last things that counted", "a new line"],
)
def test_a_long_history_costs_no_more_than_a_short_one(lookup: Lookup) -> None:
    assert steps(600, lookup) == steps(60, lookup)
