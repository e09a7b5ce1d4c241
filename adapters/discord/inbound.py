"""
Discord's payloads as events. Pure.

The payloads are the raw `d` of the gateway: INTERACTION_CREATE, MESSAGE_CREATE, MESSAGE_UPDATE, MESSAGE_DELETE. What
they lack (a server's name, whether a thread belongs to a forum) is passed in by whoever keeps Discord's cache.

An event happened when somebody acted, not when the bot heard of it: Discord's ids say when. `now` is the latest that it
can have been.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import discord

from adapters.discord.kinds import PRIVATE_THREAD, THREADS
from adapters.sendable import value_of
from bot.kernel.action import Action
from bot.kernel.event import (
    Chosen,
    Event,
    Opened,
    Person,
    Pressed,
    Said,
    Submitted,
    Suggest,
    Told,
    Typed,
    Upload,
    Value,
    What,
)

Json = Mapping[str, Any]

TENANT = "discord"
COMMAND = "study"
BEGIN = "begin"  # Discord's word for the command without a word
HOME = "me"  # the home page, which Discord does not have

COMMAND_USED, PRESSED, TYPING, SUBMITTED = 2, 3, 4, 5  # kinds of interactions
TYPED, ON_MESSAGE = 1, 3  # kinds of commands
STRING_SELECT, TEXT_INPUT, UPLOAD, RADIOS, CHECKBOXES = 3, 4, 19, 21, 22  # kinds of components
WRITTEN = (0, 19)  # kinds of messages that a person wrote: a message, a reply
MANAGES = 1 << 5 | 1 << 3  # the permissions MANAGE_GUILD and ADMINISTRATOR
OF_GROUP = re.compile("~([0-9a-f]{7}).:")  # what stands before a place in a private card: the group it is about


@dataclass(frozen=True, slots=True)
class Table:
    """What the commands that were registered stand for: sources of suggestions by word, verbs by label."""

    sources: Mapping[str, str] = field(default_factory=dict)
    verbs: Mapping[str, str] = field(default_factory=dict)


NO_TABLE = Table()


@dataclass(frozen=True, slots=True)
class Where:
    """A channel. `parent` is the channel of a thread, `forum` says that it is a forum."""

    channel: str
    type: int = 0
    parent: str = ""
    forum: bool = False

    @property
    def spot(self) -> str:
        """The place that the core knows: a thread belongs to its channel."""
        return self.parent if self.type in THREADS and self.parent else self.channel

    @property
    def under(self) -> str:
        """The receipt of the post (or of the room) whose thread this is; empty where it is no thread."""
        if self.type not in THREADS:
            return ""
        if self.type == PRIVATE_THREAD:
            return self.channel
        return f"{self.channel if self.forum else self.parent}/{self.channel}"


def where_of(payload: Json, *, forum: bool = False) -> Where:
    """Where an interaction happened, by its own word."""
    channel = payload.get("channel") or {}
    id_ = str(payload.get("channel_id") or channel.get("id") or "")
    return Where(id_, int(channel.get("type") or 0), str(channel.get("parent_id") or ""), forum)


def group_of(guild: object) -> str:
    """The group of a server; empty in a private message."""
    return f"{TENANT}:{guild}" if guild else ""


# --- interactions --------------------------------------------------------------------------


def event_of(
    payload: Json, now: datetime, owner_id: str = "", *, title: str = "", forum: bool = False, table: Table = NO_TABLE
) -> Event | None:
    """
    What an interaction says; None for what nobody here asks for.

    `owner_id` owns the server, `title` is its name; `forum` says that the thread it happened in is a forum's post.
    """
    where = where_of(payload, forum=forum)
    what = _what(payload, where, table)
    if what is None:
        return None
    message = payload.get("message")
    return Event(
        id=str(payload["id"]),
        tenant=TENANT,
        group=group_of(payload.get("guild_id")),
        spot=where.spot,
        person=person_of(payload, owner_id),
        at=_instant(payload, now),
        what=what,
        receipt=receipt_of(message) if message else "",
        title=title,
        of=_group_mark(payload.get("data") or {}),
    )


def person_of(payload: Json, owner_id: str = "") -> Person:
    """Whoever acted: a member in a server, a user in a private message."""
    member = payload.get("member") or {}
    user = member.get("user") or payload.get("user") or payload.get("author") or {}
    id_ = str(user.get("id") or "")
    name = member.get("nick") or user.get("global_name") or user.get("username") or ""
    manages = bool(int(member.get("permissions") or 0) & MANAGES) or (bool(owner_id) and id_ == str(owner_id))
    return Person(id_, str(name), manages=manages)


def receipt_of(message: Json) -> str:
    return f"{message['channel_id']}/{message['id']}"


def _what(payload: Json, where: Where, table: Table) -> What | None:
    data = payload.get("data") or {}
    match payload.get("type"), data.get("type", TYPED):
        case int(kind), _ if kind == PRESSED:
            return Pressed(_action(data), _picked(data))
        case int(kind), _ if kind == SUBMITTED:
            return Submitted(_action(data), dict(_values(data)))
        case int(kind), int(command) if kind == COMMAND_USED and command == TYPED and data.get("name") == COMMAND:
            return _typed(data)
        case int(kind), int(command) if kind == COMMAND_USED and command == ON_MESSAGE:
            return _chosen(data, where, table)
        case int(kind), _ if kind == TYPING:
            return _suggest(data, table)
        case _:
            return None


def _action(data: Json) -> Action:
    """What stands after the mark and the place; anybody may have forged it."""
    return Action.decode(str(data.get("custom_id") or "").partition(":")[2])


def _group_mark(data: Json) -> str:
    """The group that a card or form in private messages is about, as it was drawn; empty where it says none."""
    found = OF_GROUP.match(str(data.get("custom_id") or ""))
    return found[1] if found else ""


def _picked(data: Json) -> str:
    values = data.get("values") or ()
    if not values:
        return ""
    return value_of(str(values[0])) if data.get("component_type") == STRING_SELECT else str(values[0])


def _typed(data: Json) -> What:
    sub: Json = next(iter(data.get("options") or ()), {})
    word = str(sub.get("name") or BEGIN)
    if word == HOME:
        return Opened()
    option: Json = next(iter(sub.get("options") or ()), {})
    return Typed("" if word == BEGIN else word, str(option.get("value", "")).strip())


def _chosen(data: Json, where: Where, table: Table) -> Chosen | None:
    verb, target = table.verbs.get(str(data.get("name"))), str(data.get("target_id") or "")
    message: Json | None = ((data.get("resolved") or {}).get("messages") or {}).get(target)
    if verb is None or message is None:
        return None
    stands = {"channel_id": where.channel, **message}
    author = str((message.get("author") or {}).get("id") or "")
    return Chosen(verb, _text(message), receipt_of(stands), author, where.under)


def _suggest(data: Json, table: Table) -> Suggest | None:
    for sub in data.get("options") or ():
        for option in sub.get("options") or ():
            source = table.sources.get(str(sub.get("name")))
            if option.get("focused") and source:
                return Suggest(source, str(option.get("value") or ""))
    return None


# --- forms ---------------------------------------------------------------------------------


def words_of(payload: Json) -> tuple[str, ...]:
    """What somebody typed into a form, to hand it back."""
    typed = (str(part.get("value") or "") for part in _inputs(payload.get("data") or {}) if part["type"] == TEXT_INPUT)
    return tuple(text for text in typed if text.strip())


def _inputs(data: Json) -> Iterator[Json]:
    """The parts that somebody filled in: one in each label, or in each row of older modals."""
    for top in data.get("components") or ():
        for part in (top.get("component"), *(top.get("components") or ())):
            if part and "custom_id" in part:
                yield part


def _values(data: Json) -> Iterator[tuple[str, Value]]:
    files: Json = (data.get("resolved") or {}).get("attachments") or {}
    for part in _inputs(data):
        sent = [str(value) for value in part.get("values") or ()]
        yield str(part["custom_id"]), _value(part, sent, files)


def _value(part: Json, sent: list[str], files: Json) -> Value:
    kind = part.get("type")
    if kind == TEXT_INPUT:
        return str(part.get("value") or "").replace("\r\n", "\n").replace("\r", "\n")
    if kind == RADIOS:
        return value_of(str(part.get("value") or ""))
    if kind == CHECKBOXES:
        return tuple(map(value_of, sent))
    if kind == UPLOAD:
        file = files.get(sent[0]) if sent else None
        return _upload(file) if file else None
    first = sent[0] if sent else ""
    return value_of(first) if kind == STRING_SELECT else first


def _upload(file: Json) -> Upload:
    return Upload(
        str(file.get("url") or ""),
        str(file.get("filename") or "file"),
        int(file.get("size") or 0),
        int(file.get("duration_secs") or 0),
    )


# --- messages ------------------------------------------------------------------------------


def written(payload: Json, now: datetime, where: Where, *, title: str = "") -> Event | None:
    """MESSAGE_CREATE: a private message to the bot, or a message in a thread. Bots and Discord itself are not heard."""
    if (payload.get("author") or {}).get("bot") or payload.get("type", 0) not in WRITTEN or payload.get("webhook_id"):
        return None
    receipt, text, at = receipt_of(payload), _text(payload), _instant(payload, now)
    if payload.get("guild_id"):
        if not where.under:
            return None
        return _message_event(payload, receipt, at, where, Said(where.under, receipt, text), title)
    file = _taken(payload)
    if file is None and not text.strip():  # a sticker, a sound
        return None
    return _message_event(payload, receipt, at, where, Told(text, receipt, _upload(file) if file else None), title)


def edited(payload: Json, now: datetime, where: Where, *, title: str = "") -> Event | None:
    """MESSAGE_UPDATE: somebody changed their words. Discord also sends it for a preview or a pin."""
    changed = payload.get("edited_timestamp")
    if not changed or "content" not in payload:
        return None
    event = written(payload, now, where, title=title)
    at = min(now, discord.utils.parse_time(str(changed)))
    return event and replace(event, id=f"{event.receipt}/{changed}", at=at)


def taken_back(payload: Json, now: datetime, where: Where, person: Person, *, title: str = "") -> Event | None:
    """MESSAGE_DELETE in a thread. Discord does not say whose message it was: `person` is known from before."""
    if not person.id or not where.under or not payload.get("guild_id"):
        return None
    receipt = receipt_of(payload)
    what = Said(where.under, receipt, None)
    group = group_of(payload["guild_id"])
    return Event(f"{receipt}/deleted", TENANT, group, where.spot, person, now, what, receipt, title)


def left_out(payload: Json) -> int:
    """How many files of a message are not taken: an event carries one."""
    return max(len(_files(payload)) - 1, 0)


def _message_event(payload: Json, id_: str, at: datetime, where: Where, what: What, title: str) -> Event:
    group = group_of(payload.get("guild_id"))
    return Event(id_, TENANT, group, where.spot, person_of(payload), at, what, receipt_of(payload), title)


def _instant(payload: Json, now: datetime) -> datetime:
    """When this interaction or message was made. A clock that is behind Discord's must not see the future."""
    return min(now, discord.utils.snowflake_time(int(payload["id"])))


def _parts(message: Json) -> list[Json]:
    """The message itself, and what it forwards."""
    return [message, *(one.get("message") or {} for one in message.get("message_snapshots") or ())]


def _text(message: Json) -> str:
    return "\n\n".join(text for part in _parts(message) if (text := str(part.get("content") or "")))


def _files(message: Json) -> list[Json]:
    return [file for part in _parts(message) for file in part.get("attachments") or ()]


def _taken(message: Json) -> Json | None:
    """The file that counts: the first that can be played, else the first."""
    files = _files(message)
    return next(filter(_is_playable, files), files[0] if files else None)


def _is_playable(file: Json) -> bool:
    kind = str(file.get("content_type") or "").partition("/")[0]
    return kind in ("audio", "video") or bool(file.get("duration_secs"))
