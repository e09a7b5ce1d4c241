"""`whetstone setup slack`: what somebody reads and types, from an app to its workspace."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.slack.inquiry import Inquiry
from adapters.slack.settings import SlackSettings, read_settings
from adapters.slack.setup import MANIFEST, set_up
from adapters.terminal import Terminal
from bot.app import CannotStart
from bot.clock import SystemClock
from tests.slack_fake.server import FakeSlack

ENV = Path(".env")
BOT, APP = "xoxb-123-not-a-secret-WXYZ", "xapp-1-A0FIRST-not-a-secret-QRST"


@pytest.fixture
async def slack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeSlack]:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SLACK_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    async with FakeSlack(SystemClock()) as fake:
        fake.bot_token, fake.app_token = BOT, APP
        answers_for_app(fake, "A0FIRST")
        monkeypatch.setenv("SLACK_API_BASE", fake.api_base)
        yield fake


def answers_for_app(fake: FakeSlack, app: str) -> None:
    """`bots.info` names this app; the pretended Slack knows no such method."""
    fake.faults.planned.clear()
    planned = fake.faults.refuse("", "bots.info", times=100)
    planned.body = {"ok": True, "bot": {"id": fake.town.bot_id, "app_id": app}}


@dataclass
class Somebody:
    """Types these lines and reads what comes."""

    lines: list[str] = field(default_factory=list)
    is_screen: bool = True
    read: list[str] = field(default_factory=list)

    @property
    def all(self) -> str:
        return "\n".join(self.read)

    def hear(self, question: str) -> str:
        self.read.append(question)
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)

    async def sets_up(self, file: Path = ENV, name: str = "") -> int:
        terminal = Terminal(self.read.append, self.hear, self.is_screen)
        return await asyncio.to_thread(set_up, file, terminal, SystemClock(), name=name)


def kept(file: Path = ENV) -> str:
    return file.read_text() if file.exists() else ""


def keep(text: str, file: Path = ENV) -> None:
    file.write_text(text)


def mode() -> int:
    return stat.S_IMODE(ENV.stat().st_mode)


async def test_from_two_tokens_to_the_workspace_and_what_to_type_there(slack: FakeSlack) -> None:
    new = Somebody([BOT, APP])
    assert await new.sets_up() == 0
    (workspace,) = read_settings().workspaces
    assert (workspace.token("bot"), workspace.token("app")) == (BOT, APP)
    assert "“whetstone” in the workspace “Study”" in new.all
    assert "/invite @whetstone" in new.all
    assert "Type  /study  there" in new.all
    assert "whetstone run" in new.all
    assert mode() == 0o600


async def test_it_says_where_the_app_is_made_and_names_a_file_that_is_there(slack: FakeSlack) -> None:
    new = Somebody([BOT, APP])
    await new.sets_up()
    assert "https://api.slack.com/apps" in new.all
    assert str(MANIFEST) in new.all
    assert MANIFEST.is_file()
    again = Somebody(["", ""])
    await again.sets_up()
    assert "From a manifest" not in again.all, "whoever has tokens knows the way"


async def test_the_tokens_are_never_shown_beyond_their_last_four_characters(slack: FakeSlack) -> None:
    new = Somebody([f"Bearer {BOT} ", f"'{APP}'"])
    await new.sets_up()
    again = Somebody(["", ""])
    await again.sets_up()
    for one in (new, again):
        for token in (BOT, APP):
            assert f"…{token[-4:]}" in one.all
            assert token[:9] not in one.all
            assert token[-5:] not in one.all


async def test_other_lines_of_the_file_stay(slack: FakeSlack) -> None:
    keep("# mine\nSLACK_BOT_TOKEN=xoxb-old\nDISCORD_TOKEN=x\n")
    assert await Somebody([BOT, APP]).sets_up() == 0
    assert kept() == f"# mine\nSLACK_BOT_TOKEN={BOT}\nDISCORD_TOKEN=x\nSLACK_APP_TOKEN={APP}\n"


async def test_another_file_of_settings_is_named_in_what_comes_next(slack: FakeSlack) -> None:
    new = Somebody([BOT, APP])
    await new.sets_up(Path("mine.env"))
    assert "whetstone run --env-file mine.env" in new.all
    assert "whetstone doctor slack --env-file mine.env" in new.all
    assert not kept()


# --- tokens that do not fit ------------------------------------------------------------------------


async def test_at_a_terminal_a_wrong_token_can_be_typed_again(slack: FakeSlack) -> None:
    new = Somebody([APP, "xoxb-somebody-elses-token-1234", BOT, BOT, "xapp-1-A1-somebody-elses-1234", APP])
    assert await new.sets_up() == 0
    assert "it looks like the app-level token, which belongs into SLACK_APP_TOKEN" in new.all
    assert "does not know this bot token (it ends in …1234)" in new.all
    assert "it looks like the bot token, which belongs into SLACK_BOT_TOKEN" in new.all
    assert "does not know this app-level token (it ends in …1234)" in new.all


async def test_with_one_token_alone_nothing_is_written(slack: FakeSlack) -> None:
    with pytest.raises(CannotStart, match=r"No token came\. Nothing was changed\."):
        await Somebody([BOT]).sets_up()
    with pytest.raises(CannotStart, match="does not know this app-level token"):
        await Somebody([BOT, "xapp-1-A1-wrong-wrong-wrong"], is_screen=False).sets_up()
    assert not kept()


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("account_inactive", "is not valid any more"),
        ("token_revoked", "Install the app again"),
        ("not_allowed_token_type", "This is no bot token."),
        ("fatal_error", "answers “fatal_error” to auth.test"),
    ],
)
async def test_what_slack_has_against_a_token_is_one_sentence_with_a_fix(
    word: str, says: str, slack: FakeSlack
) -> None:
    slack.faults.refuse(word, "auth.test")
    with pytest.raises(CannotStart, match=says):
        await Somebody([BOT], is_screen=False).sets_up()


async def test_an_app_level_token_without_its_scope_is_told_apart(slack: FakeSlack) -> None:
    slack.faults.refuse("missing_scope", "apps.connections.open", needed="connections:write")
    with pytest.raises(CannotStart, match="The app-level token lacks the scope connections:write"):
        await Somebody([BOT, APP], is_screen=False).sets_up()


async def test_tokens_of_two_apps_are_told_apart(slack: FakeSlack) -> None:
    answers_for_app(slack, "A0OTHER")
    new = Somebody([BOT, APP])
    assert await new.sets_up() == 0
    assert "SLACK_BOT_TOKEN and SLACK_APP_TOKEN belong to two different apps" in new.all
    assert "A0OTHER" in new.all


async def test_what_was_not_granted_is_said(slack: FakeSlack) -> None:
    slack.scopes -= {"channels:history", "im:history"}
    new = Somebody([BOT, APP])
    assert await new.sets_up() == 0
    assert "im:history is missing, so answers in private messages are not read" in new.all
    assert "Reinstall to Workspace" in new.all
    assert "Not granted, and not needed: channels:history" in new.all


@pytest.mark.parametrize("source", ["environment", "token files"])
async def test_tokens_that_the_machine_gives_are_used_and_not_written(
    source: str, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, token in (("BOT", BOT), ("APP", APP)):
        keep(token, Path(kind))
        name = f"SLACK_{kind}_TOKEN"
        monkeypatch.setenv(*((name, token) if source == "environment" else (f"{name}_FILE", kind)))
    new = Somebody()
    assert await new.sets_up() == 0
    assert "It comes from the " in new.all
    assert "Nothing was written." in new.all
    assert not kept()


async def test_from_a_pipe_both_tokens_are_read(slack: FakeSlack) -> None:
    assert await Somebody([BOT, APP], is_screen=False).sets_up() == 0
    assert read_settings().is_set


# --- further workspaces ----------------------------------------------------------------------------


async def test_a_further_workspace_is_kept_beside_the_first_under_its_name(slack: FakeSlack) -> None:
    await Somebody([BOT, APP]).sets_up()
    sales = slack.neighbour("Sales")
    sales.bot_token, sales.app_token = "xoxb-9-not-a-secret-SALE", "xapp-1-A0SALES-not-a-secret"
    answers_for_app(sales, "A0SALES")
    new = Somebody([sales.bot_token, sales.app_token])
    assert await new.sets_up(name="sales") == 0
    assert "in the workspace “Sales”" in new.all
    assert [(one.name, one.token("bot")) for one in read_settings().workspaces] == [
        ("", BOT),
        ("sales", sales.bot_token),
    ]
    again = Somebody(["", ""])
    await again.sets_up(name="SALES")
    assert kept().count("SLACK_WORKSPACES") == 1


async def test_the_tokens_of_one_workspace_are_not_kept_for_another(slack: FakeSlack) -> None:
    """The bot would not start."""
    await Somebody([BOT, APP]).sets_up()
    before = kept()
    with pytest.raises(CannotStart, match="SLACK_BOT_TOKEN holds this bot token already"):
        await Somebody([BOT, APP]).sets_up(name="sales")
    assert kept() == before
    assert read_settings().is_set


async def test_of_a_short_token_nothing_is_said_to_recognise_it_by(slack: FakeSlack) -> None:
    with pytest.raises(CannotStart, match=r"does not know this bot token\. It is not complete"):
        await Somebody(["xoxb-1-short"], is_screen=False).sets_up()


async def test_a_workspace_that_is_named_but_has_no_tokens_yet_can_be_set_up(slack: FakeSlack) -> None:
    keep("SLACK_WORKSPACES=sales\n")
    with pytest.raises(CannotStart, match="SLACK_WORKSPACES names sales, but SLACK_BOT_TOKEN_SALES is missing"):
        read_settings()
    assert await Somebody([BOT, APP]).sets_up(name="sales") == 0
    assert read_settings().workspaces[0].token("bot") == BOT


async def test_a_name_that_cannot_be_part_of_a_setting_is_refused(slack: FakeSlack) -> None:
    with pytest.raises(CannotStart, match="“two words” does not fit"):
        await Somebody([BOT, APP]).sets_up(name="two words")
    assert not kept()


# --- the way to Slack ------------------------------------------------------------------------------


async def test_what_is_not_slack_is_said(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = slack.faults.status(200, "auth.test")
    planned.body = "<html>Log in"
    with pytest.raises(CannotStart, match="does not speak Slack's language"):
        await Somebody([BOT]).sets_up()
    slack.faults.status(503, "auth.test")
    with pytest.raises(CannotStart, match="trouble of its own"):
        await Somebody([BOT]).sets_up()
    monkeypatch.setenv("SLACK_API_BASE", "http://127.0.0.1:9/api/")
    with pytest.raises(CannotStart, match=r"127\.0\.0\.1 refuses the connection"):
        await Somebody([BOT]).sets_up()
    assert not kept()


async def test_it_waits_once_when_it_is_told_to(slack: FakeSlack) -> None:
    slack.faults.throttle(2, "auth.test")
    waited: list[float] = []

    def ask() -> object:
        with Inquiry(SlackSettings(api_base=slack.api_base), SystemClock(), waited.append) as asking:
            return asking.ask("auth.test", BOT).body["team"]

    assert await asyncio.to_thread(ask) == "Study"
    assert waited == [2.0]


async def test_no_connection_is_opened_that_would_take_events_from_a_running_bot(slack: FakeSlack) -> None:
    await Somebody([BOT, APP]).sets_up()
    assert slack.socket.opened == 0
    assert {call.method for call in slack.calls} == {"auth.test", "apps.connections.open", "bots.info"}
