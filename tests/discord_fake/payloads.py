"""The town as Discord's JSON. Pure: state in, payload out."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tests.discord_fake import rules
from tests.discord_fake.town import (
    DM,
    EPOCH,
    FORUM,
    NEWS,
    Attachment,
    Channel,
    Guild,
    Member,
    Message,
    Role,
    Town,
    User,
)

Json = dict[str, Any]


def stamp(at: datetime) -> str:
    return at.isoformat()


def user_json(user: User) -> Json:
    return {
        "id": str(user.id),
        "username": user.name.lower().replace(" ", ""),
        "global_name": None if user.bot else user.name,
        "avatar": None,
        "discriminator": "0",
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
        **({"bot": True} if user.bot else {}),
    }


def own_user_json(user: User) -> Json:
    return {**user_json(user), "mfa_enabled": False, "locale": user.locale, "verified": True, "email": None}


def application_json(town: Town, owner: User, flags: int) -> Json:
    return {
        "id": str(town.application_id),
        "name": town.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user_json(owner),
        "approximate_guild_count": len(town.bot_guilds()),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "bot": user_json(town.bot),
        "bot_public": False,
        "bot_require_code_grant": False,
    }


def member_json(member: Member, joined_at: datetime, *, with_user: bool = True) -> Json:
    return {
        **({"user": user_json(member.user)} if with_user else {}),
        "nick": member.nick,
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": stamp(joined_at),
        "pending": False,
        "premium_since": None,
        "roles": [str(role.id) for role in member.roles],
        "mute": False,
        "deaf": False,
    }


def role_json(role: Role) -> Json:
    return {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": role.managed,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
        **({"tags": {"bot_id": str(role.bot_id)}} if role.bot_id else {}),
    }


def channel_json(channel: Channel, town: Town) -> Json:
    if channel.type == DM:
        people = [user_json(channel.recipient)] if channel.recipient else []
        return {"id": str(channel.id), "type": DM, "flags": 0, "recipients": people, "last_message_id": _last(channel)}
    if channel.is_thread:
        return thread_json(channel, town)
    assert channel.guild is not None
    found: Json = {
        "id": str(channel.id),
        "type": channel.type,
        "flags": channel.flags,
        "guild_id": str(channel.guild.id),
        "name": channel.name,
        "position": list(channel.guild.channels).index(channel.id),
        "parent_id": None,
        "topic": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "permission_overwrites": [
            {"id": str(one.id), "type": int(one.is_user), "allow": str(one.allow), "deny": str(one.deny)}
            for one in channel.overwrites.values()
        ],
    }
    if channel.type in (0, NEWS):
        found["last_message_id"] = _last(channel)
    if channel.type == FORUM:
        found |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
        found |= {"default_forum_layout": 0}
    return found


def thread_json(thread: Channel, town: Town) -> Json:
    assert thread.guild is not None
    assert thread.parent is not None
    owner = thread.owner or town.bot
    found: Json = {
        "id": str(thread.id),
        "type": thread.type,
        "flags": thread.flags,
        "guild_id": str(thread.guild.id),
        "parent_id": str(thread.parent.id),
        "owner_id": str(owner.id),
        "name": thread.name,
        "last_message_id": _last(thread),
        "message_count": len(thread.messages),
        "member_count": len(thread.members),
        "total_message_sent": thread.sent,
        "rate_limit_per_user": 0,
        "thread_metadata": {
            "archived": thread.archived,
            "archive_timestamp": stamp(thread.archived_at or town.clock.now()),
            "auto_archive_duration": thread.archive_after,
            "locked": thread.locked,
            "create_timestamp": stamp(born(thread.id)),
            **({"invitable": thread.invitable} if thread.type == 12 else {}),
        },
    }
    if thread.parent.type == FORUM:
        found["applied_tags"] = [str(tag) for tag in thread.applied_tags]
    if town.bot.id in thread.members:
        found["member"] = thread_member_json(thread, town.bot)
    return found


def thread_member_json(thread: Channel, user: User) -> Json:
    return {"id": str(thread.id), "user_id": str(user.id), "join_timestamp": stamp(born(thread.id)), "flags": 0}


def born(id: int) -> datetime:
    """When something with this id was made."""
    return datetime.fromtimestamp(((id >> 22) + EPOCH) / 1000, UTC)


def _last(channel: Channel) -> str | None:
    return str(max(channel.messages)) if channel.messages else None


# --- guilds -----------------------------------------------------------------------------------


def guild_json(guild: Guild) -> Json:
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(guild.owner.id),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": str(guild.system_channel.id) if guild.system_channel else None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "roles": [role_json(role) for role in guild.roles.values()],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def guild_create_json(guild: Guild, town: Town) -> Json:
    """As it comes through the gateway: with channels, open threads that the bot sees, and the bot as a member."""
    open_threads = [t for t in guild.threads() if not t.archived and town.permissions(town.bot, t)]
    return {
        **guild_json(guild),
        "joined_at": stamp(guild.joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "members": [member_json(guild.members[town.bot.id], guild.joined_at)],
        "channels": [channel_json(channel, town) for channel in guild.channels.values() if not channel.is_thread],
        "threads": [thread_json(thread, town) for thread in open_threads],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


# --- messages ---------------------------------------------------------------------------------


def attachment_json(attachment: Attachment) -> Json:
    found: Json = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": len(attachment.content),
        "url": attachment.url,
        "proxy_url": attachment.url,
        "content_type": attachment.content_type,
    }
    if attachment.seconds:
        found |= {"duration_secs": attachment.seconds, "waveform": "AA=="}
    return found


def message_json(message: Message, town: Town) -> Json:
    found: Json = {
        "id": str(message.id),
        "type": _message_type(message),
        "channel_id": str(message.channel.id),
        "author": user_json(message.author),
        "content": message.content,
        "timestamp": stamp(message.at),
        "edited_timestamp": stamp(message.edited_at) if message.edited_at else None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [user_json(user) for user in _mentioned(message, town)],
        "mention_roles": [],
        "attachments": [attachment_json(one) for one in message.attachments],
        "embeds": [],
        "pinned": message.pinned,
        "components": list(components_json(message)),
        "flags": message.flags | (rules.HAS_THREAD if message.thread else 0),
    }
    if message.nonce is not None:
        found["nonce"] = message.nonce
    if message.thread:
        found["thread"] = thread_json(message.thread, town)
    if message.caused_by:
        found |= {"application_id": str(town.application_id), "webhook_id": str(town.application_id)}
        found["interaction_metadata"] = interaction_json(message.caused_by)
    if message.reply_to:
        found["message_reference"] = {
            "type": 0,
            "message_id": str(message.reply_to.id),
            "channel_id": str(message.reply_to.channel.id),
        }
    return found


def interaction_json(interaction: Any) -> Json:
    """What a message says about the interaction that caused it."""
    return {
        "id": str(interaction.id),
        "type": interaction.type,
        "user": user_json(interaction.user),
        "authorizing_integration_owners": interaction.owners,
        **interaction.metadata,
    }


def _message_type(message: Message) -> int:
    if message.caused_by is not None and message.caused_by.type == 2:
        return 23 if message.caused_by.metadata.get("target_message_id") else 20
    return 19 if message.reply_to else 0


def _mentioned(message: Message, town: Town) -> Iterator[User]:
    if message.author.bot:
        return
    for user in town.users.values():
        if f"<@{user.id}>" in message.content or f"<@!{user.id}>" in message.content:
            yield user


def components_json(message: Message) -> Iterator[Json]:
    """Components as Discord gives them back: every one has an id, and left-out values have their defaults."""
    taken = Counter(part["id"] for _, part in rules.walk(message.components) if part.get("id"))
    numbers = (n for n in count(1) if n not in taken)
    files = {one.filename: one for one in message.attachments}

    def filled(part: Json) -> Json:
        found = {key: value for key, value in part.items() if value is not None}
        found["id"] = part.get("id") or next(numbers)
        if "components" in part:
            found["components"] = [filled(inner) for inner in part["components"]]
        if part.get("accessory"):
            found["accessory"] = filled(part["accessory"])
        return found | _defaults(part, files)

    return (filled(part) for part in message.components)


def _defaults(part: Json, files: dict[str, Attachment]) -> Json:
    match part["type"]:
        case rules.CONTAINER:
            return {"accent_color": part.get("accent_color"), "spoiler": bool(part.get("spoiler"))}
        case rules.STRING_SELECT | rules.USER_SELECT | rules.CHANNEL_SELECT | 6 | 7:
            return {"min_values": part.get("min_values", 1), "max_values": part.get("max_values", 1)}
        case rules.FILE:
            stored = files[part["file"]["url"].removeprefix("attachment://")]
            media = {"id": str(stored.id), "url": stored.url, "proxy_url": stored.url, "attachment_id": str(stored.id)}
            spoiler = bool(part.get("spoiler"))
            return {"file": media, "name": stored.filename, "size": len(stored.content), "spoiler": spoiler}
        case rules.GALLERY:
            return {"items": [_item(item, files) for item in part["items"]]}
        case rules.SEPARATOR:
            return {"divider": part.get("divider", True), "spacing": part.get("spacing", 1)}
        case _:
            return {}


def _item(item: Json, files: dict[str, Attachment]) -> Json:
    """A picture of a gallery, which has an address of Discord's by now."""
    stored = files[item["media"]["url"].removeprefix("attachment://")]
    media = {"id": str(stored.id), "url": stored.url, "proxy_url": stored.url, "attachment_id": str(stored.id)}
    return {"media": media, "description": item.get("description"), "spoiler": bool(item.get("spoiler"))}
