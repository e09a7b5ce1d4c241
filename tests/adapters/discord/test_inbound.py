"""
What Discord's gateway sends, and the event that each payload must become.

The payloads in `../recorded/discord` have every key that Discord's documents and published payloads show; ids, names,
addresses and tokens are made up. `known` is what the bot's cache adds.

    GOLDEN=write pytest tests/adapters/discord/test_inbound.py   writes the events anew; then read the difference
"""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.inbound import (
    Table,
    Where,
    edited,
    event_of,
    left_out,
    person_of,
    taken_back,
    where_of,
    words_of,
    written,
)
from adapters.discord.translate import card_payload, component_id, walk
from bot.kernel.action import UNKNOWN, Action
from bot.kernel.card import Button, Card
from bot.kernel.event import Event, Opened, Person, Pressed, Submitted, Told, Typed, Upload, group_mark

HERE = Path(__file__).parents[1] / "recorded" / "discord"
RECORDED = sorted(HERE.glob("*.payload.json"))
AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
TABLE = Table({"practice": "daily.problems"}, {"Use as my answer": "answers.use_message"})


def heard(recorded: dict[str, Any]) -> Event | None:
    d, known = recorded["d"], recorded["known"]
    title = known.get("title", "")
    if recorded["event"] == "INTERACTION_CREATE":
        owner, forum = known.get("owner_id", ""), known.get("forum", False)
        return event_of(d, AT, owner, title=title, forum=forum, table=TABLE)
    where = Where(**known["where"])
    if recorded["event"] == "MESSAGE_DELETE":
        return taken_back(d, AT, where, Person(known.get("person", "")), title=title)
    return (written if recorded["event"] == "MESSAGE_CREATE" else edited)(d, AT, where, title=title)


def plain(event: Event | None) -> Any:
    if event is None:
        return None
    data = json.loads(json.dumps(asdict(event), default=str))
    return data | {"what": {"": type(event.what).__name__, **data["what"]}}


def load(name: str) -> dict[str, Any]:
    (found,) = [path for path in RECORDED if path.name.endswith(f"{name}.payload.json")]
    recorded: dict[str, Any] = json.loads(found.read_text())
    return recorded


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.split(".")[0])
def test_each_payload_becomes_the_event_that_is_written_beside_it(path: Path) -> None:
    event = json.dumps(plain(heard(json.loads(path.read_text()))), indent=1, ensure_ascii=False) + "\n"
    beside = path.with_name(path.name.replace(".payload.", ".event."))
    if os.environ.get("GOLDEN") == "write":
        beside.write_text(event)
    assert event == beside.read_text()


def test_nothing_is_written_down_without_its_payload() -> None:
    events = {path.name.replace(".event.", ".payload.") for path in HERE.glob("*.event.json")}
    assert events == {path.name for path in RECORDED}


def test_a_repeat_has_the_same_id_and_an_edit_another() -> None:
    said, changed = heard(load("-say-in-a-thread")), heard(load("-edit-what-was-said"))
    gone = heard(load("-take-back-what-was-said"))
    assert said
    assert changed
    assert gone
    assert said == heard(load("-say-in-a-thread"))
    assert len({said.id, changed.id, gone.id}) == 3
    assert said.receipt == changed.receipt == gone.receipt


def test_a_thread_belongs_to_its_channel_and_stands_under_its_post() -> None:
    assert Where("9", 11, "5").spot == "5"
    assert Where("9", 11, "5").under == "5/9"
    assert Where("9", 11, "5", forum=True).under == "9/9"
    assert Where("9", 12, "5").under == "9"
    assert (Where("9", 0, "5").spot, Where("9", 0, "5").under) == ("9", "")


def test_who_manages_the_server_is_its_owner_or_has_the_right() -> None:
    ada = load("-press-a-button")["d"]
    assert not person_of(ada | {"member": ada["member"] | {"permissions": "1024"}}).manages
    assert person_of(ada | {"member": ada["member"] | {"permissions": str(1 << 5)}}).manages
    assert person_of(ada | {"member": ada["member"] | {"permissions": str(1 << 3)}}).manages
    assert person_of(ada | {"member": ada["member"] | {"permissions": "0"}}, owner_id="229000000000000017").manages
    assert not person_of(load("-tell-the-bot")["d"]).manages


def test_a_person_is_called_as_the_server_calls_them() -> None:
    user = {"id": "1", "username": "ada", "global_name": "Ada"}
    assert person_of({"member": {"nick": "Ada L.", "user": user}}).name == "Ada L."
    assert person_of({"member": {"nick": None, "user": user}}).name == "Ada"
    assert person_of({"user": user | {"global_name": None}}).name == "ada"


def test_what_was_typed_into_a_form_can_be_handed_back() -> None:
    assert words_of(load("-send-a-form")["d"]) == ("I think recall.\r\nBecause *frauds* are rare.",)
    assert words_of(load("-send-an-empty-form")["d"]) == ()
    assert words_of(load("-press-a-button")["d"]) == ()


def test_older_modals_are_understood_as_well() -> None:
    row = {"type": 1, "components": [{"type": 4, "custom_id": "text", "value": "x"}]}
    payload = {"id": "1", "type": 5, "channel_id": "2", "data": {"custom_id": "0:a.b", "components": [row]}}
    event = event_of(payload, AT)
    assert event
    assert isinstance(event.what, Submitted)
    assert event.what.values == {"text": "x"}


@pytest.mark.parametrize("custom_id", ["", ":", "x", "0:", "x" * 100, "0:" + "y" * 98, "0:a.b?&&&"])
def test_a_forged_button_leads_nowhere_and_breaks_nothing(custom_id: str) -> None:
    event = event_of({"id": "1", "type": 3, "channel_id": "2", "data": {"custom_id": custom_id}}, AT)
    assert event
    assert isinstance(event.what, Pressed)
    assert event.what.action == UNKNOWN or custom_id == "0:" + "y" * 98


def test_a_command_without_a_subcommand_is_the_first_one() -> None:
    event = event_of({"id": "1", "type": 2, "channel_id": "2", "data": {"name": "study", "type": 1}}, AT)
    assert event
    assert event.what == Typed("")


def test_me_is_the_home_page() -> None:
    event = heard(load("-type-the-home-page"))
    assert event
    assert event.what == Opened()


@pytest.mark.parametrize("payload", [{"id": "1", "type": 1}, {"id": "1", "type": 9, "data": {}}, {"id": "1"}])
def test_what_nobody_asks_for_is_passed_over(payload: dict[str, Any]) -> None:
    assert event_of(payload, AT) is None


def test_a_suggestion_without_a_source_and_a_shortcut_without_a_verb_are_passed_over() -> None:
    for name in ("-type-half-a-word", "-use-a-message-of-a-forum-post"):
        assert event_of(load(name)["d"], AT) is None


def test_something_happened_when_somebody_acted_and_never_later_than_now() -> None:
    sent, changed = heard(load("-tell-the-bot")), heard(load("-edit-what-was-said"))
    assert sent
    assert changed
    assert sent.at == datetime(2025, 7, 30, 6, 20, 10, 742000, UTC)  # what its id says
    assert changed.at == datetime(2026, 1, 5, 9, 13, 0, 200000, UTC)  # when it was changed
    early = datetime(2025, 7, 30, 6, 20, tzinfo=UTC)  # by a clock that is behind
    told = written(load("-tell-the-bot")["d"], early, Where("1", 1))
    assert told
    assert told.at == early


def private(**said: Any) -> dict[str, Any]:
    return load("-tell-the-bot")["d"] | said


def told(payload: dict[str, Any]) -> Told:
    event = written(payload, AT, Where("1", 1))
    assert event
    assert isinstance(event.what, Told)
    return event.what


def test_a_private_message_that_was_changed_is_told_again() -> None:
    before = heard(load("-tell-the-bot"))
    after = edited(private(content="Better.", edited_timestamp="2026-01-05T09:25:00+00:00"), AT, Where("1", 1))
    assert before
    assert after
    assert after.what == Told("Better.", before.receipt)
    assert after.id == f"{before.id}/2026-01-05T09:25:00+00:00"


def test_what_is_forwarded_is_read() -> None:
    file = {"url": "u", "filename": "talk.ogg", "size": 5, "content_type": "audio/ogg"}
    forwarded = {"content": "My answer.", "attachments": [file]}
    reference = {"type": 1, "message_id": "7", "channel_id": "8"}
    payload = private(content="", message_reference=reference, message_snapshots=[{"message": forwarded}])
    assert told(payload).text == "My answer."
    assert told(payload).upload == Upload("u", "talk.ogg", 5)


def test_of_several_files_the_first_that_can_be_played_is_taken_else_the_first() -> None:
    image, sound = ({"url": name, "filename": name, "size": 1, "content_type": kind}
                    for name, kind in (("a", "image/png"), ("b", "audio/mpeg")))  # fmt: skip
    for files, name in (([image, sound], "b"), ([image, image | {"url": "c"}], "a")):
        payload = private(attachments=files)
        upload = told(payload).upload
        assert upload
        assert upload.reference == name
        assert left_out(payload) == 1
    assert left_out(private(attachments=[image])) == left_out(private()) == 0


def test_a_card_and_its_form_say_which_group_they_are_about() -> None:
    mark = group_mark("discord:1")
    (card,) = card_payload([Card("Hi", (), (Button("Go", Action.to("a.b")),))], name="x", of=mark).json["components"]
    ids = [part["custom_id"] for part in walk([card]) if "custom_id" in part]
    for kind, custom_id in ((3, ids[0]), (5, f"~{mark}0:a.b")):
        event = event_of({"id": "1", "type": kind, "channel_id": "2", "data": {"custom_id": custom_id}}, AT)
        assert event
        assert (event.of, event.what.action) == (mark, Action.to("a.b"))  # type: ignore[union-attr]
    assert card["id"] == component_id("x")


@pytest.mark.parametrize("custom_id", ["0:a.b", "3f2a9c1e0:a.b", "~:a.b", "~xyz0:a.b", "~12345678"])
def test_other_buttons_say_no_group(custom_id: str) -> None:
    event = event_of({"id": "1", "type": 3, "channel_id": "2", "data": {"custom_id": custom_id}}, AT)
    assert event
    assert event.of == ""


def test_where_something_happened_is_said_by_the_payload() -> None:
    assert where_of(load("-press-in-a-room")["d"]) == Where("1400000000000000060", 12, "1380488052169769113")
    assert where_of({"channel_id": "7"}) == Where("7")
