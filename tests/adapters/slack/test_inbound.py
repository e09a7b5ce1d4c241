"""
What Slack sends over Socket Mode, and the event that each payload must become.

The payloads in `../recorded/slack` have the keys that Slack's documents show; ids, names, addresses and tokens are made
up. `known` is what whoever listens adds.

    GOLDEN=write pytest tests/adapters/slack/test_inbound.py   writes the events anew; then read the difference
"""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.inbound import (
    COMMANDS,
    EVENTS,
    INTERACTIVE,
    actor_of,
    channel_of,
    event_of,
    group_of,
    kind_of,
    left_out,
    team_of,
    typed,
    words_of,
)
from bot.kernel.action import UNKNOWN
from bot.kernel.event import Chosen, Event, Person, Pressed, Said, Submitted, Told, Typed
from tests.adapters.nasty import TEXTS

HERE = Path(__file__).parents[1] / "recorded" / "slack"
RECORDED = sorted(HERE.glob("*.payload.json"))
AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
ADA = Person("U1", "Ada")
SAID = {"type": "message", "user": "U1", "text": "x", "channel": "C1", "thread_ts": "1", "ts": "2"}


def heard(recorded: dict[str, Any]) -> Event | None:
    known = recorded["known"]
    return event_of(recorded["envelope"], recorded["payload"], AT, Person(known["person"]), known["title"])


def plain(event: Event | None) -> Any:
    if event is None:
        return None
    data = json.loads(json.dumps(asdict(event), default=str))
    return data | {"what": {"": type(event.what).__name__, **data["what"]}}


def load(name: str) -> dict[str, Any]:
    (found,) = [path for path in RECORDED if path.name[3:] == f"{name}.payload.json"]
    recorded: dict[str, Any] = json.loads(found.read_text())
    return recorded


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.split(".")[0])
def test_each_payload_becomes_the_event_that_is_written_beside_it(path: Path) -> None:
    recorded = json.loads(path.read_text())
    event = json.dumps(plain(heard(recorded)), indent=1, ensure_ascii=False) + "\n"
    beside = path.with_name(path.name.replace(".payload.", ".event."))
    if os.environ.get("GOLDEN") == "write":
        beside.write_text(event)
    assert event == beside.read_text()
    assert kind_of(recorded["payload"]) == recorded["envelope"]
    assert actor_of(recorded["payload"]) == recorded["known"]["person"]
    assert team_of(recorded["payload"]) == "T024BE7LD"


def test_nothing_is_written_down_without_its_payload() -> None:
    events = {path.name.replace(".event.", ".payload.") for path in HERE.glob("*.event.json")}
    assert events == {path.name for path in RECORDED}


def test_every_kind_of_envelope_was_recorded() -> None:
    assert {json.loads(path.read_text())["envelope"] for path in RECORDED} == {COMMANDS, INTERACTIVE, EVENTS}


def test_a_repeat_has_the_same_id_and_everything_else_another() -> None:
    events = [heard(json.loads(path.read_text())) for path in RECORDED]
    ids = [event.id for event in events if event]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    assert heard(load("press-a-button")) == heard(load("press-a-button"))


def test_a_form_that_was_refused_can_be_sent_again() -> None:
    """Slack keeps the view with its id and hash, and gives a new trigger."""
    first = load("send-a-form")
    again = {**first, "payload": {**first["payload"], "trigger_id": "another"}}
    one, other = heard(first), heard(again)
    assert one
    assert other
    assert one.id != other.id
    bare = {key: value for key, value in first["payload"].items() if key != "trigger_id"}
    event = event_of(INTERACTIVE, bare, AT, ADA)
    assert event
    assert event.id == "V024BE7VW/1767600300.8dGhh3"


def test_what_was_said_changed_and_taken_back_is_one_message() -> None:
    names = ("say-in-a-thread", "edit-what-was-said", "take-back-what-was-said")
    events = [event for event in map(heard, map(load, names)) if event]
    assert len(events) == 3
    assert len({event.receipt for event in events}) == 1
    assert len({event.id for event in events}) == 3


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("press-a-button", "2026-01-05T08:02:03.456Z"),
        ("press-in-a-view", "2026-01-05T08:02:03.456Z"),
        ("use-a-message", "2026-01-05T08:18:20.123456Z"),
        ("say-in-a-thread", "2026-01-05T08:16:40.0005Z"),
        ("edit-what-was-said", "2026-01-05T08:21:40Z"),
        ("change-what-was-told", "2026-01-05T08:21:40Z"),
        ("take-back-what-was-said", "2026-01-05T08:23:20.0007Z"),
    ],
)
def test_it_happened_when_somebody_acted_and_not_when_it_was_heard(name: str, at: str) -> None:
    event = heard(load(name))
    assert event
    assert abs(event.at - datetime.fromisoformat(at)) < timedelta(milliseconds=1)


@pytest.mark.parametrize("told", ["1893456000.000100", "", "soon", "nan", "1e999", None])
def test_an_instant_that_cannot_be_is_now(told: object) -> None:
    action = {"type": "button", "action_id": "0:a.b", "action_ts": told}
    event = event_of(INTERACTIVE, {"type": "block_actions", "actions": [action], "trigger_id": "1"}, AT, ADA)
    assert event
    assert event.at == AT


@pytest.mark.parametrize("block_id", ["", "reply-1234abcd-0", "reply-1234abcd-0~xyz", "reply~1234567-0", "~12345678"])
def test_other_blocks_say_no_group(block_id: str) -> None:
    action = {"type": "button", "action_id": "0:a.b", "action_ts": "1", "block_id": block_id}
    event = event_of(INTERACTIVE, {"type": "block_actions", "actions": [action]}, AT, ADA)
    assert event
    assert event.of == ""


def test_words_that_were_told_and_changed_are_told_again() -> None:
    first, changed = heard(load("tell-the-bot")), heard(load("change-what-was-told"))
    assert first
    assert changed
    assert isinstance(first.what, Told)
    assert isinstance(changed.what, Told)
    assert changed.what.text == "I changed my mind."
    assert first.what.receipt == changed.what.receipt
    assert first.id != changed.id


def test_a_preview_below_words_that_were_told_is_no_change() -> None:
    recorded = load("change-what-was-told")
    event = recorded["payload"]["event"]
    event["previous_message"]["text"] = event["message"]["text"]
    assert heard(recorded) is None


def test_a_private_conversation_and_the_home_page_belong_to_no_group() -> None:
    assert group_of("T1", "D1") == group_of("T1", "") == ""
    assert group_of("T1", "C1") == "slack:T1/C1"
    assert channel_of(load("press-on-the-home-page")["payload"]) == ""


def test_a_guest_from_another_workspace_acts_in_ours() -> None:
    payload = load("press-a-button")["payload"]
    guest = payload | {"team": {"id": "T0OTHER"}, "user": payload["user"] | {"team_id": "T0OTHER"}}
    event = event_of(INTERACTIVE, guest, AT, ADA, team="T024BE7LD")
    assert event
    assert (event.tenant, event.group) == ("slack:T024BE7LD", "slack:T024BE7LD/C024BE7LR")


def test_a_press_in_a_view_belongs_to_what_the_view_says() -> None:
    event = heard(load("press-in-a-view"))
    assert event
    assert (event.group, event.spot) == ("slack:T024BE7LD/C024BE7LR", "C024BE7LR")
    assert event.receipt == "C024BE7LR/1767600000.000100"


def test_a_reply_that_one_person_saw_has_no_receipt() -> None:
    event = heard(load("choose-from-a-menu-of-a-reply"))
    assert event
    assert event.receipt == ""
    assert isinstance(event.what, Pressed)
    assert event.what.value == "4"


@pytest.mark.parametrize("name", ["press-in-a-view", "send-a-form"])
def test_a_view_gives_its_group_no_other_title(name: str) -> None:
    """It names no channel, and what the workspace is called is no title of a group that has one."""
    recorded = load(name)
    event = event_of(INTERACTIVE, recorded["payload"], AT, ADA, "Study hall")
    assert event
    assert event.title == ""
    pressed = event_of(INTERACTIVE, load("press-a-button")["payload"], AT, ADA, "Study hall")
    assert pressed
    assert pressed.title == "#daily"


def test_what_was_typed_into_a_form_can_be_handed_back() -> None:
    assert words_of(load("send-a-form")["payload"]) == ("I think recall.\r\nBecause *frauds* are <rare> & dear.",)
    assert words_of(load("send-an-empty-form")["payload"]) == ()
    assert words_of(load("press-a-button")["payload"]) == ()
    assert words_of(load("type-a-command")["payload"]) == ()


@pytest.mark.parametrize("action_id", ["", ":", "x", "0:", "x" * 300, "0:" + "y" * 98, "0:a.b?&&&", "0"])
def test_a_forged_button_leads_nowhere_and_breaks_nothing(action_id: str) -> None:
    action = {"type": "button", "action_id": action_id, "action_ts": "1"}
    event = event_of(INTERACTIVE, {"type": "block_actions", "actions": [action]}, AT, ADA)
    assert event
    assert event.what == Pressed(UNKNOWN)


@pytest.mark.parametrize(
    "view",
    [
        {"id": "V1"},
        {"id": "V1", "callback_id": "?" * 200, "private_metadata": "{"},
        {"id": "V1", "state": {"values": {"k": {"k": {"type": "what"}}}}},
        {"id": "V1", "state": None},
    ],
)
def test_a_forged_form_leads_nowhere_and_breaks_nothing(view: dict[str, Any]) -> None:
    event = event_of(INTERACTIVE, {"type": "view_submission", "view": view, "trigger_id": "1"}, AT, ADA)
    assert event
    assert isinstance(event.what, Submitted)
    assert event.what.action == UNKNOWN
    assert (event.group, event.spot, event.receipt) == ("", "", "")


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (INTERACTIVE, {"type": "block_suggestion"}),
        (INTERACTIVE, {"type": "block_actions", "actions": []}),
        (INTERACTIVE, {}),
        (EVENTS, {"event": {"type": "reaction_added"}, "event_id": "Ev1"}),
        (EVENTS, {"event_id": "Ev1"}),
        (EVENTS, {"event": {"type": "team_join", "user": {"id": "U1"}}, "event_id": "Ev1"}),
        (EVENTS, {"event": {"type": "member_joined_channel", "user": "U1", "channel": "C1"}, "event_id": "Ev1"}),
        (EVENTS, {"event": {**SAID, "thread_ts": "", "channel_type": "mpim"}, "event_id": "Ev1"}),
        (EVENTS, {"event": {**SAID, "subtype": "message_replied"}}),
        (EVENTS, {"event": {**SAID, "subtype": "channel_join"}}),
        (EVENTS, {"event": {**SAID, "subtype": "channel_topic", "channel": "D1", "channel_type": "im"}}),
        (EVENTS, {"event": {**SAID, "thread_ts": "2"}}),  # a post that others answered, when it is edited
    ],
)
def test_what_nobody_asks_for_is_passed_over(kind: str, payload: dict[str, Any]) -> None:
    assert event_of(kind, payload, AT, ADA) is None


def test_only_what_is_more_than_a_reply_was_passed_over() -> None:
    assert event_of(EVENTS, {"event": SAID, "event_id": "Ev1"}, AT, ADA)


def test_what_nobody_did_is_passed_over() -> None:
    assert event_of(COMMANDS, {"command": "/study", "text": ""}, AT, Person("")) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", Typed("")),
        ("begin", Typed("")),
        ("  today ", Typed("today")),
        ("Practice two  sum", Typed("practice", "two  sum")),
        ("practice\ntwo sum", Typed("practice", "two sum")),
        ("practice\u00a0a &lt; b", Typed("practice", "a < b")),
    ],
)
def test_a_command_is_a_word_and_what_follows(text: str, what: Typed) -> None:
    event = event_of(COMMANDS, {"command": "/study", "text": text, "trigger_id": "1"}, AT, ADA)
    assert event
    assert event.what == what


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;", "&lt;"),
        ("<@U024BE7LH> <@U024BE7LH|ada>", "@somebody @ada"),
        ("<#C024BE7LR|daily> <#C024BE7LR|>", "#daily a channel"),
        ("<!here> <!subteam^S1|@club> <!subteam^S1> <!date^1^{date}|Monday>", "@here @club @somebody Monday"),
        ("<https://example.com/a>", "https://example.com/a"),
        ("<http://example.com|example.com>", "example.com"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("<https://example.com|my notes>", "my notes (https://example.com)"),
        ("<b>bold</b> x<y", "<b>bold</b> x<y"),
        ("*b* _i_ `c`", "*b* _i_ `c`"),
    ],
)
def test_words_arrive_as_they_were_typed(sent: str, words: str) -> None:
    assert typed(sent) == words


def test_people_who_are_known_keep_their_names_in_what_is_typed() -> None:
    names = {"U1": "Ada Lovelace"}
    assert typed("as <@U1> and <@U2> said", lambda one: names.get(one, "")) == "as @Ada Lovelace and @somebody said"
    event = event_of(EVENTS, {"event": {**SAID, "text": "<@U1>"}, "event_id": "1"}, AT, ADA, called=lambda _: "Ada")
    assert event
    assert isinstance(event.what, Said)
    assert event.what.text == "@Ada"


@pytest.mark.parametrize("text", ["vector<std::string> v", "<http://example.com|x>", "a <b:c|d> e", "i < 3"])
def test_code_behind_a_command_stays_as_it_was_typed(text: str) -> None:
    event = event_of(COMMANDS, {"command": "/study", "text": f"answer {text}", "trigger_id": "1"}, AT, ADA)
    assert event
    assert event.what == Typed("answer", text)


def emoji(name: str, **more: object) -> dict[str, Any]:
    return {"type": "emoji", "name": name, **more}


def test_an_emoji_in_a_message_is_itself_and_not_its_name() -> None:
    shown = [
        emoji("+1", unicode="1f44d"), emoji("wave", unicode="1f44b-1f3fd", skin_tone=4), emoji("parrot"),
        emoji("odd", unicode="fffffff"), emoji("odder", unicode="x"),
    ]  # fmt: skip
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": shown}]}]
    text = "a :+1: b :wave::skin-tone-4: c :parrot: d :odd: :odder: 10:30:00 :smile:"
    message = {**SAID, "text": text, "blocks": blocks}
    event = event_of(EVENTS, {"event": message, "event_id": "Ev1"}, AT, ADA)
    assert event
    assert isinstance(event.what, Said)
    assert event.what.text == "a 👍 b 👋🏽 c :parrot: d :odd: :odder: 10:30:00 :smile:"
    chosen = {"type": "message_action", "callback_id": "v", "message": message, "channel": {"id": "C1"}}
    used = event_of(INTERACTIVE, {**chosen, "trigger_id": "1"}, AT, ADA)
    assert used
    assert isinstance(used.what, Chosen)
    assert used.what.text == event.what.text


def test_of_several_files_the_first_that_can_be_played_counts_and_the_others_are_counted() -> None:
    files = [{"id": "F1", "name": "a.png", "mimetype": "image/png"}, {"id": "F2", "name": "b", "mimetype": "audio/mp4"}]
    told = {"type": "message", "user": "U1", "text": "", "channel": "D1", "channel_type": "im", "ts": "2"}
    payload = {"event": {**told, "subtype": "file_share", "files": files}, "event_id": "Ev1"}
    event = event_of(EVENTS, payload, AT, ADA)
    assert event
    assert isinstance(event.what, Told)
    assert event.what.upload
    assert event.what.upload.reference == "F2"
    assert left_out(payload) == 1
    assert left_out({"event": {**told, "files": files[:1]}}) == left_out({"event": told}) == left_out({}) == 0
    changed = {"type": "message", "subtype": "message_changed", "message": {**told, "files": files}}
    assert left_out({"event": changed}) == 1


@given(TEXTS)
def test_escaped_words_come_back_as_they_were(text: str) -> None:
    assert typed(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) == text


@given(st.text(), st.sampled_from([COMMANDS, INTERACTIVE, EVENTS]))
def test_no_text_breaks_it(text: str, kind: str) -> None:
    typed(text)
    event_of(kind, {"text": text, "type": text, "event": {"type": "message", "text": text}}, AT, ADA)
