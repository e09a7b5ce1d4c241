"""
What the app asks a workspace for, and why. The manifest in `deploy/` asks for the same.

Slack: docs.slack.dev/reference/scopes, and the page of each method and event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


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
    Scope("files:write", "calendar files, downloads of one's data, long texts", "messages with a file stay without it"),
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

# What each method asks for that the adapter calls. Where it depends on the kind of conversation, there is one for each.
METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "auth.test": (),
    "apps.connections.open": (),
    "bots.info": ("users:read",),
    "chat.delete": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history", "im:history", "mpim:history"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.open": ("im:write", "mpim:write"),
    "conversations.replies": ("channels:history", "groups:history", "im:history", "mpim:history"),
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "pins.add": ("pins:write",),
    "pins.remove": ("pins:write",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.push": (),
    "views.update": (),
}
