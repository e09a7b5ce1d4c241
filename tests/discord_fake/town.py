"""What exists on the pretended Discord: people, servers, roles, channels, threads, messages. No network in here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.kernel.ports import Clock
from tests.discord_fake import rights
from tests.discord_fake.rights import Overwrite
from tests.discord_fake.rules import BUTTON, EPHEMERAL, GALLERY, SELECTS, TEXT, walk

Json = dict[str, Any]
EPOCH = 1_420_070_400_000  # milliseconds; Discord's ids count from 2015

TEXT_CHANNEL, DM, NEWS, NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 5, 10, 11, 12, 15
THREADS = {NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD}


@dataclass(eq=False)
class User:
    id: int
    name: str
    bot: bool = False
    dms_closed: bool = False
    locale: str = "en-US"

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(eq=False)
class Role:
    id: int
    name: str
    permissions: int
    position: int
    managed: bool = False
    bot_id: int = 0  # whose own role it is


@dataclass(eq=False)
class Member:
    user: User
    roles: list[Role] = field(default_factory=list)
    nick: str | None = None


@dataclass(eq=False)
class Attachment:
    id: int
    filename: str
    content: bytes
    url: str
    content_type: str = "application/octet-stream"
    seconds: float = 0


@dataclass(eq=False)
class Message:
    id: int
    channel: "Channel"
    author: User
    at: datetime
    content: str = ""
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: int = 0
    nonce: str | int | None = None
    edited_at: datetime | None = None
    pinned: bool = False
    deleted: bool = False
    seen_by: User | None = None  # an ephemeral message: nobody else sees it
    caused_by: Any = None  # the Interaction whose answer this is
    thread: "Channel | None" = None
    reply_to: "Message | None" = None
    edits: int = 0

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def receipt(self) -> str:
        return f"{self.channel.id}/{self.id}"

    @property
    def texts(self) -> list[str]:
        """Every text that it shows, in order, labels left out."""
        parts = [part for _, part in walk(self.components)]
        shown = [text for part in parts for text in texts_of(part)]
        return [*filter(None, [self.content]), *shown]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def buttons(self) -> list[Json]:
        return [part for _, part in walk(self.components) if part["type"] == BUTTON]

    @property
    def menus(self) -> list[Json]:
        return [part for _, part in walk(self.components) if part["type"] in SELECTS]


def texts_of(part: Json) -> list[str]:
    """What this component alone says; a picture says its description."""
    if part["type"] == GALLERY:
        return [item.get("description") or "" for item in part["items"]]
    return [part["content"]] if part["type"] == TEXT else []


@dataclass(eq=False)
class Channel:
    id: int
    type: int
    name: str
    guild: "Guild | None" = None
    parent: "Channel | None" = None
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    recipient: User | None = None  # of a private channel
    messages: dict[int, Message] = field(default_factory=dict)
    flags: int = 0
    # threads only
    owner: User | None = None
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    archive_after: int = 1440  # minutes
    archived_at: datetime | None = None
    members: dict[int, User] = field(default_factory=dict)
    applied_tags: list[int] = field(default_factory=list)
    sent: int = 0

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS

    def newest(self) -> Message:
        return self.messages[max(self.messages)]


@dataclass(eq=False)
class Guild:
    id: int
    name: str
    owner: User
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    system_channel: Channel | None = None
    available: bool = True
    joined_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    def threads(self) -> list[Channel]:
        return [channel for channel in self.channels.values() if channel.is_thread]

    def role(self, name: str) -> Role:
        return next(role for role in self.roles.values() if role.name == name)


class Town:
    """All state. Ids are snowflakes of the clock: unique, and larger whenever they are younger."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._last_id = 0
        self._last_moment = clock.now()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.commands: list[Json] = []
        self.bot = self.add_user("Whetstone", bot=True)
        self.application_id = self.next_id()

    def next_id(self) -> int:
        born = int(self.clock.now().timestamp() * 1000) - EPOCH << 22
        self._last_id = max(self._last_id + 1, born)
        return self._last_id

    def moment(self) -> datetime:
        """This instant, a microsecond later than the last one if need be: no two edits have the same time."""
        self._last_moment = max(self._last_moment + timedelta(microseconds=1), self.clock.now())
        return self._last_moment

    # --- what a test builds -------------------------------------------------------------

    def add_user(self, name: str, *, bot: bool = False) -> User:
        user = User(self.next_id(), name, bot)
        self.users[user.id] = user
        return user

    def add_guild(
        self, name: str, owner: User, *, permissions: int = rights.RECOMMENDED, with_bot: bool = True
    ) -> Guild:
        """A server with a channel “general”. `permissions` are those of the bot's own role."""
        guild = Guild(self.next_id(), name, owner, joined_at=self.clock.now())
        self.guilds[guild.id] = guild
        guild.roles[guild.id] = Role(guild.id, "@everyone", rights.EVERYONE, 0)
        self.join(guild, owner)
        if with_bot:
            own = self.add_role(guild, self.bot.name, permissions, managed=True)
            own.bot_id = self.bot.id
            self.join(guild, self.bot).roles.append(own)
        guild.system_channel = self.add_channel(guild, "general")
        return guild

    def add_role(self, guild: Guild, name: str, permissions: int = 0, *, managed: bool = False) -> Role:
        role = Role(self.next_id(), name, permissions, len(guild.roles), managed)
        guild.roles[role.id] = role
        return role

    def add_channel(self, guild: Guild, name: str, type: int = TEXT_CHANNEL) -> Channel:
        return self.keep(Channel(self.next_id(), type, name, guild))

    def keep(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        if channel.guild:
            channel.guild.channels[channel.id] = channel
        return channel

    def join(self, guild: Guild, user: User, *roles: Role) -> Member:
        member = guild.members.setdefault(user.id, Member(user))
        member.roles += [role for role in roles if role not in member.roles]
        return member

    def forbid(self, channel: Channel, permissions: int, whom: User | Role | None = None) -> None:
        """Take permissions away in this channel: from the bot, or from somebody else."""
        target = whom or self.bot
        old = channel.overwrites.get(target.id, Overwrite(target.id, isinstance(target, User), 0, 0))
        channel.overwrites[target.id] = Overwrite(
            target.id, old.is_user, old.allow & ~permissions, old.deny | permissions
        )

    def allow(self, channel: Channel, permissions: int, whom: User | Role | None = None) -> None:
        target = whom or self.bot
        old = channel.overwrites.get(target.id, Overwrite(target.id, isinstance(target, User), 0, 0))
        channel.overwrites[target.id] = Overwrite(
            target.id, old.is_user, old.allow | permissions, old.deny & ~permissions
        )

    def close_dms(self, user: User) -> None:
        user.dms_closed = True

    def open_dms(self, user: User) -> None:
        user.dms_closed = False

    # --- what can be asked ----------------------------------------------------------------

    def dm(self, user: User) -> Channel:
        """The private channel of the bot and this person; made when it is missing."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        return self.keep(Channel(self.next_id(), DM, "", recipient=user))

    def thread_of(self, message: Message) -> Channel:
        found = self.channels.get(message.id)
        assert found is not None, f"message {message.id} has no thread"
        return found

    def bot_guilds(self) -> list[Guild]:
        return [guild for guild in self.guilds.values() if self.bot.id in guild.members]

    def share_a_guild(self, user: User) -> bool:
        return any(user.id in guild.members for guild in self.bot_guilds())

    def permissions(self, user: User, channel: Channel) -> int:
        """What this person may do in this channel; 0 where they are no member."""
        guild = channel.guild
        if guild is None:
            return rights.PRIVATE if user in (self.bot, channel.recipient) else 0
        member = guild.members.get(user.id)
        if member is None:
            return 0
        home = channel.parent if channel.is_thread and channel.parent else channel
        roles = [guild.everyone, *member.roles]
        granted = rights.granted(
            [(role.id, role.permissions) for role in roles],
            home.overwrites,
            user.id,
            guild.id,
            owns=guild.owner is user,
        )
        if channel.type == PRIVATE_THREAD and user.id not in channel.members and not granted & rights.MANAGE_THREADS:
            return 0
        return granted

    def messages_of(self, user: User) -> Iterator[Message]:
        """What the bot wrote to this person in private."""
        return (message for message in self.dm(user).messages.values() if message.author is self.bot)
