"""What happened, said in our own words, as far as the adapter can know it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.kernel.action import Action

if TYPE_CHECKING:
    from bot.kernel.ports import Tx
    from bot.kernel.question import Question


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a member handed to the platform, which keeps the bytes. `seconds` is a recording's length, or 0."""

    reference: str
    name: str
    bytes: int
    seconds: int = 0


UTC_ZONE = ZoneInfo("UTC")
Value = str | tuple[str, ...] | Upload | None


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button, or a menu on a card (then `value` is what was chosen)."""

    action: Action
    value: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form. Keys come from outside and may be missing or strange: read them with `text` and `chosen`."""

    action: Action
    values: Mapping[str, Value] = field(default_factory=dict)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        return value if isinstance(value, str) else ""

    def chosen(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key)
        return value if isinstance(value, tuple) else ()

    def upload(self, key: str) -> Upload | None:
        value = self.values.get(key)
        return value if isinstance(value, Upload) else None


@dataclass(frozen=True, slots=True)
class Typed:
    """A command: `/study today` is `Typed("today", "")`."""

    command: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """
    A message in the thread of our post. `under` is the post's receipt on arrival and its name for the handler.

    The same `receipt` again is an edit; `text` None means that the message was taken back.
    """

    under: str
    receipt: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A private message to the bot. `receipt` is the platform's id of it."""

    text: str
    receipt: str
    upload: Upload | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """
    A shortcut used on a message: `verb` is the shortcut, `author` wrote `text`.

    `under` is the receipt of the message whose thread it stands in. For the handler `post` is the name of our post that
    it is, or stands under; empty where there is none.
    """

    verb: str
    text: str
    receipt: str
    author: str
    under: str = ""
    post: str = ""


@dataclass(frozen=True, slots=True)
class Suggest:
    """What fits what is being typed so far? Read-only."""

    source: str
    typed: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The member opened the home page. Read-only."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody came to the server: a hint; joining is a press."""


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody left the server: a hint."""


@dataclass(frozen=True, slots=True)
class Due:
    """A `Wake` whose time has come. `at` is when it was meant, not when it ran."""

    route: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """A `Work` is done. `result` is what its task returned: plain data."""

    task: str
    name: str
    result: Any


What = Pressed | Submitted | Typed | Said | Told | Chosen | Suggest | Opened | Arrived | Left | Due | Done


@dataclass(frozen=True, slots=True)
class Person:
    """
    Whoever acted, as the platform knows them.

    `zone` is empty where the platform has none. `manages` is the platform's own word, fresh from this event, on
    whether this person may manage the server.
    """

    id: str
    name: str = ""
    zone: str = ""
    manages: bool = False


def group_mark(group: str) -> str:
    """
    Seven hex digits that stand for a group on a card in somebody's private messages.

    Who is in several groups may press a card of one after turning to another.
    """
    return sha256(group.encode()).hexdigest()[:7]


@dataclass(frozen=True, slots=True)
class Event:
    """
    One delivery. `id` is the platform's id of it: a repeat is recognised by it.

    `tenant` is one token; `group` the group that this place would belong to (empty in a private message); `spot`
    the channel as the platform names it; `receipt` the message that was pressed, where there is one; `title` what
    people call the group's server or workspace, where the platform says it; `of`, in a private message, the mark
    (`group_mark`) of the group that the pressed card is about.
    """

    id: str
    tenant: str
    group: str
    spot: str
    person: Person
    at: datetime
    what: What
    receipt: str = ""
    title: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """
    Where and when it happened, and to whom; built by the engine inside the unit of work.

    `zone` is the group's, `my_zone` the member's own (the group's until they set one). `settings` belong to the
    feature whose handler runs. `spot` and `person` are raw, for setting up. `ask` puts a question to the other
    features.
    """

    group: str
    now: datetime
    zone: ZoneInfo
    member: str = ""
    settings: Any = None
    my_zone: ZoneInfo = UTC_ZONE
    person: Person = Person("")
    spot: str = ""
    is_member: bool = False
    is_organiser: bool = False
    ready: bool = False
    organisers: tuple[str, ...] = ()
    catalogue: Any = None  # bot.content.catalogue.Catalogue; the kernel does not know it
    ask: "Callable[[Question[Any], Tx], Any]" = lambda question, _tx: question.default
