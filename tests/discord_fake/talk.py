"""Interactions: the first response within three seconds, everything else within fifteen minutes."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.discord_fake import errors, rules
from tests.discord_fake.errors import ApiError
from tests.discord_fake.judge import Fault
from tests.discord_fake.messages import change_message, edit_faults, new_message
from tests.discord_fake.payloads import message_json
from tests.discord_fake.rest import Answer, Call, Json, Sent, route
from tests.discord_fake.town import Channel, Message, User

if TYPE_CHECKING:
    from tests.discord_fake.server import FakeDiscord

FIRST = timedelta(seconds=3)
TOKEN = timedelta(minutes=15)
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
ALLOWED = {
    COMMAND: {MESSAGE, DEFER, MODAL},
    COMPONENT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE},
}


@dataclass(eq=False)
class Interaction:
    """Something a person did, and what they saw of it. Updates are applied: messages show what stands now."""

    id: int
    token: str
    type: int
    user: User
    channel: Channel
    at: datetime
    payload: Json = field(default_factory=dict)
    pressed: Message | None = None  # the message whose button it was, or whose modal was sent
    answer: Json | None = None  # the first response: {"type": ..., "data": ...}
    original: Message | None = None  # the message of the first response
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None
    waits_for_more: bool = False  # deferred, and not filled yet
    metadata: Json = field(default_factory=dict)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def owners(self) -> Json:
        return {"0": str(self.channel.guild.id if self.channel.guild else 0)}

    @property
    def messages(self) -> list[Message]:
        """Every message that the person saw as an answer, an updated one included."""
        seen = [self.original, *self.followups]
        return [
            message for message in seen if message is not None and not message.deleted and not self._is_loading(message)
        ]

    @property
    def is_answered(self) -> bool:
        return self.done.is_set()

    async def answered(self, within: float = 10) -> "Interaction":
        """Wait until the person sees an answer: a deferral alone is none. Fails when none comes."""
        try:
            async with asyncio.timeout(within):
                await self.done.wait()
        except TimeoutError:
            state = "was deferred and never filled" if self.answer else "had no answer"
            raise AssertionError(f"{self.describe()} {state} within {within} s") from None
        return self

    async def seen(self, count: int, within: float = 10) -> list[Message]:
        """Wait until the person saw so many messages."""
        try:
            async with asyncio.timeout(within):
                while len(self.messages) < count:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{self.describe()} brought {len(self.messages)} messages, not {count}") from None
        return self.messages

    def settle(self) -> None:
        """The person sees something that is no promise."""
        self.waits_for_more = False
        self.done.set()
        self._news.set()

    def describe(self) -> str:
        data = self.payload.get("data", {})
        what = data.get("custom_id") or " ".join([str(data.get("name")), *(o["name"] for o in data.get("options", ()))])
        return f"“{what}” by {self.user.name}"

    def _is_loading(self, message: Message) -> bool:
        return bool(message.flags & rules.LOADING)


def _find(fake: "FakeDiscord", call: Call) -> Interaction:
    found = fake.interactions.get(call.ids["interaction_token"])
    if found is None or found.id != call.id("interaction_id"):
        raise errors.unknown_interaction()
    return found


# --- the first response ----------------------------------------------------------------------


def _callback_faults(fake: "FakeDiscord", call: Call) -> Iterator[Fault]:
    kind, data = call.body.get("type"), call.body.get("data") or {}
    found = fake.interactions.get(call.ids["interaction_token"])
    if found and kind not in ALLOWED[found.type]:
        says = (
            "a modal cannot answer a modal"
            if (kind, found.type) == (MODAL, MODAL_SUBMIT)
            else (f"a response of type {kind} does not fit an interaction of type {found.type}")
        )
        yield Fault(("type",), says)
    if found and kind in (DEFER_UPDATE, UPDATE) and found.type == MODAL_SUBMIT and found.pressed is None:
        yield Fault(("type",), "this modal was opened from no message, so there is none to update")
    if kind == MODAL:
        yield from rules.modal_faults(data)
    elif kind == CHOICES:
        yield from rules.choices_faults(data)
    elif kind in (DEFER, DEFER_UPDATE):
        yield from rules.deferral_faults(data)
    elif kind == MESSAGE:
        yield from _in_data(rules.message_faults(data, call.filenames))
    elif kind == UPDATE:
        inner = Call(call.method, call.template, call.path, call.ids, call.query, data, call.files)
        yield from _in_data(edit_faults(found.pressed if found else None, inner))


def _in_data(faults: Iterator[Fault]) -> Iterator[Fault]:
    return (Fault(("data", *fault.path), fault.says) for fault in faults)


@route(
    "POST",
    "/interactions/{interaction_id}/{interaction_token}/callback",
    checks=lambda fake, call: list(_callback_faults(fake, call)),
)
def respond(fake: "FakeDiscord", call: Call) -> Answer:
    found = _find(fake, call)
    if found.answer is not None:
        raise errors.already_acknowledged()
    if fake.town.clock.now() - found.at > FIRST:
        raise errors.unknown_interaction()
    kind, data = call.body["type"], call.body.get("data") or {}
    found.answer = call.body
    shown: Message | None = None
    if kind in (MESSAGE, DEFER):
        found.waits_for_more = kind == DEFER
        shown = _say(fake, found, data, call.files, loading=kind == DEFER)
        found.original = shown
    elif kind in (UPDATE, DEFER_UPDATE):
        found.waits_for_more = kind == DEFER_UPDATE
        shown = found.original = found.pressed
        if kind == UPDATE and shown is not None:
            _update(fake, shown, data, call.files)
    elif kind == MODAL:
        found.modal = data
    elif kind == CHOICES:
        found.choices = data.get("choices") or []
    if not found.waits_for_more:
        found.settle()
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return 204, None
    return 200, _callback_answer(fake, found, kind, shown)


def _callback_answer(fake: "FakeDiscord", found: Interaction, kind: int, shown: Message | None) -> Json:
    answer: Json = {"interaction": {"id": str(found.id), "type": found.type, "channel_id": str(found.channel.id)}}
    if found.channel.guild:
        answer["interaction"]["guild_id"] = str(found.channel.guild.id)
    if shown is not None:
        answer["interaction"] |= {
            "response_message_id": str(shown.id),
            "response_message_loading": found.waits_for_more,
            "response_message_ephemeral": shown.ephemeral,
        }
        if kind in (MESSAGE, UPDATE):
            answer["resource"] = {"type": kind, "message": message_json(shown, fake.town)}
    return answer


def _say(
    fake: "FakeDiscord", found: Interaction, data: Json, files: Sequence[Sent], *, loading: bool = False
) -> Message:
    message = new_message(fake, found.channel, data, files)
    message.caused_by = found
    message.flags |= rules.LOADING if loading else 0
    if message.ephemeral:
        message.seen_by = found.user
        fake.ephemeral[message.id] = message
    else:
        fake.post(message)
    return message


def _update(fake: "FakeDiscord", message: Message, data: Json, files: Sequence[Sent]) -> None:
    change_message(fake, message, data, files)
    if not message.ephemeral:
        fake.gateway.message("MESSAGE_UPDATE", message)


# --- everything after it -----------------------------------------------------------------------


def _open(fake: "FakeDiscord", call: Call) -> Interaction:
    found = fake.interactions.get(call.ids["webhook_token"])
    if call.id("webhook_id") != fake.town.application_id or found is None:
        raise errors.unknown_webhook()
    if fake.town.clock.now() - found.at > TOKEN:
        raise errors.invalid_webhook_token()
    if found.answer is None:
        raise errors.unknown_webhook()
    return found


def _message_of(found: Interaction, which: str) -> Message:
    if which == "@original":
        message = found.original
    else:
        message = next((one for one in [found.original, *found.followups] if one and str(one.id) == which), None)
    if message is None or message.deleted:
        raise errors.unknown_message()
    return message


def _followup_faults(fake: "FakeDiscord", call: Call) -> list[Fault]:
    return list(rules.message_faults(call.body, call.filenames))


@route(
    "POST",
    "/webhooks/{webhook_id}/{webhook_token}",
    checks=_followup_faults,
    schema=lambda _, __: "IncomingWebhookRequestPartial",
)
def follow_up(fake: "FakeDiscord", call: Call) -> Answer:
    found = _open(fake, call)
    if found.answer and found.answer["type"] in (CHOICES, MODAL):
        raise ApiError(404, 10015, "Unknown Webhook")
    if found.waits_for_more and found.answer and found.answer["type"] == DEFER and found.original:
        # The first follow-up fills the deferral, and is as visible as that was.
        _fill(fake, found, {**call.body, "flags": call.body.get("flags") or 0}, call.files)
        message = found.original
    else:
        message = _say(fake, found, call.body, call.files)
        found.followups.append(message)
        found.settle()
    return 200, message_json(message, fake.town)


def _fill(fake: "FakeDiscord", found: Interaction, body: Json, files: Sequence[Sent]) -> None:
    message = found.original
    assert message is not None
    change_message(fake, message, body, files)
    message.flags &= ~rules.LOADING
    if found.waits_for_more and found.answer and found.answer["type"] == DEFER:
        message.edited_at = None
    found.settle()
    if not message.ephemeral:
        fake.gateway.message("MESSAGE_UPDATE", message)


def _change_faults(fake: "FakeDiscord", call: Call) -> list[Fault]:
    found = fake.interactions.get(call.ids["webhook_token"])
    if found is None:
        return []
    which = call.ids.get("message_id", "@original")
    known = [one for one in [found.original, *found.followups] if one]
    message = found.original if which == "@original" else next((one for one in known if str(one.id) == which), None)
    return list(edit_faults(message, call))


@route("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original", checks=_change_faults)
def change_original(fake: "FakeDiscord", call: Call) -> Answer:
    found = _open(fake, call)
    message = _message_of(found, "@original")
    _fill(fake, found, call.body, call.files)
    return 200, message_json(message, fake.town)


@route("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", checks=_change_faults)
def change_followup(fake: "FakeDiscord", call: Call) -> Answer:
    found = _open(fake, call)
    message = _message_of(found, call.ids["message_id"])
    if message is found.original:
        _fill(fake, found, call.body, call.files)
    else:
        _update(fake, message, call.body, call.files)
    return 200, message_json(message, fake.town)


@route("GET", "/webhooks/{webhook_id}/{webhook_token}/messages/@original")
def get_original(fake: "FakeDiscord", call: Call) -> Answer:
    return 200, message_json(_message_of(_open(fake, call), "@original"), fake.town)


@route("DELETE", "/webhooks/{webhook_id}/{webhook_token}/messages/@original")
def delete_original(fake: "FakeDiscord", call: Call) -> Answer:
    fake.drop(_message_of(_open(fake, call), "@original"))
    return 204, None


@route("DELETE", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}")
def delete_followup(fake: "FakeDiscord", call: Call) -> Answer:
    fake.drop(_message_of(_open(fake, call), call.ids["message_id"]))
    return 204, None
