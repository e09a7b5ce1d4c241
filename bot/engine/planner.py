"""Which wakes stand in the calendar, and what becomes of one that is late."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from bot.engine import roster, wakes
from bot.kernel.calendar import Rhythm, occurrences, study_day
from bot.kernel.effect import Late, Missed, Wake
from bot.kernel.engine_facts import WakeSkipped
from bot.kernel.feature import Every, Feature
from bot.kernel.ports import Tx

Verdict = Literal["done", "skipped", "collapsed"]


def judge(late: Late, at: datetime, now: datetime, zone: ZoneInfo, *, newest: bool) -> Verdict:
    """Run it ("done"), say that it was skipped, or let the newer one stand for it ("collapsed")."""
    if late.missed is Missed.LATEST and not newest:
        return "collapsed"
    if late.wait is not None and now - at > late.wait:
        return "skipped"
    if late.same_day and study_day(now, zone) != study_day(at, zone):
        return "skipped"
    return "done"


class Planner:
    def __init__(self, features: Sequence[Feature]) -> None:
        self._rhythms: dict[str, tuple[Feature, Every]] = {
            every.route: (feature, every) for feature in features for every in feature.rhythms
        }

    def replan(self, tx: Tx, group: str, features: Sequence[Feature], now: datetime) -> list[WakeSkipped]:
        """
        Plan the rhythms of these features anew from `now`; the dates that lose their wake by it.

        A date whose wake has run keeps it: moving 09:00 to 21:00 at noon gives no second one.
        """
        lost: list[WakeSkipped] = []
        found = roster.find_group(tx, group)
        if found is None:
            return lost
        for feature in features:
            for every in feature.rhythms:
                off = wakes.cancel_route(tx, group, every.route, now)
                self._plan(tx, group, every, self._rhythm(tx, group, feature, every), now, found.zone)
                today = now.astimezone(found.zone).date()
                lost += [
                    WakeSkipped(every.route, row["name"], datetime.fromisoformat(row["at"]), "the time was changed")
                    for row in off
                    if _day(row["name"]) <= today and not wakes.is_planned(tx, row["name"])
                ]
        return lost

    def plan_next(self, tx: Tx, group: str, route: str, after: datetime, zone: ZoneInfo) -> None:
        """The one after this, for a wake that returns."""
        if route in self._rhythms:
            feature, every = self._rhythms[route]
            self._plan(tx, group, every, self._rhythm(tx, group, feature, every), after, zone)

    def _rhythm(self, tx: Tx, group: str, feature: Feature, every: Every) -> Rhythm | None:
        return every.rhythm(roster.settings(tx, group, feature.name, feature.settings))

    def _plan(self, tx: Tx, group: str, every: Every, rhythm: Rhythm | None, after: datetime, zone: ZoneInfo) -> None:
        if rhythm is None:
            return
        for day, at in occurrences(rhythm, zone, after):
            name = f"{every.route}/{group}/{day}"  # `_day` reads it
            if not wakes.is_used(tx, name):
                wakes.keep_wake(tx, group, Wake(name, every.route, at, every.late))
                return


def _day(name: str) -> date:
    """The local date in the name of a wake that returns."""
    return date.fromisoformat(name.rpartition("/")[2])
