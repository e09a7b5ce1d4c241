"""`whetstone run` with Slack's tokens, as a separate process against a pretended Slack: what is served, how it ends."""

import asyncio
import os
import re
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.clock import SystemClock
from tests.adapters.ready import FEW_PROBLEMS, FROM_NOTHING, ROOT, whetstone
from tests.slack_fake.server import FakeSlack

PATIENCE = 60.0  # seconds; a loaded machine starts slowly


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(SystemClock(), patience=PATIENCE) as fake:
        yield fake
    assert not fake.verdicts


def settings_for(fake: FakeSlack) -> dict[str, str]:
    return {"SLACK_BOT_TOKEN": fake.bot_token, "SLACK_APP_TOKEN": fake.app_token, "SLACK_API_BASE": fake.api_base}


@asynccontextmanager
async def running(
    folder: Path, *words: str, by: Sequence[str] | None = None, **settings: str
) -> AsyncIterator[Process]:  # fmt: skip
    ours = ("WHETSTONE_", "DISCORD_", "SLACK_")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    mine |= {"TMPDIR": str(folder), "PYTHONPATH": str(ROOT), "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    mine |= ({} if by else {"WHETSTONE_PACKS": FEW_PROBLEMS}) | settings
    process = await asyncio.create_subprocess_exec(
        *(by or whetstone()), "run", "--data", str(folder / "group"), "--no-browser", "--port", "0", *words,
        cwd=folder, env=mine, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: Process) -> str:
    assert process.stdout
    async with asyncio.timeout(PATIENCE):
        return (await process.stdout.readline()).decode()


async def ends(process: Process, *, asked: bool = True) -> tuple[int | None, str]:
    """Its code and what it had to complain about."""
    if asked:
        process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE):
        _, errors = await process.communicate()
    return process.returncode, errors.decode()


async def test_with_tokens_it_serves_slack_and_no_page(fake: FakeSlack, tmp_path: Path) -> None:
    ada = fake.town.add_user("Ada", is_admin=True)
    study = fake.town.add_channel("study", ada)
    async with running(tmp_path, by=FROM_NOTHING, **settings_for(fake)) as process:
        assert await line(process) == (
            "Whetstone is ready: On Slack I am in “Study”. Type /study in a channel of that workspace.\n"
        )
        begun = await fake.command(ada, study, "/study")
        await begun.until(lambda: begun.ephemerals, PATIENCE)
        assert "Set up a study group" in begun.ephemeral.words
        assert await ends(process) == (0, "")


async def test_the_page_comes_beside_slack_when_it_is_wanted(fake: FakeSlack, tmp_path: Path) -> None:
    async with running(tmp_path, "--web", **settings_for(fake)) as process:
        assert re.fullmatch(r"Whetstone is ready: http://127\.0\.0\.1:\d+/enter\?key=\S+\n", await line(process))
        assert "On Slack I am in “Study”" in await line(process)
        assert await ends(process) == (0, "")


async def test_tokens_that_slack_refuses_end_it_and_are_said(fake: FakeSlack, tmp_path: Path) -> None:
    wrong = settings_for(fake) | {"SLACK_BOT_TOKEN": "xoxb-" + "1-this-one-was-revoked"}
    async with running(tmp_path, **wrong) as process:
        code, errors = await ends(process, asked=False)
    assert code == 2
    assert "Slack: Slack does not accept the bot’s token" in errors.splitlines()[-1]
    assert "was-revoked" not in errors
    assert "Traceback" not in errors


async def test_an_app_level_token_that_slack_refuses_is_said_and_ends_nothing(fake: FakeSlack, tmp_path: Path) -> None:
    wrong = settings_for(fake) | {"SLACK_APP_TOKEN": "xapp-" + "1-this-one-was-revoked"}
    async with running(tmp_path, **wrong) as process:
        said = await line(process)
        assert said.startswith("Whetstone is ready: On Slack I post in “Study”, but hear nobody there: ")
        assert "add connections:write. Then: `whetstone setup slack`. `whetstone doctor slack` tells more." in said
        assert (await ends(process))[0] == 0


async def test_a_workspace_that_is_refused_keeps_no_other_from_studying(fake: FakeSlack, tmp_path: Path) -> None:
    further = {
        "SLACK_WORKSPACES": "sales",
        "SLACK_BOT_TOKEN_SALES": "xoxb-" + "2-this-one-was-revoked",
        "SLACK_APP_TOKEN_SALES": "xapp-" + "2-of-sales",
    }
    async with running(tmp_path, **settings_for(fake), **further) as process:
        assert "On Slack I am in “Study”" in await line(process)
        refused = await line(process)
        assert "Slack (sales): Slack does not accept the bot’s token" in refused
        assert "`whetstone setup slack --workspace sales`" in refused, "not that of another workspace"
        assert (await ends(process))[0] == 0


async def test_a_token_that_is_none_is_said_in_one_line(tmp_path: Path) -> None:
    swapped = {"SLACK_BOT_TOKEN": "xapp-" + "1-abcdef", "SLACK_APP_TOKEN": "xoxb-" + "1-abcdef"}
    async with running(tmp_path, **swapped) as process:
        code, errors = await ends(process, asked=False)
    assert (code, len(errors.splitlines())) == (2, 1)
    assert "belongs into SLACK_APP_TOKEN" in errors
