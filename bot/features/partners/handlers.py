"""The feature, and what every part of it asks about a member who wants partners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.features.partners import records, wish_rules
from bot.features.partners.rules import TERM, Term, term_at
from bot.features.partners.wish_rules import PartnersSettings, Wisher
from bot.kernel.calendar import Zones, instant, study_day, zone_at
from bot.kernel.effect import Fact, Wake
from bot.kernel.engine_facts import IsHere, ZonesOver
from bot.kernel.event import Scene
from bot.kernel.facts import LastCredits, PausedUntil
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import BlockedWith, WeakAreas
from bot.kernel.ports import Tx

FEATURE = Feature(
    "partners",
    PartnersSettings,
    title="Partners",
    channels={"rooms": "Rooms of partners"},
    stores=(
        ("That you want a partner, your situation and your free times", "Only you. Partners see which hours you share"),
        ("How often you were there for partners, which only the matching uses", "Only you, in your download"),
        ("Who your partners are and were, and until when", "You and they"),
        ("What you said of your partners at the end", "Only you"),
        ("Your plan of a week and what you write beside it", "You and your partners"),
        ("Times that you suggested or accepted for a talk", "You and your partners"),
        (
            "What partners write in their room",
            "On Discord they and who manages threads; on Slack they and who may export; in the browser who runs it",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class PairChanged(Fact):
    """Somebody has come to these partners or gone, or they talk in another way. Told and heard here alone."""

    pair: int


def week_at(now: datetime, scene: Scene) -> date:
    """The Monday of the group's week that holds this instant."""
    day = study_day(now, scene.zone).date
    return day - timedelta(days=day.weekday())


def term_of(scene: Scene, tx: Tx, at: datetime | None = None) -> Term:
    """The group's term at this instant, now if none is given. Counted from the week of the first wish."""
    first = records.find_first_monday(tx, scene.group) or week_at(scene.now, scene)
    return term_at(at or scene.now, first, scene.zone)


def next_round_at(scene: Scene, tx: Tx) -> datetime | None:
    """When everybody is seated anew; None where partners are switched off."""
    term = term_of(scene, tx)
    ahead = (moment for day in (term.monday, term.monday + TERM) if (moment := round_on(scene, day)) > scene.now)
    return next(ahead, None) if scene.settings.on else None


def round_on(scene: Scene, monday: date) -> datetime:
    """When a round of this Monday is held, whether there is one or not."""
    moment = instant(monday, scene.settings.hour, scene.zone)
    return moment or instant(monday + timedelta(days=1), scene.settings.hour, scene.zone) or scene.now


def hours_of(scene: Scene, tx: Tx, wisher: Wisher, week: date) -> int:
    """The half hours of the week from this Monday in UTC in which this member has time."""
    zones: Zones = scene.ask(ZonesOver(wisher.member), tx)
    return wish_rules.hours_of(wisher.wish, week, zone_at(zones, scene.now))


def hours_of_members(scene: Scene, tx: Tx, members: Sequence[str], week: date) -> list[int]:
    """The same for each of these; nothing for whoever has no wish."""
    found = [records.find_wisher(tx, scene.group, member) for member in members]
    return [hours_of(scene, tx, wisher, week) if wisher else 0 for wisher in found]


def can_sit(scene: Scene, tx: Tx, wisher: Wisher) -> bool:
    """Wants partners, is in the group, and does not rest."""
    return wisher.wants and bool(scene.ask(IsHere(wisher.member), tx)) and rests_until(scene, tx, wisher.member) is None


def rests_until(scene: Scene, tx: Tx, member: str) -> datetime | None:
    until: datetime | None = scene.ask(PausedUntil(member), tx)
    return until if until and until > scene.now else None


def end_of_rest(scene: Scene, wisher: Wisher, until: datetime) -> Wake:
    """Then they look for partners again."""
    name = f"partners.rested/{scene.group}/{wisher.number}/{until:%Y-%m-%dT%H:%M}"
    return Wake(name, "partners.rested", until)


def is_new(scene: Scene, tx: Tx, wisher: Wisher) -> bool:
    if wisher.terms or scene.now - wisher.since >= wish_rules.NEW:
        return False
    return wish_rules.is_new(scene.ask(LastCredits(wisher.member), tx), scene.now)


def weak_areas(scene: Scene, tx: Tx, members: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    found: Mapping[str, tuple[str, ...]] = scene.ask(WeakAreas(tuple(members)), tx)
    return found


def blocked_with(scene: Scene, tx: Tx, member: str) -> frozenset[str]:
    return frozenset(scene.ask(BlockedWith(member), tx))
