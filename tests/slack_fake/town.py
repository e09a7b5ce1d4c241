"""What exists in one pretended Slack workspace: people, conversations, messages, files, views. No network in here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.kernel.ports import Clock

Json = dict[str, Any]
PUBLIC, PRIVATE, IM, MPIM = "channel", "group", "im", "mpim"
INTERACTIVE = {"button", "overflow", "plain_text_input", "checkboxes", "radio_buttons", "file_input"}


@dataclass(eq=False)
class User:
    id: str
    name: str
    zone: str = "Europe/Berlin"
    is_bot: bool = False
    is_admin: bool = False
    is_owner: bool = False
    deleted: bool = False
    deed: Any = None  # the last Deed of this person
    modals: list["View"] = field(default_factory=list)  # what is open, the topmost last
    home: "View | None" = None


@dataclass(eq=False)
class File:
    id: str
    name: str
    content: bytes
    owner: User
    url: str
    seconds: float = 0  # of a recording
    mimetype: str = "application/octet-stream"
    title: str = ""
    alt_text: str = ""
    complete: bool = False
    unready: int = 0  # how often a block that names it is refused, because Slack is not that far
    deleted: bool = False

    @property
    def kind(self) -> str:
        return self.name.rpartition(".")[2].lower()


@dataclass(eq=False)
class Message:
    ts: str
    channel: "Channel"
    user: User
    at: datetime
    text: str = ""  # as Slack keeps it: & < > escaped, addresses in angle brackets
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    files: list[File] = field(default_factory=list)
    thread_ts: str = ""  # of the message that this one answers
    subtype: str = ""
    seen_by: User | None = None  # an ephemeral message: nobody else sees it
    edited: str = ""  # the ts of the last edit
    edits: int = 0
    deleted: bool = False
    pinned: bool = False

    @property
    def receipt(self) -> str:
        return f"{self.channel.id}/{self.ts}"

    @property
    def ephemeral(self) -> bool:
        return self.seen_by is not None

    @property
    def words(self) -> str:
        """Every text that its blocks show, in order, labels left out; the plain text where it has no blocks."""
        return "\n".join(texts(self.blocks)) if self.blocks else self.text

    @property
    def elements(self) -> list[Json]:
        return interactive(self.blocks)

    @property
    def buttons(self) -> list[Json]:
        return [one for one in self.elements if one["type"] == "button"]

    @property
    def menus(self) -> list[Json]:
        return [one for one in self.elements if one["type"].endswith("_select")]


@dataclass(eq=False)
class Channel:
    id: str
    name: str
    kind: str = PUBLIC
    members: dict[str, User] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    archived: bool = False
    closed: bool = False  # only admins may post
    recipient: User | None = None  # of an IM with the bot

    def thread(self, ts: str) -> list[Message]:
        """The answers below this message, oldest first."""
        return sorted((one for one in self.messages.values() if one.thread_ts == ts), key=lambda one: one.ts)

    def newest(self) -> Message:
        return self.messages[max(self.messages)]


@dataclass(eq=False)
class View:
    id: str
    user: User
    payload: Json  # as the bot sent it
    hash: str
    trigger: str = ""  # what opened it
    previous: "View | None" = None
    errors: Json = field(default_factory=dict)  # by block_id, what the person reads beside the fields
    entered: Json = field(default_factory=dict)  # by block_id, what the fields hold after a try to send them
    shown: int = 1  # how many versions of it the person saw

    @property
    def type(self) -> str:
        return str(self.payload["type"])

    @property
    def blocks(self) -> list[Json]:
        return list(self.payload["blocks"])

    @property
    def title(self) -> str:
        return str(self.payload.get("title", {}).get("text", ""))

    @property
    def words(self) -> str:
        return "\n".join(texts(self.blocks))

    @property
    def buttons(self) -> list[Json]:
        return [one for one in interactive(self.blocks) if one["type"] == "button"]

    @property
    def menus(self) -> list[Json]:
        return [one for one in interactive(self.blocks) if one["type"].endswith("_select")]

    @property
    def inputs(self) -> list[Json]:
        return [block for block in self.blocks if block["type"] == "input"]

    @property
    def root(self) -> "View":
        return self.previous.root if self.previous else self


class Town:
    """All state of one workspace. A `ts` is the clock's time, and larger whenever the message is younger."""

    def __init__(self, clock: Clock, number: int = 1, name: str = "Study") -> None:
        self.clock, self.name, self.domain = clock, name, name.lower().replace(" ", "-")
        self._number, self._counts, self._last = number, 0, 0
        self.team_id, self.app_id, self.bot_id = f"T{number:010}", f"A{number:010}", f"B{number:010}"
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.bot = self.add_user("Whetstone", is_bot=True)

    def next_id(self, letter: str) -> str:
        self._counts += 1
        return f"{letter}{self._number:03}{self._counts:07}"

    def next_ts(self) -> str:
        self._last = max(self._last + 1, int(self.clock.now().timestamp() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06}"

    # --- what a test builds -------------------------------------------------------------

    def add_user(
        self,
        name: str,
        zone: str = "Europe/Berlin",
        *,
        is_admin: bool = False,
        is_owner: bool = False,
        is_bot: bool = False,
    ) -> User:
        """A person of this workspace; to let the bot hear of it, use `FakeSlack.join_team`."""
        user = User(self.next_id("U"), name, zone, is_bot, is_admin, is_owner)
        self.users[user.id] = user
        return user

    def add_channel(self, name: str, *members: User, kind: str = PUBLIC, with_bot: bool = True) -> Channel:
        channel = Channel(self.next_id("C"), name, kind)
        for user in (*members, *([self.bot] if with_bot else [])):
            channel.members[user.id] = user
        self.channels[channel.id] = channel
        return channel

    # --- what can be asked ----------------------------------------------------------------

    def im(self, user: User) -> Channel:
        """The private conversation of the bot and this person; made when it is missing."""
        found = next((one for one in self.channels.values() if one.recipient is user), None)
        if found is None:
            found = Channel(self.next_id("D"), "directmessage", IM, recipient=user)
            found.members = {user.id: user, self.bot.id: self.bot}
            self.channels[found.id] = found
        return found

    def mpim(self, users: list[User]) -> Channel:
        """The one conversation that exactly these people and the bot share."""
        wanted = {self.bot.id, *(user.id for user in users)}
        found = next((one for one in self.channels.values() if one.kind == MPIM and set(one.members) == wanted), None)
        if found is None:
            name = "mpdm-" + "--".join(sorted(user.name.lower() for user in users)) + "-1"
            found = self.add_channel(name, *users, kind=MPIM)
        return found

    def message(self, receipt: str) -> Message:
        """Raises KeyError where nothing stands."""
        channel, _, ts = receipt.partition("/")
        return self.channels[channel].messages[ts]

    def written(self) -> Iterator[Message]:
        """Everything that the bot wrote and that stands."""
        for channel in self.channels.values():
            yield from (one for one in channel.messages.values() if one.user is self.bot and not one.deleted)


def walk(part: Any) -> Iterator[Json]:
    """Every object inside, from the outside in."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from walk(value)
    elif isinstance(part, list):
        for value in part:
            yield from walk(value)


def interactive(blocks: list[Json]) -> list[Json]:
    """What can be pressed or filled, each with the `block_id` of its block."""
    found = []
    for block in blocks:
        parts = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
        block_id = block.get("block_id", "")
        found += [{**part, "block_id": block_id} for part in parts if isinstance(part, dict) and _can_be_used(part)]
        found += interactive(block.get("child_blocks", []))
    return found


def _can_be_used(part: Json) -> bool:
    kind = str(part.get("type"))
    return kind in INTERACTIVE or kind.endswith("_select")


def texts(blocks: list[Json]) -> Iterator[str]:
    """What people read, block by block; the words on buttons and in menus are left out."""
    for block in blocks:
        match block["type"]:
            case "header" | "section" | "markdown":
                parts = [block.get("text"), *block.get("fields", ())]
                yield from (one if isinstance(one, str) else one["text"] for one in parts if one)
            case "context":
                yield from (one["text"] for one in block["elements"] if "text" in one)
            case "rich_text":
                yield "".join(_rich(one) for one in block["elements"])
            case "image":
                yield block["alt_text"]
            case "input":
                yield block["label"]["text"]
                if "hint" in block:
                    yield block["hint"]["text"]
            case "container":
                yield from texts(block["child_blocks"])


def _rich(part: Json) -> str:
    if "elements" in part:
        return "".join(map(_rich, part["elements"])) + "\n"
    match part["type"]:
        case "user":
            return f"<@{part['user_id']}>"
        case "link":
            return str(part.get("text") or part["url"])
        case "emoji":
            return f":{part['name']}:"
        case _:
            return str(part.get("text") or part.get("fallback") or "")
