"""What a handler may ask for. Data only: nobody here can perform anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.kernel.card import THREAD_TITLE, Card, Form, TooLarge

# --- where a message stands ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Channel:
    """The group's channel for a purpose, such as `Channel("daily")`. A purpose without its own uses the first."""

    purpose: str


@dataclass(frozen=True, slots=True)
class Under:
    """The thread of the message that we named `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Direct:
    """A private message."""

    member: str


@dataclass(frozen=True, slots=True)
class Room:
    """Where a pair or a trio talks. The same name with other members changes who is in it."""

    name: str
    members: tuple[str, ...]


Place = Channel | Under | Direct | Room


# --- lasting effects: kept in the transaction, made true by the courier ----


@dataclass(frozen=True, slots=True)
class Post:
    """
    Let the message called `name` show `card`.

    The first time creates the message, again under the same name edits it, the same card again does nothing. With
    `thread` the message gets a thread of that title (fixed at the first post). `quiet` rings nobody, `pinned` is
    kept within reach, `closed` locks the thread. What could not be posted before `until` is not posted at all.
    """

    name: str
    place: Place
    card: Card
    thread: str | None = None
    quiet: bool = False
    pinned: bool = False
    closed: bool = False
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.thread is not None and len(self.thread) > THREAD_TITLE:
            raise TooLarge(f"thread title has {len(self.thread)}, at most {THREAD_TITLE}")


@dataclass(frozen=True, slots=True)
class Unpost:
    """Let the message called `name` not exist."""

    name: str


class Missed(StrEnum):
    """What becomes of several wakes of one kind that an outage delayed."""

    EACH = "each"  # all of them, in order
    LATEST = "latest"  # only the newest
    SKIP = "skip"  # those still in their window; the rest is skipped and said so


@dataclass(frozen=True, slots=True)
class Late:
    """
    How late is too late. `wait` None means never.

    `same_day` adds that the group's day (04:00 to 04:00 in its zone) must still be the one that was meant.
    """

    wait: timedelta | None = None
    missed: Missed = Missed.EACH
    same_day: bool = False


ALWAYS = Late()


@dataclass(frozen=True, slots=True)
class Wake:
    """Send `Due(route, name, at)` to this group at `at`. One wake a name; the last one counts."""

    name: str
    route: str
    at: datetime
    late: Late = ALWAYS


@dataclass(frozen=True, slots=True)
class Unwake:
    name: str


@dataclass(frozen=True, slots=True)
class Work:
    """
    Let the feature's `task` ("partners.match") compute `args` in a process of its own; `Done` brings the result.

    For what is slow or keeps the processor busy. `args` is plain data (what JSON can say) and names no member, because
    it is kept for a while. The same name again does nothing.
    """

    name: str
    task: str
    args: object


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Let this group be set up here: its zone (IANA name) and its channels by purpose."""

    zone: str
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Enrol:
    """Let the person be a member of this group."""

    member: str


@dataclass(frozen=True, slots=True)
class Unenrol:
    """Let the person be no member of this group any more; what they wrote stays."""

    member: str


@dataclass(frozen=True, slots=True)
class MoveGroup:
    """
    Let the group count in this zone (IANA name; empty: as before) and use these channels, by purpose.

    All its wakes are planned anew in the same unit.
    """

    zone: str = ""
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Appoint:
    """Let this person be an organiser of the group."""

    member: str


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Let this person be no organiser of the group any more."""

    member: str


@dataclass(frozen=True, slots=True)
class Erase:
    """
    Forget this person, in every group of their tenant and in every table.

    The engine tells `MemberErased` in each of those groups first, so that features can take back what they posted;
    then it deletes rows in columns `member` and `only_member`, empties other columns that end in `_member`, takes the
    name and the words out of every message, and removes the private messages. The event leaves no inbox row.
    """

    member: str


@dataclass(frozen=True, slots=True)
class KeepZone:
    """Let the member's own zone (IANA name) be this one."""

    member: str
    zone: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """
    Let the group's messages that the platform refused for good, and those to whoever acts, be tried once more.

    Somebody has mended the cause.
    """


@dataclass(frozen=True, slots=True)
class Configure:
    """Change settings of a feature; its wakes are planned anew in the same unit."""

    feature: str
    values: Mapping[str, object] = field(default_factory=dict)


# --- fleeting effects: only for the person who acted -----------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """Seen only by the member who acted. A lost reply is not repeated."""

    card: Card


@dataclass(frozen=True, slots=True)
class Ask:
    """Open a form; must come within three seconds, so it is the last answer when several are given."""

    form: Form


class Fact:
    """Something that other features may care about; heard in the same transaction."""


Answer = Reply | Ask
Roster = FoundGroup | MoveGroup | Enrol | Unenrol | KeepZone | Appoint | Dismiss
Effect = Post | Unpost | TryAgain | Wake | Unwake | Work | Roster | Configure | Erase | Reply | Ask | Fact
