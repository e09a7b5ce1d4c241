"""Settings for Discord: where the token comes from, what is no token, and that nobody ever sees it."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord.permissions import ASKED, RIGHTS
from adapters.discord.settings import (
    DISCORD,
    GATEWAY,
    DiscordSettings,
    clean_token,
    point_library,
    read_settings,
    what_it_looks_like,
)
from bot.app import CannotStart

TOKEN = "MTA5OTk5OTk5OTk5OTk5OTk5OQ.GabcdE.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaWXYZ"  # noqa: S105 - opens nothing
OTHER = TOKEN.replace("WXYZ", "QRST")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder and an environment without settings of this machine."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("DISCORD_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def library() -> Iterator[None]:
    """discord.py as it was, afterwards."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


def token() -> str:
    return read_settings().token.get_secret_value()


# --- where it comes from ---------------------------------------------------------------------------


def test_without_a_token_discord_is_not_wanted() -> None:
    assert not read_settings().is_set


def test_the_token_comes_from_the_environment_before_the_file_of_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(f"WHETSTONE_PORT=1\nDISCORD_TOKEN={OTHER}\n")
    assert token() == OTHER
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    assert token() == TOKEN


def test_the_token_comes_from_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(f"\n{TOKEN}\n")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "secret"))
    assert token() == TOKEN
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    assert token() == TOKEN, "said twice, but the same"


def test_two_different_tokens_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(TOKEN)
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("DISCORD_TOKEN", OTHER)
    with pytest.raises(CannotStart, match="two different tokens; remove one"):
        read_settings()


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot be read (No such file or directory)"), (b"", "is empty"), (b"\xff\xfe\x00", "holds no text")],
)
def test_a_token_file_that_holds_no_token_is_named(
    content: bytes | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(file))
    with pytest.raises(CannotStart) as caught:
        read_settings()
    assert str(file) in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_setting_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "TOKEN_FILE", "API_BASE", "GATEWAY_URL", "MESSAGE_CONTENT", "MEMBERS"):
        monkeypatch.setenv(f"DISCORD_{name}", "")
    settings = read_settings()
    assert (settings.is_set, settings.api_base, settings.message_content) == (False, DISCORD, False)


@pytest.mark.parametrize(
    ("name", "value"), [("API_BASE", "discord.com"), ("GATEWAY_URL", "https://x"), ("MEMBERS", "perhaps")]
)
def test_a_wrong_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv(f"DISCORD_{name}", value)
    with pytest.raises(CannotStart, match=f"DISCORD_{name}: "):
        read_settings()


# --- what is pasted --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pasted",
    [
        TOKEN, f"  {TOKEN}\n", f'"{TOKEN}"', f"'{TOKEN}'", f"Bot {TOKEN}", f"bot  {TOKEN}", f'"Bot {TOKEN}"',
        f"DISCORD_TOKEN={TOKEN}", f'export DISCORD_TOKEN="{TOKEN}"', f"Authorization: Bot {TOKEN}", f"`{TOKEN}`",
        f"\ufeff{TOKEN}\u200b", f"“{TOKEN}”",
    ],
)  # fmt: skip
def test_what_comes_along_with_a_token_is_taken_off(pasted: str) -> None:
    assert clean_token(pasted) == TOKEN
    assert not what_it_looks_like(clean_token(pasted))


@pytest.mark.parametrize(
    ("pasted", "looks"),
    [
        ("1099999999999999999", "id, public key or client secret"),
        ("a" * 64, "id, public key or client secret"),
        ("AbCdEfGhIjKlMnOpQrStUvWxYz-_1234", "id, public key or client secret"),
        ("https://discord.com/oauth2/authorize?client_id=1", "one long word"),
        ("mfa." + "a" * 80, "person"),
        ("xoxb-1-2-abcdefghijklmnopqrstuv", "one long word"),
        (f"{TOKEN}\n{OTHER}", "one long word"),
        ("MTA5.Gäbcd.aaaaaaaaaaaaaaaaaaaaaaaaa", "one long word"),
        ("abc", "one long word"),
        ("", "empty"),
    ],
)
def test_what_is_plainly_no_token_is_told_what_it_looks_like(pasted: str, looks: str) -> None:
    says = what_it_looks_like(clean_token(pasted))
    assert looks in says
    assert "Reset Token" in says, "where the right one is"
    assert not pasted or pasted not in says


def test_a_setting_that_holds_no_token_says_what_it_looks_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "1099999999999999999")
    with pytest.raises(CannotStart, match="DISCORD_TOKEN gives is no bot token: it looks like the id"):
        read_settings()


def test_nobody_sees_more_than_the_last_four_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    settings = read_settings()
    shown = f"{settings} {settings!r} {settings.model_dump()} {json.dumps(settings.model_dump(mode='json'))}"
    assert TOKEN[:10] not in shown
    assert TOKEN[-10:] not in shown
    monkeypatch.setenv("DISCORD_API_BASE", "nowhere")
    with pytest.raises(CannotStart) as caught:
        read_settings()
    assert TOKEN[:10] not in str(caught.value)


# --- other servers ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("library")
def test_the_library_is_pointed_at_another_server_and_back() -> None:
    point_library(DiscordSettings(api_base="http://127.0.0.1:1/api/v10/", gateway_url="ws://127.0.0.1:1/gateway"))
    assert Route.BASE == "http://127.0.0.1:1/api/v10"
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "ws://127.0.0.1:1/gateway"
    point_library(DiscordSettings())
    assert (DISCORD, yarl.URL(GATEWAY)) == (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)


def test_the_defaults_are_those_of_the_library() -> None:
    assert Route.BASE == DISCORD
    assert yarl.URL(GATEWAY) == DiscordWebSocket.DEFAULT_GATEWAY


@pytest.mark.usefixtures("library")
def test_a_token_for_another_server_never_goes_to_discords_gateway() -> None:
    with pytest.raises(CannotStart, match="DISCORD_GATEWAY_URL is missing"):
        point_library(DiscordSettings(api_base="http://127.0.0.1:1/api/v10"))
    assert Route.BASE == DISCORD


def test_the_proxy_of_the_environment_is_used_except_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DiscordSettings().proxy is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    assert DiscordSettings().proxy == "http://proxy.example:3128"
    assert DiscordSettings(api_base="http://127.0.0.1:1/api/v10").proxy is None
    monkeypatch.setenv("NO_PROXY", "discord.com")
    assert DiscordSettings().proxy is None


# --- what is written about them --------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[3]


def test_the_example_of_settings_names_every_setting_with_a_value_that_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (ROOT / "deploy" / ".env.example").read_text()
    named = dict(re.findall(r"^#(DISCORD_\w+)=(.*)$", text, flags=re.MULTILINE))
    assert set(named) == {f"DISCORD_{name.upper()}" for name in DiscordSettings.model_fields}
    for name, value in named.items():
        if name != "DISCORD_TOKEN_FILE":
            monkeypatch.setenv(name, value)
    settings = read_settings()
    assert (settings.api_base, settings.gateway_url, settings.members) == (DISCORD, GATEWAY, False)


def test_the_guide_names_every_setting_and_every_right_that_is_asked_for() -> None:
    guide = (ROOT / "docs" / "discord.md").read_text()
    for name in DiscordSettings.model_fields:
        assert f"`DISCORD_{name.upper()}" in guide, name
    table = guide[guide.index("| right | what for |") :].partition("\n\n")[0]
    assert {line.split("|")[1].strip() for line in table.splitlines()[2:]} == {right.name for right in RIGHTS}
    assert f"`{ASKED}`" in guide


def test_the_guide_quotes_what_is_really_said() -> None:
    guide = (ROOT / "docs" / "discord.md").read_text()
    ours = "".join(file.read_text() for file in (ROOT / "adapters").rglob("*.py"))
    table = guide.partition("| what you see |")[2].partition("\n\n")[0]
    column = [line.split("|")[1] for line in table.splitlines()[2:]]
    quoted = [words for cell in column for words in re.findall(r"`([^`/]+)`", cell)]
    assert len(quoted) >= 3
    for words in quoted:
        known = words.replace("DISCORD_TOKEN gives", "gives")
        assert known in ours or known == "it is damaged", words
