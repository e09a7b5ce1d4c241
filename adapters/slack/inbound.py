"""
Slack's payloads as events. Pure.

The payloads are those of Socket Mode: slash_commands, interactive, events_api. Who the person is beyond an id, and what
a channel is called, is passed in by whoever asks Slack for it.

An event happened when somebody acted, not when the bot heard of it. Slack says when, except of commands and of forms.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.sendable import value_of
from adapters.slack.meta import ABOUT, Meta
from bot.kernel.action import Action
from bot.kernel.event import (
    Chosen,
    Event,
    Left,
    Opened,
    Person,
    Pressed,
    Said,
    Submitted,
    Told,
    Typed,
    Upload,
    Value,
    What,
)

Json = Mapping[str, Any]
Called = Callable[[str], str]  # the name that goes with a person's id; empty where nobody knows it

COMMANDS, INTERACTIVE, EVENTS = "slash_commands", "interactive", "events_api"  # what Socket Mode calls the three
HOME = "me"  # the home page as a command
BEGIN = "begin"  # what a command without a word is called where each needs one; people carry it over
WRITTEN = (None, "file_share", "thread_broadcast")  # subtypes of messages that a person wrote
NAMELESS = ("directmessage", "privategroup")  # what Slack writes where it does not name a channel

OF_GROUP = re.compile(rf"{ABOUT}([0-9a-f]{{7}})\Z")  # a block's id: the group that its card is about

# What Slack makes of typed words: of mentions, and in messages of addresses too. A command holds "<b>" as it was typed.
_CALLS = r"(?P<sign>[@#!])(?P<id>[^>|\s]+)"
_ENDS = r"(?:\|(?P<label>[^>]*))?>"
_MENTIONS = re.compile(f"<{_CALLS}{_ENDS}")
_MADE = re.compile(rf"<(?:{_CALLS}|(?P<url>[a-z]+:[^>|]*)){_ENDS}")
_EMOJI = re.compile(r":[^:\s]+:(?::skin-tone-\d:)?")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}


def kind_of(payload: Json) -> str:
    """Which of the three it is, where only the payload is at hand."""
    if "command" in payload:
        return COMMANDS
    return EVENTS if payload.get("type") == "event_callback" else INTERACTIVE


def team_of(payload: Json) -> str:
    """The id of the workspace."""
    parts = (payload.get("team"), payload.get("view"), payload.get("user"))
    found = [part.get("id" if part is payload.get("team") else "team_id") for part in parts if isinstance(part, dict)]
    return str(payload.get("team_id") or next((team for team in found if team), ""))


def tenant_of(team: str) -> str:
    return f"slack:{team}"


def group_of(team: str, channel: str) -> str:
    """The group of a channel; empty in a private message and on the home page."""
    return f"{tenant_of(team)}/{channel}" if channel and not channel.startswith("D") else ""


def receipt_of(channel: str, ts: object) -> str:
    return f"{channel}/{ts}" if channel and ts else ""


def actor_of(payload: Json) -> str:
    """Whoever did it: an id, or empty where Slack does not say."""
    event = payload.get("event") or {}
    inner = event.get("message") or event.get("previous_message") or {}
    user = payload.get("user_id") or payload.get("user") or event.get("user") or inner.get("user")
    return str((user.get("id") if isinstance(user, dict) else user) or "")


def channel_of(payload: Json) -> str:
    """Where it happened; empty on the home page and in views that no channel opened."""
    if payload.get("view"):
        return Meta.decode(payload["view"].get("private_metadata")).spot
    event, channel = payload.get("event") or {}, payload.get("channel")
    inside = channel.get("id") if isinstance(channel, dict) else channel
    container = payload.get("container") or {}
    return str(payload.get("channel_id") or inside or container.get("channel_id") or event.get("channel") or "")


def title_of(payload: Json) -> str:
    """`#channel`, where the payload names it."""
    channel = payload.get("channel")
    name = payload.get("channel_name") or (channel.get("name") if isinstance(channel, dict) else "") or ""
    return "" if not name or name in NAMELESS or name.startswith("mpdm-") else f"#{name}"


def _nobody(_: str) -> str:
    return ""


def event_of(
    kind: str, payload: Json, now: datetime, person: Person, title: str = "", team: str = "", called: Called = _nobody
) -> Event | None:
    """
    What a payload says; None for what nobody here asks for. `person` is whom `actor_of` named; `now` is the latest that
    it can have happened.

    `title` is what the channel or else the workspace is called, for payloads that do not name the channel. A view names
    none: its group keeps the title that it has. `team` is the workspace that is listened to: in a channel shared with
    another one, payloads name that of the person. `called` gives names to people who are mentioned.
    """
    team, channel = team or team_of(payload), channel_of(payload)
    what = {COMMANDS: _typed, INTERACTIVE: _done, EVENTS: _happened}[kind](payload, channel, called)
    if what is None or not person.id:
        return None
    group, receipt, of = group_of(team, channel), _receipt(payload, channel, what), _group_mark(payload)
    title = title_of(payload) or title
    if payload.get("view"):
        meta = Meta.decode(payload["view"].get("private_metadata"))
        group, receipt, of, title = meta.group, meta.receipt, meta.of, ""
    id_, at = _id(payload), _instant(payload, now)
    return Event(id_, tenant_of(team), group, channel, person, at, what, receipt, title, of)


def _id(payload: Json) -> str:
    """The same for a repeat, another for another press: a form that was refused is sent with a new trigger."""
    if payload.get("event_id"):
        return str(payload["event_id"])
    action: Json = next(iter(payload.get("actions") or ()), {})
    view = payload.get("view") or {}
    trigger = str(payload.get("trigger_id") or payload.get("action_ts") or action.get("action_ts") or "")
    return f"{view['id']}/{trigger or view.get('hash', '')}" if payload.get("type") == "view_submission" else trigger


def _instant(payload: Json, now: datetime) -> datetime:
    """When somebody acted. A clock that is behind Slack's must not see the future."""
    event: Json = payload.get("event") or {}
    action: Json = next(iter(payload.get("actions") or ()), {})
    changed: Json = (event.get("message") or event).get("edited") or {}
    told = action.get("action_ts") or payload.get("action_ts") or changed.get("ts") or event.get("event_ts")
    try:
        return min(now, datetime.fromtimestamp(float(told or event["ts"]), UTC))
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return now


def _group_mark(payload: Json) -> str:
    """The group that a card in private messages is about, as it was drawn; empty where it says none."""
    action: Json = next(iter(payload.get("actions") or ()), {})
    found = OF_GROUP.search(str(action.get("block_id") or ""))
    return found[1] if found else ""


def _receipt(payload: Json, channel: str, what: What) -> str:
    if isinstance(what, Said | Told | Chosen):
        return what.receipt
    container = payload.get("container") or {}
    is_message = container.get("type") == "message" and not container.get("is_ephemeral")
    return receipt_of(channel, container.get("message_ts")) if is_message else ""


# --- commands and what is pressed ----------------------------------------------------------


def _typed(payload: Json, _channel: str, called: Called) -> What:
    text = typed(str(payload.get("text") or ""), called, has_addresses=False)
    word, *rest = text.strip().split(maxsplit=1) or [""]
    if word.lower() == HOME:
        return Opened()
    return Typed("" if word.lower() == BEGIN else word.lower(), *rest)


def _done(payload: Json, channel: str, called: Called) -> What | None:
    match payload.get("type"):
        case "block_actions" if payload.get("actions"):
            element = payload["actions"][0]
            _, _, action = str(element.get("action_id") or "").partition(":")
            value = _value(element)
            return Pressed(Action.decode(action), value if isinstance(value, str) else "")
        case "view_submission":
            view = payload["view"]
            return Submitted(Action.decode(str(view.get("callback_id") or "")), dict(_values(view)))
        case "message_action":
            return _chosen(payload, channel, called)
        case "shortcut":
            return Opened()
        case _:
            return None


def _chosen(payload: Json, channel: str, called: Called) -> Chosen:
    """A shortcut on a message: the manifest names it after its verb."""
    message = payload.get("message") or {}
    receipt, author = receipt_of(channel, message.get("ts")), str(message.get("user") or "")
    verb, text = str(payload.get("callback_id") or ""), _words(message, called)
    return Chosen(verb, text, receipt, author, _under(message, channel))


def _under(message: Json, channel: str) -> str:
    """The receipt of the post in whose thread it stands; empty elsewhere."""
    thread = message.get("thread_ts")
    return receipt_of(channel, thread) if thread and thread != message.get("ts") else ""


# --- forms ---------------------------------------------------------------------------------


def words_of(payload: Json) -> tuple[str, ...]:
    """What somebody typed into a form, to hand it back."""
    found = [part for _, part in _inputs(payload.get("view") or {}) if part.get("type") == "plain_text_input"]
    return tuple(str(part["value"]) for part in found if str(part.get("value") or "").strip())


def _inputs(view: Json) -> Iterator[tuple[str, Json]]:
    values: Json = (view.get("state") or {}).get("values") or {}
    for inputs in values.values():
        yield from inputs.items()


def _values(view: Json) -> Iterator[tuple[str, Value]]:
    for key, part in _inputs(view):
        yield key, _value(part)


def _value(part: Json) -> Value:
    """What was chosen or typed; `button` and what we do not send give an empty text."""
    match part.get("type"):
        case "plain_text_input":
            return str(part.get("value") or "").replace("\r\n", "\n").replace("\r", "\n")
        case "static_select" | "radio_buttons":
            return value_of(str((part.get("selected_option") or {}).get("value") or ""))
        case "checkboxes":
            return tuple(value_of(str(option.get("value") or "")) for option in part.get("selected_options") or ())
        case "conversations_select":
            return str(part.get("selected_conversation") or "")
        case "users_select":
            return str(part.get("selected_user") or "")
        case "file_input":
            return _upload(part.get("files") or ())
        case _:
            return ""


def _upload(files: Sequence[Json]) -> Upload | None:
    """The file that counts: the first that can be played, else the first."""
    if not files:
        return None
    file = next(filter(_is_playable, files), files[0])
    reference = str(file.get("url_private") or file.get("id") or "")
    seconds = int(file.get("duration_ms") or 0) // 1_000
    return Upload(reference, str(file.get("name") or "file"), int(file.get("size") or 0), seconds)


def _is_playable(file: Json) -> bool:
    kind = str(file.get("mimetype") or "").partition("/")[0]
    return kind in ("audio", "video") or bool(file.get("duration_ms"))


# --- events --------------------------------------------------------------------------------


def _happened(payload: Json, channel: str, called: Called) -> What | None:
    event: Json = payload.get("event") or {}
    match event.get("type"):
        case "message":
            return _message(event, channel, called)
        case "app_home_opened" if event.get("tab") == "home":
            return Opened()
        case "member_left_channel":
            return Left()
        case "user_change" if (event.get("user") or {}).get("deleted"):
            return Left()
        case _:
            return None


def _message(event: Json, channel: str, called: Called) -> What | None:
    """Only what a person wrote, changed or took back; Slack also tells of its own previews, joins and topics."""
    subtype = event.get("subtype")
    before: Json = event.get("previous_message") or {}
    message: Json = {
        "message_changed": event.get("message") or {},
        "message_deleted": {**before, "ts": event.get("deleted_ts") or before.get("ts")},
    }.get(str(subtype), event)
    if message.get("bot_id") or message.get("subtype") not in WRITTEN:
        return None
    text, receipt = _words(message, called), receipt_of(channel, message.get("ts"))
    is_preview = subtype == "message_changed" and message.get("text") == before.get("text")
    if event.get("channel_type") == "im":
        files = _upload(message.get("files") or ())
        says_something = subtype != "message_deleted" and bool(files or text.strip())
        return Told(text, receipt, files) if says_something and not is_preview else None
    under = _under(message, channel)
    if not under or is_preview:
        return None
    return Said(under, receipt, None if subtype == "message_deleted" else text)


def left_out(payload: Json) -> int:
    """How many files of a message are not taken: an event carries one."""
    event: Json = payload.get("event") or {}
    return max(len((event.get("message") or event).get("files") or ()) - 1, 0)


# --- words ---------------------------------------------------------------------------------


def _words(message: Json, called: Called) -> str:
    """
    What a message says, as it was typed.

    Slack writes ":+1:" for an emoji, and the emoji itself beside it; those that only the workspace has stay words.
    """
    shown = dict(_emojis(message.get("blocks")))
    text = typed(str(message.get("text") or ""), called)
    return _EMOJI.sub(lambda found: shown.get(found[0], found[0]), text) if shown else text


def _emojis(part: object) -> Iterator[tuple[str, str]]:
    """Each emoji in these blocks, by what stands for it in the text."""
    if isinstance(part, list):
        for one in part:
            yield from _emojis(one)
    elif isinstance(part, dict):
        if part.get("type") == "emoji" and (shown := _characters(str(part.get("unicode") or ""))):
            tone = part.get("skin_tone")
            yield f":{part.get('name')}:" + (f":skin-tone-{tone}:" if tone else ""), shown
        yield from _emojis(part.get("elements"))


def _characters(unicode: str) -> str:
    """Of "1f44d-1f3fd"; empty where that is nothing of the kind."""
    try:
        return "".join(chr(int(one, 16)) for one in unicode.split("-")) if unicode else ""
    except (ValueError, OverflowError):
        return ""


def typed(text: str, called: Called = _nobody, *, has_addresses: bool = True) -> str:
    """The words as they were typed: Slack escapes three signs, and writes out mentions and, in messages, addresses."""
    made = _MADE if has_addresses else _MENTIONS
    bare = made.sub(lambda found: _unmade(found.groupdict(), called), text)
    return re.sub("&(?:amp|lt|gt);", lambda found: _ENTITIES[found[0]], bare)


def _unmade(found: Mapping[str, str | None], called: Called) -> str:
    sign, id_, url, label = (found.get(part) or "" for part in ("sign", "id", "url", "label"))
    if url:
        return url if not label else label if url.endswith(label) else f"{label} ({url})"
    if sign == "@":
        return f"@{label.lstrip('@') or called(id_) or 'somebody'}"
    if sign == "#":
        return f"#{label.lstrip('#')}" if label else "a channel"
    return label or (f"@{id_}" if id_ in ("here", "channel", "everyone") else "@somebody")
