"""Forty payloads with a fault: all are refused, each with its own sentence, and without it all are taken."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from bot.clock import TurnedClock
from tests.discord_fake import judge as judging
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.talk import AUTOCOMPLETE, COMMAND, MODAL_SUBMIT, Interaction

Json = dict[str, Any]
V2 = 1 << 15
SEND, CALLBACK, COMMANDS, THREAD = "send", "callback", "commands", "thread"


def text(content: str = "Hello") -> Json:
    return {"type": 10, "content": content}


def button(n: int = 1, **changes: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": f"go{n}", **changes}


def row(*parts: Json) -> Json:
    return {"type": 1, "components": list(parts)}


def option(n: int) -> Json:
    return {"value": f"v{n}", "label": f"Option {n}"}


def menu(count: int = 3, **changes: Any) -> Json:
    return {"type": 3, "custom_id": "menu", "options": [option(n) for n in range(count)], **changes}


def card(*parts: Json) -> Json:
    return {"flags": V2, "components": [{"type": 17, "id": 7, "components": list(parts) or [text()]}]}


def label(inner: Json, **changes: Any) -> Json:
    return {"type": 18, "label": "Your answer", "component": inner, **changes}


def field(**changes: Any) -> Json:
    return {"type": 4, "custom_id": "answer", "style": 2, **changes}


def radio(count: int = 3) -> Json:
    return {"type": 21, "custom_id": "rating", "options": [option(n) for n in range(count)]}


def boxes(count: int = 3, **changes: Any) -> Json:
    return {"type": 22, "custom_id": "boxes", "options": [option(n) for n in range(count)], **changes}


def modal(*parts: Json, title: str = "Answer") -> Json:
    return {"type": 9, "data": {"custom_id": "m", "title": title, "components": list(parts) or [label(field())]}}


def choices(count: int = 3, name: str = "Berlin") -> Json:
    return {"type": 8, "data": {"choices": [{"name": name, "value": str(n)} for n in range(count)]}}


def option_json(name: str, **changes: Any) -> Json:
    return {"type": 3, "name": name, "description": "What is meant", **changes}


def sub(name: str, *options: Json, **changes: Any) -> Json:
    return {"type": 1, "name": name, "description": "Does it", "options": list(options), **changes}


def command(*options: Json, **changes: Any) -> list[Json]:
    return [{"type": 1, "name": "study", "description": "Study together", "options": list(options), **changes}]


@dataclass(frozen=True)
class Planted:
    """`says` stands in the judge's sentence. `files` are the names that come along."""

    door: str
    good: Any
    bad: Any
    says: str
    files: tuple[str, ...] = ()
    answers: int = COMMAND  # the kind of interaction that is answered


FILE = {"type": 13, "file": {"url": "attachment://plan.ics"}}
WITH_FILE = {**card(text(), FILE), "attachments": [{"id": "0", "filename": "plan.ics"}]}


def with_picture(**changes: Any) -> Json:
    item = {"media": {"url": "attachment://curves.png"}, "description": "The loss falls to 0.6.", **changes}
    return {**card(text(), {"type": 12, "items": [item]}), "attachments": [{"id": "0", "filename": "curves.png"}]}


LINK = {"type": 2, "style": 5, "label": "Read", "url": "https://example.org"}

PLANTED = {
    "too many components": Planted(
        SEND,
        card(*[text("x")] * 39),
        card(*[text("x")] * 38, row(button())),
        "41 components counted with the nested ones",
    ),
    "no flag": Planted(SEND, card(), {"components": card()["components"]}, "without the flag IS_COMPONENTS_V2"),
    "content beside": Planted(SEND, card(), {**card(), "content": "Hello"}, "cannot have content"),
    "embeds beside": Planted(SEND, card(), {**card(), "embeds": [{"title": "x"}]}, "cannot have embeds"),
    "all text": Planted(
        SEND,
        card(text("x" * 3000), text("x" * 1000)),
        card(text("x" * 3000), text("x" * 1001)),
        "4001 characters in all",
    ),
    "one text": Planted(SEND, card(text("x" * 4000)), card(text("x" * 4002)), "4002 characters, at most 4000"),
    "no text": Planted(SEND, card(text("x")), card(text(" ")), "a text display shows nothing"),
    "plain text": Planted(SEND, {"content": "x" * 2000}, {"content": "x" * 2001}, "2001 characters of plain text"),
    "nothing": Planted(SEND, {"content": "x"}, {"content": ""}, "the message is empty"),
    "same custom_id": Planted(
        SEND, card(row(button(1), button(2))), card(row(button(1), button(1))), "custom_id “go1” is used twice"
    ),
    "long custom_id": Planted(
        SEND,
        card(row(button(custom_id="x" * 100))),
        card(row(button(custom_id="x" * 101))),
        "101 characters, at most 100",
    ),
    "empty custom_id": Planted(
        SEND, card(row(button(custom_id="x"))), card(row(button(custom_id=""))), "a button needs a custom_id"
    ),
    "same id": Planted(SEND, card(text()), card({**text(), "id": 7}), "component id 7 is used 2 times"),
    "button label": Planted(
        SEND, card(row(button(label="x" * 80))), card(row(button(label="x" * 81))), "81 characters, at most 80"
    ),
    "no label": Planted(SEND, card(row(button())), card(row(button(label=None))), "needs a label or an emoji"),
    "link with custom_id": Planted(
        SEND, card(row(LINK)), card(row({**LINK, "custom_id": "x"})), "a link button cannot have a custom_id"
    ),
    "six buttons": Planted(
        SEND, card(row(*map(button, range(5)))), card(row(*map(button, range(6)))), "6 buttons in an action row"
    ),
    "select and button": Planted(
        SEND, card(row(menu()), row(button())), card(row(menu(), button())), "one select and nothing else"
    ),
    "select options": Planted(SEND, card(row(menu(25))), card(row(menu(26))), "26 entries, at most 25"),
    "same option": Planted(
        SEND,
        card(row(menu(2))),
        card(row(menu(options=[option(1), option(1)]))),
        "the option value “v1” is used twice",
    ),
    "option label": Planted(
        SEND,
        card(row(menu(options=[{"value": "a", "label": "x" * 100}]))),
        card(row(menu(options=[{"value": "a", "label": "x" * 103}]))),
        "103 characters, at most 100",
    ),
    "section without accessory": Planted(
        SEND,
        card({"type": 9, "components": [text()], "accessory": button()}),
        card({"type": 9, "components": [text()]}),
        "“accessory” is missing",
    ),
    "section of four": Planted(
        SEND,
        card({"type": 9, "components": [text()] * 3, "accessory": button()}),
        card({"type": 9, "components": [text()] * 4, "accessory": button()}),
        "4 entries, at most 3",
    ),
    "unknown type": Planted(SEND, card(text()), card({"type": 99}), "type 99 does not belong here"),
    "misspelt key": Planted(SEND, card(text()), card({**text(), "contents": "x"}), "Discord knows no “contents” here"),
    "long nonce": Planted(SEND, {**card(), "nonce": "x" * 25}, {**card(), "nonce": "x" * 26}, "the nonce has 26"),
    "file not sent": Planted(
        SEND,
        WITH_FILE,
        {**card(text(), {"type": 13, "file": {"url": "attachment://other.ics"}}, FILE), "attachments": []},
        "no file of that name came along: attachment://other.ics",
        ("plan.ics",),
    ),
    "file not shown": Planted(SEND, WITH_FILE, card(text()), "no component shows it", ("plan.ics",)),
    "picture without words": Planted(
        SEND, with_picture(), with_picture(description=""), "some people hear pictures", ("curves.png",)
    ),
    "picture not sent": Planted(
        SEND,
        with_picture(),
        with_picture(media={"url": "attachment://other.png"}),
        "no file of that name came along: attachment://other.png",
        ("curves.png",),
    ),
    "no picture in a gallery": Planted(
        SEND, with_picture(), card(text(), {"type": 12, "items": []}), "items", ("curves.png",)
    ),
    "mentions twice": Planted(
        SEND,
        {"content": "x", "allowed_mentions": {"parse": []}},
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "single users cannot be listed as well",
    ),
    "ephemeral post": Planted(SEND, card(), {**card(), "flags": V2 | 64}, "only the answer to an interaction"),
    "modal title": Planted(CALLBACK, modal(title="x" * 45), modal(title="x" * 46), "46 characters, at most 45"),
    "modal parts": Planted(
        CALLBACK,
        modal(*[label(field(custom_id=str(n))) for n in range(5)]),
        modal(*[label(field(custom_id=str(n))) for n in range(6)]),
        "6 parts in a modal",
    ),
    "label": Planted(
        CALLBACK,
        modal(label(field(), label="x" * 45)),
        modal(label(field(), label="x" * 47)),
        "47 characters, at most 45",
    ),
    "label description": Planted(
        CALLBACK,
        modal(label(field(), description="x" * 100)),
        modal(label(field(), description="x" * 102)),
        "102 characters, at most 100",
    ),
    "value over max_length": Planted(
        CALLBACK,
        modal(label(field(value="x" * 10, max_length=10))),
        modal(label(field(value="x" * 11, max_length=10))),
        "holds 11 characters already, its max_length is 10",
    ),
    "text input over 4000": Planted(
        CALLBACK,
        modal(label(field(max_length=4000))),
        modal(label(field(max_length=4001))),
        "4001 is greater than the maximum of 4000",
    ),
    "one radio option": Planted(CALLBACK, modal(label(radio(2))), modal(label(radio(1))), "1 entries, at least 2"),
    "eleven radio options": Planted(
        CALLBACK, modal(label(radio(10))), modal(label(radio(11))), "11 entries, at most 10"
    ),
    "no checkbox": Planted(CALLBACK, modal(label(boxes(1))), modal(label(boxes(0))), "0 entries, at least 1"),
    "required and none": Planted(
        CALLBACK,
        modal(label(boxes(min_values=0, required=False))),
        modal(label(boxes(min_values=0))),
        "min_values is 0 although an answer is required",
    ),
    "button in a modal": Planted(
        CALLBACK, modal(label(field())), modal(label(button())), "type 2 does not belong here"
    ),
    "modal after modal": Planted(
        CALLBACK,
        {"type": 4, "data": {"content": "x"}},
        modal(),
        "a modal cannot answer a modal",
        answers=MODAL_SUBMIT,
    ),
    "deferral with flags": Planted(
        CALLBACK,
        {"type": 5, "data": {"flags": 64}},
        {"type": 5, "data": {"flags": 64 | V2}},
        "a deferral can set the flag EPHEMERAL and no other",
    ),
    "deferral with words": Planted(
        CALLBACK, {"type": 5}, {"type": 5, "data": {"content": "soon"}}, "a deferral has no content"
    ),
    "update of a command": Planted(
        CALLBACK, {"type": 4, "data": card()}, {"type": 7, "data": card()}, "a response of type 7 does not fit"
    ),
    "26 suggestions": Planted(CALLBACK, choices(25), choices(26), "26 suggestions", answers=AUTOCOMPLETE),
    "long suggestion": Planted(
        CALLBACK,
        choices(name="x" * 100),
        choices(name="x" * 101),
        "the name of a suggestion has 101 characters",
        answers=AUTOCOMPLETE,
    ),
    "command name": Planted(COMMANDS, command(), command(name="Study Group"), "“Study Group” is no command name"),
    "command description": Planted(
        COMMANDS, command(sub("today")), command(sub("today", description="")), "a description has 1 to 100 characters"
    ),
    "26 subcommands": Planted(
        COMMANDS,
        command(*[sub(f"s{n}") for n in range(25)]),
        command(*[sub(f"s{n}") for n in range(26)]),
        "26 options, at most 25",
    ),
    "8000 characters": Planted(
        COMMANDS,
        command(*[sub(f"s{n}", option_json("x", description="x" * 100)) for n in range(25)]),
        command(*[sub(f"s{n}", *[option_json(f"x{m}", description="x" * 100) for m in range(4)]) for n in range(25)]),
        "characters in all, at most 8000",
    ),
    "choices and suggestions": Planted(
        COMMANDS,
        command(option_json("x", autocomplete=True)),
        command(option_json("x", autocomplete=True, choices=[{"name": "a", "value": "a"}])),
        "an option has choices or suggestions",
    ),
    "thread name": Planted(THREAD, {"name": "x" * 100}, {"name": "x" * 101}, "the thread's name has 101 characters"),
}


@dataclass
class Court:
    """A fake with one channel, and a plain HTTP client: what is sent is exactly what stands in the test."""

    fake: FakeDiscord
    http: aiohttp.ClientSession

    async def send(self, planted: Planted, body: Any, files: tuple[str, ...] = ()) -> tuple[int, Json]:
        fake = self.fake
        guild = next(iter(fake.town.guilds.values()))
        channel = guild.system_channel
        assert channel
        method, path = "POST", f"/channels/{channel.id}/messages"
        if planted.door == CALLBACK:
            number = fake.town.next_id()
            fake.interactions["t"] = Interaction(number, "t", planted.answers, guild.owner, channel, fake.clock.now())
            path = f"/interactions/{number}/t/callback"
        elif planted.door == COMMANDS:
            method, path = "PUT", f"/applications/{fake.town.application_id}/commands"
        elif planted.door == THREAD:
            path = f"/channels/{channel.id}/threads"
        headers = {"Authorization": f"Bot {fake.token}"}
        request: dict[str, Any] = {"json": body}
        if files:
            form = aiohttp.FormData()
            form.add_field("payload_json", json.dumps(body), content_type="application/json")
            for n, name in enumerate(files):
                form.add_field(f"files[{n}]", b"x", filename=name)
            request = {"data": form}
        async with self.http.request(method, fake.api_base + path, headers=headers, **request) as response:
            raw = await response.read()
            return response.status, json.loads(raw) if raw else {}


@pytest.fixture
async def court(clock: TurnedClock) -> Any:
    async with FakeDiscord(clock) as fake, aiohttp.ClientSession() as http:
        fake.town.add_guild("Study", fake.town.add_user("Olga"))
        yield Court(fake, http)


@pytest.mark.parametrize("name", PLANTED)
async def test_a_planted_fault_is_refused_with_its_own_sentence(court: Court, name: str) -> None:
    planted = PLANTED[name]
    status, answer = await court.send(planted, planted.bad, planted.files)
    assert (status, answer["code"], answer["message"]) == (400, 50035, "Invalid Form Body")
    assert len(court.fake.verdicts) == 1
    assert planted.says in str(court.fake.verdicts[0])


@pytest.mark.parametrize("name", PLANTED)
async def test_the_same_payload_without_the_fault_is_taken(court: Court, name: str) -> None:
    planted = PLANTED[name]
    listed = planted.good.get("attachments", ()) if isinstance(planted.good, dict) else ()
    status, _ = await court.send(planted, deepcopy(planted.good), tuple(one["filename"] for one in listed))
    assert [str(verdict) for verdict in court.fake.verdicts] == []
    assert status in (200, 201, 204)


def test_there_are_forty_of_them_and_no_two_say_the_same() -> None:
    assert len(PLANTED) >= 40
    assert len({planted.says for planted in PLANTED.values()}) == len(PLANTED)


async def test_a_fault_is_answered_in_discords_own_nested_shape(court: Court) -> None:
    _, answer = await court.send(PLANTED["button label"], PLANTED["button label"].bad)
    errors = answer["errors"]["components"]["0"]["components"]["0"]["components"]["0"]["label"]["_errors"]
    assert errors[0]["message"] == "81 characters, at most 80"


async def test_nothing_of_a_refused_message_stands(court: Court) -> None:
    await court.send(PLANTED["no flag"], PLANTED["no flag"].bad)
    assert court.fake.created == []


def test_an_answer_that_the_document_does_not_know_is_found(court: Court) -> None:
    judge = judging.get_judge()
    assert [str(fault) for fault in judge.answer("GET", "/users/@me", 200, {"id": "1"})]
    assert "knows no answer 201" in str(judge.answer("GET", "/users/@me", 201, {})[0])


def _without_document(monkeypatch: pytest.MonkeyPatch) -> Callable[[], judging.Judge]:
    monkeypatch.setenv("WHETSTONE_SPECS", "/nowhere")
    return judging.get_judge


def test_without_the_document_a_test_is_skipped_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WHETSTONE_REQUIRE_SPECS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="WHETSTONE_SPECS"):
        _without_document(monkeypatch)()


def test_where_the_document_is_demanded_its_absence_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHETSTONE_REQUIRE_SPECS", "1")
    with pytest.raises(pytest.fail.Exception, match="WHETSTONE_SPECS"):
        _without_document(monkeypatch)()
