"""`whetstone doctor discord`: what it finds, and that each finding says how to mend it."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from adapters.discord.doctor import doctor, wanted_commands
from adapters.discord.doctor_places import granted
from adapters.discord.permissions import ASKED, PIN, PUBLIC_THREADS, SEE, WRITE
from bot.clock import SystemClock
from bot.commands.doctor import Finding
from bot.config import Config
from tests.adapters.discord.stand_in import APP, BOT, CHANNEL, EVERYONE_ELSE, SERVER, TOKEN, StandIn, stand_in

MINE = "5001"  # the role that came with the invite


@pytest.fixture
def discord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """All is well: the bot is in one server, with one group, and Discord knows its commands."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("DISCORD_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    with stand_in() as discord:
        discord.answers[f"applications/{APP}/commands"] = wanted_commands()
        monkeypatch.setenv("DISCORD_API_BASE", discord.base)
        monkeypatch.setenv("DISCORD_GATEWAY_URL", "ws://127.0.0.1:1/")
        monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
        yield discord


@pytest.fixture
def config(migrated: Path, tmp_path: Path) -> Config:
    config = Config(data=tmp_path / "data")
    shutil.copytree(migrated, config.data)
    config.data.chmod(0o700)
    set_up_group(config, SERVER, {"main": CHANNEL})
    return config


def set_up_group(config: Config, server: str, channels: dict[str, str]) -> None:
    group = f"discord:{server}"
    with closing(sqlite3.connect(config.database)) as db, db:
        columns = "(group_id, tenant, zone, made_at, title)"
        db.execute(f"INSERT INTO roster_groups {columns} VALUES (?, 'discord', 'UTC', '', 'Gone')", (group,))  # noqa: S608
        rows = [(group, purpose, spot) for purpose, spot in channels.items()]
        db.executemany("INSERT INTO roster_places (group_id, purpose, spot) VALUES (?, ?, ?)", rows)


def findings(config: Config) -> tuple[int, list[Finding]]:
    code, text = doctor(config, SystemClock(), as_json=True)
    said = json.loads(text)
    found = [Finding(**one) for one in said["findings"]]
    assert said["broken"] == sum(one.state == "broken" for one in found)
    assert all(one.fix for one in found if one.state != "fine"), "whatever is not fine says what to do"
    assert TOKEN[:8] not in text
    assert TOKEN[-5:] not in text
    return code, found


def troubles(config: Config) -> list[Finding]:
    return [one for one in findings(config)[1] if one.state != "fine"]


def trouble(config: Config, what: str) -> Finding:
    """The only thing that is not fine."""
    (one,) = troubles(config)
    assert one.what == what
    return one


def test_where_all_is_well_it_says_so(discord: StandIn, config: Config) -> None:
    code, text = doctor(config, SystemClock())
    assert code == 0
    assert text.endswith("0 broken, 0 to look at."), text
    assert "->" not in text
    for what in (
        "token: Discord knows it (…WXYZ)",
        "Whetstone (1001)",
        "gateway",
        "#daily in Study hall",
        "whetstone.db",
    ):
        assert what in text


def test_before_the_first_start_nothing_is_broken(discord: StandIn, tmp_path: Path) -> None:
    discord.answers[f"applications/{APP}/commands"] = []
    code, found = findings(Config(data=tmp_path / "none"))
    assert code == 0
    assert {one.what for one in found if one.state != "fine"} == {"commands", "server Study hall", "database"}
    assert not (tmp_path / "none").exists(), "looking makes nothing"


def test_looking_writes_nothing_into_the_database(discord: StandIn, config: Config) -> None:
    before = config.database.read_bytes()
    doctor(config, SystemClock())
    assert config.database.read_bytes() == before


# --- the token -------------------------------------------------------------------------------------


def test_without_a_token_it_cannot_look(discord: StandIn, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISCORD_TOKEN")
    code, found = findings(config)
    assert code == 2
    assert (found[0].what, found[0].state) == ("token", "broken")
    assert "whetstone setup discord" in found[0].fix
    assert not discord.asked


def test_a_setting_that_is_wrong_is_code_2(discord: StandIn, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "123456789012345678")
    code, (found,) = findings(config)
    assert code == 2
    assert "id, public key or client secret" in found.says


def test_a_token_that_was_reset_is_found_and_the_database_is_looked_at_all_the_same(
    discord: StandIn, config: Config
) -> None:
    discord.token = "another"  # noqa: S105 - of the stand-in
    code, found = findings(config)
    assert code == 1
    assert (found[0].what, found[0].state) == ("token", "broken")
    assert "…WXYZ" in found[0].says
    assert "Reset Token" in found[0].fix
    assert "whetstone.db" in {one.what for one in found}


def test_a_file_with_the_token_that_others_may_read_is_named(discord: StandIn, config: Config) -> None:
    Path(".env").write_text("DISCORD_MEMBERS=false\n")
    Path(".env").chmod(0o644)
    assert "chmod 600 .env" in trouble(config, "settings").fix


def test_a_secret_that_a_container_was_given_is_not_to_be_closed_from_inside(
    discord: StandIn, config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("adapters.discord.doctor.SECRETS", tmp_path)
    (tmp_path / "token").write_text(discord.token)
    (tmp_path / "token").chmod(0o444)
    monkeypatch.delenv("DISCORD_TOKEN")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "token"))
    assert not troubles(config)


def test_discord_that_cannot_be_reached_is_one_finding(
    discord: StandIn, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_API_BASE", "http://127.0.0.1:9/api/v10")
    assert "refuses the connection" in trouble(config, "Discord").says


# --- the application -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        ("interactions_endpoint_url", "https://example.org", "/1001/information empty “Interactions Endpoint URL”"),
        ("bot_require_code_grant", True, "/1001/bot switch off “Requires OAuth2 Code Grant”"),
        ("integration_types_config", {"1": {}}, "/1001/installation tick “Guild Install”"),
    ],
)
def test_what_the_portal_has_against_the_bot_is_found(
    key: str, value: object, fix: str, discord: StandIn, config: Config
) -> None:
    discord.answers["oauth2/applications/@me"][key] = value
    assert fix in trouble(config, "application").fix


@pytest.mark.parametrize(
    ("setting", "flag", "what", "switch"),
    [
        ("MESSAGE_CONTENT", 1 << 18, "message content", "Message Content Intent"),
        ("MESSAGE_CONTENT", 1 << 19, "message content", "Message Content Intent"),
        ("MEMBERS", 1 << 14, "members", "Server Members Intent"),
        ("MEMBERS", 1 << 15, "members", "Server Members Intent"),
    ],
)
def test_an_intent_that_is_asked_for_must_be_allowed(
    setting: str, flag: int, what: str, switch: str, discord: StandIn, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"DISCORD_{setting}", "true")
    found = trouble(config, what)
    assert found.state == "broken"
    assert switch in found.fix
    assert f"DISCORD_{setting}=false" in found.fix
    discord.answers["oauth2/applications/@me"]["flags"] = flag
    assert not troubles(config)


def test_an_intent_that_is_not_asked_for_says_what_goes_without_it(discord: StandIn, config: Config) -> None:
    (content,) = [one for one in findings(config)[1] if one.what == "message content"]
    assert content.state == "fine"
    assert "replies in open threads are not read" in content.says
    assert "“Use as my answer” work" in content.says


# --- gateway, clock, commands ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "state", "words"), [(0, "broken", "Wait 60 minutes"), (49, "warning", "again and again")]
)
def test_a_bot_that_started_too_often_today_is_told(
    left: int, state: str, words: str, discord: StandIn, config: Config
) -> None:
    discord.answers["gateway/bot"]["session_start_limit"]["remaining"] = left
    found = trouble(config, "gateway")
    assert found.state == state
    assert words in found.fix


def test_a_gateway_that_was_forgotten_is_named(
    discord: StandIn, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISCORD_GATEWAY_URL")
    assert trouble(config, "gateway").fix == "Set DISCORD_GATEWAY_URL=wss://gateway.example"


def test_a_gateway_in_trouble_hides_nothing_else(discord: StandIn, config: Config) -> None:
    discord.answers["gateway/bot"] = (500, "", {})
    found = trouble(config, "gateway")
    assert "trouble of its own" in found.says
    assert "#daily in Study hall" in {one.what for one in findings(config)[1]}


@pytest.mark.parametrize(("seconds", "state"), [(1, "fine"), (10, "warning"), (-10, "warning"), (90, "broken")])
def test_the_clock_is_compared_with_discords(seconds: int, state: str, discord: StandIn, config: Config) -> None:
    there = SystemClock().now() + timedelta(seconds=seconds)
    discord.date = format_datetime(there.astimezone(UTC), usegmt=True)
    (clock,) = [one for one in findings(config)[1] if one.what == "clock"]
    assert clock.state == state
    if state != "fine":
        assert ("slow" if seconds > 0 else "fast") in clock.says
        assert "timedatectl" in clock.fix


def test_a_clock_that_discord_does_not_tell_is_no_fault_of_ours(discord: StandIn, config: Config) -> None:
    discord.date = "yesterday"
    assert trouble(config, "clock").state == "warning"


def test_commands_of_another_version_are_found(discord: StandIn, config: Config) -> None:
    key = f"applications/{APP}/commands"
    discord.answers[key] = [{**one, "id": "7", "version": "8", "nsfw": False} for one in wanted_commands()]
    assert not troubles(config), "what Discord adds is no difference"
    discord.answers[key] = wanted_commands()[:1]
    assert trouble(config, "commands").says == "Discord offers those of another version"
    discord.answers[key] = []
    assert trouble(config, "commands").says == "Discord knows none yet"


# --- servers and channels --------------------------------------------------------------------------


def test_a_bot_in_no_server_gets_its_invite_link(discord: StandIn, tmp_path: Path) -> None:
    discord.answers["users/@me/guilds"] = []
    (servers,) = [one for one in findings(Config(data=tmp_path))[1] if one.what == "servers"]
    assert "client_id=1001" in servers.fix


def test_a_server_that_removed_the_bot_is_named(discord: StandIn, config: Config) -> None:
    discord.answers["users/@me/guilds"] = [{"id": "2", "name": "Library"}]
    gone, library = sorted(troubles(config), key=lambda one: one.what)
    assert gone.what == "server Gone"
    assert "removed" in gone.says
    assert "/study begin" in library.fix


def test_more_than_200_servers_are_all_seen(discord: StandIn, tmp_path: Path) -> None:
    many = [{"id": str(number), "name": f"S{number}"} for number in range(1, 251)]
    discord.answers |= {"users/@me/guilds": many[:200], "users/@me/guilds?after=200": many[200:]}
    assert "server S250" in {one.what for one in findings(Config(data=tmp_path))[1]}


def role(discord: StandIn, bits: int) -> None:
    discord.answers[f"guilds/{SERVER}"]["roles"][1]["permissions"] = str(bits)


@pytest.mark.parametrize(
    ("right", "state"), [(PUBLIC_THREADS, "broken"), (PIN, "warning"), (SEE, "broken"), (WRITE, "broken")]
)
def test_a_missing_right_is_named_with_channel_and_fix(
    right: object, state: str, discord: StandIn, config: Config
) -> None:
    role(discord, ASKED & ~right.bit)
    discord.answers[f"guilds/{SERVER}"]["roles"][0]["permissions"] = "0"
    found = trouble(config, "#daily in Study hall")
    assert found.state == state
    assert f"“{right.name}” is missing" in found.says
    allow = f"Allow “{right.name}” for whetstone: Server settings, then Roles."
    assert found.fix == f"In #daily whetstone may not {right.deed}. {allow}"


def test_the_fix_names_the_bot_as_the_server_does(discord: StandIn, config: Config) -> None:
    discord.answers[f"guilds/{SERVER}"]["roles"][1] |= {"name": "Study bot", "tags": {"bot_id": BOT}}
    role(discord, ASKED & ~WRITE.bit)
    assert "for Study bot: " in trouble(config, "#daily in Study hall").fix
    discord.answers[f"channels/{CHANNEL}"] = (403, {"code": 50001, "message": "Missing Access"}, {})
    assert "add Study bot and allow" in troubles(config)[0].fix


def test_what_a_channel_takes_away_is_given_back_in_the_channel(discord: StandIn, config: Config) -> None:
    channel = discord.answers[f"channels/{CHANNEL}"]
    channel["permission_overwrites"] = [{"id": SERVER, "type": 0, "allow": "0", "deny": str(PUBLIC_THREADS.bit)}]
    assert "the settings of #daily, then Permissions" in trouble(config, "#daily in Study hall").fix


def test_each_channel_of_a_group_is_looked_at_once(discord: StandIn, config: Config) -> None:
    with closing(sqlite3.connect(config.database)) as db, db:
        db.execute("INSERT INTO roster_places VALUES (?, 'daily', ?)", (f"discord:{SERVER}", CHANNEL))
        db.execute("INSERT INTO roster_places VALUES (?, 'weekly', '3002')", (f"discord:{SERVER}",))
    found = trouble(config, "channel for weekly in Study hall")
    assert "it is gone" in found.says
    assert "/study organise" in found.fix
    discord.asked.clear()
    findings(config)
    assert discord.asked.count(f"channels/{CHANNEL}") == 1


def test_a_channel_that_is_hidden_or_not_for_texts_is_told_apart(discord: StandIn, config: Config) -> None:
    channel = discord.answers[f"channels/{CHANNEL}"]
    discord.answers[f"channels/{CHANNEL}"] = (403, {"code": 50001, "message": "Missing Access"}, {})
    assert "may not see it" in troubles(config)[0].says
    discord.answers[f"channels/{CHANNEL}"] = {**channel, "type": 2}
    assert "no channel for texts" in troubles(config)[0].says


def test_a_forum_needs_no_private_threads(discord: StandIn, config: Config) -> None:
    discord.answers[f"channels/{CHANNEL}"]["type"] = 15
    role(discord, ASKED & ~(1 << 36))
    assert not troubles(config)


@pytest.mark.parametrize(
    ("by_roles", "overwrites", "allowed"),
    [
        (SEE.bit, [], SEE.bit),
        (SEE.bit | 8, [(SERVER, 0, 0, SEE.bit)], -1),
        (WRITE.bit, [], 0),
        (SEE.bit | WRITE.bit, [(SERVER, 0, 0, WRITE.bit)], SEE.bit),
        (SEE.bit, [(SERVER, 0, 0, WRITE.bit), (MINE, 0, WRITE.bit, 0)], SEE.bit | WRITE.bit),
        (SEE.bit | WRITE.bit, [(MINE, 0, 0, WRITE.bit), ("5002", 0, WRITE.bit, 0)], SEE.bit | WRITE.bit),
        (SEE.bit | WRITE.bit, [(EVERYONE_ELSE, 0, 0, WRITE.bit)], SEE.bit | WRITE.bit),
        (SEE.bit, [(MINE, 0, WRITE.bit, 0), (BOT, 1, 0, WRITE.bit)], SEE.bit),
        (SEE.bit, [(SERVER, 0, 0, SEE.bit), (BOT, 1, SEE.bit, 0)], SEE.bit),
        (SEE.bit, [("9", 1, 0, SEE.bit)], SEE.bit),
    ],
)
def test_roles_and_what_a_channel_changes_add_up_as_discord_says(
    by_roles: int, overwrites: list[tuple[str, int, int, int]], allowed: int
) -> None:
    changes = [{"id": who, "type": kind, "allow": str(yes), "deny": str(no)} for who, kind, yes, no in overwrites]
    mine = {SERVER, MINE, "5002"}
    found = granted(by_roles, changes, mine, SERVER, BOT)
    assert found == allowed if allowed >= 0 else found & ASKED == ASKED


def test_a_damaged_database_is_said_and_the_rest_goes_on(discord: StandIn, config: Config) -> None:
    config.database.write_bytes(b"a letter to grandmother\n" * 500)
    found = {one.what: one for one in findings(config)[1]}
    assert "damaged" in found["whetstone.db"].says
    assert found["token"].state == "fine"


def test_a_database_of_an_older_version_is_read(discord: StandIn, tmp_path: Path) -> None:
    config = Config(data=tmp_path)
    with closing(sqlite3.connect(config.database)) as db, db:
        db.execute("CREATE TABLE roster_groups (group_id, tenant)")
        db.execute("CREATE TABLE roster_places (group_id, purpose, spot)")
        db.execute("INSERT INTO roster_groups VALUES ('discord:77', 'discord'), ('web:group', 'web')")
    assert [one.what for one in findings(config)[1] if "removed" in one.says] == ["server 77"]


def test_the_time_is_told_as_it_is(discord: StandIn, config: Config) -> None:
    (clock,) = [one for one in findings(config)[1] if one.what == "clock"]
    assert clock.says.startswith(f"{datetime.now(UTC):%Y-}")  # noqa: TID251 - against the machine itself
