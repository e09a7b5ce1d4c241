"""`whetstone doctor`: what it finds, and that each finding says how to mend it."""

import fcntl
import json
import os
import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest

from bot.app import UNFINISHED
from bot.clock import SystemClock, TurnedClock
from bot.commands import doctor as doctor_module
from bot.commands.backup import backup
from bot.commands.doctor import Finding, check_clock, doctor, examine, size
from bot.commands.restore import restore
from bot.config import Config
from bot.engine import outages
from bot.store.sqlite import SqliteTx

Usage = namedtuple("Usage", "total used free")


def now() -> datetime:
    return SystemClock().now()


@pytest.fixture
def config(tmp_path: Path, migrated: Path) -> Config:
    """A sound data folder with a fresh backup."""
    config = Config(data=tmp_path / "data")
    config.data.mkdir(mode=0o700)
    copyfile(migrated / config.database.name, config.database)
    backup(config, now())
    return config


def found(config: Config, what: str, at: datetime | None = None) -> Finding:
    """The one finding about this."""
    (finding,) = [one for one in examine(config, TurnedClock(at) if at else SystemClock()) if one.what == what]
    return finding


def alive(config: Config, at: datetime) -> None:
    with closing(sqlite3.connect(config.database)) as db, db:
        db.row_factory = sqlite3.Row
        outages.beat(SqliteTx(db), at, at)


@contextmanager
def held(config: Config) -> Iterator[None]:
    """As a running bot holds the folder."""
    with (config.data / "whetstone.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_a_sound_installation_is_fine(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
    code, text = doctor(config, SystemClock())
    assert code == 0
    assert text.endswith("0 broken, 0 to look at.")
    assert "->" not in text


def test_whatever_is_not_fine_says_what_to_do(config: Config) -> None:
    (config.data / UNFINISHED).touch()
    config.database.write_bytes(b"a letter to grandmother\n" * 500)
    config.data.chmod(0o755)
    wrong = [one for one in examine(config, SystemClock()) if one.state != "fine"]
    assert len(wrong) >= 3
    assert all(one.fix for one in wrong)


def test_programs_can_read_it(config: Config) -> None:
    config.database.write_bytes(b"a letter to grandmother\n" * 500)
    code, text = doctor(config, SystemClock(), as_json=True)
    report = json.loads(text)
    assert (code, report["broken"]) == (1, 1)
    assert {"what", "state", "says", "fix"} == set(report["findings"][0])


def test_warnings_alone_exit_with_0(config: Config) -> None:
    config.data.chmod(0o755)
    code, text = doctor(config, SystemClock())
    assert code == 0
    assert "WARNING data folder: other users" in text


# --- one thing each --------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_breaks_nothing_else(tmp_path: Path) -> None:
    code, text = doctor(Config(data=tmp_path / "nowhere"), SystemClock())
    assert code == 1
    assert "nowhere is not there" in text
    assert not (tmp_path / "nowhere").exists(), "looking makes nothing"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_named(config: Config) -> None:
    os.chown(config.database, 12345, 12345)
    assert found(config, "data folder").says == "whetstone.db belongs to another user"


def test_a_damaged_database_leads_to_the_newest_backup(config: Config) -> None:
    with config.database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    finding = found(config, "whetstone.db")
    assert finding.state == "broken"
    assert "whetstone restore" in finding.fix


def test_a_damaged_chat_is_found_as_well(config: Config) -> None:
    (config.data / "chat.db").write_bytes(b"a letter to grandmother\n" * 500)
    assert found(config, "chat.db").state == "broken"


def test_a_database_of_a_newer_version_is_broken_and_of_an_older_one_is_not(config: Config) -> None:
    with closing(sqlite3.connect(config.database)) as db, db:
        db.execute("DELETE FROM _yoyo_migration WHERE migration_id = 'engine-0001'")
    assert found(config, "database version").state == "warning"
    with closing(sqlite3.connect(config.database)) as db, db:
        db.execute("INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', 'engine-9999')")
    finding = found(config, "database version")
    assert (finding.state, "engine-9999" in finding.says) == ("broken", True)


@pytest.mark.parametrize(("free", "state"), [(10**8, "broken"), (10**9, "fine")])
def test_a_disk_that_is_nearly_full_is_broken(
    config: Config, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    monkeypatch.setattr(doctor_module.shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - free, free))
    assert found(config, "disk").state == state


@pytest.mark.parametrize(("days", "state"), [(1, "fine"), (3, "warning")])
def test_a_backup_that_was_missed_is_noticed(config: Config, days: int, state: str) -> None:
    assert found(config, "backups", now() + timedelta(days=days)).state == state


def test_without_any_backup_it_says_how_to_make_one(tmp_path: Path) -> None:
    finding = found(Config(data=tmp_path), "backups")
    assert (finding.state, "whetstone backup" in finding.fix) == ("warning", True)


@pytest.mark.parametrize(("version", "state"), [((3, 40, 1), "warning"), ((3, 51, 2), "warning"), ((3, 51, 3), "fine")])
def test_an_old_sqlite_is_named(
    config: Config, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], state: str
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert found(config, "SQLite").state == state


@pytest.mark.parametrize(("version", "state"), [("2024.2", "warning"), ("2026.1", "fine")])
def test_old_rules_of_time_zones_are_named(
    config: Config, monkeypatch: pytest.MonkeyPatch, version: str, state: str
) -> None:
    monkeypatch.setattr(doctor_module, "version", lambda _: version)
    assert found(config, "time zones", datetime(2026, 6, 1, tzinfo=UTC)).state == state


def test_a_bot_that_runs_and_lives_is_fine(config: Config) -> None:
    assert found(config, "bot").says == "not running on this folder"
    with held(config):
        alive(config, now())
        assert (found(config, "bot").state, found(config, "bot").says) == ("fine", "running")


def test_a_bot_that_runs_and_hangs_is_broken(config: Config) -> None:
    alive(config, now() - timedelta(minutes=10))
    with held(config):
        assert found(config, "bot").state == "broken"


def test_a_restored_backup_is_named(config: Config) -> None:
    made, _ = backup(config, now() - timedelta(days=1))
    restore(config, made.path, now())
    finding = found(config, "restored")
    assert finding.state == "fine"
    assert made.path.name in finding.says


def test_what_is_kept_aside_for_too_long_is_named(config: Config) -> None:
    made, _ = backup(config, now())
    restore(config, made.path, now())
    assert found(config, "restored")
    finding = found(config, "kept aside", now() + timedelta(days=31))
    assert (finding.state, "rm -r" in finding.fix) == ("warning", True)


def test_a_clock_before_the_last_sign_of_life_is_broken(config: Config) -> None:
    alive(config, now() + timedelta(hours=1))
    finding = found(config, "clock")
    assert (finding.state, "set-ntp" in finding.fix) == ("broken", True)


def test_a_clock_that_moves_by_itself_is_named(config: Config) -> None:
    (finding,) = check_clock(config, now(), timedelta(seconds=40))
    assert (finding.state, "by 40 s" in finding.says) == ("warning", True)
    (finding,) = check_clock(config, now(), timedelta(seconds=-0.5))
    assert finding.state == "fine"


def test_a_file_system_with_another_time_is_named(config: Config) -> None:
    assert found(config, "clock", now() + timedelta(hours=1)).state == "warning"


@pytest.mark.parametrize(
    ("count", "words"), [(999, "999 bytes"), (52_000, "52 KB"), (1_900_000, "2 MB"), (83e9, "83 GB"), (5e12, "5000 GB")]
)
def test_sizes_are_read_by_people(count: float, words: str) -> None:
    assert size(count) == words
