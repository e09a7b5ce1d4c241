"""What a member may set: where they live, and how many days a week they want to study."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import atlas
from bot.atlas import Place
from bot.kernel.errors import Refusal

DAYS = (2, 4, 6)  # a week, as a newcomer is asked: fewer words
GOALS = (2, 3, 4, 5, 6, 7)  # a week, as it can be set at any time
ASKED = 2  # organisers whom a refusal names
SHOWN = 40  # characters of what was typed that a refusal repeats


@dataclass(frozen=True, slots=True)
class Profile:
    """`days` a week; 0 until the member says."""

    days: int = 0


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


def is_zone(zone: str) -> bool:
    """Whether the platform knows the person's zone: some give none, or a word that is no zone."""
    return atlas.valid(zone)


def find_suggestions(typed: str) -> list[Place]:
    """What fits what is being typed."""
    return atlas.find_places(typed)


def may_join(*, shut_out: bool, organisers: Sequence[str]) -> None:
    """Raises a Refusal for whoever an organiser has removed. `organisers` are names; empty where nobody knows one."""
    if not shut_out:
        return
    known = [name for name in organisers if name][:ASKED]
    whom = " or ".join(known) or "an organiser"
    raise Refusal(
        "An organiser has removed you from this study group.",
        hint=f"Is that a mistake? Write to {whom}. They can let you back in.",
    )


def accept_days(chosen: str) -> int:
    """Days a week, as the menu offers them."""
    if chosen not in map(str, GOALS):
        raise Refusal("That number of days is not in the menu.", hint="Choose 2 to 7 days.")
    return int(chosen)


def is_last_organiser(member: str, organisers: Sequence[str], members: Sequence[str]) -> bool:
    """Would the group have members and nobody who can change it?"""
    return tuple(organisers) == (member,) and any(other != member for other in members)
