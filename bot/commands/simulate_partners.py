"""
Weeks of accountability partners, played with the rules and the matching of the feature itself.

The model. Three quarters of the members are reliable and turn up in a week with a chance of 0.80, one quarter is flaky
and does with 0.26; so random pairs meet in two turn-ups of three. Weeks are independent. Who turns up gives the first
sign some hours after Monday 08:30. In the first week everybody is new. A silent partner is nudged, parked and replaced
as `silence_rules` says; a parked member presses I'm back when they next turn up. The baseline has the same members and
the same turn-ups, in random pairs for two weeks each, without repair. What is simulated is true inside this model only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.commands.simulate import Figure, Setup
from bot.features.partners import silence_rules as silence
from bot.features.partners.fit_rules import Place, Table, best_partner, best_third, read_table
from bot.features.partners.hours_rules import PARTS, Block, hours_in
from bot.features.partners.matching_rules import match
from bot.features.partners.rules import (
    TERM,
    WEEK,
    Acquaintance,
    Entry,
    Record,
    Term,
    Week,
    after_week,
    enter,
    met_again,
    met_for,
)  # fmt: skip
from bot.features.partners.silence_rules import Choice, Phase, Sign, Watch, What
from bot.kernel.calendar import Draw, draw

FLAKY: Final = 0.25  # share of the members
TURNS_UP, FLAKY_TURNS_UP = 0.80, 0.26  # chance in a week
FIRST_SIGN: Final = timedelta(hours=12)  # after Monday 08:30, on average
LATEST_SIGN: Final = timedelta(days=5)
MONDAY: Final = date(2026, 1, 5)
ASKED: Final = timedelta(hours=8, minutes=30)
ZONES: Final = ("America/Los_Angeles", "America/New_York", "Europe/London", "Europe/Berlin", "Asia/Kolkata")
AREAS: Final = ("coding", "fundamentals", "systems", "data", "behaviour")
WANTS: Final = (*[None] * 7, Choice.THIRD, Choice.ANOTHER, Choice.SOLO)  # of ten who are left alone
# Minutes of a member, by deed.
PLAN, CHECK_IN, LOOK_AT_ONE, DECIDE = 2.0, 0.75, 0.25, 0.5

Pair = tuple[int, int]


@dataclass
class Member:
    """An invented member. `turns_up`: the chance in a week."""

    turns_up: float
    zone: ZoneInfo
    blocks: frozenset[Block]
    stage: int
    skills: dict[str, float]
    seasoned: bool
    record: Record = field(default_factory=Record)
    parked: bool = False


@dataclass
class Tally:
    """What is counted in one run."""

    turnups: int = 0
    met: int = 0  # of those: with somebody
    dead: int = 0  # members who came in both weeks of a term and met nobody, though they wanted to
    minutes: float = 0.0
    sat: dict[Pair, set[int]] = field(default_factory=dict)  # in which terms two sat together

    def sit(self, group: Iterable[int], term: int) -> None:
        members = sorted(group)
        for k, one in enumerate(members):
            for other in members[k + 1 :]:
                self.sat.setdefault((one, other), set()).add(term)

    @property
    def repeats(self) -> float:
        """The share of meetings beyond the first of the two."""
        meetings = sum(len(terms) for terms in self.sat.values())
        return (meetings - len(self.sat)) / meetings if meetings else 0.0


Turns = Sequence[dict[int, datetime]]
"""For each week: when each who turns up gives the first sign."""


def simulate(setup: Setup) -> list[Figure]:
    """The means over the runs."""
    ours, plain = [], []
    for run in range(setup.runs):
        name = f"simulate.partners/{setup.seed}/{run}"
        members = invent(setup.members, draw(f"{name}/members"))
        turns = turn_up(members, setup.weeks, draw(f"{name}/turns"))
        plain.append(play_random(len(members), turns, draw(f"{name}/pairs")))
        ours.append(Played(members, turns, name).play())

    def both(of: str) -> tuple[float, float]:
        value, baseline = (fmean(getattr(tally, of) for tally in tallies) for tallies in (ours, plain))
        return round(value, 4), round(baseline, 4)

    def shares(tallies: Sequence[Tally], part: str) -> float:
        return round(fmean(getattr(tally, part) / max(1, tally.turnups) for tally in tallies), 4)

    live, dead, repeats = shares(ours, "met"), both("dead"), both("repeats")
    minutes = shares(ours, "minutes"), shares(plain, "minutes")
    return [
        Figure("partners.turnups_with_live_partner", live, shares(plain, "met"),
               "Share of members' weeks of turning up in which a partner was there too.", ">= 0.90", live >= 0.9),
        Figure("partners.dead_two_weeks", *dead,
               "Pairs in a run in which one came in both weeks and met nobody; not who chose to be alone.",
               "<= 1", dead[0] <= 1),
        Figure("partners.repeats", *repeats,
               "Share of pairs and trios' couples that had met in an earlier term.", "<= 0.25", repeats[0] <= 0.25),
        Figure("member.minutes_per_week", *minutes,
               "Plan, two check-ins, a look at the partners' and choices, for who turns up; live talk not counted."),
    ]  # fmt: skip


def invent(number: int, dice: Draw) -> list[Member]:
    """Members in five zones, most of them free in the evenings; exactly a quarter is flaky."""
    flaky = round(number * FLAKY)
    chances = [FLAKY_TURNS_UP] * flaky + [TURNS_UP] * (number - flaky)
    dice.shuffle(chances)
    return [
        Member(
            chance,
            ZoneInfo(dice.choice(ZONES)),
            frozenset(block for block in ((day, part) for day in range(7) for part in PARTS) if dice.random() < 0.4),
            dice.randrange(3),
            {area: round(dice.random(), 2) for area in AREAS if dice.random() < 0.7},
            dice.random() < 0.3,
        )
        for chance in chances
    ]


def turn_up(members: Sequence[Member], weeks: int, dice: Draw) -> Turns:
    found = []
    for week in range(weeks):
        asked = monday(week) + ASKED
        waits = {n: dice.expovariate(1 / FIRST_SIGN.total_seconds()) for n, m in enumerate(members)
                 if dice.random() < m.turns_up}  # fmt: skip
        found.append({n: asked + min(timedelta(seconds=wait), LATEST_SIGN) for n, wait in waits.items()})
    return found


def monday(week: int) -> datetime:
    return datetime.combine(MONDAY, datetime.min.time(), UTC) + week * WEEK


def minutes_of(partners: int) -> float:
    """A week of somebody who turns up and has so many partners."""
    return PLAN + 2 * CHECK_IN + 2 * partners * LOOK_AT_ONE if partners else 0.0


# --- the baseline -------------------------------------------------------------------------------


def play_random(members: int, turns: Turns, dice: Draw) -> Tally:
    """Random pairs for two weeks each; nobody is nudged, parked or moved."""
    tally = Tally()
    for first in range(0, len(turns), 2):
        order = list(range(members))
        dice.shuffle(order)
        groups = [order[at : at + 2] for at in range(0, members - 1, 2)]
        if members % 2:
            groups[-1].append(order[-1])
        for group in groups:
            tally.sit(group, first // 2)
            weeks = [[n for n in group if n in week] for week in turns[first : first + 2]]
            for there in weeks:
                tally.turnups += len(there)
                tally.met += len(there) if len(there) > 1 else 0
                tally.minutes += len(there) * minutes_of(len(group) - 1)
            tally.dead += len(weeks) == 2 and all(len(there) == 1 for there in weeks) and weeks[0] == weeks[1]
    return tally


# --- the feature's way ------------------------------------------------------------------------------


@dataclass
class Group:
    """A pair or a trio of the term that is played. `members` in the order of the seats of `watch`."""

    members: list[int]
    watch: Watch


@dataclass
class Played:
    """One run."""

    members: list[Member]
    turns: Turns
    name: str
    tally: Tally = field(default_factory=Tally)
    known: dict[Pair, Acquaintance] = field(default_factory=dict)
    weary: set[int] = field(default_factory=set)
    groups: list[Group] = field(default_factory=list)
    waits: dict[int, datetime] = field(default_factory=dict)  # since when a request has had no reaction
    solo: set[int] = field(default_factory=set)  # chose to be alone until the next round
    alone: set[int] = field(default_factory=set)  # turned up in the term's first week and met nobody
    table: Table = field(default_factory=lambda: Table("", ()))

    def play(self) -> Tally:
        for week, turns in enumerate(self.turns):
            if week % 2 == 0:
                self._seat(week)
            _PlayedWeek(self, week, turns).play()
        return self.tally

    def _seat(self, week: int) -> None:
        """The round: whoever is not parked, seated by `match`."""
        term = week // 2
        able = [n for n, member in enumerate(self.members) if not member.parked]
        weary = [at for at, n in enumerate(able) if n in self.weary]
        seats = [self._seat_of(n, week) for n in able]
        args = {"round": f"{self.name}/{term}", "seats": seats, "met": self._met(able, term), "weary": weary}
        everybody = list(range(len(self.members)))
        told = [self._seat_of(n, week) for n in everybody]
        self.table = read_table({"round": args["round"], "seats": told, "met": self._met(everybody, term)})
        found = match(args)["groups"]
        self.groups, self.weary, self.solo, self.waits = [], set(), set(), {}
        for group in found:
            members = [able[seat] for seat in group["seats"]]
            self.weary |= {n for n in members if group["shaky"]}
            self.groups.append(Group(members, silence.begin(len(members))))
            self.sit(members, term)

    def sit(self, members: Sequence[int], term: int) -> None:
        self.tally.sit(members, term)
        for one in members:
            for other in members:
                if one < other:
                    self.known[one, other] = met_again(self.known.get((one, other)), term)

    def _seat_of(self, number: int, week: int) -> dict[str, Any]:
        member = self.members[number]
        hours = hours_in(MONDAY + week * WEEK, member.blocks, member.zone)
        return {"hours": f"{hours:x}", "stage": member.stage, "skills": member.skills, "new": week == 0,
                "reliability": member.record.reliability, "seasoned": member.seasoned}  # fmt: skip

    def _met(self, numbers: Sequence[int], term: int) -> list[list[int]]:
        at = {number: place for place, number in enumerate(numbers)}
        return [[at[one], at[other], *met_for(known, term)] for (one, other), known in sorted(self.known.items())
                if one in at and other in at]  # fmt: skip


class _PlayedWeek:
    """One week of a run, from moment to moment: first signs, and what the rules do about those who give none."""

    def __init__(self, run: Played, week: int, turns: dict[int, datetime]) -> None:
        self.run, self.week, self.turns = run, week, turns
        self.asked = monday(week) + ASKED
        self.dice = draw(f"{run.name}/choices/{week}")
        number = week // 2
        starts = monday(number * 2)
        self.term = Term(number, starts.date(), starts, starts + TERM)
        self.met: set[int] = set()
        self.most: dict[int, int] = {}  # partners of each, at the most
        self.waiting: list[int] = []

    def play(self) -> None:
        began = {number for group in self.run.groups for number in self._here(group)}
        coming = sorted(self.turns.items(), key=lambda item: (item[1], item[0]))
        for number in began:
            self.run.waits.setdefault(number, self.asked)
        now, over = self.asked, self.asked + WEEK
        while now < over:
            self._look(now)
            looks = [silence.next_look(group.watch, self._signs(group)) for group in self.run.groups]
            moments = [moment for moment in looks if moment and moment > now]
            if coming:
                moments.append(coming[0][1])
            now = min(moments, default=over)
            while coming and coming[0][1] <= now < over:
                self._turn_up(coming.pop(0)[0], now)
        self._count(began)

    def _signs(self, group: Group) -> list[Sign]:
        return [Sign(self.run.waits.get(n)) for n in group.members]

    def _spoke(self, number: int, now: datetime) -> bool:
        return number in self.turns and self.turns[number] <= now

    def _look(self, now: datetime) -> None:
        for group in list(self.run.groups):
            group.watch, deeds = silence.look(group.watch, self._signs(group), now)
            for deed in deeds:
                number = group.members[deed.seat]
                if deed.what is What.PARK:
                    self.run.members[number].parked = True
                elif deed.what is What.SETTLE:
                    self._settle(number, Choice.THIRD, now)
                elif deed.what is What.ASK:
                    choice = self.dice.choice(WANTS)
                    if choice:
                        group.watch = silence.settled(group.watch, deed.seat)
                        self.run.tally.minutes += DECIDE
                        self._settle(number, choice, now)
        self.run.groups = [group for group in self.run.groups if group.watch.here()]

    def _settle(self, number: int, choice: Choice, now: datetime) -> None:
        """Somebody who was left alone gets what they chose, or the nearest to it."""
        third, partner = self._third(number, now), best_partner(self.run.table, number, self.waiting)
        got = silence.can_have(choice, pairs=third is not None, standing_by=partner is not None)
        if got is not Choice.SOLO:
            self._join(number, third if got is Choice.THIRD else partner, now)
        elif choice is Choice.SOLO:
            self.run.solo.add(number)
        else:
            self.waiting.append(number)

    def _third(self, number: int, now: datetime) -> Place | None:
        """The best of the pairs in which both have spoken this week."""
        pairs = [tuple(self._here(group)) for group in self.run.groups]
        alive = [pair for pair in pairs if len(pair) == 2 and all(self._spoke(n, now) for n in pair)]
        return best_third(self.run.table, number, alive)

    def _here(self, group: Group) -> list[int]:
        return [group.members[seat] for seat in group.watch.here()]

    def _join(self, number: int, place: Place | None, now: datetime) -> None:
        assert place  # noqa: S101 - `can_have` and `enter` were told that there is one
        self.waiting = [n for n in self.waiting if n not in (number, *place.group)]
        members = [*place.group, number]
        for group in self.run.groups:
            if set(self._here(group)) & set(place.group):
                group.watch = Watch(tuple(silence.Standing(Phase.GONE) for _ in group.watch.seats))
        self.run.groups = [group for group in self.run.groups if group.watch.here()]
        self.run.groups.append(Group(members, silence.begin(len(members))))
        self.run.sit(members, self.term.number)
        self._greet(members, now)

    def _turn_up(self, number: int, now: datetime) -> None:
        self.run.waits.pop(number, None)
        mine = next((group for group in self.run.groups if number in group.members), None)
        if self.run.members[number].parked:
            self.run.members[number].parked = False
            self.run.tally.minutes += DECIDE
            again = False
            if mine:
                mine.watch, again = silence.come_back(mine.watch, mine.members.index(number))
            mine = mine if again else None
        if mine:
            self._greet(self._here(mine), now)
        elif number not in self.run.solo:
            self._enter(number, now)

    def _enter(self, number: int, now: datetime) -> None:
        third, partner = self._third(number, now), best_partner(self.run.table, number, self.waiting)
        entry = enter(now, self.term, pairs=third is not None, waiting=partner is not None)
        if entry is Entry.ROUND:
            self.waiting.append(number)
        else:
            self._join(number, third if entry is Entry.THIRD else partner, now)

    def _greet(self, members: Sequence[int], now: datetime) -> None:
        """Whoever of a group has turned up has met the others who have."""
        there = [n for n in members if self._spoke(n, now)]
        for number in there:
            self.most[number] = max(self.most.get(number, 0), len(members) - 1)
        if len(there) > 1:
            self.met |= set(there)

    def _count(self, began: set[int]) -> None:
        run, tally = self.run, self.run.tally
        tally.turnups += len(self.turns)
        tally.met += len(self.met)
        tally.minutes += sum(minutes_of(self.most.get(number, 0)) for number in self.turns)
        alone = set(self.turns) - self.met
        tally.dead += len((alone & run.alone) - run.solo) if self.week % 2 else 0
        run.alone = alone
        for number, member in enumerate(run.members):
            if number in self.turns:
                member.record = after_week(member.record, Week.KEPT)
            elif number in began:
                member.record = after_week(member.record, Week.MISSED)
