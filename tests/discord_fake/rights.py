"""Permissions: their bits, and how roles and a channel's overwrites add up (Discord's documented algorithm)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ADMINISTRATOR = 1 << 3
MANAGE_GUILD = 1 << 5
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
SEND_MESSAGES_IN_THREADS = 1 << 38
PIN_MESSAGES = 1 << 51

ALL = (1 << 52) - 1
EVERYONE = (
    VIEW_CHANNEL
    | SEND_MESSAGES
    | READ_MESSAGE_HISTORY
    | USE_APPLICATION_COMMANDS
    | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS
    | SEND_MESSAGES_IN_THREADS
    | ATTACH_FILES
    | EMBED_LINKS
)
PRIVATE = VIEW_CHANNEL | SEND_MESSAGES | READ_MESSAGE_HISTORY | ATTACH_FILES | EMBED_LINKS
RECOMMENDED = (
    VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS
    | SEND_MESSAGES_IN_THREADS
    | PIN_MESSAGES
    | MANAGE_THREADS
)


@dataclass(frozen=True)
class Overwrite:
    """What a channel gives to, or takes from, one role or one person."""

    id: int
    is_user: bool
    allow: int
    deny: int


def granted(
    roles: Sequence[tuple[int, int]], overwrites: Mapping[int, Overwrite], user: int, everyone: int, *, owns: bool
) -> int:
    """`roles` are (id, permissions) of everything the person has, @everyone included."""
    have = 0
    for _, permissions in roles:
        have |= permissions
    if owns or have & ADMINISTRATOR:
        return ALL
    if everyone in overwrites:
        have = have & ~overwrites[everyone].deny | overwrites[everyone].allow
    allow = deny = 0
    for role, _ in roles:
        if role in overwrites and role != everyone:
            allow |= overwrites[role].allow
            deny |= overwrites[role].deny
    have = have & ~deny | allow
    if user in overwrites:
        have = have & ~overwrites[user].deny | overwrites[user].allow
    return have if have & VIEW_CHANNEL else 0
