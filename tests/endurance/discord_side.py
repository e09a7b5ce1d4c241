"""
A pretended Discord that outlives the bot's process and is as unkind as the real one can be.

Of a share of the writing calls nobody learns what became of them, half of them done; some threads are refused for a
minute, although the message above them stands. What was written in doubt slips behind sixty newer messages.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from aiohttp import web

from adapters.discord.replies import reply_name
from adapters.discord.translate import component_id
from bot.kernel.calendar import Draw, draw
from bot.kernel.ports import Clock
from tests.discord_fake.faults import WRITES, Faults, Kind, Planned
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import FORUM, Channel, Message
from tests.endurance.day import IN_THREADS, MEMBERS, UNLIKE, Study
from tests.endurance.day_side import Moments, Side

CROWD = 60  # newer messages that hide one
NOT_NOW = 0.3  # the share of new threads that Discord puts off
PUT_OFF = "put off"
CONTAINER = 17
PARTS = 3  # messages of one answer at most, as far as this run has seen
AFTER = (Kind.RESET_AFTER, Kind.STATUS_AFTER)


class Unkind(Faults):
    """Also says now and then that a thread may be made in a minute."""

    def __init__(self, dice: Draw) -> None:
        super().__init__()
        self._dice = dice

    def next(self, method: str, template: str, path: str) -> Planned | None:
        found = super().next(method, template, path)
        if found or method != "POST" or not template.endswith("/threads") or self._dice.random() >= NOT_NOW:
            return found
        self.met.append((PUT_OFF, method, path))
        said = {"message": "You are being rate limited.", "retry_after": 60.0, "global": False}
        return Planned(Kind.STATUS, status=429, body=said, headers={"Retry-After": "60"})


class ObservedDiscord(Moments, FakeDiscord):
    """`doubles` names what was made while the same stood."""

    def __init__(self, clock: Clock, dice: Draw, **knobs: Any) -> None:
        super().__init__(clock, **knobs)
        self.faults = Unkind(dice)
        self.standing: dict[int, Message] = {}  # posts by the number of their container
        self.replies: dict[str, Message] = {}  # answers to private messages, by name
        self.doubles: list[str] = []
        self.told_twice: list[str] = []

    def _changes(self, request: web.Request) -> bool:
        return request.method in WRITES

    async def _do(self, request: web.Request) -> web.StreamResponse:
        before = len(self.created)
        response = await super()._do(request)
        self._hide(before)
        return response

    def post(self, message: Message) -> None:
        if message.author is self.town.bot:
            self._note(message)
        super().post(message)

    def _note(self, message: Message) -> None:
        if key := self._told_of(message):
            if key in self.replies:
                self.told_twice.append(f"{self.replies[key].receipt} and {message.receipt} answer {key}")
            self.replies[key] = message
        elif number := sign_of(message):
            if (old := self.standing.get(number)) and not old.deleted:
                self.doubles.append(f"{old.receipt} and {message.receipt}: “{message.text[:40]}”")
            self.standing[number] = message

    def _told_of(self, message: Message) -> str:
        """Which private message this one answers, and with which part of the answer."""
        channel, number = message.channel, sign_of(message)
        written = [one for one in channel.messages.values() if channel.recipient and one.author is channel.recipient]
        names = (reply_name(one.receipt, part) for one in written for part in range(PARTS))
        return next((name for name in names if component_id(name) == number), "")

    # --- other people ----------------------------------------------------------------------------

    def _hide(self, before: int) -> None:
        """What was made in doubt slips behind others' words at once."""
        if len(self.created) > before and self.faults.met and self.faults.met[-1][0] in AFTER:
            self.crowd(self.created[-1].channel)

    def crowd(self, channel: Channel) -> None:
        """
        Others talk here. They are bots, whose words ours does not read, but must look through.

        In private messages nobody else can; there it is unkinder than Discord.
        """
        self.noise(channel, self.chatter, CROWD)

    @property
    def chatter(self) -> Any:
        found = next((user for user in self.town.users.values() if user.name == "Chatter"), None)
        return found or self.town.add_user("Chatter", bot=True)


def build(fake: FakeDiscord, number: int) -> Study:
    """A server with its people; one of them posts in a forum."""
    town = fake.town
    organiser = town.add_user(f"Olga {number}")
    guild = town.add_guild(f"Study hall {number}", organiser)
    members = [town.add_user(f"Member {number}-{place}") for place in range(MEMBERS)]
    for one in members:
        town.join(guild, one)
    forum = town.add_channel(guild, "problems", FORUM) if number == UNLIKE else None
    group, channel = f"discord:{guild.id}", guild.system_channel
    return Study(number, group, channel, organiser, members, forum, has_open_threads=number == IN_THREADS)


def sign_of(message: Message) -> int:
    """The number that a post's container carries; 0 for what is no post."""
    return next((part.get("id", 0) for part in message.components if part["type"] == CONTAINER), 0)


class DiscordSide(Side):
    fake: ObservedDiscord
    platform = "discord"

    def __init__(self, clock: Clock, seed: str, ambiguous: float, **knobs: Any) -> None:
        super().__init__(ObservedDiscord(clock, draw(f"not now/{seed}"), **{"judge": False, **knobs}))
        self.fake.faults.ambiguous(ambiguous, f"doubt/{seed}")

    @property
    def calls(self) -> int:
        writes = (call for call in self.fake.calls if call.method in WRITES)
        return sum(not call.template.startswith("/interactions/") for call in writes)

    @property
    def dropped(self) -> int:
        return sum(kind != PUT_OFF for kind, _, _ in self.fake.faults.met)

    @property
    def addresses(self) -> Sequence[str]:
        return self.fake.api_base, self.fake.gateway_url

    def crowd(self) -> None:
        for channel in {*self._channels()}:
            self.fake.crowd(channel)

    def _channels(self) -> Iterator[Channel]:
        for guild in self.fake.town.guilds.values():
            yield from (channel for channel in guild.channels.values() if channel.type == 0)
        yield from (message.channel for message in self.fake.created[-8:])
