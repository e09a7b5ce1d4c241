"""
What the app asks a workspace for, and why, and what it calls. The manifest in `deploy/` asks for the same scopes.

Slack: docs.slack.dev/reference/scopes, and the page of each method and event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.slack.settings import APPS


@dataclass(frozen=True, slots=True)
class Scope:
    """`why` it is asked for, and what happens `without` it; both end a sentence."""

    name: str
    why: str
    without: str


NEEDED: Final = (
    Scope("commands", "/study and the shortcuts", "nobody can type /study or use a shortcut"),
    Scope("chat:write", "posts, and changes of its own posts", "nothing can be posted"),
    Scope("im:write", "private messages to members", "nobody gets a private message, so no reminder either"),
    Scope("im:history", "what members write to the bot in private", "answers in private messages are not read"),
    Scope("users:read", "names, time zones, and who is an admin", "nobody can set up a group, and times are in UTC"),
    Scope("channels:read", "names of public channels, and who leaves them", "nobody notices who leaves a channel"),
    Scope("groups:read", "the same in private channels that the bot was invited to", "the same in private channels"),
    Scope(
        "files:write",
        "calendar files, pictures of problems, downloads of one's data, long texts",
        "messages with a file stay without it, and pictures are only described",
    ),
    Scope("files:read", "the field for a recording or a file in a form", "Slack does not open the form for answers"),
)
OPTIONAL: Final = (
    Scope(
        "channels:history", "replies in open threads, and looking for a message before it is sent again",
        "replies in open threads are not read, and after a broken connection a message may stand twice",
    ),
    Scope("groups:history", "the same in private channels", "the same in private channels"),
    Scope("mpim:write", "group messages in which partners meet", "partners get no room"),
    Scope(
        "mpim:history", "looking for a message before it is sent again to such a room",
        "after a broken connection a message may stand twice in a room",
    ),
    Scope("pins:write", "pinning the message with the button for joining", "that message stands, unpinned"),
)  # fmt: skip
APP: Final = "connections:write"  # of the app-level token
TO_ADD: Final = (
    f"At {APPS} open your app, then OAuth & Permissions, then “Bot Token Scopes”. "
    "Then press “Reinstall to Workspace” on that page."
)

HISTORY: Final = ("channels:history", "groups:history", "im:history", "mpim:history")


@dataclass(frozen=True, slots=True)
class Method:
    """
    `scopes` that it asks for: where that depends on the kind of conversation, there is one for each.

    `tier` says how often it may be called (docs.slack.dev/apis/web-api/rate-limits, and the page of each method); 0
    where it has a limit of its own, or is called once in a while only.
    """

    tier: int
    scopes: tuple[str, ...] = ()


# Every method that the adapter calls.
METHODS: Final[Mapping[str, Method]] = {
    "auth.test": Method(0),
    "apps.connections.open": Method(0),
    "bots.info": Method(0, ("users:read",)),
    "chat.delete": Method(3, ("chat:write",)),
    "chat.postEphemeral": Method(4, ("chat:write",)),
    "chat.postMessage": Method(0, ("chat:write",)),
    "chat.update": Method(3, ("chat:write",)),
    "conversations.history": Method(3, HISTORY),
    "conversations.info": Method(3, ("channels:read", "groups:read")),
    "conversations.open": Method(3, ("im:write", "mpim:write")),
    "conversations.replies": Method(3, HISTORY),
    "files.completeUploadExternal": Method(4, ("files:write",)),
    "files.getUploadURLExternal": Method(4, ("files:write",)),
    "pins.add": Method(2, ("pins:write",)),
    "pins.remove": Method(2, ("pins:write",)),
    "users.info": Method(4, ("users:read",)),
    "views.open": Method(4),
    "views.publish": Method(4),
    "views.push": Method(4),
    "views.update": Method(4),
}
