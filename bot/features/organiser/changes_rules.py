"""What organisers changed: how it is described, and when it can be taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.kernel.action import UNKNOWN, Action
from bot.kernel.calendar import Rhythm
from bot.kernel.engine_facts import SettingsOf
from bot.kernel.errors import Refusal

LISTED = 10  # changes that one card lists
WHAT = 240  # characters of one change; ten of them fit on a card
VALUE = 60  # characters of one value in it


class Kind(StrEnum):
    """What was changed, and so how it is taken back. OTHER belongs to another feature, which has its own button."""

    SETTINGS = "settings"
    THREADS = "threads"
    PLACES = "places"
    DAYS = "days"
    APPOINTED = "appointed"
    DISMISSED = "dismissed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """
    `what` names nobody; `about_member` is whom it concerns. `earlier` and `later` hold values by name.

    A change of our own is numbered when it is kept, and gets its `undo` then.
    """

    at: datetime
    kind: Kind
    what: str
    by_member: str
    about_member: str = ""
    feature: str = ""
    earlier: Mapping[str, object] = field(default_factory=dict)
    later: Mapping[str, object] = field(default_factory=dict)
    undo: Action = UNKNOWN
    number: int = 0
    state: str = "done"
    undone_at: datetime | None = None
    undone_by_member: str = ""

    @property
    def undone(self) -> bool:
        return self.state == "undone"

    @property
    def about_nobody(self) -> bool:
        """The person whom it concerned was erased, so nothing is left that could be taken back."""
        return self.kind in (Kind.APPOINTED, Kind.DISMISSED) and not self.about_member


def undo_of(number: int) -> Action:
    """The action that takes one of our own changes back."""
    return Action.to("organiser.undo", n=str(number))


def accept_number(typed: str) -> int:
    """The number of a change, as a button or a menu carries it."""
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 9:
        raise Refusal("I do not know this change.", hint="Open “All changes” on your desk.")
    return int(typed)


def known(change: Change | None) -> Change:
    """The change that was asked for."""
    if change is None:
        raise Refusal("I do not know this change.", hint="Open “All changes” on your desk.")
    return change


def changed_since(change: Change, later: Sequence[Change]) -> bool:
    """Whether a value of this change was changed once more, and that stands."""
    return any(not other.undone and _touched(other) & _touched(change) for other in later)


def _touched(change: Change) -> set[str]:
    """The names of the values that a change replaced. People stand beside each other and replace none."""
    match change.kind:
        case Kind.SETTINGS | Kind.THREADS:
            return set(change.later)
        case Kind.PLACES:
            places = change.later.get("places", ())
            return {"zone"} & set(change.later) | (set(dict(places)) if isinstance(places, tuple) else set())
        case Kind.DAYS:
            sides = (change.earlier.get("days"), change.later.get("days"))
            return {f"{row[0]}/{row[1]}" for rows in sides if isinstance(rows, tuple) for row in rows}
        case _:
            return set()


def describe(
    feature: str, before: Mapping[str, object], after: Mapping[str, object], known_: Sequence[SettingsOf]
) -> str:
    """
    `Daily problem: Days and time: Mon-Fri 09:00 → Mon-Fri 21:00`.

    Of settings with a screen of their own only the name is said.
    """
    found = next((one for one in known_ if one.feature == feature), None)
    title = found.title if found else feature.capitalize()
    settings = {setting.key: setting for setting in found.settings} if found else {}
    parts = []
    for key, value in after.items():
        setting = settings.get(key)
        if setting is None:
            parts.append(dict(found.own if found else ()).get(key, key.replace("_", " ")))
        else:
            old, new = (in_words(one, setting.choices) for one in (before.get(key), value))
            parts.append(f"{setting.label}: {old} → {new}")
    return shorten(f"{title}: {'; '.join(parts)}", WHAT)


def in_words(value: object, choices: Sequence[tuple[object, str]] = ()) -> str:
    """A setting's value as organisers read it."""
    for choice, label in choices:
        if choice == value and type(choice) is type(value):
            return shorten(label, VALUE)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == ():
        return "none"
    if isinstance(value, Rhythm):
        return str(value)
    if isinstance(value, tuple):
        return shorten(", ".join(in_words(one) for one in value), VALUE)
    if hasattr(value, "strftime"):
        return f"{value:%H:%M}"
    return shorten(str(value), VALUE) or "none"


def shorten(words: str, limit: int) -> str:
    """The beginning, where it is too long for a list; the dots say that there is more."""
    return words if len(words) <= limit else f"{words[: limit - 4]} ..."
