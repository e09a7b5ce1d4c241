"""Starting and stopping: one process a folder, one clear sentence when it cannot, nothing cut off at the end."""

import asyncio
import os
import sqlite3
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest

import bot.app
from bot.app import App, CannotStart, open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.engine import roster
from bot.kernel.effect import Channel, Post
from bot.kernel.ports import Posting
from tests.story import CoreDriver, Driver
from tests.world import TENANT, World, catalogue, living

LOCKED = "Another Whetstone is running on {folder}. Stop it, or choose another folder with --data."


async def start(folder: Path, world: World) -> None:
    async with living(folder, world):
        pass


# --- what stands in the way ---------------------------------------------------------------


async def test_a_second_app_on_the_folder_is_refused_in_a_sentence(tmp_path: Path, world: World) -> None:
    async with living(tmp_path / "data", world):
        with pytest.raises(CannotStart) as no:
            await start(tmp_path / "data", world)
    assert str(no.value) == LOCKED.format(folder=tmp_path / "data")
    await start(tmp_path / "data", world)


async def test_a_second_process_on_the_folder_is_refused_until_the_first_is_gone(tmp_path: Path, world: World) -> None:
    program = f"""
        import asyncio, sys
        from pathlib import Path
        from bot.app import open_app
        from bot.clock import SystemClock
        from bot.config import Config
        from tests.world import catalogue

        async def main():
            async with await open_app(Config(data=Path({str(tmp_path / "data")!r})), {{}}, SystemClock(), catalogue()):
                print("open", flush=True)
                await asyncio.to_thread(sys.stdin.read)

        asyncio.run(main())
        """
    root = Path(bot.app.__file__).parents[1]
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", dedent(program),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    try:
        assert other.stdout
        assert await other.stdout.readline() == b"open\n"
        with pytest.raises(CannotStart, match="Another Whetstone is running"):
            await start(tmp_path / "data", world)
    finally:
        other.kill()
        await other.communicate()
    await start(tmp_path / "data", world)


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, world: World) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(CannotStart, match=r"data folder .*file/data cannot be written .*--data"):
        await start(tmp_path / "file" / "data", world)


async def test_a_folder_without_the_right_to_write_is_named(tmp_path: Path, world: World) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o500)
    # Root may write everywhere but into the kernel's own folders.
    with pytest.raises(CannotStart, match="cannot be written"):
        await start(Path("/sys") if os.geteuid() == 0 else folder, world)


async def test_a_damaged_database_is_refused_and_untouched(tmp_path: Path, world: World) -> None:
    path = tmp_path / "data" / "whetstone.db"
    path.parent.mkdir()
    path.write_bytes(b"a letter to grandmother\n" * 500)
    with pytest.raises(CannotStart, match=r"damaged .* Nothing was changed"):
        await start(tmp_path / "data", world)
    assert path.read_bytes() == b"a letter to grandmother\n" * 500


async def test_a_newer_database_is_refused(tmp_path: Path, world: World) -> None:
    await start(tmp_path / "data", world)
    with closing(sqlite3.connect(tmp_path / "data" / "whetstone.db")) as db, db:
        db.execute("INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', 'engine-9999')")
    with pytest.raises(CannotStart, match="newer Whetstone"):
        await start(tmp_path / "data", world)


@pytest.mark.parametrize("stage", ["discover", "Engine"])
async def test_a_mistake_at_start_leaves_neither_thread_nor_lock_behind(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("two handlers for one route")

    before = set(threading.enumerate())
    with monkeypatch.context() as patch:
        patch.setattr(bot.app, stage, broken)
        with pytest.raises(ValueError, match="two handlers"):
            await start(tmp_path / "data", world)
    for thread in set(threading.enumerate()) - before:
        if "asyncio" not in thread.name:  # the loop keeps its own for later
            await asyncio.to_thread(thread.join, 5)
            assert not thread.is_alive()
    await start(tmp_path / "data", world)


# --- stopping ------------------------------------------------------------------------------


async def test_stopping_lets_what_is_on_its_way_arrive(
    tmp_path: Path, world: World, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler cancels its running jobs when it is shut down; a message must not be cut off by that."""
    monkeypatch.setattr(bot.app, "PULSE", 0.01)
    calling, answer = asyncio.Event(), asyncio.Event()

    async def slow(posting: Posting) -> str:
        calling.set()
        await answer.wait()
        return await World.post(world, posting)

    async with await open_app(Config(data=tmp_path / "data"), {TENANT: world}, clock, catalogue()) as app:
        driver = CoreDriver(app, world, clock)
        await driver.found()
        before = list(world.created)
        monkeypatch.setattr(world, "post", slow)
        await _want(app, "late")
        await app.start()
        await asyncio.wait_for(calling.wait(), 10)
        stopping = asyncio.create_task(app.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        answer.set()
        await asyncio.wait_for(stopping, 10)
        assert world.created == [*before, "late"]
        row = await app.store.read(lambda tx: tx.one("SELECT owner, shown FROM outbox WHERE name = 'late'"))
        assert row == {"owner": None, "shown": 1}


async def test_a_look_that_waits_while_it_stops_claims_nothing(
    app: App, world: World, story: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it claimed would be held until the claim lapses, and nobody would send it."""
    calling, answer = asyncio.Event(), asyncio.Event()

    async def slow(posting: Posting) -> str:
        calling.set()
        await answer.wait()
        return await World.post(world, posting)

    await story.found()
    monkeypatch.setattr(world, "post", slow)
    await _want(app, "first")
    sending = asyncio.create_task(app.pulse())
    await asyncio.wait_for(calling.wait(), 10)
    await _want(app, "later")
    stopping = asyncio.create_task(app.stop())
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(app.pulse())]
    app.hurry()
    answer.set()
    await asyncio.wait_for(asyncio.gather(sending, stopping, *waiting), 10)
    rows = await app.store.read(lambda tx: tx.all("SELECT name, owner, attempts FROM outbox WHERE name = 'later'"))
    assert rows == [{"name": "later", "owner": None, "attempts": 0}]
    assert "later" not in world.created


async def test_stopping_does_not_wait_for_ever(
    app: App, world: World, story: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.app, "PULSE", 0.01)
    monkeypatch.setattr(bot.app, "LAST_CALLS", 0.02)
    calling = asyncio.Event()

    async def hang(posting: Posting) -> str:
        calling.set()
        await asyncio.Event().wait()
        raise AssertionError

    await story.found()
    monkeypatch.setattr(world, "post", hang)
    await _want(app, "late")
    await app.start()
    await asyncio.wait_for(calling.wait(), 10)
    await asyncio.wait_for(app.stop(), 5)


async def test_stopping_twice_is_stopping_once(app: App) -> None:
    await app.start()
    await app.stop()
    await app.stop()


async def test_a_pulse_delivers_even_when_the_almanac_fails(app: App, world: World, story: Driver) -> None:
    await story.found()

    async def broken() -> int:
        raise sqlite3.OperationalError("disk I/O error")

    await _want(app, "still")
    app.almanac.tick = broken  # type: ignore[method-assign]
    with pytest.raises(sqlite3.OperationalError):
        await app.pulse()
    assert "still" in world.created


# --- time ----------------------------------------------------------------------------------


async def test_the_app_says_when_something_will_be_due(story: Driver, app: App, clock: TurnedClock) -> None:
    assert await app.next_due() is None
    await story.found()
    due = await app.next_due()
    assert due == clock.now() + timedelta(minutes=5)


async def test_a_restart_loses_nothing(tmp_path: Path, world: World, clock: TurnedClock) -> None:
    async with living(tmp_path / "data", world) as app:
        await CoreDriver(app, world, clock).found()
        await _want(app, "p")
    async with living(tmp_path / "data", world) as app:
        await app.settle()
    assert world.created.count("p") == 1


async def _want(app: App, name: str) -> None:
    from bot.engine import outbox
    from bot.kernel.card import Card
    from tests.world import GROUP

    post = Post(name, Channel("main"), Card("Hello"))
    await app.store.run(lambda tx: outbox.want(tx, GROUP, TENANT, post, app.clock.now()))


async def test_a_new_start_tries_a_refused_token_again(app: App, clock: TurnedClock) -> None:
    await app.store.run(lambda tx: roster.pause_tenant(tx, TENANT, "The token was refused.", clock.now()))
    await app.start()
    assert await app.store.read(lambda tx: tx.all("SELECT * FROM roster_tenants")) == []
