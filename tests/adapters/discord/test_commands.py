"""Discord knows exactly the commands that features register, and is told only when that changed."""

import asyncio
import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.commands import command_payload, differs, table
from bot.clock import TurnedClock
from bot.engine.engine import Engine
from bot.features import discover
from bot.kernel.feature import Feature, Takes
from tests.adapters.discord.line import living, opened, server
from tests.discord_fake.server import FakeDiscord
from tests.quick_store import QuickStore
from tests.world import catalogue

COMMANDS = "/applications/{application_id}/commands"
ENGINE = Engine(QuickStore(), discover(), catalogue())
WANTED = command_payload(ENGINE)


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(clock) as fake:
        yield fake
        assert fake.verdicts == []


def test_every_command_is_a_part_of_study() -> None:
    study, *shortcuts = WANTED
    assert study["name"] == "study"
    words = {one["name"] for one in study["options"]}
    assert words == {word or "begin" for word in ENGINE.routes.commands}
    assert {one["name"] for one in shortcuts} == {shortcut.label for _, shortcut in ENGINE.routes.shortcuts.values()}
    assert all(one["description"][0].isupper() for one in study["options"])


def test_what_may_follow_a_word_is_an_option_that_suggests_where_it_can() -> None:
    (option,) = next(one for one in WANTED[0]["options"] if one["name"] == "timezone")["options"]
    assert option == {
        "type": 3, "name": "city", "description": "A city near you", "required": False, "autocomplete": True,
    }  # fmt: skip
    assert table(ENGINE).sources["timezone"] == "members.city"
    assert table(ENGINE).verbs["Use as my answer"] == "answers.use_message"


def test_more_commands_than_discord_takes_are_a_mistake_and_none_vanishes() -> None:
    crowd = Feature("crowd")
    for number in range(26):
        crowd.on_command(f"word{number}", "do something")(lambda *_: [])
    with pytest.raises(ValueError, match="25 subcommands"):
        command_payload(Engine(QuickStore(), [crowd]))


def test_a_help_that_discord_would_not_show_whole_is_a_mistake() -> None:
    wordy = Feature("wordy")
    wordy.on_command("long", "x" * 101, takes=Takes("some", "thing"))(lambda *_: [])
    with pytest.raises(ValueError, match="100 characters"):
        command_payload(Engine(QuickStore(), [wordy]))


def _as_discord_has_it() -> list[dict[str, Any]]:
    """With ids and defaults of Discord's own, in another order."""
    found = [
        {**copy.deepcopy(one), "id": str(number), "application_id": "1", "version": "2", "nsfw": False}
        for number, one in enumerate(reversed(WANTED))
    ]
    for command in found:
        for sub in command.get("options", ()):
            sub["required"] = False
            for option in sub.get("options", ()):
                option.pop("required")
    return found


def test_what_discord_adds_by_itself_is_no_difference() -> None:
    assert not differs(WANTED, _as_discord_has_it())


@pytest.mark.parametrize("change", ["help", "word gone", "option gone", "option added", "no autocomplete", "one more"])
def test_every_other_difference_is_one(change: str) -> None:
    found = _as_discord_has_it()
    study = next(one for one in found if one["name"] == "study")
    taking = next(one for one in study["options"] if one["name"] == "timezone")
    plain = next(one for one in study["options"] if one["name"] == "today")
    match change:
        case "help":
            plain["description"] = "Something else"
        case "word gone":
            study["options"].remove(plain)
        case "option gone":
            del taking["options"]
        case "option added":
            plain["options"] = [{"type": 3, "name": "old", "description": "Old"}]
        case "no autocomplete":
            taking["options"][0]["autocomplete"] = False
        case _:
            found.append({"type": 3, "name": "Old entry"})
    assert differs(WANTED, found)


async def test_commands_are_sent_once_and_again_only_when_they_changed(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    server(fake)
    for _ in range(2):
        async with living(fake, tmp_path, clock):
            assert len(fake.sent("PUT", COMMANDS)) == 1
    fake.town.commands[0]["description"] = "Something old"
    async with living(fake, tmp_path, clock):
        assert len(fake.sent("PUT", COMMANDS)) == 2


async def test_a_trouble_with_commands_stops_nothing_and_they_are_sent_again(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("adapters.discord.connect.SYNC_AGAIN", (0.01,))
    scene = server(fake)
    async with living(fake, tmp_path, clock):
        pass
    fake.town.commands[0]["description"] = "Something old"
    fake.faults.answer(403, 50001, method="PUT", path="commands")
    async with opened(fake, tmp_path, clock) as bot:
        await fake.gateway.connected()
        assert (await scene.do(scene.owner, "begin")).messages
        await asyncio.wait_for(bot.line.synced.wait(), 20)
        assert "commands were not sent" in caplog.messages
        assert len(fake.sent("PUT", COMMANDS)) == 3
