"""What only real processes can show: signals, locks, and a death in the middle of a migration."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from yoyo import migrations as yoyo_migrations

from bot.app import CannotStart, migrations, open_app
from bot.config import Config
from bot.engine import outbox
from bot.kernel.action import Action
from bot.kernel.calendar import draw
from bot.kernel.event import Event, Person, Pressed
from bot.store.migrate import migrate
from bot.store.sqlite import check
from tests.endurance.lives import Life, Nursery
from tests.endurance.platform import PretendPlatform
from tests.endurance.week import SUNDAY
from tests.endurance.wire import SharedClock
from tests.faults.cut import split_once
from tests.world import BERLIN, GROUP, TENANT, catalogue

JOIN = f"members.join/{GROUP}"
ROOT = Path(__file__).parents[2]


class Hesitant(PretendPlatform):
    """Answers when it is told to."""

    def __init__(self, clock: SharedClock) -> None:
        super().__init__(clock, draw("hesitant"), ambiguous=0)
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def _answer(self, writer: asyncio.StreamWriter, verb: str, *args: object) -> None:
        self.asked.set()
        await self.may_answer.wait()
        await super()._answer(writer, verb, *args)


class House:
    """A folder, a platform, and whoever lives there."""

    def __init__(self, folder: Path, nursery: Nursery, platform: Hesitant, clock: SharedClock) -> None:
        self.folder, self.nursery, self.platform, self.clock = folder, nursery, platform, clock

    async def begin(self) -> Life:
        life = await self.nursery.begin(self.folder)
        await life.meet(*await asyncio.wait_for(self.platform.lives.get(), 60))
        return life

    async def found(self, life: Life) -> None:
        """Set a group up: its invitation is on its way then."""
        olga = Person("olga", "Olga", BERLIN, manages=True)
        press = Pressed(Action.to("organiser.setup"))
        outcome = await life.ask("handle", Event("setup", TENANT, GROUP, "general", olga, self.clock.now(), press))
        assert not outcome.refused

    def row(self, name: str) -> sqlite3.Row:
        with closing(sqlite3.connect(self.folder / "data" / "whetstone.db")) as db:
            db.row_factory = sqlite3.Row
            found: sqlite3.Row = db.execute("SELECT * FROM outbox WHERE name = ?", (name,)).fetchone()
            return found

    def standing(self) -> list[str]:
        return [seen.posting.name for seen in self.platform.standing.values()]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    with tempfile.TemporaryDirectory(prefix="house-") as name:
        folder = Path(name)
        clock = SharedClock(folder / "clock")
        clock.set(SUNDAY)
        platform = Hesitant(clock)
        await platform.serve(folder / "platform.sock")
        async with Nursery() as nursery:
            yield House(folder, nursery, platform, clock)
        platform.may_answer.set()
        await platform.quiet()
        await platform.close()
        clock.close()


async def soon(house: House) -> None:
    await asyncio.wait_for(house.platform.asked.wait(), 30)


# --- signals ------------------------------------------------------------------------------------


async def test_told_to_stop_while_it_sends_it_finishes_that_and_nothing_is_held(house: House) -> None:
    life = await house.begin()
    await house.found(life)
    await soon(house)
    life.signal(signal.SIGTERM)
    await life.turned_away()
    assert not life.ended.done(), "it waits for the answer"
    house.platform.may_answer.set()
    assert await asyncio.wait_for(life.gone(), 30) == 0
    row = house.row(JOIN)
    assert (row["owner"], row["lease"], row["shown"]) == (None, None, row["revision"])
    assert house.standing() == [JOIN]


async def test_killed_after_the_platform_has_accepted_it_finds_the_message_and_says_nothing_twice(house: House) -> None:
    life = await house.begin()

    def die(moment: str) -> None:
        if moment == "accepted":
            life.signal(signal.SIGKILL)

    house.platform.moment = die
    house.platform.may_answer.set()
    await house.found(life)
    assert await asyncio.wait_for(life.gone(), 30) == -signal.SIGKILL
    await house.platform.quiet()
    assert house.row(JOIN)["shown"] == 0, "it died before it could write that down"
    house.platform.moment = lambda _: None
    house.clock.set(SUNDAY + 2 * outbox.LEASE)
    await (await house.begin()).ask("settle")
    assert house.row(JOIN)["shown"] == house.row(JOIN)["revision"]
    assert house.standing() == [JOIN]
    assert house.platform.doubles == []


async def test_a_process_that_is_frozen_keeps_the_folder_and_goes_on_where_it_was(house: House) -> None:
    life = await house.begin()
    await house.found(life)
    await soon(house)
    life.signal(signal.SIGSTOP)
    house.clock.set(SUNDAY + 3 * outbox.LEASE)
    with pytest.raises(CannotStart, match="Another Whetstone is running"):
        await _open_and_close(house)
    house.platform.may_answer.set()
    life.signal(signal.SIGCONT)
    await life.ask("settle")
    assert house.standing() == [JOIN]
    assert house.platform.doubles == []
    assert house.row(JOIN)["owner"] is None


async def _open_and_close(house: House) -> None:
    async with await open_app(Config(data=house.folder / "data"), {}, house.clock, catalogue()):
        pass


# --- a migration that is cut off -----------------------------------------------------------------


@pytest.fixture
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Databases whose migration was killed, each one a few statements later than the one before; and a whole one.

    They lie where it is quickest: what a killed process has written is there, whatever the disk has of it yet.
    """
    folder = tmp_path_factory.mktemp("old")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "tests.faults.cut", str(folder), "3"], check=True, env=environment)  # noqa: S603 - ours
    return folder


def tables(db: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(db.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%yoyo%'").fetchall())


def look(database: Path) -> tuple[set[tuple[str, str]], object]:
    """Its tables, and all that the next start can find in it."""
    with closing(sqlite3.connect(database)) as db:
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE name LIKE '%yoyo%'")}
        rest = tuple(line for line in db.iterdump() if "yoyo" not in line)
        marked = db.execute("SELECT migration_id FROM _yoyo_migration").fetchall() if "_yoyo_migration" in names else ()
        locked = db.execute("SELECT locked FROM yoyo_lock").fetchall() if "yoyo_lock" in names else ()
        return tables(db), (frozenset(names), rest, frozenset(marked), frozenset(locked))


def test_killed_anywhere_in_a_migration_the_next_start_finishes_it(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who left the same behind have the same next start: one of them is enough."""
    monkeypatch.setattr(yoyo_migrations, "read_sql_migration", split_once(yoyo_migrations.read_sql_migration))
    whole, _ = look(old / "fresh.db")
    killed = [path for path in sorted(old.glob("*.db")) if path.stem.isdecimal()]
    assert len(killed) > 20
    parts, begun = set(), set()
    for path in killed:
        check(path)
        there, all_of_it = look(path)
        parts.add(len(there))
        if all_of_it in begun:
            continue
        begun.add(all_of_it)
        migrate(path, migrations())
        assert look(path)[0] == whole, f"killed at statement {path.stem}"
    assert len(parts) > 3, "they died at different places"
