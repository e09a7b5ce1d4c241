"""The doors for messages and pins."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tests.discord_fake import errors, rights, rules
from tests.discord_fake.errors import ApiError
from tests.discord_fake.judge import Fault
from tests.discord_fake.payloads import message_json, stamp
from tests.discord_fake.rest import Answer, Call, Json, Sent, route
from tests.discord_fake.town import FORUM, Attachment, Channel, Message

if TYPE_CHECKING:
    from tests.discord_fake.server import FakeDiscord

PINS = 250


def find_channel(fake: "FakeDiscord", call: Call) -> Channel:
    """The channel of this call. The bot must be able to see it."""
    channel = fake.town.channels.get(call.id("channel_id"))
    if channel is None or (channel.guild and channel.guild not in fake.town.bot_guilds()):
        raise errors.unknown_channel()
    if not fake.town.permissions(fake.town.bot, channel) & rights.VIEW_CHANNEL:
        raise errors.missing_access()
    return channel


def need(fake: "FakeDiscord", channel: Channel, permission: int) -> None:
    if fake.town.permissions(fake.town.bot, channel) & permission != permission:
        raise errors.missing_permissions()


def may(fake: "FakeDiscord", channel: Channel, permission: int) -> bool:
    return fake.town.permissions(fake.town.bot, channel) & permission == permission


def find_message(fake: "FakeDiscord", call: Call, channel: Channel) -> Message:
    message = channel.messages.get(call.id("message_id"))
    if message is None:
        raise errors.unknown_message()
    return message


def keep_files(fake: "FakeDiscord", files: Sequence[Sent]) -> list[Attachment]:
    """`files[1]` may arrive before `files[0]`; attachments stand in the order of their numbers."""
    kept = []
    for sent in sorted(files, key=lambda one: one.field):
        number = fake.town.next_id()
        url = f"{fake.files_base}/{number}/{sent.filename}"
        kept.append(Attachment(number, sent.filename, sent.content, url, sent.content_type))
        fake.uploads[number] = kept[-1]
    return kept


def new_message(fake: "FakeDiscord", channel: Channel, body: Json, files: Sequence[Sent]) -> Message:
    town = fake.town
    message = Message(
        town.next_id(),
        channel,
        town.bot,
        town.clock.now(),
        body.get("content") or "",
        list(body.get("components") or []),
    )
    message.attachments, message.flags = keep_files(fake, files), body.get("flags") or 0
    return message


def change_message(fake: "FakeDiscord", message: Message, body: Json, files: Sequence[Sent]) -> None:
    """What an edit changes; keys that are missing leave what stands."""
    if "content" in body:
        message.content = body["content"] or ""
    if "components" in body:
        message.components = list(body["components"] or [])
    if "attachments" in body or files:
        kept = {str(entry["id"]) for entry in body.get("attachments") or ()}
        message.attachments = [one for one in message.attachments if str(one.id) in kept] + keep_files(fake, files)
    flags = body.get("flags")
    if flags is not None:
        message.flags = flags | message.flags & (rules.IS_V2 | rules.EPHEMERAL | rules.LOADING)
    message.edited_at = fake.town.moment()
    message.edits += 1


# --- sending ---------------------------------------------------------------------------------


def _new_faults(_: "FakeDiscord", call: Call) -> Sequence[Fault]:
    found = list(rules.message_faults(call.body, call.filenames))
    if (call.body.get("flags") or 0) & rules.EPHEMERAL:
        found.append(Fault(("flags",), "only the answer to an interaction can be ephemeral"))
    return found


@route("POST", "/channels/{channel_id}/messages", checks=_new_faults)
def create_message(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    _may_send(fake, channel, has_files=bool(call.files))
    nonce = call.body.get("nonce")
    if nonce is not None and call.body.get("enforce_nonce"):
        sent = fake.nonces.get(str(nonce))
        if sent and fake.town.clock.now() - sent.at <= fake.nonce_window:
            if sent.deleted:
                raise errors.unknown_message()
            return 200, message_json(sent, fake.town)
    message = new_message(fake, channel, call.body, call.files)
    message.nonce = nonce
    reference = call.body.get("message_reference")
    if reference:
        message.reply_to = channel.messages.get(int(reference["message_id"]))
    fake.nonces[str(nonce)] = message
    fake.post(message)
    return 200, message_json(message, fake.town)


def _may_send(fake: "FakeDiscord", channel: Channel, *, has_files: bool) -> None:
    if channel.recipient is not None:
        if channel.recipient.dms_closed:
            raise errors.dms_closed()
        if not fake.town.share_a_guild(channel.recipient):
            raise errors.no_mutual_guild()
    elif channel.is_thread:
        if channel.archived and channel.locked:
            raise errors.archived()
        need(fake, channel, rights.SEND_MESSAGES_IN_THREADS)
        if channel.locked and not may(fake, channel, rights.MANAGE_THREADS):
            raise errors.thread_locked()
        if channel.archived and fake.archived_refuses:
            raise errors.archived()
    elif channel.type == FORUM:
        raise ApiError(400, 50008, "Cannot send messages in a non-text channel")
    else:
        need(fake, channel, rights.SEND_MESSAGES)
    if has_files:
        need(fake, channel, rights.ATTACH_FILES)


# --- reading ---------------------------------------------------------------------------------


@route("GET", "/channels/{channel_id}/messages")
def list_messages(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    if not may(fake, channel, rights.READ_MESSAGE_HISTORY):
        return 200, []
    limit = int(call.query.get("limit", 50))
    if not 1 <= limit <= 100:
        raise errors.invalid_form([Fault(("limit",), "1 to 100 messages can be read at once")])
    ids = sorted(channel.messages)
    if "after" in call.query:
        ids = [one for one in ids if one > int(call.query["after"])][:limit]
    elif "before" in call.query:
        ids = [one for one in ids if one < int(call.query["before"])][-limit:]
    elif "around" in call.query:
        middle = int(call.query["around"])
        near = [one for one in ids if one < middle][-(limit // 2) :]
        ids = near + [one for one in ids if one >= middle][: limit - len(near)]
    else:
        ids = ids[-limit:]
    return 200, [_as_read(fake, channel.messages[one]) for one in reversed(ids)]


def _as_read(fake: "FakeDiscord", message: Message) -> Json:
    """Without the intent, the words of others are left out over REST as well."""
    return fake.gateway.seen_by_bot(message_json(message, fake.town), message)


@route("GET", "/channels/{channel_id}/messages/{message_id}")
def get_message(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    need(fake, channel, rights.READ_MESSAGE_HISTORY)
    return 200, _as_read(fake, find_message(fake, call, channel))


# --- changing --------------------------------------------------------------------------------


def _edit_faults(fake: "FakeDiscord", call: Call) -> Iterator[Fault]:
    channel = fake.town.channels.get(int(call.ids["channel_id"]))
    message = channel.messages.get(int(call.ids["message_id"])) if channel else None
    return edit_faults(message, call)


def edit_faults(message: Message | None, call: Call) -> Iterator[Fault]:
    """The rules of an edit, which depend on what stands."""
    is_v2 = bool(message and message.flags & rules.IS_V2)
    flags = call.body.get("flags")
    if is_v2 and flags is not None and not flags & rules.IS_V2:
        yield Fault(("flags",), "the flag IS_COMPONENTS_V2 cannot be taken off a message")
    if message and not is_v2 and (flags or 0) & rules.IS_V2 and message.content and call.body.get("content", "x"):
        yield Fault(("content",), "the content must be taken away when Components V2 come")
    standing = [one.filename for one in message.attachments] if message else []
    kept = {str(entry["id"]) for entry in call.body.get("attachments") or ()}
    if "attachments" in call.body and message:
        standing = [one.filename for one in message.attachments if str(one.id) in kept]
    known = {**call.body, "attachments": [*(call.body.get("attachments") or ()), *({"filename": n} for n in standing)]}
    yield from rules.message_faults(known, call.filenames, is_v2=is_v2, is_edit=True)


@route(
    "PATCH", "/channels/{channel_id}/messages/{message_id}", checks=lambda fake, call: list(_edit_faults(fake, call))
)
def edit_message(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    message = find_message(fake, call, channel)
    if message.author is not fake.town.bot:
        raise errors.not_the_author()
    if channel.is_thread and channel.archived:
        raise errors.archived()
    change_message(fake, message, call.body, call.files)
    fake.gateway.message("MESSAGE_UPDATE", message)
    return 200, message_json(message, fake.town)


@route("DELETE", "/channels/{channel_id}/messages/{message_id}")
def delete_message(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    message = find_message(fake, call, channel)
    if message.author is not fake.town.bot:
        need(fake, channel, rights.MANAGE_MESSAGES)
    if channel.is_thread and channel.archived:
        raise errors.archived()
    fake.drop(message)
    return 204, None


# --- pins ------------------------------------------------------------------------------------


@route("PUT", "/channels/{channel_id}/messages/pins/{message_id}")
def pin(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    message = find_message(fake, call, channel)
    if channel.guild:
        need(fake, channel, rights.PIN_MESSAGES)
    if channel.is_thread and channel.archived:
        raise errors.archived()
    if not message.pinned and sum(one.pinned for one in channel.messages.values()) >= PINS:
        raise errors.too_many_pins()
    message.pinned = True
    fake.gateway.message("MESSAGE_UPDATE", message)
    return 204, None


@route("DELETE", "/channels/{channel_id}/messages/pins/{message_id}")
def unpin(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    message = find_message(fake, call, channel)
    if channel.guild:
        need(fake, channel, rights.PIN_MESSAGES)
    message.pinned = False
    fake.gateway.message("MESSAGE_UPDATE", message)
    return 204, None


@route("GET", "/channels/{channel_id}/messages/pins")
def list_pins(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    pinned = [one for one in channel.messages.values() if one.pinned]
    items = [{"pinned_at": stamp(one.at), "message": message_json(one, fake.town)} for one in reversed(pinned)]
    return 200, {"items": items, "has_more": False}
