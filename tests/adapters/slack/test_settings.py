"""Settings for Slack: where the tokens come from, what is no token, and that nobody ever sees one."""

import os
from pathlib import Path

import pytest

from adapters.slack.settings import SLACK, SlackSettings, clean_token, read_settings, what_it_looks_like
from bot.app import CannotStart

BOT = "xoxb-" + "111111111111-222222222222-" + "aaaaaaaaaaaaaaaaaaaaWXYZ"  # opens nothing
APP = "xapp-" + "1-A0000000000-333333333333-" + "bbbbbbbbbbbbbbbbbbbbbbbbbbbbSTUV"


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder and an environment without settings of this machine."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SLACK_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def tokens(settings: SlackSettings) -> list[tuple[str, str, str]]:
    return [(one.name, one.token("bot"), one.token("app")) for one in settings.workspaces]


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"SLACK_{name}", value)


def refusal() -> str:
    with pytest.raises(CannotStart) as caught:
        read_settings()
    says = str(caught.value)
    assert "\n" not in says
    assert BOT not in says
    assert APP not in says
    return says


# --- where they come from --------------------------------------------------------------------------


def test_without_tokens_slack_is_not_wanted() -> None:
    settings = read_settings()
    assert (settings.is_set, settings.api_base, settings.organisers) == (False, SLACK, frozenset())


def test_an_empty_setting_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BOT_TOKEN="", APP_TOKEN="", BOT_TOKEN_FILE="", API_BASE="", WORKSPACES="", ORGANISERS="")
    assert read_settings() == SlackSettings()


def test_tokens_come_from_the_environment_before_the_file_of_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(f"WHETSTONE_PORT=1\nSLACK_BOT_TOKEN={BOT}x\nSLACK_APP_TOKEN='{APP}'\n")
    assert tokens(read_settings()) == [("", f"{BOT}x", APP)]
    given(monkeypatch, BOT_TOKEN=BOT)
    assert tokens(read_settings()) == [("", BOT, APP)]


def test_tokens_come_from_files_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bot").write_text(f"\n{BOT}\n")
    (tmp_path / "app").write_text(f"SLACK_APP_TOKEN={APP}\n")
    given(monkeypatch, BOT_TOKEN_FILE=str(tmp_path / "bot"), APP_TOKEN_FILE=str(tmp_path / "app"))
    assert tokens(read_settings()) == [("", BOT, APP)]
    given(monkeypatch, BOT_TOKEN=BOT)
    assert tokens(read_settings()) == [("", BOT, APP)], "said twice, but the same"
    given(monkeypatch, BOT_TOKEN=f"{BOT}x")
    assert "SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE hold two different tokens" in refusal()


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
    given(monkeypatch, BOT_TOKEN=BOT, APP_TOKEN_FILE=str(file))
    assert f"The token file {file} {says}" in refusal()


def test_further_workspaces_stand_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BOT_TOKEN=BOT, APP_TOKEN=APP, WORKSPACES="sales, east-2")
    given(monkeypatch, BOT_TOKEN_SALES=f"{BOT}1", APP_TOKEN_SALES=f"{APP}1")
    given(monkeypatch, BOT_TOKEN_EAST_2=f"{BOT}2", APP_TOKEN_EAST_2=f"{APP}2")
    assert tokens(read_settings()) == [
        ("", BOT, APP),
        ("sales", f"{BOT}1", f"{APP}1"),
        ("east-2", f"{BOT}2", f"{APP}2"),
    ]
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    monkeypatch.delenv("SLACK_APP_TOKEN")
    assert [one.name for one in read_settings().workspaces] == ["sales", "east-2"], "the first one needs not be there"


def test_a_workspace_without_tokens_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BOT_TOKEN=BOT, APP_TOKEN=APP, WORKSPACES="sales")
    assert "SLACK_WORKSPACES names sales, but SLACK_BOT_TOKEN_SALES is missing" in refusal()


def test_one_of_two_tokens_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BOT_TOKEN=BOT)
    says = refusal()
    assert "SLACK_BOT_TOKEN is set, but SLACK_APP_TOKEN is missing" in says
    assert "connections:write" in says, "how to make one"
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    given(monkeypatch, APP_TOKEN=APP)
    assert "SLACK_APP_TOKEN is set, but SLACK_BOT_TOKEN is missing" in refusal()


def test_two_workspaces_cannot_have_the_same_token(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BOT_TOKEN=BOT, APP_TOKEN=APP, WORKSPACES="sales", BOT_TOKEN_SALES=BOT, APP_TOKEN_SALES=f"{APP}1")
    assert "SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_SALES hold the same token" in refusal()


@pytest.mark.parametrize(
    ("name", "value"),
    [("API_BASE", "slack.com"), ("WORKSPACES", "a b"), ("WORKSPACES", "a,A"), ("ORGANISERS", "ada@example.org")],
)
def test_a_wrong_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BOT_TOKEN=BOT, APP_TOKEN=APP, **{name: value})
    assert f"SLACK_{name}" in refusal()


def test_another_server_and_further_organisers_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BOT_TOKEN=BOT, APP_TOKEN=APP, API_BASE="http://127.0.0.1:9/api", ORGANISERS="U1ABC, W2")
    settings = read_settings()
    assert settings.api_base == "http://127.0.0.1:9/api/"
    assert settings.organisers == {"U1ABC", "W2"}


# --- what is pasted --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pasted",
    [
        BOT, f"  {BOT}\n", f'"{BOT}"', f"Bearer {BOT}", f"SLACK_BOT_TOKEN={BOT}",
        f"export SLACK_BOT_TOKEN_SALES='{BOT}'",
        f"Authorization: Bearer {BOT}", f"`{BOT}`", f"\ufeff{BOT}\u200b", f"“{BOT}”",
    ],
)  # fmt: skip
def test_what_comes_along_with_a_token_is_taken_off(pasted: str) -> None:
    assert clean_token(pasted) == BOT
    assert not what_it_looks_like(clean_token(pasted), "bot")


@pytest.mark.parametrize(
    ("pasted", "looks"),
    [
        (APP, "app-level token, which belongs into SLACK_APP_TOKEN"),
        ("xoxe.xoxb-1-abcdefghijklmnop", "Switch token rotation off"),
        ("xoxp-1-2-3-abcdefghijklmnop", "person"),
        ("xoxc-1-2-3-abcdefghijklmnop", "another kind"),
        ("0123456789abcdef0123456789abcdef", "signing secret"),
        ("AbCdEfGhIjKlMnOpQrStUvWx", "verification token"),
        ("1234567890.1234567890", "client id"),
        ("A0123456789", "id of an app"),
        ("https://hooks.slack.com/services/T0/B0/x", "link"),
        ("MTA5OTk5OTk5OTk5OTk5OTk5OQ.GabcdE.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Discord"),
        (f"{BOT}\n{APP}", "several lines"),
        ("xoxb-äbcdefgh", "letters in it that no token has"),
        ("xoxb-", "only its beginning"),
        ("hello", "does not begin with xoxb-"),
        ("", "empty"),
    ],
)
def test_what_is_plainly_no_bot_token_is_told_what_it_looks_like(pasted: str, looks: str) -> None:
    says = what_it_looks_like(clean_token(pasted), "bot")
    assert looks in says
    assert "OAuth & Permissions" in says, "where the right one is"
    assert len(pasted) < 6 or pasted not in says


def test_what_is_plainly_no_app_level_token_is_told_what_it_looks_like() -> None:
    assert "which belongs into SLACK_BOT_TOKEN" in what_it_looks_like(BOT, "app")
    assert "person" in what_it_looks_like("xoxp-1-2-3-abcdefghijklmnop", "app")
    assert not what_it_looks_like(APP, "app")


def test_swapped_tokens_are_named_with_their_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BOT_TOKEN=APP, APP_TOKEN=BOT)
    assert "What SLACK_BOT_TOKEN gives is no bot token: it looks like the app-level token" in refusal()


def test_nothing_shows_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, BOT_TOKEN=BOT, APP_TOKEN=APP)
    settings = read_settings()
    assert BOT not in repr(settings)
    assert APP not in repr(settings)
