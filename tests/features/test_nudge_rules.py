"""Whatever happens, and wherever a member travels: few reminders, never at night, never to whoever rests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.features.nudges import cards, plan_rules, rules
from bot.features.nudges.rules import Drop, Line, Moment, Send, Sent, State, Wait, Why, Wish
from bot.kernel.action import Action
from bot.kernel.calendar import StudyDay, instant, member_day, member_days, study_day, zone_at
from bot.kernel.card import Button, card_words
from bot.kernel.errors import Refusal
from bot.kernel.text import md

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = [
    "Europe/Berlin", "America/New_York", "America/Santiago", "Pacific/Auckland", "Pacific/Apia", "Asia/Kolkata",
    "Australia/Lord_Howe", "America/Nuuk", "Africa/Casablanca", "Pacific/Chatham", "America/St_Johns", "Etc/GMT+12",
]  # fmt: skip
# Thirty days from each of these hold a clock change of several of the zones; Apia skipped the last but one day of 2011.
STARTS = [
    datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 10, 15, tzinfo=UTC),
    datetime(2011, 12, 15, tzinfo=UTC), datetime(2026, 2, 10, tzinfo=UTC),
]  # fmt: skip
KINDS = ["daily", "partner", "review", "repeat", "streak", "book", "talk"]
GROUPS = ["g1", "g2"]


def line(kind: str, until: datetime, about: str = "it", *, asked: bool = False) -> Line:
    return Line(kind, about, md("Something waits."), Button("Open it", Action("bell.open")), until, asked)


# --- thirty days of a life -------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """A message, and how things stood when it was sent."""

    sent: Sent
    moment: Moment
    send: Send
    wish: Wish
    zone: ZoneInfo
    here: bool
    paused_until: datetime | None


@dataclass
class Life:
    """One member of two groups. It does with the rules what the handlers do, and remembers what an observer sees."""

    now: datetime
    zone: str
    wishes: dict[str, Wish] = field(default_factory=dict)
    planned: dict[tuple[str, bool], Moment] = field(default_factory=dict)
    waiting: dict[str, list[Line]] = field(default_factory=lambda: {group: [] for group in GROUPS})
    seen: list["Seen"] = field(default_factory=list)
    decided: list[tuple[str, str, rules.Decision]] = field(default_factory=list)
    fired: list[tuple[str, str]] = field(default_factory=list)
    down: list[tuple[datetime, datetime]] = field(default_factory=list)
    here: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(GROUPS, True))
    paused_until: datetime | None = None
    credits: tuple[datetime, ...] = ()
    zones: list[tuple[datetime, ZoneInfo]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.zones = [(self.now, ZoneInfo(self.zone))]
        self.wishes = {group: Wish("ada") for group in GROUPS}

    def until(self, at: datetime) -> None:
        while self.planned:
            (group, evening), moment = min(self.planned.items(), key=lambda item: (item[1].due, item[0]))
            due = max(moment.due, self.now)
            if due > at:
                break
            self.now = due
            self.hold(group, moment)
            assert self.planned[group, evening].name != moment.name, "time does not pass"
        self.now = at

    def hold(self, group: str, moment: Moment) -> None:
        self.fired.append((group, moment.name))
        state = self.state(group, moment)
        decision = rules.decide(state, self.now)
        onward = plan_rules.onward(state, decision, self.now)
        if decision in (Drop(Why.NOTHING), Drop(Why.ANSWERED)):
            for evening in rules.asks(moment, state.wish):
                self.told(group, line("streak" if evening else "daily", self.now + 5 * HOUR, asked=True))
            state = replace(state, lines=tuple(self.waiting[group]))
            decision = rules.decide(state, self.now)
            self.waiting[group] = [one for one in self.waiting[group] if not one.asked and one.until > self.now]
        self.carry_out(group, state, decision)
        self.plan(group, evening=moment.evening, after=onward)

    def state(self, group: str, moment: Moment) -> State:
        wish = self.wishes[group]
        return State(
            group,
            moment,
            wish,
            zone_at(self.zones, self.now),
            member_day(self.now, self.zones),
            tuple(seen.sent for seen in self.seen),
            self.here[group],
            self.paused_until,
            rules.silence(wish.silent_since, self.now, self.down),
            self.planned[group, False].due,
            groups=tuple(sorted(there for there, evening in self.planned if not evening)),
        )

    def carry_out(self, group: str, state: State, decision: rules.Decision) -> None:
        self.decided.append((group, state.moment.name, decision))
        if not isinstance(decision, Send):
            return
        kinds = tuple(dict.fromkeys(one.kind for one in decision.lines))
        sent = Sent(self.now, state.day.starts, state.day.ends, group, decision.tone == "evening", kinds)
        wish, zone = self.wishes[group], zone_at(self.zones, self.now)
        seen = Seen(sent, state.moment, decision, wish, zone, self.here[group], self.paused_until)
        self.seen.append(seen)
        self.wishes[group] = rules.after(wish, decision, self.now)
        self.waiting[group] = [one for one in self.waiting[group] if one not in decision.lines]

    def told(self, group: str, told: Line) -> None:
        kept = [one for one in self.waiting[group] if (one.kind, one.about) != (told.kind, told.about)]
        self.waiting[group] = [*kept, told]

    def plan(self, group: str, *, evening: bool, after: datetime) -> None:
        wish = self.wishes[group]
        wall = rules.EVENING if evening else plan_rules.hour(wish, self.credits, self.zones)
        zone = zone_at(self.zones, self.now)
        self.planned[group, evening] = plan_rules.plan(group, "ada", wall, zone, after, evening=evening)

    def wish(self, group: str, wish: Wish) -> None:
        self.wishes[group] = rules.alive(wish)
        self.planned = {key: moment for key, moment in self.planned.items() if key[0] != group}
        if wish.wanted and self.here[group]:
            self.plan(group, evening=False, after=self.now)
            if wish.evening:
                self.plan(group, evening=True, after=self.now)

    def do(self, deed: str, group: str, value: int) -> None:
        wish = self.wishes[group]
        match deed:
            case "leave":
                self.here[group] = False
                self.planned = {key: moment for key, moment in self.planned.items() if key[0] != group}
            case "join":
                self.here[group] = True
                self.wish(group, wish)
            case "pause":
                self.paused_until = self.now + value % 10 * DAY
            case "resume":
                self.paused_until = None
            case "answer":
                self.credits = (self.now, *self.credits)[:7]
                self.wishes[group] = replace(rules.alive(wish), answered_at=self.now)
            case "nudge":
                self.told(group, line(KINDS[value % len(KINDS)], self.now + value * HOUR, str(value)))
            case "fly":
                self.zones.append((self.now, ZoneInfo(ZONES[value % len(ZONES)])))
            case "outage":
                self.down.append((self.now, self.now + value * HOUR))
                self.now += value * HOUR
            case _:
                self.press(deed, group, value)

    def press(self, button: str, group: str, value: int) -> None:
        wish = self.wishes[group]
        day = member_day(self.now, self.zones)
        match button:
            case "on":
                self.wish(group, replace(wish, wanted=True, muted_until=None, skipped_until=None))
            case "off":
                self.wish(group, replace(wish, wanted=False))
            case "evening":
                self.wish(group, replace(wish, evening=bool(value % 2)))
            case "hour":
                self.wish(group, replace(wish, wanted=True, hour=rules.HOURS[value % len(rules.HOURS)]))
            case "skip":
                self.wishes[group] = rules.alive(replace(wish, skipped_until=day.ends))
            case "mute":
                self.wishes[group] = rules.alive(replace(wish, muted_until=day.ends + rules.MUTE))
            case _:
                raise AssertionError(button)


DEEDS = [
    "on", "on", "off", "evening", "hour", "hour", "skip", "mute", "leave", "join", "join", "pause", "resume",
    "answer", "answer", "answer", "nudge", "nudge", "nudge", "fly", "fly", "outage",
]  # fmt: skip
Steps = list[tuple[int, str, str, int]]
STEPS = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from(DEEDS), st.sampled_from(GROUPS), st.integers(0, 60)), max_size=40
)


def lived(start: datetime, zone: str, steps: Sequence[tuple[int, str, str, int]]) -> Life:
    """Thirty days: each step waits some hours, then something happens."""
    life = Life(start, zone)
    end = start + 30 * DAY
    for group in GROUPS:
        life.do("on", group, 0)
    for wait, deed, group, value in steps:
        life.until(min(life.now + wait * HOUR, end))
        life.do(deed, group, value)
    life.until(max(end, life.now))
    return life


LIVES = given(st.sampled_from(STARTS), st.sampled_from(ZONES), STEPS)
MANY = settings(max_examples=60, deadline=None)


@MANY
@LIVES
def test_nobody_gets_more_than_two_a_day_and_eight_a_week(start: datetime, zone: str, steps: Steps) -> None:
    life = lived(start, zone, steps)
    sent = [seen.sent for seen in life.seen]
    for day in member_days(life.zones, life.now):
        today = [one for one in sent if day.starts <= one.at < day.ends]
        assert len(today) <= 2, day
        kinds = [(one.group, kind) for one in today for kind in one.kinds]
        assert len(kinds) == len(set(kinds)), "the same kind of one group twice on one day"
        assert len({(one.group, one.evening) for one in today}) == len(today), "two digests on one day"
    for first in sent:
        assert sum(first.at <= one.at <= first.at + 7 * DAY for one in sent) <= 8
    for group in GROUPS:
        here = [one.at for one in sent if one.group == group]
        assert all(later - earlier >= HOUR for earlier, later in pairwise(here)), "a burst"


@MANY
@LIVES
def test_nothing_is_sent_at_night_late_or_against_a_wish(start: datetime, zone: str, steps: Steps) -> None:
    for seen in lived(start, zone, steps).seen:
        at, wish, moment = seen.sent.at, seen.wish, seen.moment
        wall = at.astimezone(seen.zone).time()
        assert time(8) <= wall < time(21, 30)
        right = instant(moment.day, moment.at, seen.zone)
        assert right is not None
        assert timedelta() <= at - right <= 3 * HOUR
        assert seen.here
        assert wish.wanted
        assert wish.evening or not moment.evening
        for until in (seen.paused_until, wish.muted_until, wish.skipped_until):
            assert until is None or until <= at
        assert not wish.stopped
        assert len(seen.send.lines) <= 6
        assert all(one.until > at for one in seen.send.lines)
        assert bool(seen.send.lines) == (seen.send.tone != "farewell")


@MANY
@LIVES
def test_every_moment_is_decided_once_and_the_next_one_stands_ahead(start: datetime, zone: str, steps: Steps) -> None:
    life = lived(start, zone, steps)
    assert [(group, name) for group, name, _ in life.decided] == life.fired
    assert len(set(life.fired)) == len(life.fired)
    for group in GROUPS:
        wish = life.wishes[group]
        on = wish.wanted and life.here[group]
        assert ((group, False) in life.planned) == on
        assert ((group, True) in life.planned) == (on and wish.evening)
    assert all(life.now < moment.due < life.now + 50 * HOUR for moment in life.planned.values())


@MANY
@LIVES
def test_silence_is_answered_with_silence(start: datetime, zone: str, steps: Steps) -> None:
    life = lived(start, zone, [step for step in steps if step[1] in ("nudge", "fly")])
    for group in GROUPS:
        days = [seen.sent for seen in life.seen if seen.sent.group == group]
        later = [one for one in days if one.at > days[0].at + 7 * DAY]
        assert all(after.starts - before.starts >= 6 * DAY for before, after in pairwise(later))
        assert len(later) <= 4


@pytest.mark.parametrize("zone", ZONES)
def test_whoever_answers_daily_gets_one_each_day_through_every_change_of_the_clocks(zone: str) -> None:
    for start in STARTS[:3]:
        life = Life(start, zone)
        life.wish("g1", replace(life.wishes["g1"], wanted=True, evening=False, hour="12:30"))
        for _ in range(30):
            life.until(life.now + DAY)
            life.wishes["g1"] = rules.alive(life.wishes["g1"])
        walls = [seen.sent.at.astimezone(ZoneInfo(zone)) for seen in life.seen]
        assert [f"{wall:%H:%M}" for wall in walls] == ["12:30"] * len(walls)
        assert len({wall.date() for wall in walls}) == len(walls) >= 29


# --- one decision ----------------------------------------------------------------------------

BERLIN = ZoneInfo("Europe/Berlin")
SIX = datetime(2026, 1, 5, 17, tzinfo=UTC)  # 18:00 in Berlin, a Monday
LINES = (line("daily", SIX + DAY),)


def moment(*, evening: bool = False) -> Moment:
    wall = rules.EVENING if evening else time(18)
    after = SIX - HOUR
    return plan_rules.plan("g1", "ada", wall, BERLIN, after, evening=evening)


def state(*sent: Sent, lines: Sequence[Line] = LINES, evening: bool = False, **wish: object) -> State:
    wishes = replace(Wish("ada", wanted=True), **wish)  # type: ignore[arg-type]
    at = SIX + (2.5 * HOUR if evening else timedelta())
    return State("g1", moment(evening=evening), wishes, BERLIN, study_day(at, BERLIN), sent, lines=tuple(lines))


def earlier(days: float, *kinds: str, evening: bool = False, group: str = "g1") -> Sent:
    at = SIX - timedelta(days=days)
    day: StudyDay = study_day(at, BERLIN)
    return Sent(at, day.starts, day.ends, group, evening, kinds)


def test_a_line_at_the_hour_is_sent() -> None:
    assert rules.decide(state(), SIX) == Send(LINES, "digest")
    assert rules.decide(state(evening=True), SIX + 2.5 * HOUR) == Send(LINES, "evening")


@pytest.mark.parametrize(
    ("found", "now", "why"),
    [
        (state(lines=()), SIX, Why.NOTHING),
        (state(lines=(), answered_at=SIX - HOUR), SIX, Why.ANSWERED),
        (state(lines=(), answered_at=SIX - DAY), SIX, Why.NOTHING),
        (state(lines=(line("daily", SIX),)), SIX, Why.NOTHING),
        (state(wanted=False), SIX, Why.OFF),
        (state(muted_until=SIX + HOUR), SIX, Why.MUTED),
        (state(skipped_until=SIX + HOUR), SIX, Why.SKIPPED),
        (state(stopped=True), SIX, Why.STOPPED),
        (replace(state(), here=False), SIX, Why.LEFT),
        (replace(state(), paused_until=SIX + HOUR), SIX, Why.PAUSED),
        (state(), SIX + 3 * HOUR + timedelta(seconds=1), Why.LATE),
        (state(evening=True), SIX + 3.5 * HOUR, Why.QUIET),
        (replace(state(), zone=ZoneInfo("Asia/Tokyo")), SIX, Why.GONE_BY),
        (state(earlier(0.3, group="g2"), earlier(0.2, group="g2")), SIX, Why.DAY_FULL),
        (state(*(earlier(days) for days in (7, 6, 5, 4, 3, 2, 1, 0.9))), SIX, Why.WEEK_FULL),
        (
            state(*(earlier(days, evening=True) for days in (3, 2, 1)), evening=True),
            SIX + 2.5 * HOUR,
            Why.EVENINGS_FULL,
        ),
        (state(earlier(0.04, evening=True)), SIX, Why.JUST_NOW),
        (replace(state(evening=True), digest_at=SIX + 3 * HOUR), SIX + 2.5 * HOUR, Why.SOON),
        (state(earlier(0.2, "repeat")), SIX, Why.TOLD),
        (replace(state(), lines=(), asks_today=False), SIX, Why.NOT_ASKED),
        (replace(state(), groups=("g0", "g1", "g2")), SIX, Why.TURN),
        (state(earlier(1), unanswered=3), SIX, Why.EVERY_OTHER_DAY),
        (replace(state(earlier(6)), silent=8 * DAY), SIX, Why.WEEKLY),
        (replace(state(earlier(6)), silent=40 * DAY), SIX, Why.WEEKLY),
    ],
    ids=lambda value: value.value if isinstance(value, Why) else "",
)
def test_it_is_said_why_nothing_is_sent(found: State, now: datetime, why: Why) -> None:
    assert rules.decide(found, now) == Drop(why)


def test_what_is_allowed_again_is_sent_again() -> None:
    assert rules.decide(state(earlier(0.0, group="g2")), SIX) == Send(LINES, "digest")
    assert rules.decide(state(earlier(0.2, "daily", group="g2")), SIX) == Send(LINES, "digest")
    assert rules.decide(replace(state(), groups=("g1", "g2", "g3")), SIX) == Send(LINES, "digest")
    assert rules.decide(state(muted_until=SIX), SIX) == Send(LINES, "digest")
    assert rules.decide(state(earlier(2), unanswered=3), SIX) == Send(LINES, "digest")
    assert rules.decide(replace(state(earlier(7)), silent=8 * DAY), SIX) == Send(LINES, "digest")
    assert rules.decide(state(*(earlier(days) for days in (7.1, 6, 5, 4, 3, 2, 1))), SIX) == Send(LINES, "digest")
    assert rules.decide(state(), SIX + 3 * HOUR) == Send(LINES, "digest")


def test_after_four_silent_weeks_one_last_message_comes() -> None:
    found = replace(state(earlier(7)), silent=28 * DAY)
    last = rules.decide(found, SIX)
    assert last == Send((), "farewell")
    assert isinstance(last, Send)
    assert rules.after(found.wish, last, SIX).stopped
    assert not rules.alive(rules.after(found.wish, last, SIX)).stopped


@pytest.mark.parametrize("wall", ["21:30", "23:00", "00:00", "03:00", "07:59"])
def test_the_night_is_quiet(wall: str) -> None:
    assert rules.is_quiet(datetime.fromisoformat(f"2026-01-05T{wall}").replace(tzinfo=BERLIN), BERLIN)


@pytest.mark.parametrize("wall", ["08:00", "12:00", "21:29"])
def test_the_day_is_not_quiet(wall: str) -> None:
    assert not rules.is_quiet(datetime.fromisoformat(f"2026-01-05T{wall}").replace(tzinfo=BERLIN), BERLIN)


def test_the_day_of_another_group_in_another_zone_counts_while_it_goes_on() -> None:
    """Two came there on Sunday evening; it is Monday noon here, and still that Sunday there."""
    apia, noon = study_day(SIX - 14 * HOUR, ZoneInfo("Pacific/Pago_Pago")), SIX - 6 * HOUR
    there = [Sent(noon - n * HOUR, apia.starts, apia.ends, "g2", evening=False, kinds=()) for n in (9, 10)]
    assert all(one.at < study_day(noon, BERLIN).starts < noon < apia.ends for one in there)
    found = replace(state(*there), moment=replace(moment(), at=time(12)), day=study_day(noon, BERLIN))
    assert rules.decide(found, noon) == Drop(Why.DAY_FULL)


def test_days_that_the_bot_missed_are_not_told_one_by_one() -> None:
    late = SIX + 10 * DAY + HOUR
    assert plan_rules.onward(state(), Drop(Why.LATE), late) == late - 3 * HOUR
    assert plan_rules.onward(state(), Drop(Why.NOTHING), SIX) == SIX


def test_an_hour_that_is_still_to_come_is_waited_for() -> None:
    west = replace(state(), zone=ZoneInfo("America/New_York"))
    assert rules.decide(west, SIX) == Wait()
    assert plan_rules.onward(west, Wait(), SIX) == SIX


def test_the_time_in_which_the_bot_was_down_is_no_silence() -> None:
    down = [(SIX + DAY, SIX + 10 * DAY), (SIX - 2 * DAY, SIX + HOUR)]
    assert rules.silence(SIX, SIX + 11 * DAY, down) == 2 * DAY - HOUR
    assert rules.silence(None, SIX, down) == timedelta()


def test_lines_come_in_their_order() -> None:
    lines = [line(kind, SIX + DAY) for kind in ("streak", "talk", "repeat", "review", "partner", "daily", "book")]
    sent = rules.decide(state(lines=lines), SIX)
    assert isinstance(sent, Send)
    assert [one.kind for one in sent.lines] == ["daily", "partner", "review", "repeat", "streak", "talk"]


# --- the hour --------------------------------------------------------------------------------


def studied(*walls: str) -> tuple[datetime, ...]:
    return tuple(
        datetime.fromisoformat(f"2026-01-0{n + 1}T{wall}").replace(tzinfo=BERLIN) for n, wall in enumerate(walls)
    )


@pytest.mark.parametrize(
    ("walls", "hour"),
    [
        (("10:00", "12:00"), time(18)),
        (("10:00", "12:00", "20:00"), time(11, 30)),
        (("10:00", "12:00", "13:00", "20:00"), time(11, 30)),
        (("05:00", "06:00", "07:00"), time(8)),
        (("23:30", "23:50", "00:10"), time(21)),
        (("02:00", "03:00", "03:30"), time(21)),
    ],
)
def test_the_usual_hour_lies_before_the_middle_of_the_last_times(walls: tuple[str, ...], hour: time) -> None:
    zones = ((datetime(2025, 1, 1, tzinfo=UTC), BERLIN),)
    assert plan_rules.hour(Wish("ada"), studied(*walls), zones) == hour
    assert plan_rules.hour(Wish("ada", hour="08:30"), studied(*walls), zones) == time(8, 30)


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone beside


@given(st.lists(INSTANTS, max_size=7))
def test_the_usual_hour_is_never_early_or_late(credits: list[datetime]) -> None:
    for zone in ZONES:
        zones = ((datetime(2025, 1, 1, tzinfo=UTC), ZoneInfo(zone)),)
        assert time(8) <= plan_rules.hour(Wish("ada"), credits, zones) <= time(21)


def test_an_unknown_hour_is_refused() -> None:
    assert [plan_rules.accept_hour(hour) for hour in rules.HOURS] == list(rules.HOURS)
    with pytest.raises(Refusal):
        plan_rules.accept_hour("03:00")


# --- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("tone", ["digest", "evening"])
def test_no_opening_comes_twice_in_a_week(tone: rules.Tone) -> None:
    titles = [cards.reminder_card(Send(LINES, tone), number, "20260105T0300").title for number in range(30)]
    assert all(len(set(titles[at : at + 8])) == 8 for at in range(22))


def test_the_thing_itself_is_the_one_bright_button() -> None:
    card = cards.reminder_card(Send(LINES, "digest"), 0, "20260105T0300")
    assert [button.label for button in card.buttons if button.style == "primary"] == ["Open it"]


def test_each_line_has_its_way_and_the_same_way_stands_once() -> None:
    (first,) = LINES
    review = replace(first, kind="review", button=Button("Give me one", Action.to("reviews.pull")))
    card = cards.reminder_card(Send((first, review, replace(first, about="2")), "digest"), 0, "20260105T0300")
    assert [button.label for button in card.buttons][:3] == ["Open it", "Give me one", "Done already"]
    many = tuple(replace(first, button=Button(f"Way {n}", Action.to("a.b", n=str(n)))) for n in range(rules.LINES))
    assert len(cards.reminder_card(Send(many, "digest"), 0, "20260105T0300").buttons) == rules.LINES + 4


def test_no_reminder_blames_anybody_and_only_the_evening_one_speaks_of_losing() -> None:
    blame = ("you have not", "you did not", "you missed", "again", "forgot", "still not", "fail", "sorry", "lazy")
    loss = ("lose", "lost", "break", "miss", "end", "keep it going")
    for title in (*cards.OPENINGS, *cards.EVENING_OPENINGS, *card_words(cards.farewell_card()).splitlines()):
        assert not [word for word in blame if word in title.lower()], title
    for title in cards.OPENINGS:
        assert not [word for word in loss if word in title.lower().split()], title
    assert not [title for title in cards.OPENINGS if "morning" in title.lower()]


def test_every_decision_can_be_told_in_words() -> None:
    assert set(cards.REASONS) == set(Why)
