"""What the engine tells features, and what it answers them: the roster, the calendar, what was sent, what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from bot.kernel.calendar import Zones
from bot.kernel.card import Button
from bot.kernel.effect import Fact
from bot.kernel.question import Question
from bot.kernel.text import Text


@dataclass(frozen=True, slots=True)
class WakeSkipped(Fact):
    """A wake did not run and will not. `why` is a short clause: "the bot was down", "the time was changed"."""

    route: str
    name: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class CameBack(Fact):
    """The bot runs again after it was away between these instants, over a minute. Told once, before anything late."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class PostParked(Fact):
    """
    The platform refused a message for good. `fix` says in words what can be done.

    `member` is the reader of a private message, else empty.
    """

    name: str
    reason: str
    fix: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class SettingsChanged(Fact):
    """Settings of a feature are others now. Both mappings hold only what differs, by field name."""

    feature: str
    before: Mapping[str, object]
    after: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MemberErased(Fact):
    """
    A member will be forgotten at the end of this unit: take back what stands of theirs in messages and counts.

    Rows in columns named `member` or `..._member` need no care, the engine deletes them afterwards.
    """

    member: str


@dataclass(frozen=True, slots=True)
class NamesOf(Question[tuple[str, ...]]):
    """What the platform calls these members, in their order; empty where it has not said. For menus; texts mention."""

    default: ClassVar[tuple[str, ...]] = ()
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ZonesOver(Question[Zones]):
    """
    In which zones the member has lived since they came, oldest first; never empty.

    A zone of their own stands before the platform's, and that before the group's.
    """

    default: ClassVar[Zones] = ((datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC")),)
    member: str


@dataclass(frozen=True, slots=True)
class WhenWasItDown(Question[tuple[tuple[datetime, datetime], ...]]):
    """When the bot was not running, oldest first; only gaps of over a minute count."""

    default: ClassVar[tuple[tuple[datetime, datetime], ...]] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a feature's settings, and what the group has now. `choices` are (value, label) pairs."""

    key: str
    label: str
    help: str
    value: object
    choices: tuple[tuple[object, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SettingsOf:
    """`own` are (key, label) of those for which the feature has a screen of its own."""

    feature: str
    title: str
    settings: tuple[Setting, ...]
    own: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WhatCanBeSet(Question[tuple[SettingsOf, ...]]):
    """
    Every feature's settings that a form can change, with what the group has set.

    Fields whose metadata has `own=True` are named only.
    """

    default: ClassVar[tuple[SettingsOf, ...]] = ()


@dataclass(frozen=True, slots=True)
class WhereIsWhat(Question[tuple[tuple[str, str, str], ...]]):
    """The group's channels: (purpose, label, spot; empty where it uses the main one). The main one is first."""

    default: ClassVar[tuple[tuple[str, str, str], ...]] = ()


@dataclass(frozen=True, slots=True)
class WhatIsStored(Question[tuple[tuple[str, str], ...]]):
    """What is kept about members, and who can read it, in plain words, from all features."""

    default: ClassVar[tuple[tuple[str, str], ...]] = ()


@dataclass(frozen=True, slots=True)
class EverythingAbout(Question[Mapping[str, tuple[Mapping[str, object], ...]]]):
    """Every row that holds this member, by table, in all groups of their tenant. JSON columns are read already."""

    default: ClassVar[Mapping[str, tuple[Mapping[str, object], ...]]] = {}
    member: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    Something that was due. `what` is its label ("Daily problem"), `state` one of due, sent, waiting, skipped, failed.

    `fix` says in words what to do about a failure. `private`: a message to whoever asks, and to nobody else.
    """

    what: str
    at: datetime
    state: str
    fix: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class WhatFailed(Question[tuple[Delivery, ...]]):
    """
    The group's messages since then that the platform refused for good and nobody has tried again, newest first.

    Private messages to whoever acts are in it, those to others are not.
    """

    default: ClassVar[tuple[Delivery, ...]] = ()
    since: datetime


@dataclass(frozen=True, slots=True)
class WhatWasDue(Question[tuple[Delivery, ...]]):
    """
    What the group's rhythms planned since then, and the group's messages that failed, newest first.

    Private messages are not in it.
    """

    default: ClassVar[tuple[Delivery, ...]] = ()
    since: datetime


@dataclass(frozen=True, slots=True)
class WhatCanIType(Question[tuple[tuple[str, str], ...]]):
    """The commands that this person may use here, with one line of help each."""

    default: ClassVar[tuple[tuple[str, str], ...]] = ()


@dataclass(frozen=True, slots=True)
class DeskLine:
    """Something an organiser should look at: one sentence under 20 words, and the button that leads there."""

    line: Text
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class AwaitsOrganisers(Question[tuple[DeskLine, ...]]):
    """What every feature has put on the organisers' desk (`Feature.on_desk`)."""

    default: ClassVar[tuple[DeskLine, ...]] = ()


@dataclass(frozen=True, slots=True)
class WhoIsHere(Question[tuple[str, ...]]):
    """The members of the group, in the order in which they joined."""

    default: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class IsHere(Question[bool]):
    """Is this person a member of the group now? Costs the same in a group of any size, unlike `WhoIsHere`."""

    default: ClassVar[bool] = False
    member: str
