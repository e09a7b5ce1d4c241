"""What people do: each deed becomes an envelope of Socket Mode, and what comes back is what the person saw of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tests.slack_fake.chat import ResponseUrl, show_ack
from tests.slack_fake.files import keep_file
from tests.slack_fake.forms import Filled, Handed, state
from tests.slack_fake.payloads import (
    as_kept,
    command_json,
    event_json,
    interaction_json,
    message_json,
    place_json,
    view_json,
)
from tests.slack_fake.socket_mode import COMMANDS, EVENTS, INTERACTIVE, Envelope
from tests.slack_fake.town import Channel, Json, Message, User, View, interactive
from tests.slack_fake.views import answer_submission

if TYPE_CHECKING:
    from tests.slack_fake.server import FakeSlack

MANIFEST = Path(__file__).parents[2] / "deploy" / "slack-manifest.yaml"


@cache
def shortcuts() -> frozenset[tuple[str, str]]:
    """What the app's manifest offers: (type, callback_id)."""
    manifest = yaml.safe_load(MANIFEST.read_text())
    return frozenset((one["type"], one["callback_id"]) for one in manifest["features"]["shortcuts"])


@dataclass(eq=False)
class Deed:
    """One thing that a person did. What the person sees of it is added as it appears."""

    user: User
    kind: str  # of the envelope
    at: datetime
    payload: Json = field(default_factory=dict)
    trigger: str = ""
    channel: Channel | None = None
    message: Message | None = None  # that was pressed, chosen or written
    view: View | None = None  # in which it was done
    ephemerals: list[Message] = field(default_factory=list)
    replaced: list[Message] = field(default_factory=list)  # by response_url
    edited: list[Message] = field(default_factory=list)  # of the bot, in conversations of this person
    posts: list[Message] = field(default_factory=list)  # of the bot, in conversations of this person
    views: list[View] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)  # beside the fields of the form, by action_id
    ack: Json | None = None  # what came with it; None when it has not come
    is_exchanged: bool = False  # the trigger was used
    envelope: Envelope | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def shown(self) -> list[Message]:
        """Everything that this person alone sees now, from above: old words that changed, then new ones."""
        return [*(one for one in self.replaced if one.ephemeral), *self.ephemerals]

    @property
    def ephemeral(self) -> Message:
        [found] = self.ephemerals
        return found

    @property
    def opened(self) -> View:
        assert self.views, "no view was opened"
        return self.views[-1]

    def grew(self) -> None:
        self._changed.set()

    async def until(self, condition: Callable[[], object], seconds: float = 10.0) -> "Deed":
        """Wait until the person saw that much. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()
        return self

    async def answered(self) -> "Deed":
        return await self.until(lambda: self.ack is not None)


class Deeds:
    """Each waits until a bot listens, hands the envelope over and waits for the ack, unless `wait` is False."""

    def __init__(self, fake: "FakeSlack") -> None:
        self._fake = fake
        self.latest: Deed | None = None

    # --- interactions ----------------------------------------------------------------------

    async def command(self, user: User, channel: Channel, command: str, text: str = "", *, wait: bool = True) -> Deed:
        """`/study today`, in a conversation; threads take no commands."""
        assert user.id in channel.members, f"{user.name} is not in {channel.name}"
        deed = self._new(user, COMMANDS, channel)
        deed.payload = command_json(self._fake, user, channel, command, text, deed.trigger, self._url(deed))
        return await self._hand_over(deed, wait=wait)

    async def press(
        self,
        user: User,
        where: Message | View,
        action_id: str,
        value: str = "",
        *,
        forged: bool = False,
        wait: bool = True,
    ) -> Deed:
        """
        Press the button (or choose `value` in the menu) with this action_id, or with these words on it.

        `forged`: as if there were such a button (a menu, with a `value`).
        """
        if forged:
            part: Json = {"type": "static_select" if value else "button", "action_id": action_id, "block_id": "forged"}
            part["options"] = [{"text": {"type": "plain_text", "text": value or "-"}, "value": value}]
        else:
            part = _pressable(where.blocks, action_id)
        deed = self._new(user, INTERACTIVE, None)
        action = _action(part, value) | {"action_ts": self._fake.town.next_ts()}
        if isinstance(where, View):
            deed.view = where
            more: Json = {
                "container": {"type": "view", "view_id": where.id},
                "view": self._view_json(user, where),
                "state": {"values": {}},
            }
        else:
            more = self._on_message(deed, where)
        deed.payload = interaction_json(
            self._fake, "block_actions", user, deed.trigger, **more, actions=[action]
        )  # fmt: skip
        return await self._hand_over(deed, wait=wait)

    def _view_json(self, user: User, view: View) -> Json:
        assert view.user is user, f"{user.name} does not see this view"
        assert view.type == "home" or view in user.modals, "this view is closed"
        return view_json(view, self._fake.town, state(self._fake, user, view, {}, forged=True))

    def _on_message(self, deed: Deed, message: Message) -> Json:
        town, user, channel = self._fake.town, deed.user, message.channel
        assert not message.deleted, "the message is gone"
        assert message.seen_by in (None, user), f"{user.name} does not see a message that is only for somebody else"
        assert user.id in channel.members, f"{user.name} does not see where this message stands"
        deed.message, deed.channel = message, channel
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
        container["is_ephemeral"] = message.ephemeral
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        found: Json = {"container": container, "channel": place_json(channel), "state": {"values": {}}}
        found["response_url"] = self._url(deed)
        if not message.ephemeral:  # Slack does not send an ephemeral message back
            found["message"] = message_json(message, town, with_metadata=True)
        return found

    async def submit(
        self,
        user: User,
        view: View,
        values: Mapping[str, Filled] | None = None,
        *,
        forged: bool = False,
        wait: bool = True,
    ) -> Deed:
        """Send the modal; what is not given keeps what it holds. Keys are action_ids, block_ids or labels."""
        assert view in user.modals, "this view is closed"
        deed = self._new(user, INTERACTIVE, None)
        deed.view = view
        found = state(self._fake, user, view, values or {}, forged=forged)
        view.entered = {block_id: held for block_id, inputs in found.items() for held in inputs.values()}
        shown = view_json(view, self._fake.town, found)
        deed.payload = interaction_json(
            self._fake, "view_submission", user, deed.trigger, view=shown, response_urls=[]
        )  # fmt: skip
        return await self._hand_over(deed, wait=wait)

    async def close(self, user: User, view: View) -> None:
        """The person closes the modal, and the ones above it."""
        user.modals = user.modals[: user.modals.index(view)]
        if view.payload.get("notify_on_close"):
            deed = self._new(user, INTERACTIVE, None)
            shown = view_json(view, self._fake.town)
            deed.payload = interaction_json(self._fake, "view_closed", user, "", view=shown, is_cleared=False)
            await self._hand_over(deed)

    async def shortcut(
        self, user: User, callback_id: str, message: Message | None = None, *, wait: bool = True
    ) -> Deed:
        """A shortcut of the app: on a message, or (without one) anywhere. Only those of the manifest are offered."""
        kind = "message" if message else "global"
        assert (kind, callback_id) in shortcuts(), f"there is no {kind} shortcut {callback_id}"
        deed = self._new(user, INTERACTIVE, None)
        more: Json = {"callback_id": callback_id, "action_ts": self._fake.town.next_ts()}
        kind = "shortcut"
        if message is not None:
            kind = "message_action"
            found = self._on_message(deed, message)
            more |= {"message_ts": message.ts, "channel": found["channel"], "response_url": found["response_url"]}
            more["message"] = message_json(message, self._fake.town)
        deed.payload = interaction_json(self._fake, kind, user, deed.trigger, **more)
        return await self._hand_over(deed, wait=wait)

    async def open_home(self, user: User, tab: str = "home", *, wait: bool = True) -> Deed:
        """The person looks at the app's page."""
        event: Json = {"type": "app_home_opened", "user": user.id, "channel": self._fake.town.im(user).id, "tab": tab}
        if user.home is not None:
            event["view"] = view_json(user.home, self._fake.town)
        return await self.event(user, event, wait=wait)

    # --- chat -------------------------------------------------------------------------------

    async def write(
        self,
        user: User,
        channel: Channel | None,
        text: str,
        thread_ts: str = "",
        files: Sequence[Handed] = (),
        *,
        broadcast: bool = False,
        wait: bool = True,
    ) -> Deed:
        """Write into a conversation; None is a private message to the bot."""
        fake, town = self._fake, self._fake.town
        place = channel or town.im(user)
        assert user.id in place.members, f"{user.name} is not in {place.name}"
        message = Message(town.next_ts(), place, user, town.clock.now(), as_kept(text), thread_ts=thread_ts)
        message.files = [keep_file(town, fake.base, user, one.name, one.content) for one in files]
        for file in message.files:
            file.complete = True
        message.subtype = "file_share" if files else "thread_broadcast" if broadcast else ""
        place.messages[message.ts] = message
        event = message_json(message, town) | {"client_msg_id": f"client-{message.ts}"}
        return await self._about(message, event, wait=wait)

    async def edit(self, message: Message, text: str, *, wait: bool = True) -> Deed:
        before = message_json(message, self._fake.town)
        message.text, message.edited = as_kept(text), self._fake.town.next_ts()
        message.edits += 1
        return await self._about(message, self._fake.change_event(message, before), wait=wait)

    async def delete(self, message: Message, *, wait: bool = True) -> Deed:
        event = self._fake.take_away(message)
        return await self._about(message, event, wait=wait)

    async def _about(self, message: Message, event: Json, *, wait: bool) -> Deed:
        place = message.channel
        event |= {"channel": place.id, "channel_type": place.kind, "event_ts": event["ts"]}
        deed = self._new(message.user, EVENTS, place)
        deed.message = message
        if not self._fake.hears("message", place):
            deed.ack = {}
            return deed
        deed.payload = event_json(self._fake, event)
        return await self._hand_over(deed, wait=wait)

    async def event(self, user: User, event: Json, channel: Channel | None = None, *, wait: bool = True) -> Deed:
        """Any other event. Nothing is sent where the app does not hear it."""
        deed = self._new(user, EVENTS, channel)
        deed.payload = event_json(self._fake, event)
        if not self._fake.hears(event["type"], channel):
            deed.ack = {}
            return deed
        return await self._hand_over(deed, wait=wait)

    # --- once more ----------------------------------------------------------------------------

    async def redeliver(self, deed: Deed | None = None, *, lost: bool = False, wait: bool = True) -> Deed:
        """
        The last deed (or this one) arrives once more, word for word.

        With `lost` nobody saw the first answer: the trigger and the response_url work again.
        """
        old = deed or self.latest
        assert old, "nothing has been done yet"
        assert old.envelope, "the bot did not hear of it"
        again = Deed(old.user, old.kind, self._fake.town.clock.now(), old.payload, old.trigger, old.channel)
        again.message, again.view, again.is_exchanged = old.message, old.view, old.is_exchanged and not lost
        if lost and again.trigger:
            self._fake.triggers[again.trigger] = again
        url = str(old.payload.get("response_url", "")).rpartition("/")[2]
        if lost and url in self._fake.response_urls:
            self._fake.response_urls[url].deed = again
            self._fake.response_urls[url].uses = 0
        self.latest = again.user.deed = again
        attempt = old.envelope.attempt + 1 if old.kind == EVENTS else 0
        return await self._hand_over(again, attempt, wait=wait)

    # --- inside -------------------------------------------------------------------------------

    def _new(self, user: User, kind: str, channel: Channel | None) -> Deed:
        deed = Deed(user, kind, self._fake.town.clock.now(), channel=channel)
        if kind != EVENTS:
            deed.trigger = f"{self._fake.town.next_ts().replace('.', '')}.{self._fake.town.next_id('trigger')}"
            self._fake.triggers[deed.trigger] = deed
        self.latest = user.deed = deed
        return deed

    def _url(self, deed: Deed) -> str:
        fake = self._fake
        assert deed.channel
        number = str(len(fake.response_urls) + 1)
        fake.response_urls[number] = ResponseUrl(deed, deed.channel, deed.at, deed.message)
        return f"{fake.base}/response/{fake.town.team_id}/{number}"

    async def _hand_over(self, deed: Deed, attempt: int = 0, *, wait: bool = True) -> Deed:
        fake = self._fake
        if not fake.socket.keeps_time:  # else nobody waits for a bot before they act
            await fake.socket.connected()

        def acked(envelope: Envelope) -> None:
            if deed.ack is None:
                deed.ack = envelope.answer
                if deed.kind == COMMANDS and envelope.answer:
                    assert deed.channel
                    show_ack(fake, deed, deed.channel, envelope.answer)
                elif deed.payload.get("type") == "view_submission":
                    answer_submission(fake, deed, envelope.answer)
            deed.grew()

        deed.envelope = fake.socket.push(deed.kind, deed.payload, attempt, acked)
        if wait:
            await deed.until(lambda: deed.ack is not None, fake.patience)
        return deed


def _pressable(blocks: list[Json], wanted: str) -> Json:
    parts = interactive(blocks)
    found = next((one for one in parts if one.get("action_id") == wanted), None)
    found = found or next((one for one in parts if wanted in (_words(one), _bare(one))), None)
    there = [(_words(one), one.get("action_id")) for one in parts]
    assert found, f"there is nothing “{wanted}” to press; there is {there}"
    return found


def _words(part: Json) -> str:
    return str((part.get("text") or part.get("placeholder") or {}).get("text", ""))


def _bare(part: Json) -> str:
    """Without the number that makes it unique in its message (“0:daily.read”)."""
    return str(part.get("action_id", "")).partition(":")[2]


def _action(part: Json, value: str) -> Json:
    kind = part["type"]
    action: Json = {"type": kind, "action_id": part["action_id"], "block_id": part["block_id"]}
    match kind:
        case "button":
            action |= {key: part[key] for key in ("text", "value", "style") if key in part}
        case "static_select" | "overflow" | "radio_buttons":
            found = [one for one in part["options"] if value in (one["value"], one["text"]["text"])]
            offered = [one["value"] for one in part["options"]]
            assert found, f"the menu has no “{value}”; it has {offered}"
            action["selected_option"] = found[0]
        case "users_select" | "conversations_select" | "channels_select":
            action[f"selected_{kind.removesuffix('s_select')}"] = value
        case _:
            raise AssertionError(f"nobody presses a {kind} in these tests")
    if "placeholder" in part:
        action["placeholder"] = part["placeholder"]
    return action
