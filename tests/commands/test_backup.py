"""`whetstone backup`: one file, made while the bot works, read back before anybody relies on it."""

import asyncio
import json
import os
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import backup as backup_module
from bot.commands.backup import ABOUT, BackupFailed, backup, list_backups, opened, to_keep
from bot.config import Config
from bot.engine import roster
from bot.kernel.effect import Enrol
from bot.kernel.ports import Tx
from tests.features.mornings import monday
from tests.story import CoreDriver
from tests.world import GROUP, TENANT, World, living

NOW = datetime(2026, 1, 5, 20, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data=tmp_path / "data")


@pytest.fixture
def small(config: Config) -> Config:
    """A data folder with two databases and an upload."""
    (config.data / "files").mkdir(parents=True)
    (config.data / "files" / "0a1b").write_bytes(b"a recording")
    for name, words in (("whetstone.db", "bot"), ("chat.db", "chat")):
        with closing(sqlite3.connect(config.data / name)) as db, db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("CREATE TABLE kept (words TEXT)")
            db.execute("INSERT INTO kept VALUES (?)", (words,))
    return config


def words(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as db:
        return [row[0] for row in db.execute("SELECT words FROM kept")]


def test_it_holds_every_database_and_every_upload(small: Config) -> None:
    made, _ = backup(small, NOW)
    assert made.path == small.data / "backups" / "whetstone-2026-01-05T20-00-00Z.tar.gz"
    with opened(made.path) as unpacked:
        assert (unpacked.at, unpacked.databases) == (NOW, ("chat.db", "whetstone.db"))
        assert words(unpacked.folder / "whetstone.db") == ["bot"]
        assert words(unpacked.folder / "chat.db") == ["chat"]
        assert (unpacked.folder / "files" / "0a1b").read_bytes() == b"a recording"


def test_nobody_else_can_read_it(small: Config) -> None:
    made, _ = backup(small, NOW)
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made.path.parent.stat().st_mode & 0o777 == 0o700


def test_what_was_deleted_is_not_in_it(small: Config) -> None:
    with closing(sqlite3.connect(small.database)) as db, db:
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("UPDATE kept SET words = ?", ("PLEASE FORGET ME " * 50,))
        db.commit()
        db.execute("DELETE FROM kept")
    made, _ = backup(small, NOW)
    with opened(made.path) as unpacked:
        assert b"FORGET ME" not in (unpacked.folder / "whetstone.db").read_bytes()


def _enrol_in_two(member: str, tx: Tx) -> None:
    for group in (GROUP, "web:other"):
        roster.change(tx, group, TENANT, Enrol(member), NOW)


async def test_the_bot_goes_on_meanwhile_and_the_copy_is_one_moment_of_it(config: Config, world: World) -> None:
    """Two rows that are always written together are never apart in a copy."""

    async with living(config.data, world) as app:
        await CoreDriver(app, world, world.clock).found()
        written = 0

        async def write() -> None:
            nonlocal written
            while True:
                await app.store.run(partial(_enrol_in_two, f"m{written}"))
                written += 1

        writing = asyncio.create_task(write())
        try:
            for minute in range(3):
                before = written
                made, _ = await asyncio.to_thread(backup, config, NOW + timedelta(minutes=minute))
                assert written > before, "a backup stopped the bot"
                with opened(made.path) as unpacked, closing(sqlite3.connect(unpacked.folder / "whetstone.db")) as db:
                    sql = "SELECT count(*) FROM roster_members GROUP BY member HAVING count(*) <> 2"
                    assert db.execute(sql).fetchall() == []
                    assert db.execute("SELECT count(*) FROM roster_members").fetchone()[0] >= 2 * before
        finally:
            writing.cancel()


async def test_a_backup_leaves_nothing_behind_in_the_data_folder(config: Config, world: World) -> None:
    async with living(config.data, world) as app:
        await monday(CoreDriver(app, world, world.clock), "ada")
    before = sorted(file.name for file in config.data.iterdir())
    backup(config, NOW)
    assert sorted(file.name for file in config.data.iterdir()) == ["backups", *before]
    assert [file.name for file in config.backups.iterdir()] == ["whetstone-2026-01-05T20-00-00Z.tar.gz"]


# --- what can go wrong -----------------------------------------------------------------------


def test_a_folder_without_a_database_is_named(config: Config) -> None:
    with pytest.raises(BackupFailed, match=r"There is no database in .*--data"):
        backup(config, NOW)


def test_a_damaged_database_gives_no_backup(small: Config) -> None:
    small.database.write_bytes(b"a letter to grandmother\n" * 500)
    with pytest.raises(BackupFailed, match="No backup was made"):
        backup(small, NOW)
    assert list_backups(small.backups) == []


def test_a_backup_that_cannot_be_read_back_is_none_and_the_old_ones_stay(
    small: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [backup(small, NOW - days * DAY, small.backups)[0].path for days in range(40, 0, -1)]

    def torn(file: Path, copy: Path) -> None:
        copy.write_bytes(file.read_bytes()[:4096] + b"\xff" * 4096)

    monkeypatch.setattr(backup_module, "_copy", torn)
    with pytest.raises(BackupFailed, match="damaged"):
        backup(small, NOW)
    assert [one.path for one in list_backups(small.backups)] == old


def test_a_full_disk_gives_a_sentence_and_no_half_file(small: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "add", full)
    with pytest.raises(BackupFailed, match=r"No backup was made .*No space left on device.*free space"):
        backup(small, NOW)
    assert list(small.backups.iterdir()) == []


def test_what_a_killed_backup_left_goes_with_the_next_night(small: Config) -> None:
    left = small.backups / ".whetstone-left"
    left.mkdir(parents=True)
    (left / "whetstone.db").write_bytes(b"half a copy")
    for hours, there in ((1, True), (24, False)):
        os.utime(left, ((NOW - timedelta(hours=hours)).timestamp(),) * 2)
        backup(small, NOW)
        assert left.exists() == there


@pytest.mark.parametrize("name", ["../evil.db", "/etc/evil.db", "files/../../evil", "files/a/b", "x.sh", "files/.."])
def test_a_backup_from_elsewhere_reaches_nothing_beyond_its_folder(tmp_path: Path, name: str) -> None:
    path = tmp_path / "strange.tar.gz"
    (tmp_path / "content").write_text("evil")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(tmp_path / "content", name)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BackupFailed, match="cannot be used"), opened(path, tmp_path):
        pass
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_in_a_backup_is_refused(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "strange.tar.gz"
    link = tarfile.TarInfo("whetstone.db")
    link.type, link.linkname = kind, "/etc/passwd"
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(link)
    with pytest.raises(BackupFailed, match="cannot be used"), opened(path):
        pass


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00 torn"])
def test_what_is_no_backup_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "whetstone.tar.gz"
    path.write_bytes(content)
    with pytest.raises(BackupFailed, match=r"whetstone\.tar\.gz cannot be used"), opened(path):
        pass


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    sentence = r"gone\.tar\.gz cannot be used\. It is not there\."
    with pytest.raises(BackupFailed, match=sentence), opened(tmp_path / "gone.tar.gz"):
        pass


def test_an_archive_without_our_database_is_no_backup(tmp_path: Path) -> None:
    path = tmp_path / "strange.tar.gz"
    (tmp_path / ABOUT).write_text(json.dumps({"at": "2026-01-01T00:00:00+00:00", "version": "1"}))
    with tarfile.open(path, "w:gz") as archive:
        archive.add(tmp_path / ABOUT, ABOUT)
    with pytest.raises(BackupFailed, match="no database of Whetstone"), opened(path):
        pass


# --- how many stay -------------------------------------------------------------------------------


def test_the_usual_folder_keeps_seven_days_and_four_weeks(small: Config) -> None:
    for day in range(40):
        made, _ = backup(small, NOW + day * DAY)
    kept = [(made.at - one.at).days for one in list_backups(small.backups)]
    assert len(kept) == 11
    assert kept[-7:] == [6, 5, 4, 3, 2, 1, 0]
    assert kept[0] >= 25, "the oldest is from about a month ago"


def test_a_folder_of_your_own_is_never_tidied_up(small: Config, tmp_path: Path) -> None:
    for day in range(20):
        assert backup(small, NOW + day * DAY, tmp_path / "mine")[1] == []
    assert len(list_backups(tmp_path / "mine")) == 20
    assert not small.backups.exists()


def test_files_of_others_in_the_folder_stay(small: Config) -> None:
    small.backups.mkdir()
    for name in ("whetstone-old.tar.gz", "notes.txt"):
        (small.backups / name).touch()
    for day in range(10):
        backup(small, NOW + day * DAY)
    assert {"whetstone-old.tar.gz", "notes.txt"} <= {file.name for file in small.backups.iterdir()}


INSTANTS = st.lists(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)), max_size=40)  # noqa: DTZ001 - hypothesis asks for naive bounds


@given(INSTANTS)
def test_the_newest_always_stays_and_no_more_than_eleven_do(instants: list[datetime]) -> None:
    keep = to_keep(instants)
    assert keep <= set(instants)
    assert len(keep) <= 11
    assert not instants or max(instants) in keep
    assert to_keep(sorted(keep)) == keep, "tidying up twice removes nothing more"
