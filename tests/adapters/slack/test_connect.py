"""A bot joins Slack: what is served, what a refused token stops, and how it ends."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.slack import connect
from bot.clock import TurnedClock
from bot.kernel.errors import Later, Reason, Rejected
from bot.kernel.ports import Spot
from tests.adapters.slack.line import WORDS, living, opened, private, with_a_problem, with_problems, workspace
from tests.slack_fake.server import FakeSlack

SOON = 20.0  # seconds after which a test gives up


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock) as fake:
        yield fake
        assert fake.verdicts == []


@pytest.fixture
def data(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(migrated, tmp_path / "data"))


async def is_put_out(bot_line: object) -> None:
    async with asyncio.timeout(SOON):
        while not getattr(bot_line, "trouble", ""):  # noqa: ASYNC110 - nobody else waits for it
            await asyncio.sleep(0.01)


# --- coming in -------------------------------------------------------------------------------------


async def test_the_bot_says_in_which_workspace_it_is(fake: FakeSlack, data: Path, clock: TurnedClock) -> None:
    async with living(fake, data, clock) as bot:
        assert (bot.line.team, bot.line.tenant, bot.line.trouble) == ("Study", f"slack:{fake.town.team_id}", "")
        assert bot.line.is_heard
        assert bot.line.tenant in bot.platforms


async def test_a_slack_that_is_not_there_yet_is_tried_again(fake: FakeSlack, data: Path, clock: TurnedClock) -> None:
    fake.faults.status(503, "auth.test", times=2)
    fake.faults.throttle(1, "auth.test")
    async with opened(fake, data, clock) as bot:
        assert bot.line.is_heard
        assert bot.line.trouble == ""


@pytest.mark.parametrize("error", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_a_refused_bot_token_is_said_and_tried_no_more(
    error: str, fake: FakeSlack, data: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    fake.revoked = error
    async with opened(fake, data, clock) as bot:
        assert "`whetstone setup slack`" in bot.line.trouble
        assert bot.platforms == {}
        assert len(fake.sent("auth.test")) == 1
    assert fake.bot_token not in caplog.text


async def test_a_refused_app_level_token_is_said_and_posts_still_go_out(
    fake: FakeSlack, data: Path, clock: TurnedClock
) -> None:
    async with opened(fake, data, clock, app="xapp-9-of-another-app") as bot:
        await is_put_out(bot.line)
        assert "connections:write" in bot.line.trouble
        assert not bot.line.is_heard
        assert bot.line.tenant in bot.platforms


async def test_an_app_level_token_that_is_revoked_is_told_to_organisers_once_a_day_and_posts_go_out(
    fake: FakeSlack, data: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    scene = workspace(fake)
    async with living(fake, data, clock) as bot:
        await with_a_problem(bot, scene)
        problems = len(scene.channel.messages)
        fake.faults.refuse("token_revoked", "apps.connections.open", times=1_000)
        fake.socket.close()
        await is_put_out(bot.line)
        await bot.wait(days=1)
        assert len(scene.channel.messages) > problems
    for _ in range(2):
        async with opened(fake, data, clock) as bot:
            await is_put_out(bot.line)
            await bot.caught_up()
    said = [message.words for message in private(fake, scene.owner) if "I hear nobody here" in message.words]
    assert len(said) == 2, "one on each of the two days"
    assert "Basic Information" in said[0]
    assert "`whetstone doctor slack`" in said[0]
    assert "slack refuses the bot" in caplog.messages


async def test_posts_that_wait_for_slack_go_out_when_it_is_back(
    fake: FakeSlack, data: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = workspace(fake)
    async with living(fake, data, clock) as bot:
        await with_a_problem(bot, scene)
    before = len(scene.channel.messages)
    monkeypatch.setattr(connect, "FIRST", 0.2)
    fake.faults.status(503, "auth.test", times=1_000)
    async with opened(fake, data, clock) as bot:
        await bot.wait(days=1)
        assert len(scene.channel.messages) == before
        fake.faults.heal()
        await fake.socket.connected(2)
        await bot.wait(seconds=5)
        assert len(scene.channel.messages) > before
    assert caplog.messages.count("slack is not reached") == 1


async def test_a_workspace_without_a_token_is_asked_for_seldom(fake: FakeSlack, data: Path, clock: TurnedClock) -> None:
    scene = workspace(fake)
    async with living(fake, data, clock) as bot:
        await with_a_problem(bot, scene)
        ours = bot.line.tenant
    other = fake.neighbour("Sales")
    async with living(other, data, clock) as bot:
        with pytest.raises(Later) as later:
            await bot.platforms[ours].find(Spot(scene.channel.id), "x", clock.now())
    assert later.value.wait >= timedelta(minutes=1)


# --- side by side ----------------------------------------------------------------------------------


async def test_workspaces_stand_side_by_side(fake: FakeSlack, data: Path, clock: TurnedClock) -> None:
    other = fake.neighbour("Sales")
    async with living(fake, data, clock, neighbours=(other,)) as bot:
        scenes = [workspace(one, bot) for one in (fake, other)]
        people = await with_problems(bot, *scenes)
        for scene, ada in zip(scenes, people, strict=True):
            await scene.answer(ada)
            assert WORDS in await scene.read(ada)
        assert {line.team for line in bot.lines} == {"Study", "Sales"}
        assert other.verdicts == []


async def test_two_settings_for_one_workspace_are_refused(fake: FakeSlack, data: Path, clock: TurnedClock) -> None:
    async with opened(fake, data, clock, neighbours=(fake,)) as bot:
        troubles = sorted(line.trouble for line in bot.lines)
        assert troubles[0] == ""
        assert "a workspace that is served already" in troubles[1]


@pytest.mark.parametrize("how", ["uninstalled", "revoked, and a post is due", "revoked, and somebody presses"])
async def test_a_workspace_that_puts_the_bot_out_stops_alone(
    how: str, fake: FakeSlack, data: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "ASK_AGAIN", (0.01, 0.01))
    other = fake.neighbour("Sales")
    async with living(fake, data, clock, neighbours=(other,)) as bot:
        scene, beside = workspace(fake, bot), workspace(other, bot)
        ada, bob = await with_problems(bot, scene, beside)
        if how == "uninstalled":
            await fake.uninstall()
        else:
            fake.revoke_token()
            if "due" in how:
                with suppress(Later):
                    await bot.platforms[bot.line.tenant].find(Spot(scene.channel.id), "x", clock.now())
            else:
                await fake.press(ada, scene.board(), "Answer")
        await is_put_out(bot.line)
        async with asyncio.timeout(SOON):
            while fake.socket.connections:  # noqa: ASYNC110 - the other side hears of it a moment later
                await asyncio.sleep(0.01)
        with pytest.raises(Rejected) as no:
            await bot.platforms[bot.line.tenant].remove("C1/1.000001")
        assert no.value.reason is Reason.TOKEN
        await beside.answer(bob)
        assert bot.lines[1].trouble == ""
        assert "Your answer is kept." in bob.modals[-1].words


@pytest.mark.parametrize("how", ["once", "until it is asked a second time", "and then the network is down"])
async def test_a_passing_refusal_of_the_token_stops_nothing(
    how: str, fake: FakeSlack, data: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "ASK_AGAIN", (0.01, 0.01))
    async with living(fake, data, clock) as bot:
        scene = workspace(fake, bot)
        await with_a_problem(bot, scene)
        problems, asked = len(scene.channel.messages), len(fake.sent("auth.test"))
        fake.faults.refuse("invalid_auth", "chat.postMessage")
        if "second" in how:
            fake.faults.refuse("invalid_auth", "auth.test")
        if "network" in how:
            fake.faults.reset_before("auth.test")
        await bot.wait(days=1)
        assert len(scene.channel.messages) > problems, "it was sent again a moment later"
        async with asyncio.timeout(SOON):
            while len(fake.sent("auth.test")) < asked + (2 if "second" in how else 1):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        assert bot.line.trouble == ""
        assert bot.line.is_heard


async def test_a_bot_token_is_watched_where_the_app_level_token_is_refused_already(
    fake: FakeSlack, data: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "ASK_AGAIN", (0.01, 0.01))
    async with opened(fake, data, clock, app="xapp-9-of-another-app") as bot:
        await is_put_out(bot.line)
        fake.revoke_token()
        with suppress(Later):
            await bot.platforms[bot.line.tenant].find(Spot("C1"), "x", clock.now())
        async with asyncio.timeout(SOON):
            while "start the bot again" not in bot.line.trouble:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        with pytest.raises(Rejected):
            await bot.platforms[bot.line.tenant].remove("C1/1.000001")


async def test_a_revoked_token_of_a_person_stops_nothing(fake: FakeSlack, data: Path, clock: TurnedClock) -> None:
    async with living(fake, data, clock) as bot:
        tokens = {"oauth": ["U1"], "bot": []}
        await fake.event(fake.town.bot, {"type": "tokens_revoked", "tokens": tokens})
        assert bot.line.trouble == ""
        assert bot.line.is_heard


# --- the end ---------------------------------------------------------------------------------------


async def test_what_was_begun_is_finished_and_nothing_is_left_behind(
    fake: FakeSlack, data: Path, clock: TurnedClock
) -> None:
    scene = workspace(fake)
    before = asyncio.all_tasks()
    async with living(fake, data, clock) as bot:
        ada = await with_a_problem(bot, scene)
        gate = bot.slow()
        told = await fake.write(ada, None, WORDS, wait=False)
        await gate.reached.wait()
        asyncio.get_running_loop().call_later(0.01, gate.open)
    assert told.ack is not None
    assert len(private(fake, ada)) == 1
    async with asyncio.timeout(SOON):
        while fake.socket.connections:  # noqa: ASYNC110 - the other side hears of it a moment later
            await asyncio.sleep(0.01)
    left = {task for task in asyncio.all_tasks() - before if "slack_fake" not in repr(task)}
    assert left == set()


async def test_what_comes_while_it_stops_comes_again_at_the_next_start(
    fake: FakeSlack, data: Path, clock: TurnedClock
) -> None:
    scene = workspace(fake)
    async with living(fake, data, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await bot.line.hush()
        told = await fake.write(ada, None, WORDS, wait=False)
    async with living(fake, data, clock) as bot:
        await told.answered()
        await bot.caught_up()
        assert len(private(fake, ada)) == 1


async def test_no_token_is_ever_logged(
    fake: FakeSlack, data: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fake.faults.status(500, "auth.test")
    fake.socket.reject(2)
    async with living(fake, data, clock):
        await fake.uninstall()
    for secret in (fake.bot_token, fake.app_token, "ticket-"):
        assert secret not in caplog.text
