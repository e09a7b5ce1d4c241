"""`whetstone doctor slack`: what it finds, and that each finding says how to mend it."""

import asyncio
import json
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from adapters.slack.doctor import doctor
from adapters.slack.scopes import NEEDED, OPTIONAL
from bot.clock import SystemClock
from bot.commands.doctor import Finding
from bot.config import Config
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import Channel

BOT, APP = "xoxb-123-not-a-secret-WXYZ", "xapp-opens-nothing-not-a-secret-QRST"


@pytest.fixture
async def slack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeSlack]:
    """All is well: everything was granted, and the bot is in the group's channel."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SLACK_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    async with FakeSlack(SystemClock()) as fake:
        fake.bot_token, fake.app_token = BOT, APP
        fake.scopes = frozenset(scope.name for scope in (*NEEDED, *OPTIONAL))
        for setting, value in (("API_BASE", fake.api_base), ("BOT_TOKEN", BOT), ("APP_TOKEN", APP)):
            monkeypatch.setenv(f"SLACK_{setting}", value)
        yield fake


@pytest.fixture
def daily(slack: FakeSlack) -> Channel:
    return slack.town.add_channel("daily")


@pytest.fixture
def config(migrated: Path, tmp_path: Path, slack: FakeSlack, daily: Channel) -> Config:
    config = Config(data=tmp_path / "data")
    shutil.copytree(migrated, config.data)
    config.data.chmod(0o700)
    set_up_group(config, slack.town.team_id, daily.id)
    return config


def set_up_group(config: Config, team: str, channel: str) -> None:
    group = f"slack:{team}/{channel}"
    with closing(sqlite3.connect(config.database)) as db, db:
        columns = "(group_id, tenant, zone, made_at, title)"
        db.execute(f"INSERT INTO roster_groups {columns} VALUES (?, ?, 'UTC', '', '#daily')", (group, f"slack:{team}"))  # noqa: S608
        db.execute("INSERT INTO roster_places (group_id, purpose, spot) VALUES (?, 'main', ?)", (group, channel))


def keep_secret(mode: int) -> None:
    secret = Path("token")
    secret.write_text(BOT)
    secret.chmod(mode)


async def findings(config: Config) -> tuple[int, list[Finding]]:
    code, text = await asyncio.to_thread(doctor, config, SystemClock(), as_json=True, pause=lambda _: None)
    said = json.loads(text)
    found = [Finding(**one) for one in said["findings"]]
    assert said["broken"] == sum(one.state == "broken" for one in found)
    assert all(one.fix for one in found if one.state != "fine"), "whatever is not fine says what to do"
    for token in (BOT, APP):
        assert token[:9] not in text
        assert token[-5:] not in text
    return code, found


async def trouble(config: Config, what: str, state: str = "broken") -> Finding:
    """The only thing that is not fine."""
    code, found = await findings(config)
    (one,) = [one for one in found if one.state != "fine"]
    assert (one.what, one.state) == (what, state)
    assert code == (1 if state == "broken" else 0)
    return one


async def test_where_all_is_well_it_says_so(slack: FakeSlack, config: Config) -> None:
    code, text = await asyncio.to_thread(doctor, config, SystemClock())
    assert code == 0
    assert text.endswith("0 broken, 0 to look at."), text
    assert "->" not in text
    for what in (
        "SLACK_BOT_TOKEN: Slack knows it (…WXYZ): “whetstone” in Study, study.slack.com",
        "SLACK_APP_TOKEN: Slack lets the bot in (…QRST); Socket Mode can be reached",
        "scopes in Study: all 9",
        "channels:history in Study: granted, for replies in open threads",
        "#daily in Study",
        "clock",
        "whetstone.db",
    ):
        assert what in text
    assert slack.verdicts == []


async def test_before_the_first_start_nothing_is_broken(slack: FakeSlack, tmp_path: Path) -> None:
    code, found = await findings(Config(data=tmp_path / "none"))
    assert code == 0
    assert {one.what for one in found if one.state != "fine"} == {"workspace Study", "database"}
    assert not (tmp_path / "none").exists(), "looking makes nothing"


async def test_looking_writes_nothing_and_asks_only(slack: FakeSlack, config: Config) -> None:
    before = config.database.read_bytes()
    await findings(config)
    assert config.database.read_bytes() == before
    assert {call.method for call in slack.calls} == {"auth.test", "apps.connections.open", "conversations.info"}
    assert slack.socket.opened == 0, "a connection would take events from a running bot"


async def test_without_tokens_there_is_nothing_to_look_with(
    slack: FakeSlack, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    code, found = await findings(config)
    assert code == 2
    assert "SLACK_APP_TOKEN is set, but SLACK_BOT_TOKEN is missing" in found[0].says
    monkeypatch.delenv("SLACK_APP_TOKEN")
    code, found = await findings(config)
    assert code == 2
    assert "whetstone setup slack" in found[0].fix
    assert not slack.calls


async def test_a_revoked_token_is_said_and_the_other_one_is_still_looked_at(slack: FakeSlack, config: Config) -> None:
    slack.revoke_token()
    one = await trouble(config, "SLACK_BOT_TOKEN")
    assert "not valid any more" in one.says
    assert "Install the app again" in one.fix


async def test_an_app_level_token_that_slack_does_not_take_is_said(slack: FakeSlack, config: Config) -> None:
    slack.app_token = "another"  # noqa: S105 - opens nothing
    one = await trouble(config, "SLACK_APP_TOKEN")
    assert "does not know this app-level token (it ends in …QRST)" in one.says


async def test_a_way_that_is_closed_to_connections_is_said(slack: FakeSlack, config: Config) -> None:
    planned = slack.faults.refuse("", "apps.connections.open")
    planned.body = {"ok": True, "url": "ws://127.0.0.1:9/link/?ticket=1"}
    one = await trouble(config, "SLACK_APP_TOKEN")
    assert "127.0.0.1 refuses the connection" in one.says


async def test_a_way_that_is_there_but_takes_no_plain_questions_is_open(slack: FakeSlack, config: Config) -> None:
    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        planned = slack.faults.refuse("", "apps.connections.open")
        planned.body = {"ok": True, "url": f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/link/?ticket=1"}
        assert (await findings(config))[0] == 0


@pytest.mark.parametrize("scope", NEEDED, ids=lambda scope: scope.name)
async def test_a_scope_that_is_missing_is_named_with_what_fails(
    scope: object, slack: FakeSlack, config: Config
) -> None:
    slack.scopes -= {scope.name}
    found = {one.what: one for one in (await findings(config))[1] if one.state != "fine"}
    assert f"{scope.name} is missing, so {scope.without}" in found["scopes in Study"].says
    assert "Reinstall to Workspace" in found["scopes in Study"].fix


@pytest.mark.parametrize("scope", OPTIONAL, ids=lambda scope: scope.name)
async def test_a_scope_that_a_workspace_may_refuse_is_no_fault(scope: object, slack: FakeSlack, config: Config) -> None:
    slack.scopes -= {scope.name}
    code, found = await findings(config)
    assert code == 0
    (one,) = [one for one in found if one.what == f"{scope.name} in Study"]
    assert one.says == f"not granted, so {scope.without}"


async def test_a_scope_that_nothing_uses_is_named(slack: FakeSlack, config: Config) -> None:
    slack.scopes |= {"admin.users:read"}
    (one,) = [one for one in (await findings(config))[1] if one.what == "scopes in Study"]
    assert one.says.endswith("nothing uses admin.users:read")


async def test_a_channel_that_the_bot_was_not_invited_to(slack: FakeSlack, config: Config, daily: Channel) -> None:
    del daily.members[slack.town.bot.id]
    one = await trouble(config, "#daily in Study")
    assert one.says == "the bot is not in it"
    assert one.fix == "Type /invite @whetstone in #daily."


async def test_a_channel_that_is_archived(slack: FakeSlack, config: Config, daily: Channel) -> None:
    daily.archived = True
    assert (await trouble(config, "#daily in Study")).says == "it is archived"


async def test_a_channel_that_is_gone(slack: FakeSlack, config: Config, daily: Channel) -> None:
    del slack.town.channels[daily.id]
    one = await trouble(config, "channel for everything else in Study")
    assert daily.id in one.says
    assert "“Channels”" in one.fix


async def test_a_group_whose_workspace_has_no_token_is_named(slack: FakeSlack, config: Config) -> None:
    set_up_group(config, "T0ELSEWHERE", "C1")
    one = await trouble(config, "group #daily", "warning")
    assert "T0ELSEWHERE" in one.fix


async def test_each_workspace_is_looked_at_by_itself(
    slack: FakeSlack, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales = slack.neighbour("Sales")
    monkeypatch.setenv("SLACK_WORKSPACES", "sales")
    monkeypatch.setenv("SLACK_BOT_TOKEN_SALES", sales.bot_token)
    monkeypatch.setenv("SLACK_APP_TOKEN_SALES", sales.app_token)
    slack.revoke_token()
    found = {one.what: one for one in (await findings(config))[1]}
    assert found["SLACK_BOT_TOKEN"].state == "broken"
    assert found["SLACK_BOT_TOKEN_SALES"].state == "fine"
    assert "it has no study group yet" in found["workspace Sales"].says


async def test_a_refused_token_of_a_further_workspace_is_mended_with_its_own_command(
    slack: FakeSlack, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales = slack.neighbour("Sales")
    monkeypatch.setenv("SLACK_WORKSPACES", "sales")
    monkeypatch.setenv("SLACK_BOT_TOKEN_SALES", sales.bot_token)
    monkeypatch.setenv("SLACK_APP_TOKEN_SALES", sales.app_token)
    sales.revoke_token()
    found = {one.what: one for one in (await findings(config))[1]}
    assert found["SLACK_BOT_TOKEN"].state == "fine"
    assert "Then run `whetstone setup slack --workspace sales`" in found["SLACK_BOT_TOKEN_SALES"].fix


async def test_two_tokens_for_one_workspace_are_said(
    slack: FakeSlack, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = slack.neighbour("Study")
    twin.town = slack.town
    monkeypatch.setenv("SLACK_WORKSPACES", "again")
    monkeypatch.setenv("SLACK_BOT_TOKEN_AGAIN", twin.bot_token)
    monkeypatch.setenv("SLACK_APP_TOKEN_AGAIN", twin.app_token)
    twin.scopes = slack.scopes
    assert "both would answer" in (await trouble(config, "workspace Study")).fix


async def test_slack_that_cannot_be_reached_is_said_once(
    slack: FakeSlack, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_API_BASE", "http://127.0.0.1:9/api/")
    assert "refuses the connection" in (await trouble(config, "Slack")).says


@pytest.mark.parametrize(("seconds", "state"), [(-1, "fine"), (10, "warning"), (-300, "broken")])
async def test_a_clock_that_differs_from_slacks_is_said(
    seconds: int, state: str, slack: FakeSlack, config: Config
) -> None:
    there = datetime.now(UTC) + timedelta(seconds=seconds)  # noqa: TID251 - of another machine
    planned = slack.faults.refuse("", "conversations.info")
    planned.body = {"ok": True, "channel": {"name": "daily", "is_member": True}}
    planned.headers = {"Date": format_datetime(there, usegmt=True)}
    (clock,) = [one for one in (await findings(config))[1] if one.what == "clock"]
    assert clock.state == state, clock


async def test_a_file_of_tokens_that_others_may_read_is_said(
    slack: FakeSlack, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_secret(0o644)
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", "token")
    assert (await trouble(config, "settings", "warning")).fix.endswith("chmod 600 token")
    keep_secret(0o600)
    assert (await findings(config))[0] == 0


async def test_an_app_of_a_whole_organization_is_said(slack: FakeSlack, config: Config) -> None:
    planned = slack.faults.refuse("", "auth.test")
    planned.body = {"ok": True, "team": "Study", "team_id": slack.town.team_id, "is_enterprise_install": True}
    planned.headers = {"X-OAuth-Scopes": ",".join(slack.scopes)}
    assert "organization" in (await trouble(config, "app in Study")).says


async def test_a_damaged_database_is_said_and_the_rest_goes_on(slack: FakeSlack, config: Config) -> None:
    config.database.write_bytes(b"a letter to grandmother\n" * 500)
    found = {one.what: one for one in (await findings(config))[1]}
    assert "damaged" in found["whetstone.db"].says
    assert found["SLACK_BOT_TOKEN"].state == "fine"
