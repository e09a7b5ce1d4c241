"""Where a group can be set up, in which zone, and what the organiser is told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from bot import atlas
from bot.atlas import Place
from bot.kernel.errors import Refusal

LISTED = 20  # skipped times that one message lists
FIX = 600  # characters of a platform's explanation
FIXES = 1_900  # characters of all explanations in one note, less than one paragraph holds
FIX_EXTRA = 20  # characters that the count beside each takes
SHOWN = 40  # characters of what was typed that a refusal repeats


BY_USE = (
    "join", "today", "answer", "practice", "design", "review", "partner", "streak", "why", "reminders", "break", "me",
    "timezone", "privacy", "block",
)  # fmt: skip


def by_use(commands: Sequence[tuple[str, str]], *, is_member: bool) -> list[tuple[str, str]]:
    """
    What to read of the commands, as (word, help): what one needs first comes first, the rest by the alphabet.

    A second word for the same thing is left out, and joining for whoever is in.
    """
    useful = [(word, help_) for word, help_ in commands if not help_.startswith("the same as ")]
    useful = [(word, help_) for word, help_ in useful if not (is_member and word == "join")]
    return sorted(useful, key=lambda one: (BY_USE.index(one[0]) if one[0] in BY_USE else len(BY_USE), one[0]))


@dataclass(frozen=True, slots=True)
class Skip:
    """`why` is a short clause: "the bot was not running"."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that the platform refused for good, and what can be done."""

    name: str
    fix: str


def accept_spot(spot: str) -> str:
    """The channel that the group will use."""
    if not spot:
        raise Refusal("The study group needs a channel.", hint="Open that channel, and type /study there.")
    return spot


def is_zone(zone: str) -> bool:
    """Whether the platform knows the person's zone: some give none, or a word that is no zone."""
    return atlas.valid(zone)


def find_zone(typed: str, now: datetime) -> str | list[Place]:
    """The zone of the city or of the time of day that was typed, or the places to choose from."""
    if not typed.strip():
        raise Refusal("The city is missing.", hint="Type a city, or the time that you see now.", field="city")
    found = atlas.locate(typed, now)
    if not found:
        raise Refusal(
            f"I do not know the place “{typed.strip()[:SHOWN]}”.",
            hint="Type a larger city near you, or the time that you see now, such as 14:35.",
            field="city",
        )
    return found


def find_suggestions(typed: str) -> list[Place]:
    """What fits what is being typed."""
    return atlas.find_places(typed)


def newest(skips: Sequence[Skip]) -> tuple[Sequence[Skip], int]:
    """Those that one message lists, and how many more there are."""
    return skips[-LISTED:], max(0, len(skips) - LISTED)


def by_fix(parked: Sequence[Parked]) -> tuple[Sequence[tuple[str, int]], int]:
    """Each thing to do with how many messages wait for it, as many as one note lists; how many more there are."""
    counted = Counter(shorten(one.fix) for one in parked)
    listed, fixes, room = [], list(counted.items()), FIXES
    for fix, times in fixes:
        room -= len(fix) + FIX_EXTRA
        if room < 0:
            break
        listed.append((fix, times))
    return listed, len(fixes) - len(listed)


def shorten(fix: str) -> str:
    """A platform's explanation may be long; its beginning says what to do."""
    return fix if len(fix) <= FIX else f"{fix[:FIX]} ..."


def token(words: str) -> str:
    """A short, safe word for a member or a message inside a name."""
    return sha256(words.encode()).hexdigest()[:8]
