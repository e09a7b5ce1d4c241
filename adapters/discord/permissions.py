"""
Which rights the bot asks for in a server, what each is for, and what an organiser does where one is missing.

Bits and what they allow: Discord's documentation, "Permissions" and "Threads". The names are those that a server's
settings show.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

import discord

BOT = "Whetstone"
ROLES = "Server settings, then Roles"
ANOTHER_CHANNEL = "Choose another channel: type /study organise, press “More tools”, then “Channels”."
AUTHORIZE = "https://discord.com/oauth2/authorize"
SCOPES = "bot applications.commands"

GuildPlace = discord.abc.GuildChannel | discord.Thread


@dataclass(frozen=True, slots=True)
class Right:
    """
    One permission. `deed` completes the sentence "In #daily Whetstone may not ...".

    `use` says what needs it, `without` what becomes of that where it is not given.
    """

    bit: int
    name: str
    deed: str
    use: str
    without: str


SEE = Right(
    1 << 10, "View Channels", "see anything",
    "Everything that happens in a channel.", "Nothing can be posted there.",
)  # fmt: skip
WRITE = Right(
    1 << 11, "Send Messages", "write",
    "The daily post, results and everything else in a channel.", "Nothing can be posted there.",
)  # fmt: skip
PREVIEW = Right(
    1 << 14, "Embed Links", "show links with a preview",
    "Links with a preview.", "Links are shown without a preview.",
)  # fmt: skip
ATTACH = Right(
    1 << 15, "Attach Files", "attach files",
    "Calendar files, exports and very long texts.", "Messages with a file cannot be posted.",
)  # fmt: skip
HISTORY = Right(
    1 << 16, "Read Message History", "read earlier messages",
    "To see whether a message stands already, who is in a room, and what was replied while the bot was away.",
    "A message that may stand already waits for this right, and so does a room that changes. "
    "In open threads, replies that came while the bot was away are not read.",
)  # fmt: skip
MANAGE_THREADS = Right(
    1 << 34, "Manage Threads", "lock or delete threads",
    "To lock the threads of past days, and to remove a thread with its message.",
    "Past threads are closed without a lock: whoever writes there opens them again.",
)  # fmt: skip
PUBLIC_THREADS = Right(
    1 << 35, "Create Public Threads", "make threads",
    "The thread under each daily post.", "The daily post stands without its thread.",
)  # fmt: skip
PRIVATE_THREADS = Right(
    1 << 36, "Create Private Threads", "make private threads",
    "Rooms where partners talk.", "Partners get no room of their own.",
)  # fmt: skip
WRITE_IN_THREADS = Right(
    1 << 38, "Send Messages in Threads", "write in threads",
    "Answers and results in the thread of a day, and everything in a room.", "Nothing can be posted in threads.",
)  # fmt: skip
PIN = Right(
    1 << 51, "Pin Messages", "pin messages",
    "To pin the message with the button for joining.", "It stands, but it is not pinned.",
)  # fmt: skip

RIGHTS = (
    SEE, WRITE, PREVIEW, ATTACH, HISTORY, MANAGE_THREADS, PUBLIC_THREADS, PRIVATE_THREADS, WRITE_IN_THREADS, PIN,
)  # fmt: skip
ASKED = sum(right.bit for right in RIGHTS)  # 2252194950794240
_IN_THREADS = (SEE, PREVIEW, ATTACH, HISTORY, MANAGE_THREADS, WRITE_IN_THREADS, PIN)
_IN_FORUMS = tuple(right for right in RIGHTS if right is not PRIVATE_THREADS)


def invite_link(application_id: int | str) -> str:
    """The page where somebody lets the bot into their server, with exactly the rights above."""
    return f"{AUTHORIZE}?{urlencode({'client_id': application_id, 'scope': SCOPES, 'permissions': ASKED})}"


def lacking(allowed: int, wanted: Iterable[Right] = RIGHTS) -> list[Right]:
    """
    Those of `wanted` that these permission bits do not hold.

    Who may not see or write may not do the rest either, so then only that is named.
    """
    wanted = tuple(wanted)
    gone = [right for right in wanted if not allowed & right.bit]
    write = WRITE if WRITE in wanted else WRITE_IN_THREADS
    for first, follows in ((SEE, RIGHTS), (write, (PREVIEW, ATTACH))):
        if first in gone:
            gone = [right for right in gone if right is first or right not in follows]
    return gone


def missing_rights(guild: discord.Guild, channel: GuildPlace, wanted: Iterable[Right] | None = None) -> list[Right]:
    """What the bot lacks there as far as the cache knows, of all that this kind of channel needs or of `wanted`."""
    me = _me(guild)
    if me is None or (isinstance(channel, discord.Thread) and channel.parent is None):  # not fully known yet
        return []
    return lacking(channel.permissions_for(me).value, _wanted(channel) if wanted is None else wanted)


def _wanted(channel: GuildPlace) -> tuple[Right, ...]:
    if isinstance(channel, discord.Thread):
        return _IN_THREADS
    return _IN_FORUMS if isinstance(channel, discord.ForumChannel) else RIGHTS


# --- in an organiser's words -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    What was tried, for the sentence that an organiser reads.

    `place` names the channel, `right` what is missing there. `by_channel`: the role has the right, the channel takes
    it away. `gone` is true where the bot is known to be no longer in the server, `away` where Discord says that the
    server is not available now. `thread`: it was tried in a thread there. `direct`: it was a private message. `bot`
    is what the server calls our role, or us.
    """

    place: str = "a channel"
    right: Right | None = None
    by_channel: bool = False
    gone: bool = False
    away: bool = False
    thread: bool = False
    direct: bool = False
    bot: str = BOT


def forbidden(where: Attempt) -> str:
    """Which right is missing in which channel, and where an organiser gives it."""
    if where.right is None:
        return f"Discord does not let {where.bot} do this in {where.place}. Look at its rights: {ROLES}."
    fix = f"the settings of {where.place}, then Permissions" if where.by_channel else ROLES
    return (
        f"In {where.place} {where.bot} may not {where.right.deed}. Allow “{where.right.name}” for {where.bot}: {fix}."
    )


def whereabouts(guild: discord.Guild | None, channel: object, needed: Iterable[Right]) -> Attempt:
    """
    What the cache knows about a place and about these rights there; the first of them is the likeliest to be missing.

    `channel` is what the cache gave: a channel, a thread, or None.
    """
    wanted = tuple(needed)
    first = wanted[0] if wanted else None
    me = _me(guild) if guild is not None else None
    bot = _name(guild, me)
    if guild is None or not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return Attempt("a channel", first, bot=bot)
    gone = missing_rights(guild, channel, (SEE, *wanted))
    right = gone[0] if gone else first
    settings = channel.parent if isinstance(channel, discord.Thread) else channel
    by_role = me is not None and right is not None and bool(me.guild_permissions.value & right.bit)
    return Attempt(
        f"#{settings.name if settings else channel.name}",
        right,
        by_channel=bool(gone) and by_role,
        away=guild.unavailable,
        bot=bot,
    )


def _name(guild: discord.Guild | None, me: discord.Member | None) -> str:
    """What the list of roles calls us; where we have no role of our own, what the list of members calls us."""
    role = guild.self_role if guild is not None else None
    return role.name if role else me.display_name if me else BOT


def _me(guild: discord.Guild) -> discord.Member | None:
    """Ourselves; none while the server is not fully known, whatever the library's type says."""
    found: discord.Member | None = guild.me
    return found
