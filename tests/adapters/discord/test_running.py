"""`whetstone run` with a token, as a separate process against a pretended Discord: what is served, and how it ends."""

import asyncio
import os
import re
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.clock import SystemClock
from tests.adapters import ready
from tests.adapters.ready import ROOT
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import Guild, User

PATIENCE = 60  # seconds; a loaded machine starts slowly


@dataclass
class Club:
    fake: FakeDiscord
    ada: User
    server: Guild

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DISCORD_TOKEN": self.fake.token,
            "DISCORD_API_BASE": self.fake.api_base,
            "DISCORD_GATEWAY_URL": self.fake.gateway_url,
        }


@pytest.fixture
async def club() -> AsyncIterator[Club]:
    fake = FakeDiscord(SystemClock(), judge=False)  # what the payloads hold is judged elsewhere
    ada = fake.town.add_user("Ada")
    server = fake.town.add_guild("Study hall", ada)
    async with fake:
        yield Club(fake, ada, server)
    assert not fake.verdicts, "no door was asked for that Discord does not have"


def environment(tmp_path: Path, settings: dict[str, str]) -> dict[str, str]:
    mine = {key: value for key, value in os.environ.items() if not key.startswith(("WHETSTONE_", "DISCORD_"))}
    mine |= {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT), "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    return mine | settings


async def start(
    tmp_path: Path, words: tuple[str, ...], settings: dict[str, str], by: Sequence[str] | None = None
) -> Process:  # fmt: skip
    packs = {} if by else {"WHETSTONE_PACKS": ready.FEW_PROBLEMS}
    return await asyncio.create_subprocess_exec(
        *(by or ready.whetstone()), *words, cwd=tmp_path, env=environment(tmp_path, packs | settings), stdin=PIPE,
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip


async def whetstone(tmp_path: Path, *words: str, typed: str = "", **settings: str) -> tuple[int | None, str, str]:
    """Code, output and errors of a command that ends by itself."""
    process = await start(tmp_path, words, settings)
    async with asyncio.timeout(PATIENCE):
        out, errors = await process.communicate(typed.encode())
    return process.returncode, out.decode(), errors.decode()


@asynccontextmanager
async def running(
    tmp_path: Path, *words: str, by: Sequence[str] | None = None, **settings: str
) -> AsyncIterator[tuple[Process, str]]:
    """A bot that is ready, and the line that says so; stopped at the end whatever happens."""
    process = await start(tmp_path, ("run", "--data", str(tmp_path / "group"), "--no-browser", *words), settings, by)
    try:
        async with asyncio.timeout(PATIENCE):
            line = await next_line(process)
            assert line.startswith("Whetstone is ready: "), line + (await process.communicate())[1].decode()
        yield process, line
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def next_line(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode()


async def ends(process: Process) -> tuple[int | None, str]:
    """Its code and what it had to complain about, when it is asked to stop. The service waits as long."""
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        _, errors = await process.communicate()
    return process.returncode, errors.decode()


async def begun(club: Club) -> str:
    """What Ada reads when she types `/study begin`, once the bot's commands are known."""
    await club.fake.gateway.connected()
    async with asyncio.timeout(PATIENCE):
        while not club.fake.town.commands:  # noqa: ASYNC110 - no event comes from another process
            await asyncio.sleep(0.01)
    channel = next(iter(club.server.channels.values()))
    return (await (await club.fake.command(club.ada, channel, "begin")).answered()).messages[0].text


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


async def get(port: int, path: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as browser:
        return await browser.get(f"http://127.0.0.1:{port}{path}")


async def test_with_a_token_it_serves_discord_and_no_page(club: Club, tmp_path: Path) -> None:
    port = free_port()
    async with running(tmp_path, "--port", str(port), by=ready.FROM_NOTHING, **club.settings) as (process, line):
        assert "On Discord I am “whetstone”" in line
        assert "http" not in line
        assert "Set up a study group" in await begun(club)
        assert (await get(port, "/")).status_code == 404
        health = await get(port, "/healthz")
        assert (health.status_code, health.json()["status"]) == (200, "ok")
        code, errors = await ends(process)
    assert (code, errors) == (0, "")


@pytest.mark.parametrize("by", ["option", "setting"])
async def test_the_page_comes_beside_discord_when_it_is_wanted(by: str, club: Club, tmp_path: Path) -> None:
    words, setting = (("--web",), {}) if by == "option" else ((), {"WHETSTONE_WEB": "1"})
    async with running(tmp_path, "--port", "0", *words, **club.settings, **setting) as (process, line):
        found = re.fullmatch(r"Whetstone is ready: http://127\.0\.0\.1:(\d+)(/enter\?key=\S+)\n", line)
        assert found, line
        assert "On Discord I am “whetstone”" in await next_line(process)
        assert (await get(int(found[1]), found[2])).status_code in (200, 302, 303)
        assert "Set up a study group" in await begun(club)
        assert await ends(process) == (0, "")


async def test_the_token_may_stand_in_the_file_of_settings(club: Club, tmp_path: Path) -> None:
    settings = club.settings
    (tmp_path / "mine").write_text(f"DISCORD_TOKEN={settings.pop('DISCORD_TOKEN')}\n")
    async with running(tmp_path, "--port", "0", "--env-file", "mine", **settings) as (process, line):
        assert "On Discord" in line
        assert (await ends(process))[0] == 0


async def test_a_token_that_discord_refuses_ends_it_and_is_said(club: Club, tmp_path: Path) -> None:
    wrong = club.settings | {"DISCORD_TOKEN": "MTIzNDU2.FAKE.this-one-was-reset-yesterday"}
    code, out, errors = await whetstone(tmp_path, "run", "--port", "0", **wrong)
    assert (code, out) == (2, "")
    assert "Discord does not take the token" in errors.splitlines()[-1]
    assert "reset-yesterday" not in errors
    assert "Traceback" not in errors


async def test_with_a_page_a_refused_token_does_not_end_it(club: Club, tmp_path: Path) -> None:
    wrong = club.settings | {"DISCORD_TOKEN": "MTIzNDU2.FAKE.this-one-was-reset-yesterday"}
    async with running(tmp_path, "--web", "--port", "0", **wrong) as (process, line):
        assert "/enter?key=" in line
        assert "Discord does not take the token" in await next_line(process)
        assert (await ends(process))[0] == 0


async def test_a_taken_port_keeps_nobody_on_discord_from_studying(club: Club, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        async with running(tmp_path, "--port", str(port), **club.settings) as (process, _):
            assert "Set up a study group" in await begun(club)
            code, errors = await ends(process)
    assert code == 0
    assert "the port is taken" in errors


async def test_a_token_that_is_none_is_said_in_one_line(tmp_path: Path) -> None:
    settings = {"DISCORD_TOKEN": "123456789012345678"}
    code, _, errors = await whetstone(tmp_path, "run", "--port", "0", **settings)
    assert code == 2
    assert len(errors.splitlines()) == 1
    assert "is no bot token" in errors


async def test_a_demonstrations_folder_is_refused_on_discord_too(club: Club, tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{}")
    code, _, errors = await whetstone(tmp_path, "run", "--data", str(tmp_path), **club.settings)
    assert code == 2
    assert "holds a demonstration" in errors


async def test_from_nothing_to_a_served_server_as_the_guide_says(club: Club, tmp_path: Path) -> None:
    settings = club.settings
    token = settings.pop("DISCORD_TOKEN")
    code, out, errors = await whetstone(tmp_path, "setup", "discord", typed=f"{token}\n", **settings)
    assert (code, errors) == (0, "")
    assert "Whetstone is in “Study hall”" in out
    assert token[:10] not in out
    code, out, _ = await whetstone(tmp_path, "doctor", "discord", "--data", "group", **settings)
    assert code == 0
    assert "commands: Discord knows none yet" in out
    async with running(tmp_path, "--port", "0", **settings) as (process, _):
        await begun(club)
        assert (await ends(process))[0] == 0
    code, out, _ = await whetstone(tmp_path, "doctor", "discord", "--data", "group", "--json", **settings)
    assert code == 0
    assert "words, 3 in the menu of a message" in out
    assert token[:10] not in out


async def test_an_empty_pipe_is_no_token(club: Club, tmp_path: Path) -> None:
    settings = club.settings
    settings.pop("DISCORD_TOKEN")
    code, _, errors = await whetstone(tmp_path, "setup", "discord", **settings)
    assert (code, errors) == (2, "whetstone: No token came. Nothing was changed.\n")
