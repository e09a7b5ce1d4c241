"""`whetstone restore`: back to a backup, with nothing said twice and nobody forgotten who had been."""

import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest

from bot.app import ERASURES, UNFINISHED, CannotStart, read_erasures
from bot.clock import TurnedClock
from bot.commands import restore as restore_module
from bot.commands.backup import BackupFailed, backup, list_backups
from bot.commands.restore import restore
from bot.config import Config
from bot.engine import outbox, retention, roster
from bot.kernel.card import Card
from bot.kernel.effect import Channel, Post
from bot.store.sqlite import SqliteTx
from tests.features.mornings import NINE, answer, joined, monday
from tests.story import CoreDriver
from tests.world import GROUP, TENANT, World, living

TUESDAY = f"daily/{GROUP}/2026-01-06"
EVENING = datetime(2026, 1, 5, 19, 0, tzinfo=UTC)
TUESDAY_NINE = datetime(2026, 1, 6, 8, 0, 5, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path, migrated: Path) -> Config:
    """A data folder with the bot's tables and no group."""
    config = Config(data=tmp_path / "data")
    config.data.mkdir()
    copyfile(migrated / config.database.name, config.database)
    return config


def back(config: Config, clock: TurnedClock) -> None:
    """Put the newest backup back."""
    restore(config, list_backups(config.backups)[-1].path, clock.now())


async def erase(story: CoreDriver, member: str) -> None:
    await story.type(member, "/study privacy")
    await story.press(member, "Erase my data")
    await story.press(member, "Erase my data")
    assert "is erased" in (await story.press(member, "Yes, erase everything")).words


# --- nothing twice ------------------------------------------------------------------------------


async def test_what_was_said_since_the_backup_is_found_and_not_said_again(
    config: Config, world: World, clock: TurnedClock
) -> None:
    """Tuesday's problem was posted after Monday's backup. The restored bot is due to post it, and finds it."""
    async with living(config.data, world) as app:
        story = CoreDriver(app, world, clock)
        await monday(story, "ada", "ben")
        await story.until(EVENING)
        backup(config, clock.now())
        await story.until(TUESDAY_NINE)
        await story.press("ada", "Answer", TUESDAY)
        await story.fill("ada", {"text": "Sort first."})
        said = sorted(world.created)
    back(config, clock)
    clock.go(timedelta(hours=1))
    async with living(config.data, world) as app:
        await app.settle()
        assert TUESDAY in world.names()
        assert sorted(world.created) == said
        found = [name for verb, name in world.calls if verb == "find"]
        assert TUESDAY in found


async def test_what_waited_when_the_backup_was_made_is_looked_for_as_well(
    config: Config, world: World, clock: TurnedClock
) -> None:
    async with living(config.data, world) as app:
        await joined(CoreDriver(app, world, clock), "ada")
        post = Post("late", Channel("main"), Card("Hello"))
        await app.store.run(lambda tx: outbox.want(tx, GROUP, TENANT, post, clock.now()))
        backup(config, clock.now())
        clock.go(timedelta(minutes=1))
        await app.settle()
        world.crowd("general", 60)
    back(config, clock)
    async with living(config.data, world) as app:
        await app.settle()
    assert world.created.count("late") == 1


async def test_what_is_new_after_a_restore_is_said(config: Config, world: World, clock: TurnedClock) -> None:
    async with living(config.data, world) as app:
        await joined(CoreDriver(app, world, clock), "ada")
        backup(config, clock.now())
    back(config, clock)
    async with living(config.data, world) as app:
        await CoreDriver(app, world, clock).until(NINE)
    assert f"daily/{GROUP}/2026-01-05" in world.names()
    assert world.doubles() == []


async def test_after_a_week_new_messages_are_sent_without_a_look(
    config: Config, world: World, clock: TurnedClock
) -> None:
    async with living(config.data, world) as app:
        await joined(CoreDriver(app, world, clock), "ada")
        backup(config, clock.now())
    back(config, clock)
    async with living(config.data, world) as app:
        await CoreDriver(app, world, clock).wait(timedelta(days=7, hours=12))
        looked = len([verb for verb, _ in world.calls if verb == "find"])
        created = len(world.created)
        await CoreDriver(app, world, clock).wait(timedelta(days=4))
        assert len(world.created) > created
        assert len([verb for verb, _ in world.calls if verb == "find"]) == looked


# --- nobody back who was forgotten ------------------------------------------------------------------


async def _erased_after_a_backup(config: Config, world: World, clock: TurnedClock) -> None:
    async with living(config.data, world) as app:
        story = CoreDriver(app, world, clock)
        await monday(story, "ada", "ben")
        await answer(story, "ben", "I am Ben, and I think of heaps.")
        await app.settle()
        backup(config, clock.now())
        clock.go(timedelta(hours=1))
        await erase(story, "ben")
        await app.settle()
        await app._beat()


def everything_in(database: Path) -> str:
    with closing(sqlite3.connect(database)) as db:
        return "\n".join(db.iterdump())


async def test_whoever_was_forgotten_since_the_backup_is_forgotten_again(
    config: Config, world: World, clock: TurnedClock
) -> None:
    await _erased_after_a_backup(config, world, clock)
    back(config, clock)
    assert "heaps" in everything_in(config.database), "the backup holds them, or this test shows nothing"
    async with living(config.data, world):
        pass
    left = everything_in(config.database)
    assert "heaps" not in left
    assert "'ben'" not in left
    assert "'ada'" in left


async def test_the_file_beside_the_database_tells_it_when_the_database_is_lost(
    config: Config, world: World, clock: TurnedClock
) -> None:
    await _erased_after_a_backup(config, world, clock)
    config.database.write_bytes(b"a letter to grandmother\n" * 500)
    for log in ("whetstone.db-wal", "whetstone.db-shm"):
        (config.data / log).unlink(missing_ok=True)
    back(config, clock)
    async with living(config.data, world):
        pass
    assert "heaps" not in everything_in(config.database)


async def test_whoever_was_forgotten_before_the_backup_and_came_again_stays(
    config: Config, world: World, clock: TurnedClock
) -> None:
    async with living(config.data, world) as app:
        story = CoreDriver(app, world, clock)
        await joined(story, "ada", "ben")
        await erase(story, "ben")
        clock.go(timedelta(hours=1))
        await story.press("ben", "Join the study group", f"members.join/{GROUP}")
        backup(config, clock.now() + timedelta(minutes=5))
        clock.go(timedelta(minutes=10))
    back(config, clock)
    async with living(config.data, world) as app:
        assert "ben" in await app.store.read(lambda tx: roster.list_members(tx, GROUP))


async def test_the_file_of_erasures_names_nobody(config: Config, world: World, clock: TurnedClock) -> None:
    await _erased_after_a_backup(config, world, clock)
    text = (config.data / ERASURES).read_text()
    assert len(text.splitlines()) == 1
    assert "ben" not in text
    (noted,) = read_erasures(config.data)
    assert noted == retention.erased(TENANT, "ben", noted.at)
    assert noted != retention.erased(TENANT, "ada", noted.at)


async def test_a_line_that_was_broken_off_hides_no_other(config: Config, world: World, clock: TurnedClock) -> None:
    await _erased_after_a_backup(config, world, clock)
    with (config.data / ERASURES).open("a") as file:
        file.write("2026-01-05T")
    assert len(read_erasures(config.data)) == 1


def test_without_any_word_of_erasures_the_restore_says_so(config: Config, tmp_path: Path) -> None:
    made, _ = backup(config, EVENING, tmp_path / "elsewhere")
    fresh = Config(data=tmp_path / "fresh")
    done = restore(fresh, made.path, EVENING)
    assert (done.aside, done.erased_known) == (None, False)
    assert restore(fresh, made.path, EVENING + timedelta(hours=1)).erased_known


# --- what stands in the way, and what stays ------------------------------------------------------------


async def test_while_the_bot_runs_nothing_is_put_back(config: Config, world: World, clock: TurnedClock) -> None:
    async with living(config.data, world):
        made, _ = backup(config, clock.now())
        before = sorted(file.name for file in config.data.iterdir())
        with pytest.raises(CannotStart, match="Another Whetstone is running"):
            restore(config, made.path, clock.now())
        assert sorted(file.name for file in config.data.iterdir()) == before


def test_what_was_there_is_kept_aside(config: Config) -> None:
    made, _ = backup(config, EVENING)
    (config.data / "chat.db").write_bytes(b"a chat")
    (config.data / "files").mkdir()
    (config.data / "files" / "0a1b").write_bytes(b"an upload")
    before = config.database.read_bytes()
    done = restore(config, made.path, EVENING + timedelta(hours=1))
    assert done.aside == config.data / "before-restore-2026-01-05T20-00-00Z"
    assert (done.aside / "whetstone.db").read_bytes() == before
    assert (done.aside / "chat.db").read_bytes() == b"a chat"
    assert (done.aside / "files" / "0a1b").read_bytes() == b"an upload"
    assert done.aside.stat().st_mode & 0o777 == 0o700
    assert not (config.data / "chat.db").exists(), "the backup had no chat"


def test_a_damaged_file_changes_nothing(config: Config) -> None:
    made, _ = backup(config, EVENING)
    made.path.write_bytes(made.path.read_bytes()[:2000])
    before = config.database.read_bytes()
    with pytest.raises(BackupFailed, match="cannot be used"):
        restore(config, made.path, EVENING)
    assert config.database.read_bytes() == before
    assert {file.name for file in config.data.iterdir()} == {"whetstone.db", "whetstone.lock", "backups"}


def test_a_backup_of_a_newer_version_changes_nothing(config: Config) -> None:
    with closing(sqlite3.connect(config.database)) as db, db:
        db.execute("INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', 'engine-9999')")
    made, _ = backup(config, EVENING)
    before = config.database.read_bytes()
    with pytest.raises(BackupFailed, match="newer Whetstone"):
        restore(config, made.path, EVENING)
    assert config.database.read_bytes() == before


async def test_a_restore_that_was_broken_off_starts_no_empty_bot_and_can_be_repeated(
    config: Config, world: World, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living(config.data, world) as app:
        await joined(CoreDriver(app, world, clock), "ada")
        made, _ = backup(config, clock.now())

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(restore_module, "_put_back", killed)
        restore(config, made.path, clock.now())
    assert (config.data / UNFINISHED).exists()
    with pytest.raises(CannotStart, match="broken off"):
        async with living(config.data, world):
            pass
    restore(config, made.path, clock.now() + timedelta(minutes=1))
    async with living(config.data, world) as app:
        assert "ada" in await app.store.read(lambda tx: roster.list_members(tx, GROUP))


async def test_the_start_says_that_it_is_a_restored_backup(
    config: Config, world: World, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with living(config.data, world):
        made, _ = backup(config, clock.now())
    restore(config, made.path, clock.now() + timedelta(hours=1))
    async with living(config.data, world):
        pass
    (said,) = [record for record in caplog.records if record.message == "this is a restored backup"]
    assert (said.levelname, said.file) == ("WARNING", made.path.name)  # type: ignore[attr-defined]


def test_a_backup_of_an_older_version_is_brought_up_to_date(config: Config) -> None:
    with closing(sqlite3.connect(config.database)) as db, db:
        db.execute("DROP TABLE restores")
        db.execute("DROP TABLE erasures")
        db.execute("DELETE FROM _yoyo_migration WHERE migration_id = 'engine-0004'")
    made, _ = backup(config, EVENING)
    assert restore(config, made.path, EVENING).erased_known, "nobody could be forgotten without a note"
    with closing(sqlite3.connect(config.database)) as db:
        assert db.execute("SELECT file FROM restores").fetchall() == [(made.path.name,)]


def test_restoring_twice_looks_back_to_the_older_backup(config: Config) -> None:
    """What was said between the two may not be in the second, which was made after the first was put back."""
    older, _ = backup(config, EVENING)
    restore(config, older.path, EVENING + timedelta(days=1))
    newer, _ = backup(config, EVENING + timedelta(days=2))
    restore(config, newer.path, EVENING + timedelta(days=3))
    with closing(sqlite3.connect(config.database)) as db, db:
        db.row_factory = sqlite3.Row
        anew = Post("x", Channel("main"), Card("Due again"))
        outbox.want(SqliteTx(db), "web:bench", "web", anew, EVENING + timedelta(days=3))
        tries, since = db.execute("SELECT attempts, first_try FROM outbox").fetchone()
    assert tries == 1
    assert datetime.fromisoformat(since) < EVENING
