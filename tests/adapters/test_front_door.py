"""The command line, as a separate process: what it prints, its exit codes, how it ends."""

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from adapters.__main__ import main, parser
from bot.clock import SystemClock
from tests.adapters import ready
from tests.adapters.ready import ROOT

STARTER = ROOT / "content" / "starter"
READY = re.compile(r"Whetstone is ready: (http://127\.0\.0\.1:(\d+)/\S*key=\S+)")
PATIENCE = 60  # seconds; a loaded machine starts slowly


def environment(tmp_path: Path) -> dict[str, str]:
    """This test's own settings and temporary files, so that it sees what is left behind."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith(("WHETSTONE_", "DISCORD_", "SLACK_"))}
    return mine | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT), "DISPLAY": "", "WAYLAND_DISPLAY": ""}


def whetstone(
    tmp_path: Path, *words: str, by: Sequence[str] | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [*(by or ready.whetstone()), *words], cwd=tmp_path, env=environment(tmp_path) | settings,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


@dataclass
class Running:
    process: subprocess.Popen[str]
    line: str
    link: str
    port: int

    def end(self, with_: signal.Signals) -> int:
        """The exit code; fails when it takes more than 8 seconds."""
        self.process.send_signal(with_)
        return self.process.wait(8)


@contextmanager
def running(tmp_path: Path, *words: str, by: Sequence[str] | None = None) -> Iterator[Running]:
    """A server on a free port, stopped at the end whatever happens."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*(by or ready.whetstone()), *words, "--port", "0", "--no-browser"], cwd=tmp_path,
        env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = READY.fullmatch(line.strip())
        assert found, line + (process.communicate(timeout=5)[1] if process.poll() is not None else "")
        yield Running(process, line, found[1], int(found[2]))
    finally:
        process.kill()
        process.communicate()


Try = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Try:
    """As `whetstone`, for what cannot start: in this process, because that is quicker."""

    def start(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            for name in set(os.environ) - set(environment(tmp_path)):
                patch.delenv(name)
            for name, value in settings.items():
                patch.setenv(name, value)
            code = main(words)
        return subprocess.CompletedProcess(words, code, *capfd.readouterr())

    return start


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It could not start, and said so in one line."""
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("whetstone: ")
    for word in words:
        assert word in lines[0]


# --- words ---------------------------------------------------------------------------------


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Code, output and errors of a command that ends by itself, run in this process because that is quicker."""
    try:
        code = main(words)
    except SystemExit as left:  # argparse leaves this way
        code = int(str(left.code))
    return code, *capsys.readouterr()


def test_help_names_every_command_and_gives_examples(capsys):
    code, out, _ = said(capsys, "--help")
    assert code == 0
    for word in ("demo", "run", "setup", "doctor", "content", "version", "examples:", "exit codes:"):
        assert word in out


@pytest.mark.parametrize(
    "words",
    [
        ("demo",),
        ("run",),
        ("setup",),
        ("doctor",),
        ("version",),
        ("content",),
        *(("content", word) for word in ("lint", "stats", "try")),
    ],
)
def test_every_command_explains_itself(capsys, words):
    code, out, _ = said(capsys, *words, "--help")
    assert code == 0
    assert f"usage: whetstone {' '.join(words)}" in out


@pytest.mark.parametrize(
    "words",
    [
        ("fly",), (), ("demo", "--port", "70000"), ("demo", "--days", "61"), ("content",), ("setup",),
        ("setup", "telegraph"), ("doctor", "telegraph"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_a_mistake_of_code_2(capsys, words):
    code, out, errors = said(capsys, *words)
    assert (code, out) == (2, "")
    assert "usage: whetstone" in errors


def test_the_version_can_be_read_by_programs(tmp_path, capsys):
    done = whetstone(tmp_path, "version", "--json", by=ready.FROM_NOTHING)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["version"] in said(capsys, "version")[1]


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "docs/discord.md", "docs/slack.md"])
def test_every_command_in_the_guides_is_understood(file):
    known = r"whetstone ((?:demo|run|setup (?:discord|slack)|doctor|backup|content|version)\b[^`#\n]*)"
    lines = re.findall(known, (ROOT / file).read_text(encoding="utf-8"))
    found = [line.partition(" < ")[0].split() for line in lines if not line.startswith("content lint |")]
    assert len(found) >= 3
    for words in found:
        assert parser().parse_args(words).run


# --- content ----------------------------------------------------------------------------------


def test_a_broken_pack_is_named_with_file_and_line(tmp_path, capsys):
    pack = tmp_path / "pack"
    shutil.copytree(ROOT / "tests" / "content_pack", pack)
    items = pack / "items" / "serving.yaml"
    items.write_text(items.read_text(encoding="utf-8") + "\n  - id: [\n", encoding="utf-8")
    for words in (("content", "lint", str(pack)), ("content", "try", str(pack), "--no-browser")):
        code, out, errors = said(capsys, *words)
        assert (code, out) == (2, "")
        assert re.search(r"serving\.yaml:\d+", errors), errors


def test_findings_in_a_pack_are_code_1_and_a_sound_one_is_code_0(tmp_path, capsys):
    pack = tmp_path / "pack"
    shutil.copytree(ROOT / "tests" / "content" / "packs" / "data-engineering", pack)

    def review(day: str) -> None:
        for item in pack.rglob("items/**/*.yaml"):
            item.write_text(re.sub(r"last: [\d-]+", f"last: {day}", item.read_text("utf-8")), encoding="utf-8")

    review(str(SystemClock().now().date()))
    assert said(capsys, "content", "lint", str(pack))[0] == 0
    review("2020-01-01")
    code, out, _ = said(capsys, "content", "lint", str(pack))
    assert code == 1
    assert "price-on-the-day-of-sale.yaml:28" in out


def test_stats_and_preview_show_what_a_pack_holds(capsys):
    code, out, _ = said(capsys, "content", "stats", str(STARTER), "--json")
    assert code == 0
    assert json.loads(out)["domains"]
    code, out, _ = said(capsys, "content", "preview", str(STARTER), "fund-accuracy-can-mislead")
    assert code == 0
    assert "When accuracy misleads" in out
    code, out, errors = said(capsys, "content", "preview", str(STARTER), "no-such-item")
    assert (code, out) == (2, "")
    assert "no-such-item" in errors


# --- what is in the way ----------------------------------------------------------------------------


def test_a_taken_port_is_said_in_one_sentence(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        refused(whetstone(tmp_path, "demo", "--no-browser", "--port", port), f"Port {port} is taken", "--port")


def test_a_data_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path, attempt):
    (tmp_path / "taken").write_text("I am a file.")
    refused(attempt("demo", "--no-browser", "--data", str(tmp_path / "taken")), "taken", "--data")


def test_a_second_process_on_the_same_folder_is_refused(tmp_path, attempt):
    with (tmp_path / "whetstone.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused(attempt("run", "--no-browser", "--data", str(tmp_path)), "Another Whetstone", "--data")


@pytest.mark.parametrize("file", ["whetstone.db", "chat.db"])
def test_a_damaged_database_is_refused_and_left_as_it_is(tmp_path, attempt, file):
    data = tmp_path / "data"
    data.mkdir()
    (data / file).write_bytes(b"This is not a database. " * 500)
    before = (data / file).read_bytes()
    refused(attempt("run", "--no-browser", "--port", "0", "--data", str(data)))
    assert (data / file).read_bytes() == before


def test_a_database_of_a_newer_version_is_refused(tmp_path, attempt, migrated):
    data = tmp_path / "data"
    shutil.copytree(migrated, data)
    with closing(sqlite3.connect(data / "whetstone.db")) as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(_yoyo_migration)")]
        marks = {"migration_hash": "'later'", "migration_id": "'daily-9999'", "applied_at_utc": "'2030-01-01'"}
        values = ", ".join(marks.get(name, "NULL") for name in names)
        db.execute(f"INSERT INTO _yoyo_migration VALUES ({values})")  # noqa: S608 - names come from SQLite
        db.commit()
    refused(attempt("run", "--no-browser", "--data", str(data)), "newer Whetstone", "daily-9999")


def test_a_demonstration_and_a_real_group_never_share_a_folder(tmp_path, attempt):
    (tmp_path / "whetstone.db").touch()
    refused(attempt("demo", "--no-browser", "--data", str(tmp_path)), "no demonstration", "--data")
    (tmp_path / "demo.json").write_text("{}")
    refused(attempt("run", "--no-browser", "--data", str(tmp_path)), "holds a demonstration", "--data")
    refused(attempt("demo", "--no-browser", "--data", str(tmp_path)), "demo.json is damaged")


def test_a_wrong_setting_is_named(tmp_path, attempt):
    refused(attempt("run", "--no-browser", WHETSTONE_PORT="many"), "port")
    (tmp_path / "whetstone.toml").write_text("port = = 1")
    refused(attempt("run", "--no-browser"), "whetstone.toml")


# --- starting and ending ---------------------------------------------------------------------------------


def listening(port: int) -> list[str]:
    """The addresses at which somebody listens on this port, as Linux writes them down."""
    files = [path for path in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if path.exists()]
    if not files:
        pytest.skip("only Linux lists its open ports in /proc")
    rows = [line.split() for path in files for line in path.read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")]


@pytest.mark.parametrize(("end", "by"), [(signal.SIGTERM, None), (signal.SIGINT, ready.FROM_NOTHING)])
def test_the_demonstration_lets_the_visitor_in_and_ends_cleanly(tmp_path, end, by):
    with running(tmp_path, "demo", "--days", "0", by=by) as server:
        assert listening(server.port) == [f"0100007F:{server.port:04X}"], "on 127.0.0.1 and nowhere else"
        with httpx.Client(trust_env=False, follow_redirects=True) as browser:
            assert browser.get(server.link).status_code == 200
            assert "Demo clock" in browser.get(f"http://127.0.0.1:{server.port}/").text
        assert list(tmp_path.glob("whetstone-*"))
        assert server.end(end) == 0
    assert not list(tmp_path.glob("whetstone-*")), "the temporary folder is removed"


def test_the_demonstration_can_be_played_without_a_visitor_and_says_how_long_it_took(tmp_path):
    done = whetstone(tmp_path, "demo", "--days", "1", "--check", "--port", "0")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"Days played: 1\. It took [\d.]+ s \([\d.]+ s of processor time\)\.\n", done.stdout)
    assert done.stderr == ""


def test_the_group_has_lived_two_weeks_in_the_demonstration_and_not_a_day_with_a_pack_that_is_tried():
    assert parser().parse_args(["demo"]).days == 14
    assert parser().parse_args(["content", "try", "pack"]).days == 0


def test_it_ends_within_eight_seconds_while_a_page_is_open(tmp_path):
    with running(tmp_path, "demo", "--days", "0") as server, httpx.Client(trust_env=False) as browser:
        browser.get(server.link).raise_for_status()
        with browser.stream("GET", f"http://127.0.0.1:{server.port}/live") as page:
            assert page.status_code == 200
            assert server.end(signal.SIGTERM) == 0


def test_a_real_group_has_no_clock_to_turn_and_nobody_is_somebody_else(tmp_path):
    with running(tmp_path, "run", "--data", str(tmp_path / "group"), "--name", "Ada") as server:
        address = f"http://127.0.0.1:{server.port}"
        with httpx.Client(trust_env=False, headers={"Accept": "application/json"}) as browser:
            assert browser.get(f"{address}/api/me").status_code == 401
            browser.get(server.link).raise_for_status()
            me = browser.get(f"{address}/api/me").json()
            assert (me["name"], me["manages"]) == ("Ada", True)
            token = {"X-Token": me["token"]}
            assert browser.post(f"{address}/demo/next", headers=token).status_code == 404
            assert browser.post(f"{address}/be", json={"name": "Eve"}, headers=token).status_code == 403
        assert server.end(signal.SIGTERM) == 0
