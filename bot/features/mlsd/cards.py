"""What members see of a system design week: its message, their own state in it, and how it works."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.content.catalogue import HeldBack, Item, Passage, Timed, Turn
from bot.content.markdown import spans
from bot.features.mlsd.rules import Mine, State, Tally, Week, opened
from bot.kernel.action import Action
from bot.kernel.card import OPTION_LABEL, Block, Bullets, Button, Card, Facts, Form, Note, Option, Para, Select
from bot.kernel.text import Text, When, md, plural

HOW = Button("How it works", Action.to("mlsd.how"))
SHORT = Button("Short run", Action.to("mlsd.short"))
MY_RUN = Button("Go to my run", Action.to("mlsd.my_run"), "primary")
CALENDAR = Button("Plan the weeks", Action.to("mlsd.calendar"))
EARLIER = 25  # weeks of one menu


# --- the channel's message --------------------------------------------------------------------


def thread_title(week: Week) -> str:
    return f"System design week {week.number}"


def week_card(week: Week, item: Item, tally: Tally) -> Card:
    """The prompt itself is never in it."""
    blocks = (Para(spans(item.summary)), Para(_stands(week, tally.runs)), *_longer(week), *_counts(week, tally))
    return Card(_title(week, item), blocks, _channel_buttons(week, tally))


def _title(week: Week, item: Item) -> str:
    return f"System design week {week.number}: {item.title}"


def _stands(week: Week, runs: int) -> Text:
    match week.state:
        case State.OPEN:
            return md(
                "You have until {locks} for your 45 minutes, whenever they suit you. "
                "The prompt appears when your clock starts. Runs stay hidden while the week is open.",
                locks=When(week.locks),
            )
        case State.REVIEW:
            if not runs:
                return md("Nobody ran this time. The outline opens {reveals}.", reveals=When(week.reveals))
            return md("The runs are being read now. Outline and runs open {reveals}.", reveals=When(week.reveals))
        case State.REVEALED:
            return md(
                "Outline, other designs and runs are open. Talk goes on until {closes}.", closes=When(week.closes)
            )
        case State.CLOSED:
            return md("This week is over. Its prompt stays open for short runs.")


def _longer(week: Week) -> tuple[Block, ...]:
    if not week.lengthened or week.state is State.CLOSED:
        return ()
    hours = plural(max(1, round(week.lengthened / timedelta(hours=1))), "hour")
    return (Note(md("I was away for {hours}. This week is longer by that time.", hours=hours)),)


def _counts(week: Week, tally: Tally) -> tuple[Block, ...]:
    count = f"{tally.runs} {'is' if tally.runs == 1 else 'are'} in" if tally.runs else "none yet"
    rows = [("Runs", md("{count}", count=count))]
    if week.state is not State.OPEN:
        rows = [("Runs", md("{runs}", runs=plural(tally.runs, "run") if tally.runs else "none"))]
    elif tally.takers:
        rows.append(("Taking part", md("{people}", people=plural(tally.takers, "person", "people"))))
    return (Facts(tuple(rows)),)


def _channel_buttons(week: Week, tally: Tally) -> tuple[Button, ...]:
    n = str(week.number)
    match week.state:
        case State.OPEN:
            return (
                Button("Start my run", Action.to("mlsd.start", week=n), "primary"),
                SHORT,
                Button("Count me in", Action.to("mlsd.count_in", week=n)),
                Button("I only want to review", Action.to("mlsd.review_only", week=n)),
                HOW,
            )
        case State.REVIEW:
            review = Button("Review a run", Action.to("reviews.pull"), "primary")
            return (*((review,) if tally.runs else ()), SHORT, HOW)
        case State.REVEALED | State.CLOSED:
            return (*_read(week, tally), SHORT, HOW)


def _read(week: Week, tally: Tally) -> tuple[Button, ...]:
    read = Button("Read the runs", Action.to("answers.read", task=week.task), "primary")
    return (read,) if tally.runs > tally.others else ()


def how_card() -> Card:
    lines = (
        md("**Own clock:** 45 minutes at any time while the week is open. Eight stages come one after another."),
        md("Something changes while you run. Say what of your design stands, what falls, and redo the numbers."),
        md("**Short run:** 20 minutes, four stages, one change. On any day, also with an earlier prompt."),
        md("**Only review:** you read the runs of others and learn the same way."),
        md("After four days each run gets two reviews. Two days later outline and runs open for everybody."),
        md("A part of a run counts as a run. You may hide your name."),
    )
    week = Button("See the week", Action.to("mlsd.design"))  # the rules may stand in its place
    return Card("How the system design week works", (Bullets(lines),), (week,))


# --- one's own state -----------------------------------------------------------------------------


def design_card(
    week: Week,
    item: Item,
    tally: Tally,
    mine: Mine,
    earlier: Sequence[tuple[int, str]] = (),
    *,
    organiser: bool = False,
    task: str = "",
) -> Card:
    """`earlier`: (number, title) of the weeks that are over, newest first. `task`: what one's own run belongs to."""
    blocks = (
        Para(spans(item.summary)),
        Para(_stands(week, tally.runs)),
        *_longer(week),
        *_counts(week, tally),
        *((Para(line),) if (line := _mine(week, mine)) else ()),
    )
    buttons = _own_buttons(week, tally, mine, task)
    return Card(_title(week, item), blocks, (*buttons, *((CALENDAR,) if organiser else ())), _earlier_menu(earlier))


def _mine(week: Week, mine: Mine) -> Text | None:
    match mine:
        case Mine.RUNNING:
            return md("**Your clock runs.**")
        case Mine.FINISHED:
            return md("**Your run is in.** Thank you.")
        case Mine.ENDED:
            again = " You can begin again while the week is open." if week.state is State.OPEN else ""
            return md("Nothing of your run was handed in." + again)
        case Mine.WITHDRAWN:
            return md("You withdrew your run. Nobody can read it.")
        case Mine.READER:
            return md("**You review this week.**") if week.state is State.OPEN else None
        case Mine.TAKER:
            return md("**You are counted in.**") if week.state is State.OPEN else None
        case Mine.NOTHING:
            return None


def _own_buttons(week: Week, tally: Tally, mine: Mine, task: str) -> tuple[Button, ...]:
    if mine is Mine.RUNNING:
        return (MY_RUN, HOW)
    own = _about_own(week, mine, task)
    if week.state is not State.OPEN:
        return (*own, *_channel_buttons(week, tally))
    if mine in (Mine.FINISHED, Mine.WITHDRAWN):
        return (*own, SHORT, HOW)
    n = str(week.number)
    change = {
        Mine.READER: (Button("I want to run after all", Action.to("mlsd.not_only", week=n)),),
        Mine.TAKER: (Button("Do not count me in", Action.to("mlsd.count_out", week=n)),),
    }.get(mine, ())
    offered = [button for button in _channel_buttons(week, tally) if button.action.route not in _DONE.get(mine, ())]
    return (*offered[:-1], *change, HOW)


_DONE = {Mine.READER: ("mlsd.review_only",), Mine.TAKER: ("mlsd.count_in",), Mine.ENDED: ("mlsd.count_in",)}


def _about_own(week: Week, mine: Mine, task: str) -> tuple[Button, ...]:
    """The ways to one's own run: to read or withdraw it at any time, and to its report after the reveal."""
    if mine is Mine.WITHDRAWN:
        return (Button("Put my run back", Action.to("answers.restore", task=task)),)
    if mine is not Mine.FINISHED:
        return ()
    read = Button("Read my run", Action.to("answers.read", task=task))
    if week.state not in (State.REVEALED, State.CLOSED):
        return (read,)
    report = Button("My report", Action.to("mlsd.report", week=str(week.number)))
    return (report, read) if task != week.task else (report,)


def _earlier_menu(earlier: Sequence[tuple[int, str]]) -> tuple[Select, ...]:
    if not earlier:
        return ()
    options = tuple(Option(str(number), shorten(f"Week {number}: {title}")) for number, title in earlier[:EARLIER])
    return (Select("See an earlier week", Action.to("mlsd.week"), options),)


def shorten(words: str, limit: int = OPTION_LABEL) -> str:
    """A title may be longer than a menu's line; its beginning tells which one it is."""
    return words if len(words) <= limit else f"{words[: limit - 1]}…"


def no_week_card(
    opens: datetime | None, earlier: Sequence[tuple[int, str]] = (), *, held: bool = True, organiser: bool = False
) -> Card:
    """`held`: this group holds system design weeks. `opens` None: no opening is planned."""
    if not held:
        text = md("This group holds no system design weeks at present.")
    elif opens is None:
        text = md("The next one is not planned yet.")
    else:
        text = md("The next one opens {opens}.", opens=When(opens))
    buttons = (*((SHORT,) if earlier else ()), HOW, *((CALENDAR,) if organiser else ()))
    return Card("No system design week is open.", (Para(text),), buttons, _earlier_menu(earlier))


def counted_card(week: Week, *, counted: bool) -> Card:
    start = Button("Start my run", Action.to("mlsd.start", week=str(week.number)), "primary")
    if not counted:
        again = Button("Count me in", Action.to("mlsd.count_in", week=str(week.number)))
        return Card(
            "You are not counted in any more.", (Para(md("You can still run until the week closes.")),), (again,)
        )
    undo = Button("Do not count me in", Action.to("mlsd.count_out", week=str(week.number)))
    text = md("Your 45 minutes can begin at any time until {locks}. I remind you once.", locks=When(week.locks))
    return Card("You are counted in.", (Para(text),), (start, undo), tone="good")


def reader_card(week: Week, *, only: bool) -> Card:
    if only:
        undo = Button("I want to run after all", Action.to("mlsd.not_only", week=str(week.number)))
        text = md("When the runs are in, {locks}, some may come to you. I tell you either way.", locks=When(week.locks))
        return Card("You review this week.", (Para(text),), (undo,), tone="good")
    start = Button("Start my run", Action.to("mlsd.start", week=str(week.number)), "primary")
    return Card("You can run this week.", (Para(md("You have until {locks}.", locks=When(week.locks))),), (start,))


def runs_anyway_card(*, running: bool) -> Card:
    text = md("Who runs also reviews: two runs come to you when the week closes for runs.")
    return Card("You have a run in this week.", (Para(text),), (MY_RUN,) if running else ())


def too_late_card() -> Card:
    text = md("The runs have been given out. You may still take one that waits.")
    return Card("The reviews have begun.", (Para(text),), (Button("See what waits", Action.to("reviews.board")),))


def reminder(week: Week) -> Text:
    return md(
        "A run in system design week {n} takes 45 minutes. It is open until {at}.", n=week.number, at=When(week.locks)
    )


# --- for organisers ----------------------------------------------------------------------------------


def all_met_card() -> Card:
    text = md("The group has had every system design prompt. Add a pack, and the weeks go on.")
    return Card("No system design week opens.", (Para(text),), (Button("Settings", Action.to("organiser.settings")),))


def quiet_series_card() -> Card:
    """Asked once, in private, after two weeks without a run."""
    text = md("Nobody had time for a run in two weeks, so I open no new week. What would suit the group?")
    return Card("The system design weeks rest.", (Para(text),), _SERIES)


def series_card(*, paused: bool, decided: bool = False) -> Card:
    if not paused:
        return Card("The system design weeks go on.", (), (CALENDAR,), tone="good")
    if decided:
        text = md("They rest until an organiser lets them go on.")
        return Card("The system design weeks rest.", (Para(text),), _SERIES[:1])
    return quiet_series_card()


_SERIES = (
    Button("Let them go on", Action.to("mlsd.go_on"), "primary"),
    Button("Keep them resting", Action.to("mlsd.keep_resting")),
    Button("Choose another day", Action.to("organiser.set", feature="mlsd", page="0")),
)


EXAMPLE_ITEM = Item(
    id="mlsd-example",
    revision=1,
    pack="starter",
    domain="mlsd",
    domain_label="System design",
    kind="mlsd",
    status="active",
    title="Scam warnings in a chat",
    summary="Decide when to warn, hold a link or queue a chat, when victims report late or never.",
    difficulty="medium",
    levels=("mid",),
    tags=("moderation", "delayed-labels"),
    strand="moderation",
    minutes_solve=45,
    minutes_explain=5,
    statement=(Passage("", "You work on the trust team of a marketplace."),),
    link=None,
    hints=("Which actions are there?",),
    outline=("**Goal.** Refunded euros.", "**Data.** Mature labels."),
    alternatives=("Rules alone.",),
    mistakes=("No price for an error.",),
    reveal="on_close",
    checkpoints=("Names the rate of 0.35%.",),
    rubric="mlsd",
    focus=(),
    questions=(),
    files=(),
    timed=Timed(
        "mlsd-45",
        (
            Turn(
                "merger",
                "scale-100m",
                19,
                "You now serve 100 million people.",
                "A merger closes.",
                "Redoes it.",
                ("data",),
            ),
        ),
        (HeldBack(("language",), "12% of chats mix two languages.", changes_design=True),),
    ),
    self_contained=True,
)
EXAMPLE_WEEK = opened("web:g1", 3, EXAMPLE_ITEM.id, 1, datetime(2026, 1, 8, 9, tzinfo=UTC), None)
_REVIEW = replace(EXAMPLE_WEEK, state=State.REVIEW, lengthened=timedelta(hours=5))
_REVEALED = replace(EXAMPLE_WEEK, state=State.REVEALED)
_CLOSED = replace(EXAMPLE_WEEK, state=State.CLOSED)
_BEFORE = ((2, "Card payments in 80 ms"), (1, "Home screen of a recipe app"))
EXAMPLES: dict[str, Card | Form] = {
    "week_card": week_card(EXAMPLE_WEEK, EXAMPLE_ITEM, Tally(1, 4)),
    "week_review_card": week_card(_REVIEW, EXAMPLE_ITEM, Tally(3, 4)),
    "week_revealed_card": week_card(_REVEALED, EXAMPLE_ITEM, Tally(3, 4)),
    "week_closed_card": week_card(_CLOSED, EXAMPLE_ITEM, Tally(0, 0)),
    "how_card": how_card(),
    "design_card": design_card(EXAMPLE_WEEK, EXAMPLE_ITEM, Tally(), Mine.NOTHING, _BEFORE, organiser=True),
    "design_reader_card": design_card(EXAMPLE_WEEK, EXAMPLE_ITEM, Tally(2, 5), Mine.READER),
    "design_taker_card": design_card(EXAMPLE_WEEK, EXAMPLE_ITEM, Tally(2, 5), Mine.TAKER),
    "design_running_card": design_card(EXAMPLE_WEEK, EXAMPLE_ITEM, Tally(2, 5), Mine.RUNNING),
    "design_finished_card": design_card(_REVIEW, EXAMPLE_ITEM, Tally(2, 5), Mine.FINISHED, task="design-3"),
    "design_report_card": design_card(_REVEALED, EXAMPLE_ITEM, Tally(2, 5), Mine.FINISHED, task="design-run-4"),
    "design_withdrawn_card": design_card(_REVIEW, EXAMPLE_ITEM, Tally(), Mine.WITHDRAWN, task="design-3"),
    "design_ended_card": design_card(EXAMPLE_WEEK, EXAMPLE_ITEM, Tally(2, 5), Mine.ENDED),
    "no_week_card": no_week_card(EXAMPLE_WEEK.opens, _BEFORE),
    "no_series_card": no_week_card(None, held=False, organiser=True),
    "counted_card": counted_card(EXAMPLE_WEEK, counted=True),
    "counted_out_card": counted_card(EXAMPLE_WEEK, counted=False),
    "reader_card": reader_card(EXAMPLE_WEEK, only=True),
    "not_reader_card": reader_card(EXAMPLE_WEEK, only=False),
    "runs_anyway_card": runs_anyway_card(running=True),
    "too_late_card": too_late_card(),
    "all_met_card": all_met_card(),
    "quiet_series_card": quiet_series_card(),
    "series_card": series_card(paused=False),
    "series_resting_card": series_card(paused=True, decided=True),
}
