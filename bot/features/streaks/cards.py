"""What members see of their own days. Nobody sees another's."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.features.streaks.day_rules import Correction, Day, Entry, Kind, Verdict, Why, monday
from bot.features.streaks.rules import GOALS, REST_DAYS, Report, Week
from bot.kernel.action import Action
from bot.kernel.calendar import WEEKDAYS, StudyDay, zone_at
from bot.kernel.card import Block, Bullets, Button, Card, ChoicesField, Facts, Form, Note, Option, Para, Select
from bot.kernel.text import Text, listed, md, plural

PAGE = 14  # days on one card of Why
TITLE = 40  # characters of a problem's title in a line; a card of fourteen days must fit everywhere
ACTS = 2  # things that counted, named for one day
ON = Button("Turn streaks on", Action.to("streaks.on"))
WHY = Button("Why?", Action.to("streaks.why"))
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

DEEDS = {Kind.ANSWER: "Answer", Kind.RUN: "Timed run", Kind.REVIEW: "Review given"}
MARKS = {  # a square and a word: neither colour nor shape alone carries the meaning
    Verdict.COUNTED: "■", Verdict.SAVED: "◆", Verdict.NEUTRAL: "○", Verdict.MISSED: "□", Verdict.OPEN: "▷",
}  # fmt: skip
WORDS = {Verdict.COUNTED: "counted", Verdict.SAVED: "spare day", Verdict.MISSED: "nothing", Verdict.OPEN: "open"}
SHORT = {
    Why.NOT_HERE: "not here", Why.PAUSED: "break", Why.OFF: "switched off", Why.REST: "rest day", Why.STUCK: "stuck",
    Why.DOWN: "bot was off", Why.EXCUSED: "excused", Why.FREE: "no problem",
}  # fmt: skip
REASONS = {
    Why.NOT_HERE: "you joined or left on this day, or were away",
    Why.PAUSED: "you had a break",
    Why.OFF: "you had switched streaks off",
    Why.REST: "it was your rest day",
    Why.STUCK: "you said that you were stuck",
    Why.DOWN: "excused, because the bot was not running in the evening",
    Why.EXCUSED: "excused by an organiser",
    Why.FREE: "no problem was due",
}
TODAY = {
    Why.NOT_HERE: "You joined today, so today is free.",
    Why.PAUSED: "You have a break, so today is free.",
    Why.OFF: "You switched streaks on today, so today is free.",
    Why.REST: "Today is your rest day.",
    Why.STUCK: "You said that you are stuck, so today is free.",
    Why.DOWN: "The bot was not running, so today is excused.",
    Why.EXCUSED: "An organiser has excused today.",
    Why.FREE: "No problem is due today, so today is free.",
}


def streak_card(report: Report, titles: Mapping[str, str], *, at_home: bool = False) -> Card:
    """This week first; days in a row come second. The home page has a menu of days already, beside what one has set."""
    rows: list[tuple[str, Text]] = [("Days in a row", _in_a_row(report)), ("Spare days", md("{n}", n=report.spares))]
    if report.next_goal != report.goal:
        since = short_date(_next_monday(report.today.date))
        rows.append(("My goal", md("{now} · from {day} on: {then}", now=report.goal, day=since, then=report.next_goal)))
    if report.weeks:
        rows.append(("Weeks in a row with your goal", md("{n}", n=report.weeks)))
    if report.rest or report.next_rest:
        rows.append(("Rest days", _rest_days(report)))
    blocks: tuple[Block, ...] = (Facts(tuple(rows)), Para(_today(report, titles)), Note(_ends(report)))
    buttons = (
        WHY,
        Button("Choose rest days", Action.to("streaks.rest")),
        Button("Turn streaks off", Action.to("streaks.off")),
    )
    goals = tuple(Option(str(days), plural(days, "day")) for days in GOALS)
    goal = Select("My goal for a week", Action.to("members.days"), goals, str(report.next_goal))
    return Card(headline(report), blocks, buttons, () if at_home else (goal,))


def headline(report: Report | Week) -> str:
    """Such as "This week: 3 of 4 days"."""
    if report.this_week >= report.goal:
        return f"This week: {plural(report.this_week, 'day')}, your goal is reached"
    return f"This week: {report.this_week} of {plural(report.goal, 'day')}"


def _in_a_row(report: Report) -> Text:
    if not report.best:
        return md("they begin with your first answer")
    if not report.streak:
        return md("best {best} · the next begin with your next answer", best=report.best)
    return md("best {best} · now {now}", best=report.best, now=report.streak)


def _rest_days(report: Report) -> Text:
    now, later = _weekdays(report.rest), _weekdays(report.next_rest)
    if now == later:
        return md("{now}", now=now)
    since = short_date(_next_monday(report.today.date))
    return md("{now} · from {day} on: {later}", now=now, day=since, later=later)


def _next_monday(day: date) -> date:
    return monday(day) + timedelta(days=7)


def _weekdays(days: Sequence[int]) -> str:
    return listed([WEEKDAYS[day] for day in days]) or "none"


def _today(report: Report, titles: Mapping[str, str]) -> Text:
    today = report.today
    if today.acts:
        return md("Today counts. {acts}", acts=" ".join(_deeds(report, today, titles)))
    if today.verdict is Verdict.COUNTED:
        return md("Today counts. An organiser has counted it.")
    if today.why:
        return md("{free} If you practise anyway, it counts.", free=TODAY[today.why])
    return md("An answer counts at any hour. So does a review, or a timed run of 5 minutes.")


def _ends(report: Report) -> Text:
    """In the member's own zone, which may differ from that of the device: "Your Tuesday ends on Wed 7 Jan at 04:00"."""
    ends = _local(report, report.today.ends)
    name = LONG_DAYS[report.today.date.weekday()]
    return md("Your {name} ends on {day} at {time}.", name=name, day=short_date(ends.date()), time=f"{ends:%H:%M}")


def off_card() -> Card:
    kept = "Days in between change nothing. What you practise is still kept."
    return Card("Streaks are off.", (Note(md("No streak card, no evening reminder. " + kept)),), (ON,))


def on_card(week: Week) -> Card:
    return Card("Streaks are on.", (Para(md("{week}.", week=headline(week))),), (WHY,), tone="good")


def counted_card(week: Week, *, first: bool) -> Card:
    """After the first thing that counts on a day; on the very `first` of all days with an offer."""
    remind = (Button("Remind me", Action.to("nudges.on")),) if first else ()
    return Card("Today counts.", (Para(md("{week}.", week=headline(week))),), (WHY, *remind), tone="good")


def goal_card(week: Week) -> Card:
    """A goal that was chosen within a week."""
    day = short_date(_next_monday(week.today.date))
    until = Note(md("Until then it is {now}.", now=plural(week.goal, "day")))
    return Card(f"Your new goal holds from {day} on.", (until,))


# --- rest days -----------------------------------------------------------------------------------------


def rest_form(chosen: Sequence[int]) -> Form:
    options = tuple(Option(str(index), name) for index, name in enumerate(LONG_DAYS))
    help_ = f"At most {REST_DAYS}. A change holds from next Monday on."
    field = ChoicesField("days", "My rest days", options, tuple(str(day) for day in chosen), help_)
    return Form("Rest days", Action.to("streaks.keep_rest"), (field,), "Save")


def rest_kept_card(days: Sequence[int], since: date) -> Card:
    title = f"Your rest days: {_weekdays(days)}." if days else "You have no rest days."
    lines = [Note(md("This holds from {day} on.", day=short_date(since)))]
    lines += [Note(md("On a rest day nothing is asked of you. If you practise anyway, it counts."))] if days else []
    return Card(title, tuple(lines), (Button("Change it", Action.to("streaks.rest")),), tone="good")


# --- why -------------------------------------------------------------------------------------------------


def why_card(report: Report, titles: Mapping[str, str], page: int) -> Card:
    """Fourteen days, the newest week first: a row to see at a glance, and a line for each day."""
    last = (len(report.days) - 1) // PAGE
    page = min(page, last)
    ends = len(report.days) - page * PAGE
    shown = report.days[max(0, ends - PAGE) : ends]
    weeks = [list(week) for _, week in groupby(shown, key=lambda day: monday(day.date))]
    blocks: list[Block] = []
    for week in reversed(weeks):
        blocks.append(Para(md("**Week of {day}:** {row}", day=short_date(monday(week[0].date)), row=_row(week))))
        blocks.append(Bullets(tuple(_line(report, day, titles) for day in week)))
    older = (Button("Older weeks", Action.to("streaks.why", page=str(page + 1))),) if page < last else ()
    newer = (Button("Newer weeks", Action.to("streaks.why", page=str(page - 1))),) if page else ()
    counts = "An answer counts, a review that you give, and a timed run of 5 minutes."
    note = Note(md("{counts} A spare day saves a missed day without a press.", counts=counts))
    return Card("Your days, and why", (*blocks, note), (*newer, *older))


def _row(week: Sequence[Day]) -> str:
    """A full stop after each day, so that it reads well aloud: "■ Mon counted. ◆ Tue spare day."."""
    return " ".join(f"{MARKS[day.verdict]} {WEEKDAYS[day.date.weekday()]} {_word(day)}." for day in week)


def _word(day: Day) -> str:
    return SHORT[day.why] if day.why else WORDS[day.verdict]


def _line(report: Report, day: Day, titles: Mapping[str, str]) -> Text:
    return md("{day}: {what}", day=short_day(day), what=" ".join(_reasons(report, day, titles)))


def _reasons(report: Report, day: Day, titles: Mapping[str, str]) -> Iterator[str]:
    """Sentences."""
    match day.verdict:
        case Verdict.COUNTED if day.acts:
            yield "counted."
            yield from _deeds(report, day, titles)
        case Verdict.COUNTED:
            yield "counted by an organiser."
        case Verdict.SAVED:
            yield "a spare day was used, so your days in a row go on."
        case Verdict.MISSED:
            yield "nothing counted."
        case Verdict.OPEN:
            yield f"still open until {_local(report, day.ends):%H:%M}."
        case _:
            yield f"{REASONS[day.why]}." if day.why else ""
    word = day.correction
    if word and word.reason and not day.acts and day.why in (None, Why.EXCUSED):
        yield f"The reason: “{word.reason}”."


def _deeds(report: Report, day: Day, titles: Mapping[str, str]) -> Iterator[str]:
    """What counted on this day, with its time in the zone where the member was."""
    for act in day.acts[:ACTS]:
        title = "" if act.kind == Kind.REVIEW else titles.get(act.what, "")
        short = title[: TITLE - 1] + "…" if len(title) > TITLE else title
        about = f" “{short}”" if title else ""
        yield f"{DEEDS[Kind(act.kind)]}{about} at {_local(report, act.at):%H:%M}."
    if len(day.acts) > ACTS:
        yield f"And {len(day.acts) - ACTS} more."


def _local(report: Report, at: datetime) -> datetime:
    return at.astimezone(zone_at(report.zones, at))


def short_day(day: Day) -> str:
    """Such as "Mon 5 Jan"; the second day of the same date, after a flight over the date line, is "Mon 5 Jan (2)"."""
    return short_date(day.date) + (f" ({day.nth})" if day.nth > 1 else "")


def short_date(day: date) -> str:
    """Such as "Mon 5 Jan"."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


# --- an evening reminder -------------------------------------------------------------------------------------


def nudge_line(report: Report) -> Text:
    return md("A short answer today makes it {n}.", n=f"{report.streak + 1} days in a row")


_STARTS = datetime(2026, 1, 5, 3, tzinfo=UTC)
_ZONES = ((_STARTS, ZoneInfo("Europe/Berlin")),)


def _example(index: int, verdict: Verdict, why: Why | None = None, correction: Correction | None = None) -> Day:
    starts = _STARTS + timedelta(days=index)
    acts = (Entry(starts + timedelta(hours=6), Kind.ANSWER, "a"), Entry(starts + timedelta(hours=7), Kind.REVIEW, "7"))
    counted = verdict is Verdict.COUNTED and correction is None
    return Day(starts.date(), starts, starts + timedelta(days=1), verdict, why, acts if counted else (), correction)


_EXCUSED = Correction(1, _STARTS, "excuse", "ill", "olga", _STARTS)
_COUNTED = Correction(2, _STARTS, "count", "answered on paper", "olga", _STARTS)
_DAYS = (
    _example(0, Verdict.COUNTED),
    _example(1, Verdict.SAVED),
    _example(2, Verdict.NEUTRAL, Why.EXCUSED, _EXCUSED),
    _example(3, Verdict.COUNTED, None, _COUNTED),
    _example(4, Verdict.MISSED),
    *(_example(5 + index, Verdict.NEUTRAL, why) for index, why in enumerate(Why) if why is not Why.EXCUSED),
    _example(13, Verdict.COUNTED),
    _example(14, Verdict.OPEN),
)
_REPORT = Report(_ZONES, _DAYS, 2, 31, 1, 0, 1, 33, 3, 3, 4, 5, (6,), (5, 6), on=True)
_NEW = Report(_ZONES, _DAYS[:1], 1, 1, 2, 0, 0, 1, 0, 1, 4, 4, (), (), on=True)
_WEEK = Week(StudyDay(_STARTS.date(), _STARTS, _STARTS + timedelta(days=1)), 1, 3, 4, 2, on=True)
_TITLES = {"a": "When accuracy misleads", "b": "Two counters that must agree with each other in the end"}
EXAMPLES: dict[str, Card | Form] = {
    "streak_card": streak_card(_REPORT, _TITLES),
    "streak_counted_card": streak_card(_NEW, _TITLES),
    "streak_home_card": streak_card(_NEW, _TITLES, at_home=True),
    "off_card": off_card(),
    "on_card": on_card(_WEEK),
    "counted_card": counted_card(_WEEK, first=True),
    "goal_card": goal_card(_WEEK),
    "rest_form": rest_form((5, 6)),
    "rest_kept_card": rest_kept_card((5, 6), _STARTS.date()),
    "why_card": why_card(_REPORT, _TITLES, 0),
    "why_older_card": why_card(_REPORT, _TITLES, 1),
}
