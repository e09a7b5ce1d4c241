"""How Slack writes people, conversations, messages, views and envelopes."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.slack_fake.town import IM, MPIM, PRIVATE, PUBLIC, Channel, File, Json, Message, Town, User, View

if TYPE_CHECKING:
    from tests.slack_fake.server import FakeSlack

TOKEN = "legacy-verification-token"  # noqa: S105  (Slack still sends it; nobody should look at it)
ADDRESS = re.compile(r"https?://[^\s<>|]+")


def as_kept(typed: str) -> str:
    """What a person typed, as Slack keeps and sends it: & < > escaped, addresses in angle brackets."""
    safe = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return ADDRESS.sub(lambda found: f"<{found[0]}>", safe)


def user_json(user: User, town: Town) -> Json:
    profile = {"real_name": user.name, "display_name": user.name, "real_name_normalized": user.name}
    found: Json = {"id": user.id, "team_id": town.team_id, "name": user.name.lower(), "deleted": user.deleted}
    if user.deleted:
        return found | {"profile": profile, "is_bot": user.is_bot, "updated": 1}
    return found | {
        "real_name": user.name,
        **_zone(user, town),
        "profile": profile,
        "is_admin": user.is_admin or user.is_owner,
        "is_owner": user.is_owner,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1,
    }


def _zone(user: User, town: Town) -> Json:
    """Few accounts have none, bots for example."""
    if not user.zone:
        return {}
    offset = town.clock.now().astimezone(ZoneInfo(user.zone)).utcoffset()
    return {"tz": user.zone, "tz_label": user.zone, "tz_offset": int(offset.total_seconds()) if offset else 0}


def channel_json(channel: Channel, town: Town) -> Json:
    found: Json = {
        "id": channel.id,
        "created": 1_700_000_000,
        "is_archived": channel.archived,
        "is_im": channel.kind == IM,
        "is_mpim": channel.kind == MPIM,
        "is_org_shared": False,
    }
    if channel.kind == IM:
        assert channel.recipient
        return found | {"user": channel.recipient.id, "is_user_deleted": channel.recipient.deleted}
    return found | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == PUBLIC,
        "is_group": channel.kind == PRIVATE,
        "is_private": channel.kind != PUBLIC,
        "is_general": False,
        "is_shared": False,
        "is_member": town.bot.id in channel.members,
        "context_team_id": town.team_id,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def message_json(message: Message, town: Town, *, with_metadata: bool = False) -> Json:
    found: Json = {"type": "message", "user": message.user.id, "text": message.text, "ts": message.ts}
    found["team"] = town.team_id
    if message.user is town.bot:
        found |= {"bot_id": town.bot_id, "app_id": town.app_id}
        found["bot_profile"] = {"id": town.bot_id, "app_id": town.app_id, "name": message.user.name}
    if message.subtype:
        found["subtype"] = message.subtype
    if message.blocks:
        found["blocks"] = message.blocks
    if message.files:
        found["files"] = [file_json(file, town) for file in message.files]
    if message.pinned:
        found["pinned_to"] = [message.channel.id]
    if message.edited:
        found["edited"] = {"user": message.user.id, "ts": message.edited}
    if with_metadata and message.metadata:
        found["metadata"] = message.metadata
    answers = message.channel.thread(message.ts)
    if answers:
        found |= {"thread_ts": message.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}
    elif message.thread_ts:
        found["thread_ts"] = message.thread_ts
        above = message.channel.messages.get(message.thread_ts)
        if above:
            found["parent_user_id"] = above.user.id
    return found


def file_json(file: File, town: Town) -> Json:
    found = {"duration_ms": int(file.seconds * 1000), "media_display_type": "audio"} if file.seconds else {}
    return found | {
        "id": file.id,
        "created": int(town.clock.now().timestamp()),
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": file.kind,
        "user": file.owner.id,
        "size": len(file.content),
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "alt_txt": file.alt_text,
        "url_private": file.url,
        "url_private_download": file.url,
    }


def view_json(view: View, town: Town, values: Json | None = None) -> Json:
    sent = view.payload
    found: Json = {
        "id": view.id,
        "team_id": town.team_id,
        "type": view.type,
        "blocks": view.blocks,
        "private_metadata": sent.get("private_metadata", ""),
        "callback_id": sent.get("callback_id", ""),
        "state": {"values": values or {}},
        "hash": view.hash,
        "title": sent.get("title", {"type": "plain_text", "text": "View Title", "emoji": True}),
        "clear_on_close": sent.get("clear_on_close", False),
        "notify_on_close": sent.get("notify_on_close", False),
        "close": sent.get("close"),
        "submit": sent.get("submit"),
        "previous_view_id": view.previous.id if view.previous else None,
        "root_view_id": view.root.id,
        "app_id": town.app_id,
        "external_id": sent.get("external_id", ""),
        "app_installed_team_id": town.team_id,
        "bot_id": town.bot_id,
    }
    return found


def who_json(user: User, town: Town) -> Json:
    """The person, as interactions name them: without zone and rights."""
    return {"id": user.id, "username": user.name.lower(), "name": user.name.lower(), "team_id": town.team_id}


def place_json(channel: Channel) -> Json:
    names = {IM: "directmessage", PRIVATE: "privategroup"}
    return {"id": channel.id, "name": names.get(channel.kind, channel.name)}


def interaction_json(fake: "FakeSlack", kind: str, user: User, trigger: str, **more: object) -> Json:
    town = fake.town
    return {
        "type": kind,
        "user": who_json(user, town),
        "api_app_id": town.app_id,
        "token": TOKEN,
        "trigger_id": trigger,
        "team": {"id": town.team_id, "domain": town.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        **more,
    }


def command_json(
    fake: "FakeSlack", user: User, channel: Channel, command: str, text: str, trigger: str, url: str
) -> Json:
    town = fake.town
    return {
        "token": TOKEN,
        "team_id": town.team_id,
        "team_domain": town.domain,
        "channel_id": channel.id,
        "channel_name": place_json(channel)["name"],
        "user_id": user.id,
        "user_name": user.name.lower(),
        "command": command,
        "text": text,
        "api_app_id": town.app_id,
        "is_enterprise_install": "false",
        "response_url": url,
        "trigger_id": trigger,
    }


def event_json(fake: "FakeSlack", event: Json) -> Json:
    town = fake.town
    authorization = {"enterprise_id": None, "team_id": town.team_id, "user_id": town.bot.id, "is_bot": True}
    return {
        "token": TOKEN,
        "team_id": town.team_id,
        "context_team_id": town.team_id,
        "api_app_id": town.app_id,
        "event": {**event, "event_ts": event.get("event_ts") or town.next_ts()},
        "type": "event_callback",
        "event_id": town.next_id("Ev"),
        "event_time": int(town.clock.now().timestamp()),
        "authorizations": [{**authorization, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event_context": "4-eyJldCI6Im1lc3NhZ2UifQ",
    }


def dated(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)


def as_read(kept: str) -> str:
    """The other way round, for tests: what people see of a kept text."""
    return unescape(kept)
