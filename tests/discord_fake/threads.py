"""The doors for channels and threads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.discord_fake import errors, rights, rules
from tests.discord_fake.judge import Fault
from tests.discord_fake.messages import find_channel, find_message, may, need, new_message
from tests.discord_fake.payloads import channel_json, message_json, thread_json, thread_member_json
from tests.discord_fake.rest import Answer, Call, route
from tests.discord_fake.town import FORUM, NEWS, NEWS_THREAD, PRIVATE_THREAD, PUBLIC_THREAD, Channel, User

if TYPE_CHECKING:
    from tests.discord_fake.server import FakeDiscord


@route("GET", "/channels/{channel_id}")
def get_channel(fake: "FakeDiscord", call: Call) -> Answer:
    return 200, channel_json(find_channel(fake, call), fake.town)


def _schema_of_change(fake: "FakeDiscord", call: Call) -> str:
    channel = fake.town.channels.get(int(call.ids["channel_id"]))
    return "UpdateThreadRequestPartial" if channel and channel.is_thread else "UpdateGuildChannelRequestPartial"


@route(
    "PATCH",
    "/channels/{channel_id}",
    checks=lambda _, call: list(rules.thread_faults(call.body)),
    schema=_schema_of_change,
)
def edit_channel(fake: "FakeDiscord", call: Call) -> Answer:
    channel, body = find_channel(fake, call), call.body
    if not channel.is_thread:
        need(fake, channel, 1 << 4)
        channel.name = body.get("name", channel.name)
        fake.gateway.guild_event("CHANNEL_UPDATE", channel_json(channel, fake.town), channel)
        return 200, channel_json(channel, fake.town)
    manages = may(fake, channel, rights.MANAGE_THREADS)
    opens = body.get("archived") is False
    if channel.archived and not opens and set(body) - {"archived", "locked"}:
        raise errors.archived()
    if channel.archived and opens and channel.locked and not manages:
        raise errors.missing_permissions()
    if body.get("locked") is not None and body["locked"] != channel.locked and not manages:
        raise errors.missing_permissions()
    only_opens = opens and set(body) == {"archived"} and may(fake, channel, rights.SEND_MESSAGES_IN_THREADS)
    owns = manages or channel.owner is fake.town.bot or only_opens
    if set(body) & {"name", "archived", "auto_archive_duration"} and not owns:
        raise errors.missing_permissions()
    if opens and channel.archived:
        _room_for_one_more(fake, channel)
    channel.name = body.get("name", channel.name)
    channel.locked = channel.locked if body.get("locked") is None else body["locked"]
    channel.invitable = channel.invitable if body.get("invitable") is None else body["invitable"]
    channel.archive_after = body.get("auto_archive_duration") or channel.archive_after
    if body.get("archived") is not None and body["archived"] != channel.archived:
        channel.archived, channel.archived_at = body["archived"], fake.town.clock.now()
    fake.gateway.guild_event("THREAD_UPDATE", thread_json(channel, fake.town), channel)
    return 200, thread_json(channel, fake.town)


@route("DELETE", "/channels/{channel_id}")
def delete_channel(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    if channel.guild:
        need(fake, channel, rights.MANAGE_THREADS if channel.is_thread else 1 << 4)
    answer = channel_json(channel, fake.town)
    fake.remove_channel(channel)
    return 200, answer


# --- making threads --------------------------------------------------------------------------


def _room_for_one_more(fake: "FakeDiscord", channel: Channel) -> None:
    assert channel.guild is not None
    if sum(not thread.archived for thread in channel.guild.threads()) >= fake.active_threads:
        raise errors.too_many_threads()


def open_thread(fake: "FakeDiscord", thread: Channel, owner: User) -> Channel:
    """Keep a new thread and tell the gateway."""
    thread.owner, thread.members = owner, {owner.id: owner}
    fake.town.keep(thread)
    payload = thread_json(thread, fake.town) | {"newly_created": True}
    fake.gateway.guild_event("THREAD_CREATE", payload, thread)
    return thread


@route(
    "POST",
    "/channels/{channel_id}/messages/{message_id}/threads",
    checks=lambda _, call: list(rules.thread_faults(call.body)),
)
def start_thread_from_message(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    message = find_message(fake, call, channel)
    if channel.type not in (0, NEWS):
        raise errors.wrong_channel_type()
    if message.id in fake.town.channels:
        raise errors.has_a_thread()
    need(fake, channel, rights.CREATE_PUBLIC_THREADS)
    _room_for_one_more(fake, channel)
    kind = NEWS_THREAD if channel.type == NEWS else PUBLIC_THREAD
    thread = Channel(message.id, kind, call.body["name"], channel.guild, channel)
    thread.archive_after = call.body.get("auto_archive_duration") or thread.archive_after
    message.thread = open_thread(fake, thread, fake.town.bot)
    fake.gateway.message("MESSAGE_UPDATE", message)
    return 201, thread_json(thread, fake.town)


def _thread_faults(_: "FakeDiscord", call: Call) -> Sequence[Fault]:
    found = list(rules.thread_faults(call.body))
    if "message" in call.body:
        inner = rules.message_faults(call.body["message"] or {}, call.filenames)
        found += [Fault(("message", *fault.path), fault.says) for fault in inner]
    return found


def _schema_of_thread(_: "FakeDiscord", call: Call) -> str:
    is_post = isinstance(call.body, dict) and "message" in call.body
    return "CreateForumThreadRequest" if is_post else "CreateTextThreadWithoutMessageRequest"


@route("POST", "/channels/{channel_id}/threads", checks=_thread_faults, schema=_schema_of_thread)
def start_thread(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    if channel.type == FORUM:
        return _start_post(fake, call, channel)
    kind = call.body.get("type") or PRIVATE_THREAD  # Discord's own default, whatever one expects
    is_private = kind == PRIVATE_THREAD
    if channel.type not in (0, NEWS) or (is_private and channel.type == NEWS):
        raise errors.wrong_channel_type()
    if "message" in call.body:
        raise errors.invalid_form([Fault(("message",), "only a forum takes the first message along")])
    need(fake, channel, rights.CREATE_PRIVATE_THREADS if is_private else rights.CREATE_PUBLIC_THREADS)
    _room_for_one_more(fake, channel)
    thread = Channel(fake.town.next_id(), kind, call.body["name"], channel.guild, channel)
    thread.invitable = call.body.get("invitable") is not False
    thread.archive_after = call.body.get("auto_archive_duration") or thread.archive_after
    return 201, thread_json(open_thread(fake, thread, fake.town.bot), fake.town)


def _start_post(fake: "FakeDiscord", call: Call, channel: Channel) -> Answer:
    if "message" not in call.body:
        raise errors.invalid_form([Fault(("message",), "a post in a forum begins with a message")])
    need(fake, channel, rights.SEND_MESSAGES)
    if call.files:
        need(fake, channel, rights.ATTACH_FILES)
    _room_for_one_more(fake, channel)
    thread = Channel(fake.town.next_id(), PUBLIC_THREAD, call.body["name"], channel.guild, channel)
    thread.archive_after = call.body.get("auto_archive_duration") or thread.archive_after
    message = new_message(fake, thread, call.body["message"], call.files)
    message.id = thread.id
    open_thread(fake, thread, fake.town.bot)
    fake.post(message)
    return 201, thread_json(thread, fake.town) | {"message": message_json(message, fake.town)}


# --- who is in a thread ----------------------------------------------------------------------


def _find_thread(fake: "FakeDiscord", call: Call) -> Channel:
    thread = find_channel(fake, call)
    if not thread.is_thread:
        raise errors.wrong_channel_type()
    return thread


@route("PUT", "/channels/{channel_id}/thread-members/{user_id}")
def add_thread_member(fake: "FakeDiscord", call: Call) -> Answer:
    thread = _find_thread(fake, call)
    user = _user_of(fake, call)
    assert thread.guild is not None
    assert thread.parent is not None
    if thread.archived:
        raise errors.archived()
    need(fake, thread, rights.SEND_MESSAGES_IN_THREADS)
    if user.id not in thread.guild.members:
        raise errors.unknown_member()
    if not fake.town.permissions(user, thread.parent) & rights.VIEW_CHANNEL:
        raise errors.missing_access()
    thread.members[user.id] = user
    fake.gateway.thread_members(thread, added=[user], removed=[])
    return 204, None


@route("DELETE", "/channels/{channel_id}/thread-members/{user_id}")
def remove_thread_member(fake: "FakeDiscord", call: Call) -> Answer:
    thread = _find_thread(fake, call)
    user = _user_of(fake, call)
    if thread.archived:
        raise errors.archived()
    owns = thread.type == PRIVATE_THREAD and thread.owner is fake.town.bot
    if user is not fake.town.bot and not owns:
        need(fake, thread, rights.MANAGE_THREADS)
    if thread.members.pop(user.id, None) is None:
        raise errors.unknown_member()
    fake.gateway.thread_members(thread, added=[], removed=[user])
    return 204, None


def _user_of(fake: "FakeDiscord", call: Call) -> User:
    wanted = fake.town.bot.id if call.ids["user_id"] == "@me" else call.id("user_id")
    if wanted not in fake.town.users:
        raise errors.unknown_user()
    return fake.town.users[wanted]


@route("GET", "/channels/{channel_id}/thread-members")
def list_thread_members(fake: "FakeDiscord", call: Call) -> Answer:
    thread = _find_thread(fake, call)
    if not fake.members_intent:
        raise errors.missing_access()
    return 200, [thread_member_json(thread, user) for user in thread.members.values()]


@route("GET", "/channels/{channel_id}/thread-members/{user_id}")
def get_thread_member(fake: "FakeDiscord", call: Call) -> Answer:
    thread = _find_thread(fake, call)
    user = _user_of(fake, call)
    if user.id not in thread.members:
        raise errors.unknown_member()
    return 200, thread_member_json(thread, user)


# --- lists of threads ------------------------------------------------------------------------


@route("GET", "/guilds/{guild_id}/threads/active")
def list_active(fake: "FakeDiscord", call: Call) -> Answer:
    guild = fake.town.guilds.get(call.id("guild_id"))
    if guild is None or guild not in fake.town.bot_guilds():
        raise errors.missing_access()
    return 200, _listed(fake, [thread for thread in guild.threads() if not thread.archived])


@route("GET", "/channels/{channel_id}/threads/archived/public")
def list_archived(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    need(fake, channel, rights.READ_MESSAGE_HISTORY)
    return 200, _archived_in(fake, channel, private=False)


@route("GET", "/channels/{channel_id}/threads/archived/private")
def list_private_archived(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    need(fake, channel, rights.READ_MESSAGE_HISTORY | rights.MANAGE_THREADS)
    return 200, _archived_in(fake, channel, private=True)


@route("GET", "/channels/{channel_id}/users/@me/threads/archived/private")
def list_own_private_archived(fake: "FakeDiscord", call: Call) -> Answer:
    channel = find_channel(fake, call)
    need(fake, channel, rights.READ_MESSAGE_HISTORY)
    return 200, _archived_in(fake, channel, private=True)


def _archived_in(fake: "FakeDiscord", channel: Channel, *, private: bool) -> dict[str, object]:
    assert channel.guild is not None
    found = [t for t in channel.guild.threads() if t.parent is channel and t.archived]
    return _listed(fake, [t for t in reversed(found) if (t.type == PRIVATE_THREAD) is private])


def _listed(fake: "FakeDiscord", threads: Sequence[Channel]) -> dict[str, object]:
    seen = [t for t in threads if fake.town.permissions(fake.town.bot, t) & rights.VIEW_CHANNEL]
    mine = [thread_member_json(t, fake.town.bot) for t in seen if fake.town.bot.id in t.members]
    return {"threads": [thread_json(t, fake.town) for t in seen], "members": mine, "has_more": False}
