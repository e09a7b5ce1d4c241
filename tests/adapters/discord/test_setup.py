"""`whetstone setup discord`: what somebody reads and types, from a token to the first server."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters import inquiry
from adapters.discord import setup
from adapters.discord.inquiry import Inquiry
from adapters.discord.settings import read_settings
from adapters.discord.setup import set_up
from adapters.dotenv import keep_setting
from adapters.inquiry import NoAnswer
from adapters.terminal import Terminal
from bot.app import CannotStart
from bot.clock import SystemClock
from tests.adapters.discord.stand_in import TOKEN, Several, StandIn, stand_in

OTHER = TOKEN.replace("WXYZ", "QRST")
ENV = Path(".env")


@pytest.fixture
def discord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("DISCORD_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    with stand_in() as discord:
        monkeypatch.setenv("DISCORD_API_BASE", discord.base)
        yield discord


@dataclass
class Somebody:
    """Types these lines, reads what comes, and gives up when nothing is left to type or to wait for."""

    lines: list[str] = field(default_factory=list)
    is_screen: bool = True
    waits: int = 100
    read: list[str] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)

    @property
    def all(self) -> str:
        return "\n".join(self.read)

    def hear(self, question: str) -> str:
        self.read.append(question)
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        if len(self.paused) > self.waits:
            raise KeyboardInterrupt

    def sets_up(self, file: Path = ENV, *, wait: bool = True) -> int:
        return set_up(file, Terminal(self.read.append, self.hear, self.is_screen, self.pause), SystemClock(), wait=wait)


def test_from_a_token_to_the_server_and_what_to_type_there(discord: StandIn) -> None:
    new = Somebody([TOKEN])
    assert new.sets_up() == 0
    assert read_settings().token.get_secret_value() == TOKEN
    assert "permissions=2252194950794240" in new.all
    assert "client_id=1001&scope=bot+applications.commands" in new.all
    assert "Whetstone is in “Study hall”" in new.all
    assert "whetstone run" in new.all
    assert "/study begin" in new.all


def test_the_token_is_never_shown_beyond_its_last_four_characters(discord: StandIn) -> None:
    new = Somebody([f"Bot {TOKEN} ", ""])
    new.sets_up()
    again = Somebody([""])
    again.sets_up()
    for one in (new, again):
        assert "…WXYZ" in one.all
        assert TOKEN[:8] not in one.all
        assert TOKEN[-5:] not in one.all


def test_it_waits_until_the_bot_is_in_a_server(discord: StandIn) -> None:
    discord.answers["users/@me/guilds"] = Several([[], [], [{"id": "2", "name": "Library"}]])
    new = Somebody([TOKEN])
    new.sets_up()
    assert len(new.paused) == 2
    assert new.all.count("Waiting until it is in a server.") == 1
    assert "Whetstone is in “Library”" in new.all


def test_the_waiting_can_be_stopped_and_nothing_is_lost(discord: StandIn) -> None:
    discord.answers["users/@me/guilds"] = []
    new = Somebody([TOKEN], waits=3)
    assert new.sets_up() == 0
    assert read_settings().is_set
    assert "in no server yet" in new.all
    assert "whetstone run" in new.all


def test_it_need_not_wait(discord: StandIn) -> None:
    discord.answers["users/@me/guilds"] = []
    new = Somebody([TOKEN])
    assert new.sets_up(wait=False) == 0
    assert not new.paused
    assert "in no server yet" in new.all


def test_trouble_while_it_waits_is_said_once_and_waited_out(discord: StandIn) -> None:
    sick = (503, "upstream", {})
    discord.answers["users/@me/guilds"] = Several([[], sick, sick, [{"id": "2", "name": "Library"}]])
    new = Somebody([TOKEN])
    assert new.sets_up() == 0
    assert new.all.count("trouble of its own (it answers 503)") == 1
    assert "“Library”" in new.all


def test_a_token_that_was_reset_while_it_waits_ends_the_waiting(discord: StandIn) -> None:
    discord.answers["users/@me/guilds"] = Several([[], (401, {"message": "401", "code": 0}, {})])
    with pytest.raises(CannotStart, match="does not know this token"):
        Somebody([TOKEN]).sets_up()


def test_another_file_of_settings_is_named_in_what_comes_next(discord: StandIn) -> None:
    new = Somebody([TOKEN])
    new.sets_up(Path("mine.env"))
    assert "whetstone run --env-file mine.env" in new.all
    assert "whetstone doctor discord --env-file mine.env" in new.all
    assert not ENV.exists()


# --- tokens that do not fit ------------------------------------------------------------------------


def test_at_a_terminal_a_wrong_token_can_be_typed_again(discord: StandIn) -> None:
    new = Somebody(["1099999999999999999", OTHER, TOKEN])
    assert new.sets_up() == 0
    assert "it looks like the id" in new.all
    assert "Discord" in new.all
    assert "does not know this token (it ends in …QRST)" in new.all
    assert read_settings().token.get_secret_value() == TOKEN


def test_after_three_wrong_tokens_it_ends_and_writes_nothing(discord: StandIn) -> None:
    with pytest.raises(CannotStart, match="does not know this token"):
        Somebody([OTHER, OTHER, OTHER, TOKEN]).sets_up()
    assert not ENV.exists()


def test_from_a_pipe_a_wrong_token_ends_it(discord: StandIn) -> None:
    with pytest.raises(CannotStart, match="does not know this token"):
        Somebody([OTHER, TOKEN], is_screen=False).sets_up()
    with pytest.raises(CannotStart, match="it is empty"):
        Somebody(["", TOKEN], is_screen=False).sets_up()
    with pytest.raises(CannotStart, match=r"No token came\. Nothing was changed\."):
        Somebody(is_screen=False).sets_up()
    assert not ENV.exists()


def test_a_token_that_is_kept_already_is_used_again_or_replaced(discord: StandIn) -> None:
    Somebody([TOKEN]).sets_up()
    again = Somebody([""])
    assert again.sets_up() == 0
    assert f"It comes from {ENV}. Nothing was written." in again.all
    discord.token = OTHER
    rotated = Somebody(["", OTHER])
    assert rotated.sets_up() == 0
    assert "does not know this token (it ends in …WXYZ)" in rotated.all
    assert read_settings().token.get_secret_value() == OTHER


def test_a_broken_token_in_the_file_can_be_replaced(discord: StandIn) -> None:
    ENV.write_text("DISCORD_TOKEN=123456789012345678\n")
    assert Somebody([TOKEN]).sets_up() == 0
    assert read_settings().token.get_secret_value() == TOKEN


@pytest.mark.parametrize("source", ["environment", "token file"])
def test_a_token_that_the_machine_gives_is_used_and_not_written(
    source: str, discord: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("secret").write_text(TOKEN)
    monkeypatch.setenv(*(("DISCORD_TOKEN", TOKEN) if source == "environment" else ("DISCORD_TOKEN_FILE", "secret")))
    new = Somebody()
    assert new.sets_up() == 0
    assert "Nothing was written." in new.all
    assert not ENV.exists()


# --- the portal ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("interactions_endpoint_url", "https://example.org", "Interactions Endpoint URL"),
        ("bot_require_code_grant", True, "Requires OAuth2 Code Grant"),
        ("integration_types_config", {"1": {}}, "Guild Install"),
        ("bot_public", False, "“Public Bot” is off"),
    ],
)
def test_what_the_portal_has_against_it_is_said_with_the_page(
    key: str, value: object, says: str, discord: StandIn
) -> None:
    discord.answers["oauth2/applications/@me"] |= {"bot_public": True, key: value}
    new = Somebody([TOKEN])
    assert new.sets_up() == 0
    assert says in new.all
    assert "https://discord.com/developers/applications/1001/" in new.all


def test_an_intent_that_the_settings_ask_for_and_the_portal_forbids_is_said(
    discord: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_MESSAGE_CONTENT", "true")
    new = Somebody([TOKEN])
    new.sets_up()
    assert "switch on “Message Content Intent”" in new.all
    discord.answers["oauth2/applications/@me"]["flags"] = 1 << 19
    new = Somebody([""])
    new.sets_up()
    assert "Message Content" not in new.all


def test_names_that_others_chose_cannot_write_on_the_terminal(discord: StandIn) -> None:
    discord.answers["users/@me/guilds"] = [{"id": "2", "name": "\x1b[2JEvil\nlines"}]
    new = Somebody([TOKEN])
    new.sets_up()
    assert "“ [2JEvil lines”" in new.all


# --- the file --------------------------------------------------------------------------------------


def test_only_the_owner_can_read_the_file_and_its_other_lines_stay(discord: StandIn) -> None:
    ENV.write_text(f"# mine\nWHETSTONE_PORT=8080\nDISCORD_TOKEN={OTHER}\n\nDISCORD_MEMBERS=true\n")
    ENV.chmod(0o644)
    Somebody([TOKEN]).sets_up()
    assert ENV.read_text() == f"# mine\nWHETSTONE_PORT=8080\nDISCORD_TOKEN={TOKEN}\n\nDISCORD_MEMBERS=true\n"
    assert stat.S_IMODE(ENV.stat().st_mode) == 0o600
    assert [file.name for file in Path().iterdir()] == [".env"], "nothing is left behind"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "A=new\n"),
        ("B=1", "B=1\nA=new\n"),
        ("B=1\n\n\n", "B=1\nA=new\n"),
        ("A=1\nB=1\nA=2\n", "A=new\nB=1\n"),
        ("  export A = 'x'\nAB=1\n", "A=new\nAB=1\n"),
        ("#A=1\n", "#A=1\nA=new\n"),
        ("A=old", "A=new"),
    ],
)
def test_one_line_of_the_file_is_replaced_or_added(before: str, after: str, tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text(before)
    keep_setting(file, "A", "new")
    assert file.read_text() == after


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("B=1\n")
    (tmp_path / "link").symlink_to("real")
    keep_setting(tmp_path / "link", "A", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "B=1\nA=new\n"


def test_a_file_that_cannot_be_written_is_named_and_stays_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"no-such-folder/\.env cannot be written"):
        keep_setting(tmp_path / "no-such-folder" / ".env", "A", "new")
    (tmp_path / "odd").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CannotStart, match="no text"):
        keep_setting(tmp_path / "odd", "A", "new")
    assert (tmp_path / "odd").read_bytes() == b"\xff\xfe\x00"


# --- the way to Discord ----------------------------------------------------------------------------


def why_not(settings: object, path: str = "users/@me", pause: object = None) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught, Inquiry(settings, SystemClock(), pause) as discord:
        discord.ask(path)
    assert caught.value.says.endswith(".")
    assert caught.value.fix
    return caught.value


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((500, "oh", {}), "has trouble of its own (it answers 500)"),
        ((200, "<html>Log in", {}), "does not speak Discord's language"),
        ((403, "error code: 1015", {}), "does not speak Discord's language"),
        ((302, "", {"Location": "/login"}), "does not speak Discord's language"),
        ((403, {"code": 50001, "message": "Missing Access"}, {}), "answers 403 to users/@me (50001: Missing Access)"),
        ((429, {"retry_after": 90.0}, {}), "too many questions"),
    ],
)
def test_an_answer_that_does_not_help_is_one_sentence_with_a_fix(answer: object, says: str, discord: StandIn) -> None:
    discord.answers["users/@me"] = answer
    assert says in why_not(discord.settings).says


def test_it_waits_once_when_it_is_told_to(discord: StandIn) -> None:
    discord.answers["users/@me"] = Several([(429, {}, {"Retry-After": "1.5"}), {"id": "1"}])
    waited: list[float] = []
    with Inquiry(discord.settings, SystemClock(), waited.append) as asking:
        assert asking.ask("users/@me") == {"id": "1"}
    assert waited == [1.5]


def test_nobody_at_home_and_no_such_name_are_told_apart(discord: StandIn) -> None:
    nobody = discord.settings.model_copy(update={"api_base": "http://127.0.0.1:9/api/v10"})
    assert "127.0.0.1 refuses the connection." in why_not(nobody).says
    unknown = discord.settings.model_copy(update={"api_base": "http://discord.invalid/api/v10"})
    assert "The name discord.invalid is not known here." in why_not(unknown).says


def test_an_answer_that_does_not_come_is_not_waited_for_without_end(
    discord: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiry, "PATIENCE", 0.05)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "gave no answer" in why_not(discord.settings.model_copy(update={"api_base": address})).says


def test_the_proxy_of_the_environment_is_asked(discord: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", discord.base.removesuffix("/api/v10"))
    outside = discord.settings.model_copy(update={"api_base": "http://discord.invalid/api/v10"})
    why_not(outside)
    assert discord.asked == ["http://discord.invalid/api/v10/users/@me"]
    monkeypatch.setenv("HTTP_PROXY", "gopher://x")
    assert "The proxy in the environment" in why_not(outside).says


def test_discord_is_told_who_asks(discord: StandIn) -> None:
    with Inquiry(discord.settings, SystemClock()) as asking:
        asking.ask("users/@me")
    (agent,) = discord.agents
    assert agent.startswith("DiscordBot (")


def test_every_question_is_a_look_and_changes_nothing(discord: StandIn) -> None:
    """The stand-in answers GET alone; anything else would have failed."""
    Somebody([TOKEN]).sets_up()
    assert set(discord.asked) == {"users/@me", "oauth2/applications/@me", "users/@me/guilds"}
    assert setup.LOOK_AGAIN >= 1, "Discord counts questions"
