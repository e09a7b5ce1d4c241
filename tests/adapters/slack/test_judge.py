"""Payloads with one fault each: all are refused, each with its own sentence, and without the fault all are taken."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.clock import TurnedClock
from tests.adapters.slack.stage import button, card, field, listening, modal, page, plain
from tests.slack_fake import judge
from tests.slack_fake.server import FakeSlack

Json = dict[str, Any]
MESSAGE, VIEW, HOME, EDIT, ACK = "message", "view", "home", "edit", "ack"


def option(n: int, **more: Any) -> Json:
    return {"text": plain(f"Option {n}"), "value": f"v{n}", **more}


def options(count: int) -> list[Json]:
    return [option(n) for n in range(count)]


def menu(count: int = 3, kind: str = "static_select", **more: Any) -> Json:
    return {"type": kind, "action_id": "menu", "options": options(count), **more}


def element(part: Json) -> Json:
    return {"type": "input", "block_id": "field-menu", "label": plain("Choose"), "element": part}


def quote(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": list(parts)}]}


def sound_message() -> Json:
    row = {"type": "actions", "block_id": "row", "elements": [button("0:go"), menu(), button("1:stop", "Stop")]}
    found = card("Words")
    found["blocks"][0]["block_id"] = "words"
    picture = {"type": "image", "image_url": "https://pictures.example/a.png", "alt_text": "A picture"}
    context = {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]}
    header = {"type": "header", "text": plain("Title")}
    found["blocks"] += [row, header, context, picture, quote({"type": "text", "text": "said"})]
    found["metadata"] = {"event_type": "whetstone_post", "event_payload": {"name": "daily"}}
    return found


def sound_view() -> Json:
    return modal(field("answer"), element(menu(initial_option=option(1))), private_metadata="{}")


def sound_edit() -> Json:
    return sound_message()


@dataclass(frozen=True)
class Planted:
    what: str
    where: str
    spoil: Callable[[Any], Any]
    says: str


def put(*path: str | int, to: Any) -> Callable[[Any], None]:
    """Sets one value deep inside."""

    def spoil(body: Any) -> None:
        for step in path[:-1]:
            body = body[step]
        body[path[-1]] = to

    return spoil


def add(*blocks: Json) -> Callable[[Any], None]:
    return lambda body: body["blocks"].extend(deepcopy(list(blocks)))


def drop(*path: str | int) -> Callable[[Any], None]:
    def spoil(body: Any) -> None:
        for step in path[:-1]:
            body = body[step]
        del body[path[-1]]

    return spoil


def divided(count: int) -> list[Json]:
    return [{"type": "divider"} for _ in range(count)]


PICTURE: Json = {"type": "image", "slack_file": {"id": "F0123456789"}, "alt_text": "A picture"}
LONG = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_900}}
ROW = ("blocks", 1, "elements")

PLANTED = [
    Planted("no text for notifications", MESSAGE, drop("text"), "text: is missing"),
    Planted("a text that is too long", MESSAGE, put("text", to="x" * 4_001), "text: 4001 characters, at most 4000"),
    Planted("51 blocks", MESSAGE, put("blocks", to=divided(51)), "51 blocks, at most 50 in a message"),
    Planted("too many characters", MESSAGE, add(*[LONG] * 5), "characters together, at most 12000"),
    Planted(
        "a section too long", MESSAGE, put("blocks", 0, "text", "text", to="x" * 3_001), "3001 characters, at most"
    ),
    Planted("an empty section", MESSAGE, put("blocks", 0, "text", "text", to=""), "blocks.0.text: has no words"),
    Planted(
        "a header too long", MESSAGE, put("blocks", 2, "text", "text", to="x" * 151), "151 characters, at most 150"
    ),
    Planted("markup in a header", MESSAGE, put("blocks", 2, "text", "type", to="mrkdwn"), "takes plain_text alone"),
    Planted("a block_id twice", MESSAGE, put("blocks", 1, "block_id", to="words"), "block_id “words” stands 2 times"),
    Planted("an action_id twice", MESSAGE, put(*ROW, 2, "action_id", to="0:go"), "action_id “0:go” stands 2 times"),
    Planted("no action_id", MESSAGE, drop(*ROW, 0, "action_id"), "nobody could tell what was pressed"),
    Planted("a long action_id", MESSAGE, put(*ROW, 0, "action_id", to="x" * 256), "256 characters, at most 255"),
    Planted("a long block_id", MESSAGE, put("blocks", 0, "block_id", to="x" * 256), "block_id cannot exceed 255"),
    Planted("a long label", MESSAGE, put(*ROW, 0, "text", "text", to="x" * 76), "76 characters, at most 75"),
    Planted("markup on a button", MESSAGE, put(*ROW, 0, "text", "type", to="mrkdwn"), "elements.0.text: takes plain"),
    Planted("a long value", MESSAGE, put(*ROW, 0, "value", to="x" * 2_001), "value: 2001 characters, at most 2000"),
    Planted("an unknown style", MESSAGE, put(*ROW, 0, "style", to="blue"), "is “primary” or “danger”"),
    Planted("26 buttons", MESSAGE, put(*ROW, to=[button(f"{n}") for n in range(26)]), "cannot exceed 25 elements"),
    Planted("an empty row", MESSAGE, put(*ROW, to=[]), "elements: is empty"),
    Planted("a text field in a row", MESSAGE, put(*ROW, 0, "type", to="plain_text_input"), "does not belong here"),
    Planted("101 options", MESSAGE, put(*ROW, 1, "options", to=options(101)), "101 options, 1 to 100 fit"),
    Planted("no options", MESSAGE, put(*ROW, 1, "options", to=[]), "0 options, 1 to 100 fit"),
    Planted("a long option", MESSAGE, put(*ROW, 1, "options", 0, "text", "text", to="x" * 76), "options.0.text: 76"),
    Planted("a long option value", MESSAGE, put(*ROW, 1, "options", 0, "value", to="x" * 151), "151 characters, 1 to"),
    Planted("an option twice", MESSAGE, put(*ROW, 1, "options", 0, "value", to="v1"), "2 options have the value “v1”"),
    Planted("a long placeholder", MESSAGE, put(*ROW, 1, "placeholder", to=plain("x" * 151)), "placeholder: 151 char"),
    Planted("a misspelt key", MESSAGE, put(*ROW, 0, "valeu", to="x"), "slack_sdk knows no “valeu” here"),
    Planted("an unknown block", MESSAGE, add({"type": "fancy"}), "slack_sdk knows no block “fancy”"),
    Planted("an alert in a message", MESSAGE, add({"type": "alert", "text": plain("!")}), "belongs into modals"),
    Planted("a button in a context", MESSAGE, put("blocks", 3, "elements", 0, to=button("9")), "belong into a context"),
    Planted("a picture without words", MESSAGE, put("blocks", 4, "alt_text", to=""), "some people hear pictures"),
    Planted("a picture by no id", MESSAGE, put("blocks", 4, to=PICTURE | {"slack_file": {"id": "x"}}), "is no id of a"),
    Planted("a view's picture without words", VIEW, add(PICTURE | {"alt_text": ""}), "2.alt_text: is missing"),
    Planted("two pictures in one", MESSAGE, put("blocks", 4, "slack_file", to={"id": "F1"}), "either an image_url or"),
    Planted("an empty quote", MESSAGE, add(quote({"type": "text", "text": ""})), "elements.0: has no words"),
    Planted(
        "a call to all in rich text", MESSAGE, add(quote({"type": "broadcast", "range": "here"})), "calls everybody"
    ),
    Planted("a call to all", MESSAGE, put("blocks", 0, "text", "text", to="<!channel>"), "0.text: calls everybody"),
    Planted("a call to all in the text", MESSAGE, put("text", to="<!here> come"), "text: calls everybody"),
    Planted("names become mentions", MESSAGE, put("link_names", to=True), "would make mentions of members' words"),
    Planted("parsed words", MESSAGE, put("parse", to="full"), "parse: anything but “none”"),
    Planted("unfolded links", MESSAGE, put("unfurl_links", to=True), "would show pages that members only named"),
    Planted("nameless metadata", MESSAGE, drop("metadata", "event_type"), "metadata.event_type: is missing"),
    Planted("metadata without payload", MESSAGE, drop("metadata", "event_payload"), "event_payload: is no object"),
    Planted("an old block_id", EDIT, put("blocks", 0, "text", "text", to="New"), "that changed needs a new block_id"),
    Planted("no title", VIEW, drop("title"), "a modal has a title"),
    Planted("a long title", VIEW, put("title", "text", to="x" * 25), "title: 25 characters, at most 24"),
    Planted("a long word to submit", VIEW, put("submit", "text", to="x" * 25), "submit: 25 characters, at most 24"),
    Planted("nothing to submit with", VIEW, drop("submit"), "a modal with fields has a button to submit"),
    Planted("long metadata", VIEW, put("private_metadata", to="x" * 3_001), "private_metadata: 3001 characters"),
    Planted("a long callback_id", VIEW, put("callback_id", to="x" * 256), "callback_id: 256 characters, at most 255"),
    Planted("101 blocks", VIEW, put("blocks", to=divided(101)), "101 blocks, at most 100 in a view"),
    Planted("an empty view", VIEW, put("blocks", to=[]), "a view has at least one block"),
    Planted("a long text field", VIEW, put("blocks", 0, "element", "max_length", to=3_001), "max_length: is 1 to 3000"),
    Planted(
        "more than fits", VIEW, put("blocks", 0, "element", "initial_value", to="x" * 3_001), "initial_value: 3001"
    ),
    Planted("markup on a label", VIEW, put("blocks", 0, "label", "type", to="mrkdwn"), "label: takes plain_text alone"),
    Planted("a nameless field", VIEW, drop("blocks", 0, "block_id"), "no error can be shown beside this field"),
    Planted("a button as field", VIEW, put("blocks", 0, "element", to=button("b")), "“button” does not belong here"),
    Planted("11 circles", VIEW, put("blocks", 1, "element", to=menu(11, "radio_buttons")), "10 fit into radio_buttons"),
    Planted("11 boxes", VIEW, put("blocks", 1, "element", to=menu(11, "checkboxes")), "10 fit into checkboxes"),
    Planted("a first choice of none", VIEW, put("blocks", 1, "element", "initial_option", to=option(8)), "none of the"),
    Planted("markdown in a view", VIEW, add({"type": "markdown", "text": "# x"}), "“markdown” belongs into messages"),
    Planted("a home to submit", HOME, put("submit", to=plain("Send")), "home view cannot have submit and close"),
    Planted("an unknown kind of view", HOME, put("type", to="page"), "type: is “modal” or “home”"),
    Planted("an error nowhere", ACK, put("errors", to={"field-x": "No"}), "errors.field-x: the view has no such field"),
    Planted("an error without words", ACK, put("errors", "field-answer", to=""), "errors.field-answer: says nothing"),
    Planted("no error at all", ACK, put("errors", to={}), "errors: no field has an error"),
    Planted("an unknown answer", ACK, put("response_action", to="open"), "is “errors”, “update”, “push” or “clear”"),
    Planted("an update to nothing", ACK, put("response_action", to="update"), "view: “update” needs a view"),
]

SOUND: dict[str, Callable[[], Json]] = {
    MESSAGE: sound_message,
    EDIT: sound_edit,
    VIEW: sound_view,
    HOME: page,
    ACK: lambda: {"response_action": "errors", "errors": {"field-answer": "Too short."}},
}


def faults_of(where: str, body: Json) -> list[str]:
    if where == MESSAGE:
        found = judge.message_faults(body)
    elif where == EDIT:
        found = judge.update_faults(body, sound_message()["blocks"])
    elif where == ACK:
        found = judge.ack_faults(body, sound_view()["blocks"])
    else:
        found = judge.view_faults(body)
    return [str(fault) for fault in found]


@pytest.mark.parametrize("where", SOUND)
def test_a_payload_without_a_fault_is_taken(where: str) -> None:
    assert faults_of(where, SOUND[where]()) == []


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.what)
def test_a_payload_with_a_fault_is_refused_with_a_sentence(planted: Planted) -> None:
    body = SOUND[planted.where]()
    planted.spoil(body)
    found = faults_of(planted.where, body)
    assert any(planted.says in fault for fault in found), found


def test_every_planted_fault_has_a_sentence_of_its_own() -> None:
    assert len(PLANTED) >= 30
    assert len({planted.what for planted in PLANTED}) == len({planted.says for planted in PLANTED}) == len(PLANTED)


async def test_a_refused_message_does_not_stand_and_says_why(clock: TurnedClock) -> None:
    async with FakeSlack(clock) as fake:
        channel = fake.town.add_channel("study")
        async with listening(fake) as parrot:
            with pytest.raises(SlackApiError, match="invalid_blocks") as refused:
                await parrot.client.chat_postMessage(channel=channel.id, **card("x" * 3_001))
            messages = refused.value.response["response_metadata"]["messages"]
        assert any("3001 characters, at most 3000" in message for message in messages)
        assert not channel.messages
        assert [verdict.about for verdict in fake.verdicts] == ["chat.postMessage"]


async def test_without_judge_everything_stands(clock: TurnedClock) -> None:
    async with FakeSlack(clock, judge=False) as fake:
        channel = fake.town.add_channel("study")
        async with listening(fake) as parrot:
            await parrot.client.chat_postMessage(channel=channel.id, **card("x" * 3_001))
        assert len(channel.messages) == 1
        assert fake.verdicts == []
