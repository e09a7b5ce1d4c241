"""The Slack app's manifest is one that Slack takes, asks for what is used, and is explained."""

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from adapters.slack.scopes import APP, METHODS, NEEDED, OPTIONAL
from bot.features import discover

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy" / "slack-manifest.yaml").read_text(encoding="utf-8")
MANIFEST: dict[str, Any] = yaml.safe_load(TEXT)
GUIDE = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
CODE = {
    path: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "adapters" / "slack").glob("*.py"))
    if path.name != "scopes.py"
}
SCHEMA = "slack-manifest.schema.json"

SCOPES = MANIFEST["oauth_config"]["scopes"]
EVENTS = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
# Slack: the page of each event names the scope without which it does not come.
EVENTS_NEED = {
    "message.channels": "channels:history", "message.groups": "groups:history", "message.im": "im:history",
    "member_left_channel": "channels:read", "user_change": "users:read",
}  # fmt: skip


def schema() -> Any:
    """Slack's own; without it the test that asks is skipped, or fails where it is demanded."""
    named = os.environ.get("WHETSTONE_SPECS", "")
    place = Path(named) if named else ROOT.parent / "shared" / "specs"
    file = place / SCHEMA if place.is_dir() else place.with_name(SCHEMA)
    if file.is_file():
        return json.loads(file.read_bytes())
    why = f"SKIPPED: Slack's schema is missing. Put {SCHEMA} into a folder and name it in WHETSTONE_SPECS."
    if os.environ.get("WHETSTONE_REQUIRE_SPECS") == "1":
        pytest.fail(why)
    pytest.skip(why)


def test_slack_takes_the_manifest() -> None:
    assert list(jsonschema_rs.validator_for(schema()).iter_errors(MANIFEST)) == []


def test_without_the_schema_the_check_is_skipped_aloud_and_fails_where_it_is_demanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHETSTONE_SPECS", str(tmp_path))
    monkeypatch.setenv("WHETSTONE_REQUIRE_SPECS", "1")
    with pytest.raises(pytest.fail.Exception, match="is missing"):
        schema()
    monkeypatch.delenv("WHETSTONE_REQUIRE_SPECS")
    with pytest.raises(pytest.skip.Exception, match="SKIPPED"):
        schema()


def test_it_asks_for_what_the_bot_needs_and_leaves_the_rest_to_the_workspace() -> None:
    assert set(SCOPES) == {"bot", "bot_optional"}
    assert sorted(SCOPES["bot"]) == sorted(scope.name for scope in NEEDED)
    assert sorted(SCOPES["bot_optional"]) == sorted(scope.name for scope in OPTIONAL)


def called() -> set[str]:
    """Every method of Slack's Web API that the adapter names."""
    families = "auth|apps|bots|chat|conversations|files|pins|reactions|team|users|views"
    quoted = re.compile(rf'"((?:{families})(?:\.[a-zA-Z]+)+)"')
    return {name for text in CODE.values() for name in quoted.findall(text)}


def test_the_table_names_what_is_called_and_what_the_library_calls_for_us() -> None:
    by_the_library = {"apps.connections.open", "files.completeUploadExternal"}
    assert set(METHODS) == called() | by_the_library


def test_every_method_that_is_called_has_its_scope_in_the_manifest() -> None:
    asked = {*SCOPES["bot"], *SCOPES["bot_optional"]}
    assert len(called()) > 12
    for name in called():
        assert set(METHODS[name].scopes) <= asked, name


def test_every_scope_is_used_by_a_method_an_event_or_a_thing_of_slacks() -> None:
    used = {scope for name in called() for scope in METHODS[name].scopes} | {
        EVENTS_NEED.get(event, "") for event in EVENTS
    }
    used |= {"commands"}  # for the command and the shortcuts of the manifest
    if '"file_input"' in "".join(CODE.values()):
        used |= {"files:read"}
    for scope in (*SCOPES["bot"], *SCOPES["bot_optional"]):
        assert scope in used, scope


def test_every_event_that_is_asked_for_is_understood_and_may_come() -> None:
    read = CODE[ROOT / "adapters" / "slack" / "inbound.py"] + CODE[ROOT / "adapters" / "slack" / "replies.py"]
    for event in EVENTS:
        assert f'"{event.partition(".")[0]}"' in read, event
        assert EVENTS_NEED.get(event, "commands") in {*SCOPES["bot"], *SCOPES["bot_optional"]}, event


def test_every_scope_and_event_has_its_reason_beside_it() -> None:
    lines = TEXT.splitlines()
    for name in (*SCOPES["bot"], *SCOPES["bot_optional"], *EVENTS):
        (line,) = [line for line in lines if re.match(rf"\s+- {re.escape(name)}(\s|$)", line)]
        assert len(line.partition("#")[2].split()) >= 3, name


def test_the_guide_explains_every_scope_and_event_and_the_note_to_an_admin_every_scope() -> None:
    tables = "".join(line for line in GUIDE.splitlines(keepends=True) if line.startswith("| `"))
    note = "".join(line for line in GUIDE.splitlines(keepends=True) if line.startswith(">"))
    for scope in (*SCOPES["bot"], *SCOPES["bot_optional"]):
        assert f"| `{scope}` |" in tables, scope
        assert f"`{scope}`" in note, scope
    for event in EVENTS:
        assert f"`{event}`" in tables, event
    assert f"`{APP}`" in GUIDE


def test_what_the_guide_says_of_a_scope_is_what_the_doctor_says() -> None:
    rows = dict(re.findall(r"^\| `(\S+:?\S*)` \| .* \| (.*) \|$", GUIDE.replace("`/study`", "/study"), re.MULTILINE))
    for scope in (*NEEDED, *OPTIONAL):
        assert rows[scope.name].replace(";", ", and") == scope.without, scope.name


def test_every_shortcut_of_a_feature_stands_in_the_menu_of_a_message() -> None:
    wanted = {verb: one.label for feature in discover() for verb, one in feature.shortcuts.items()}
    shortcuts = MANIFEST["features"]["shortcuts"]
    assert {one["callback_id"]: one["name"] for one in shortcuts if one["type"] == "message"} == wanted
    assert [one["name"] for one in shortcuts if one["type"] == "global"] == ["Study"]


def test_the_bot_is_called_by_one_command_and_its_home_page_and_private_messages_are_open() -> None:
    features, settings = MANIFEST["features"], MANIFEST["settings"]
    assert [one["command"] for one in features["slash_commands"]] == ["/study"]
    assert features["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert settings["interactivity"] == {"is_enabled": True}
    assert settings["socket_mode_enabled"] is True
    assert settings["token_rotation_enabled"] is False
    assert "url" not in TEXT, "nothing is sent to an address"


def test_the_example_of_settings_and_the_guide_name_every_setting_of_slack_and_no_other() -> None:
    example = (ROOT / "deploy" / ".env.example").read_text(encoding="utf-8")
    tokens = {f"SLACK_{kind}_TOKEN{file}" for kind in ("BOT", "APP") for file in ("", "_FILE")}
    wanted = tokens | {"SLACK_WORKSPACES", "SLACK_ORGANISERS", "SLACK_API_BASE"}
    assert set(re.findall(r"^#(SLACK_\w+)=", example, re.MULTILINE)) == wanted
    read = set(re.findall(r'"(SLACK_\w+)"', CODE[ROOT / "adapters" / "slack" / "settings.py"]))
    assert read <= wanted
    rows = "".join(line for line in GUIDE.splitlines(keepends=True) if line.startswith("| `SLACK_"))
    for name in wanted:
        assert f"`{name}`" in rows, name
