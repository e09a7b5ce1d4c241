"""What stands in `deploy/` and `docs/host.md` fits the program, as far as it can be told without a container."""

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from adapters.__main__ import main, parser
from bot.commands import backup as backup_module
from bot.config import Config
from bot.engine import retention

ROOT = Path(__file__).resolve().parents[2]
DEPLOY, GUIDE = ROOT / "deploy", (ROOT / "docs" / "host.md").read_text(encoding="utf-8")
UNITS = sorted(path.name for path in DEPLOY.glob("whetstone*.*"))
SERVICES = [name for name in UNITS if name.endswith(".service")]
PREFIX = "WHETSTONE_"
EXPOSED = 2.0  # of systemd's 10; a service without any care has 9.6


# --- the container ------------------------------------------------------------------------------


def steps() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and what they say, joined lines and without comments."""
    text = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def said(word: str) -> list[str]:
    return [rest for name, rest in steps() if name == word]


def test_what_is_copied_into_the_image_is_there_and_nothing_else_goes_along() -> None:
    wanted = [name for rest in said("COPY") if "--from" not in rest for name in rest.split()[:-1]]
    for name in wanted:
        assert (ROOT / name).exists(), name
    rules = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(wanted)


def test_the_bot_in_the_container_is_not_root_and_keeps_its_data_outside_the_image() -> None:
    order = [name for name, _ in steps()]
    assert said("USER") == ["whetstone"]
    assert order.index("USER") < order.index("CMD")
    assert said("VOLUME") == ["/data"]
    assert "WHETSTONE_DATA=/data" in said("ENV")[0].split()


def test_every_library_in_the_image_is_pinned_by_its_hash() -> None:
    installs = [rest for rest in said("RUN") if "pip install" in rest]
    assert all("--require-hashes" in rest or "--no-index" in rest for rest in installs)


def test_the_container_starts_with_words_that_the_program_understands() -> None:
    program, *words = json.loads(said("CMD")[0])
    assert program == "whetstone"
    assert parser().parse_args(words).run


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[int]:
    """Something that answers at /healthz; its port."""

    async def health(_: web.Request) -> web.Response:
        return web.Response(status=status)

    site = web.Application()
    site.router.add_get("/healthz", health)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (None, 1)])
async def test_the_container_asks_the_page_how_it_is(status: int | None, code: int) -> None:
    import asyncio

    (health,) = said("HEALTHCHECK")
    _, *words = json.loads(health.partition("CMD")[2])
    async with answering(status or 200) as port:
        setting = {"WHETSTONE_PORT": str(port if status else 9)}
        asked = await asyncio.create_subprocess_exec(
            sys.executable, *words, env=os.environ | setting, stderr=asyncio.subprocess.DEVNULL
        )
        assert await asked.wait() == code


def compose() -> dict[str, object]:
    service: dict[str, object] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["whetstone"]
    return service


def test_the_containers_port_is_this_machines_alone() -> None:
    assert "ports" not in compose()
    assert compose()["network_mode"] == "host"


def test_the_container_can_write_nothing_but_its_data() -> None:
    service = compose()
    assert service["read_only"] is True
    assert service["volumes"] == ["data:/data"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_container_is_built_from_files_that_are_there() -> None:
    build = compose()["build"]
    assert isinstance(build, dict)
    context = DEPLOY / build["context"]
    assert context.resolve() == ROOT
    assert (context / build["dockerfile"]).exists()


# --- the service ----------------------------------------------------------------------------------


def unit(name: str) -> configparser.RawConfigParser:
    read = configparser.RawConfigParser(strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string((DEPLOY / name).read_text())
    return read


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_with_words_that_the_program_understands(name: str) -> None:
    program, *words = unit(name)["Service"]["ExecStart"].split()
    assert program == "/opt/whetstone/.venv/bin/whetstone"
    assert parser().parse_args(words).run


def test_both_services_work_on_the_same_data_as_the_same_user() -> None:
    for key in ("User", "Group", "Environment", "EnvironmentFile", "StateDirectory", "StateDirectoryMode", "UMask"):
        assert len({unit(name)["Service"][key] for name in SERVICES}) == 1, key
    assert unit("whetstone.service")["Service"]["User"] != "root"


def test_a_stop_has_time_for_messages_that_are_on_their_way() -> None:
    from bot.app import LAST_CALLS

    assert int(unit("whetstone.service")["Service"]["TimeoutStopSec"]) > 2 * LAST_CALLS


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="SKIPPED: there is no systemd-analyze here")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for name in UNITS:
        text = (DEPLOY / name).read_text().replace("/opt/whetstone/.venv/bin/whetstone", sys.executable)
        (tmp_path / name).write_text(text)
    done = subprocess.run(  # noqa: S603 - systemd's own tool
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in UNITS)],  # noqa: S607
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="SKIPPED: there is no systemd-analyze here")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_little_harm(name: str) -> None:
    done = subprocess.run(  # noqa: S603 - systemd's own tool
        ["systemd-analyze", "security", "--offline=true", str(DEPLOY / name)],  # noqa: S607
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= EXPOSED


# --- settings ----------------------------------------------------------------------------------------


def examples() -> Iterator[tuple[str, str]]:
    for line in (DEPLOY / ".env.example").read_text().splitlines():
        if found := re.fullmatch(rf"#?({PREFIX}\w+)=(.*)", line):
            yield found[1], found[2]


def test_the_example_of_settings_names_every_setting_and_no_other() -> None:
    assert {name for name, _ in examples()} == {f"{PREFIX}{name.upper()}" for name in Config.model_fields}


def test_every_example_is_a_value_that_the_program_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in examples():
        monkeypatch.setenv(name, value)
    Config()


# --- the guide -------------------------------------------------------------------------------------------


def commands() -> list[list[str]]:
    """Every `whetstone ...` that stands in an indented line of the guide."""
    lines = [line for line in GUIDE.splitlines() if line.startswith("    ")]
    found = [re.search(r"whetstone ((?:run|backup|restore|doctor)\b.*)", line) for line in lines]
    return [shlex.split(line[1]) for line in found if line]


def test_every_command_in_the_guide_is_understood() -> None:
    assert {words[0] for words in commands()} >= {"backup", "restore", "doctor"}
    for words in commands():
        assert parser().parse_args(words).run


def test_the_guide_names_files_that_are_there() -> None:
    for name in re.findall(r"(?:/opt/whetstone/|\s)(deploy/[\w.*-]+)", GUIDE):
        assert list(ROOT.glob(name)) or name == "deploy/.env", name
    for name in re.findall(r"\bwhetstone-backup\.\w+|\bwhetstone\.(?:service|timer)", GUIDE):
        assert (DEPLOY / name).exists(), name


def test_the_guide_tells_the_names_that_stand_in_the_log() -> None:
    code = "".join(file.read_text() for folder in ("bot", "adapters") for file in (ROOT / folder).rglob("*.py"))
    table = GUIDE[GUIDE.index("| in the log |") :].partition("\n\n")[0]
    names = re.findall(r"`([^`]+)`", "\n".join(line.split("|")[1] for line in table.splitlines()[2:]))
    assert len(names) >= 8
    for name in names:
        assert f'"{name}"' in code, name


def test_the_guide_tells_how_long_things_are_kept() -> None:
    table = GUIDE[GUIDE.index("| what | how long |") :]
    for words, wait in (
        ("answered to a press", retention.INBOX), ("words in a form", retention.DRAFTS),
        ("private messages and replies", retention.OUTBOX), ("what was planned", retention.WAKES),
    ):  # fmt: skip
        (line,) = [line for line in table.splitlines() if words in line]
        assert f"| {wait.days} days" in line
    assert (backup_module.DAILY, backup_module.WEEKLY) == (7, 4)
    assert "each of seven days\nstay, and of each of the four weeks before" in GUIDE


def test_backup_doctor_and_restore_work_as_the_guide_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bot.app import migrations
    from bot.store.migrate import migrate

    monkeypatch.chdir(tmp_path)
    Path("group").mkdir(mode=0o700)
    migrate(Path("group/whetstone.db"), migrations())
    by_name = {words[0]: words for words in commands() if "group" in words}
    assert main(by_name["backup"]) == 0
    assert "found sound: group/backups/whetstone-" in capsys.readouterr().out
    (made,) = Path("group/backups").iterdir()
    assert main([*by_name["restore"][:-1], str(made)]) == 0
    assert "is back in its place" in capsys.readouterr().out
    assert main(["doctor", "--data", "group"]) == 0
    assert "put back" in capsys.readouterr().out
    assert main(["restore", "--data", "group", "nothing.tar.gz"]) == 2
    assert "It is not there." in capsys.readouterr().err
    assert main(["backup", "--data", "elsewhere"]) == 2
    assert "--data" in capsys.readouterr().err
