"""A database is brought up to date whole, or left as it was."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot import engine as engine_package
from bot.clock import TurnedClock
from bot.features import sql_folders
from bot.store.migrate import Newer, migrate
from bot.store.sqlite import Damaged, check
from tests.web_story import web_story
from tests.world import World, living

ROOT = Path(engine_package.__file__).parents[2]
OURS = [Path(engine_package.__file__).parent / "sql", *sql_folders()]
SCHEMA = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%yoyo%' AND name NOT LIKE 'sqlite_%' ORDER BY name"


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        return [(name, " ".join((sql or "").split())) for name, sql in db.execute(SCHEMA)]


def applied(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as db:
        return {id_ for (id_,) in db.execute("SELECT migration_id FROM _yoyo_migration")}


def write(folder: Path, name: str, sql: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.sql").write_text(sql)


def test_a_fresh_database_gets_every_owners_tables(tmp_path: Path) -> None:
    applied = migrate(tmp_path / "bot.db", OURS)
    tables = {name for name, _ in schema(tmp_path / "bot.db")}
    assert {"inbox", "outbox", "wakes", "roster_groups", "answers_kept"} <= tables
    assert sorted(applied) == sorted(file.stem for folder in OURS for file in folder.glob("*.sql"))


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    migrate(tmp_path / "bot.db", OURS)
    before = schema(tmp_path / "bot.db")
    assert migrate(tmp_path / "bot.db", OURS) == []
    assert schema(tmp_path / "bot.db") == before


def test_a_start_with_nothing_to_bring_up_to_date_writes_nothing(tmp_path: Path) -> None:
    migrate(tmp_path / "bot.db", OURS)
    before = (tmp_path / "bot.db").read_bytes()
    assert migrate(tmp_path / "bot.db", OURS) == []
    assert (tmp_path / "bot.db").read_bytes() == before


async def test_the_stories_of_the_tests_begin_with_what_a_first_start_makes(
    tmp_path: Path, clock: TurnedClock, world: World, migrated: Path
) -> None:
    async with web_story(tmp_path / "first", clock), living(tmp_path / "core", world):
        for start, name in (("first", "whetstone.db"), ("core", "whetstone.db"), ("first", "chat/chat.db")):
            assert schema(migrated / name) == schema(tmp_path / start / name) != []
            assert applied(migrated / name) == applied(tmp_path / start / name) != set()


def test_a_database_that_grew_release_by_release_equals_a_fresh_one(tmp_path: Path) -> None:
    """One migration after the other, in the order in which a group that updates often would get them."""
    migrations = sorted((int(f.stem.rpartition("-")[2]), f) for folder in OURS for f in folder.glob("*.sql"))
    for _, file in migrations:
        own = tmp_path / "grown" / file.parent.parent.name
        own.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, own)
        migrate(tmp_path / "old.db", sorted((tmp_path / "grown").iterdir()))
    migrate(tmp_path / "new.db", OURS)
    assert schema(tmp_path / "old.db") == schema(tmp_path / "new.db")


def test_an_old_database_is_brought_up_with_its_rows(tmp_path: Path) -> None:
    write(tmp_path / "sql", "box-0001", "CREATE TABLE box (name TEXT);")
    migrate(tmp_path / "bot.db", [tmp_path / "sql"])
    with closing(sqlite3.connect(tmp_path / "bot.db")) as db, db:
        db.execute("INSERT INTO box VALUES ('kept')")
    write(tmp_path / "sql", "box-0002", "ALTER TABLE box ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';")
    assert migrate(tmp_path / "bot.db", [tmp_path / "sql"]) == ["box-0002"]
    with closing(sqlite3.connect(tmp_path / "bot.db")) as db:
        assert db.execute("SELECT * FROM box").fetchall() == [("kept", "red")]


def test_a_failing_migration_is_rolled_back_whole(tmp_path: Path) -> None:
    write(tmp_path / "sql", "box-0001", "CREATE TABLE box (name TEXT);")
    migrate(tmp_path / "bot.db", [tmp_path / "sql"])
    before = schema(tmp_path / "bot.db")
    write(tmp_path / "sql", "box-0002", "CREATE TABLE lid (name TEXT); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(tmp_path / "bot.db", [tmp_path / "sql"])
    assert schema(tmp_path / "bot.db") == before
    write(tmp_path / "sql", "box-0002", "CREATE TABLE lid (name TEXT);")
    assert migrate(tmp_path / "bot.db", [tmp_path / "sql"]) == ["box-0002"]


def test_a_database_of_a_newer_program_is_refused_in_a_sentence_and_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "sql", "box-0001", "CREATE TABLE box (name TEXT);")
    write(tmp_path / "sql", "box-0099", "CREATE TABLE lid (name TEXT);")
    migrate(tmp_path / "bot.db", [tmp_path / "sql"])
    (tmp_path / "sql" / "box-0099.sql").unlink()
    before = (tmp_path / "bot.db").read_bytes()
    with pytest.raises(Newer, match=r"newer Whetstone \(it has box-0099\)"):
        migrate(tmp_path / "bot.db", [tmp_path / "sql"])
    assert (tmp_path / "bot.db").read_bytes() == before


def test_the_lock_of_a_process_that_died_is_broken(tmp_path: Path) -> None:
    migrate(tmp_path / "bot.db", OURS[:1])
    with closing(sqlite3.connect(tmp_path / "bot.db")) as db, db:
        db.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, '2026-01-01', 999999)")
    migrate(tmp_path / "bot.db", OURS)
    assert "answers_kept" in {name for name, _ in schema(tmp_path / "bot.db")}


@pytest.mark.parametrize("folder", ["plain", "with spaces", "#1 100%", "ä ö ü 学", "a?b=c&d", "%20", "semi;colon"])
def test_the_folder_may_have_any_name(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "bot.db"
    path.parent.mkdir()
    migrate(path, OURS[:1])
    assert "outbox" in {name for name, _ in schema(path)}
    assert [file.name for file in path.parent.iterdir()] == ["bot.db"]
    assert migrate(path, OURS[:1]) == []


def test_a_relative_folder_means_the_one_where_we_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    migrate(Path("data/bot.db"), OURS[:1])
    assert (tmp_path / "data" / "bot.db").exists()


# --- damage --------------------------------------------------------------------------------


def test_a_good_file_passes_and_so_does_none(tmp_path: Path) -> None:
    check(tmp_path / "bot.db")
    assert not (tmp_path / "bot.db").exists()
    migrate(tmp_path / "bot.db", OURS)
    check(tmp_path / "bot.db")


@pytest.mark.parametrize("harm", ["no database at all", "flipped bytes", "cut in half"])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "bot.db"
    migrate(path, OURS)
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany("INSERT INTO inbox VALUES (?, 'g', 'm', '[]', '2026')", [(f"{n:09}",) for n in range(2000)])
    good = bytearray(path.read_bytes())
    if harm == "no database at all":
        path.write_bytes(b"a letter to grandmother\n" * 500)
    elif harm == "flipped bytes":
        for at in range(len(good) // 2, len(good) // 2 + 3000):
            good[at] ^= 0xFF
        path.write_bytes(good)
    else:
        path.write_bytes(good[: len(good) // 2])
    before = path.read_bytes()
    with pytest.raises(Damaged, match="is damaged"):
        check(path)
    assert path.read_bytes() == before


# --- the dialect that both databases share ------------------------------------------------

# What one of the two does not know, or knows by another name.
NOT_SHARED = re.compile(
    r"\b(INSERT OR|REPLACE INTO|AUTOINCREMENT|IFNULL|STRFTIME|JULIANDAY|GROUP_CONCAT|PRAGMA|WITHOUT ROWID|GLOB|"
    r"JSON_EXTRACT|RANDOM|CURRENT_TIMESTAMP|LAST_INSERT_ROWID|SERIAL|ILIKE|NOW\(\)|DATETIME|BLOB)\b|::|\bROWID\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("file", sorted(f for d in OURS for f in d.glob("*.sql")), ids=lambda f: f.name)
def test_no_migration_uses_what_only_one_database_knows(file: Path) -> None:
    found = NOT_SHARED.search(re.sub(r"--.*", "", file.read_text()))
    assert not found, f"{file.name} says {found[0]!r}"


SQL_FILES = sorted([*(ROOT / "bot").glob("features/*/records.py"), *(ROOT / "bot" / "engine").glob("*.py")])


@pytest.mark.parametrize("file", SQL_FILES, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_no_statement_uses_what_only_one_database_knows(file: Path) -> None:
    found = NOT_SHARED.search(file.read_text().replace("datetime", "").replace("stamp(now)", ""))
    assert not found, f"{file.name} says {found[0]!r}"
