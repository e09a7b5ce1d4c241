"""Messages: posting, editing, deleting, pins, and answers by response_url."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.slack_fake import judge
from tests.slack_fake.errors import ApiError, invalid_blocks
from tests.slack_fake.files import not_ready, unknown_pictures
from tests.slack_fake.payloads import message_json
from tests.slack_fake.rules import Fault, Verdict
from tests.slack_fake.town import IM, PRIVATE, PUBLIC, Channel, Json, Message, User, walk
from tests.slack_fake.web_api import Call, find_channel, find_own, find_user, method, refuse

if TYPE_CHECKING:
    from tests.slack_fake.deeds import Deed
    from tests.slack_fake.server import FakeSlack

USES, LIFE = 5, timedelta(minutes=30)  # of a response_url
METADATA_BYTES = 8_000


def new_message(fake: "FakeSlack", channel: Channel, body: Json, seen_by: User | None = None) -> Message:
    town = fake.town
    message = Message(town.next_ts(), channel, town.bot, town.clock.now(), body.get("text") or "", seen_by=seen_by)
    message.blocks, message.metadata = _numbered(fake, body.get("blocks") or []), body.get("metadata") or None
    message.thread_ts = str(body.get("thread_ts") or "")
    return message


def change_message(fake: "FakeSlack", message: Message, body: Json) -> None:
    """Blocks and metadata that are not sent stay, as on Slack."""
    if "text" in body:
        message.text = body["text"]
    if "blocks" in body:
        message.blocks = _numbered(fake, body["blocks"])
    if "metadata" in body:
        message.metadata = body["metadata"] or None
    message.edits += 1
    message.edited = fake.town.next_ts()


def _numbered(fake: "FakeSlack", blocks: list[Json]) -> list[Json]:
    """Slack names the blocks that have no name."""
    return [{"block_id": fake.town.next_id("b"), **block} for block in blocks]


def _rung(channel: Channel, body: Json) -> list[Fault]:
    """Slack notifies whoever is mentioned in a channel; nobody asked our posts to."""
    if channel.kind not in (PUBLIC, PRIVATE):
        return []
    parts = list(walk(body.get("blocks") or []))
    found = [part["user_id"] for part in parts if part.get("type") == "user"]
    parsed = [str(body.get("text") or ""), *(part["text"] for part in parts if part.get("type") == "mrkdwn")]
    found += [user for text in parsed for user in re.findall(r"<@(\w+)", text)]
    return [Fault((), f"mentions {user}, who is notified") for user in dict.fromkeys(found)]


def judge_message(fake: "FakeSlack", about: str, body: Json, before: list[Json] | None = None) -> None:
    """Raises ApiError for what Slack would refuse, and for what we do not want to send."""
    found = judge.message_faults(body) if before is None else judge.update_faults(body, before)
    refuse(fake, about, [*found, *unknown_pictures(fake, body)], body, invalid_blocks)
    if words := not_ready(fake, body):
        raise invalid_blocks(words)
    if not (body.get("text") or body.get("blocks") or body.get("delete_original")):
        raise ApiError("no_text")
    if len(str(body.get("metadata") or "")) > METADATA_BYTES:
        raise ApiError("metadata_too_large")


@method("chat.postMessage", "chat:write")
def post_message(fake: "FakeSlack", call: Call) -> Json:
    judge_message(fake, call.method, call.args)
    channel = _where(fake, call)
    thread = str(call.args.get("thread_ts") or "")
    above = channel.messages.get(thread)
    if above is not None and above.thread_ts:
        found = Fault(("thread_ts",), "is an answer in a thread; a thread is named by the message above it")
        fake.verdicts.append(Verdict(call.method, (found,), call.args))
    refuse(fake, call.method, _rung(channel, call.args), call.args, invalid_blocks)
    message = new_message(fake, channel, call.args)
    fake.stand(message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(message, fake.town, with_metadata=True)}


def _where(fake: "FakeSlack", call: Call) -> Channel:
    """A channel, or a person, which means the conversation with them. Raises ApiError."""
    wanted = str(call.need("channel")[0])
    if wanted in fake.town.users:
        call.args["channel"] = fake.town.im(fake.town.users[wanted]).id
    channel = find_channel(fake, call)
    if channel.archived:
        raise ApiError("is_archived")
    if channel.recipient and channel.recipient.deleted:
        raise ApiError("account_inactive" if fake.revoked else "channel_not_found")
    if channel.kind == IM and fake.are_messages_off:
        raise ApiError("messages_tab_disabled")
    outside = fake.town.bot.id not in channel.members
    if outside and not (channel.kind == PUBLIC and "chat:write.public" in fake.scopes):
        raise ApiError("not_in_channel")
    if channel.closed:
        raise ApiError("restricted_action")
    return channel


@method("chat.update", "chat:write")
def update(fake: "FakeSlack", call: Call) -> Json:
    channel = find_channel(fake, call)
    message = find_own(fake, channel, call.need("ts")[0], "cant_update_message")
    judge_message(fake, call.method, call.args, message.blocks)
    if channel.archived:
        raise ApiError("is_archived")
    refuse(fake, call.method, _rung(channel, call.args), call.args, invalid_blocks)
    before = message_json(message, fake.town)
    change_message(fake, message, call.args)
    fake.changed(message, before)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(message, fake.town, with_metadata=True),
    }


@method("chat.delete", "chat:write")
def delete(fake: "FakeSlack", call: Call) -> Json:
    channel = find_channel(fake, call)
    message = find_own(fake, channel, call.need("ts")[0], "cant_delete_message")
    fake.drop(message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(fake: "FakeSlack", call: Call) -> Json:
    judge_message(fake, call.method, call.args)
    channel = _where(fake, call)
    user = find_user(fake, call.need("user")[0])
    if user.id not in channel.members:
        raise ApiError("user_not_in_channel")
    message = new_message(fake, channel, call.args, user)
    fake.show(message, user.deed)
    return {"message_ts": message.ts}


@method("pins.add", "pins:write")
def pin(fake: "FakeSlack", call: Call) -> Json:
    message = _pinned(fake, call)
    if message.pinned:
        raise ApiError("already_pinned")
    message.pinned = True
    return {}


@method("pins.remove", "pins:write")
def unpin(fake: "FakeSlack", call: Call) -> Json:
    message = _pinned(fake, call)
    if not message.pinned:
        raise ApiError("no_pin")
    message.pinned = False
    return {}


def _pinned(fake: "FakeSlack", call: Call) -> Message:
    channel = find_channel(fake, call)
    message = channel.messages.get(str(call.need("timestamp")[0]))
    if message is None or message.deleted:
        raise ApiError("message_not_found")
    return message


# --- response_url ------------------------------------------------------------------------------


@dataclass(eq=False)
class ResponseUrl:
    """Answers one deed, five times within half an hour."""

    deed: "Deed"
    channel: Channel
    born: datetime
    message: Message | None = None  # the one that was pressed
    uses: int = 0


def respond(fake: "FakeSlack", url: ResponseUrl, body: Json) -> tuple[int, Any]:
    """(status, body) of the answer."""
    if url.uses >= USES:
        return 404, {"ok": False, "error": "used_url"}
    if fake.town.clock.now() - url.born > LIFE:
        return 404, {"ok": False, "error": "expired_url"}
    replaces = url.message is not None and (body.get("replace_original") or body.get("delete_original"))
    known = len(fake.verdicts)
    try:
        judge_message(fake, "response_url", body, url.message.blocks if url.message and replaces else None)
    except ApiError as error:
        if error.error == "invalid_blocks" and not fake.verdicts[known:]:
            return 404, {"ok": False, "error": "invalid_blocks"}  # of a picture, and no word more, as on Slack
        return 400, error.body
    url.uses += 1
    if url.message is not None and replaces:
        _replace(fake, url.message, body, url.deed)
        return 200, "ok"
    in_channel = body.get("response_type") == "in_channel"
    asked = body if in_channel else {**body, "thread_ts": ""}  # what one person alone sees stands in the channel
    message = new_message(fake, url.channel, asked, None if in_channel else url.deed.user)
    if in_channel:
        fake.stand(message)
    else:
        fake.show(message, url.deed)
    return 200, "ok"


def _replace(fake: "FakeSlack", message: Message, body: Json, deed: "Deed") -> None:
    if body.get("delete_original"):
        fake.drop(message)
        return
    before = message_json(message, fake.town)
    change_message(fake, message, body)
    deed.replaced.append(message)
    if message.seen_by is None:
        fake.changed(message, before)


def show_ack(fake: "FakeSlack", deed: "Deed", channel: Channel, body: Json) -> None:
    """A command may be answered on the ack."""
    try:
        judge_message(fake, "ack", body)
    except ApiError:
        return
    in_channel = body.get("response_type") == "in_channel"
    message = new_message(fake, channel, body, None if in_channel else deed.user)
    if in_channel:
        fake.stand(message)
    else:
        fake.show(message, deed)
