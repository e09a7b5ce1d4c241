"""A system design week opens, is read, shows its outline and is over; each step comes once, and outages cost nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import App
from bot.content.catalogue import Catalogue
from bot.content.markdown import spans
from bot.engine import outages
from bot.features.mlsd import cards, records, rules, run_records
from bot.features.mlsd.calendar_rules import playable
from bot.features.mlsd.rules import Mine, Series, State, Tally, Week
from bot.features.mlsd.run_rules import Run
from bot.kernel.calendar import Rhythm, occurrences
from bot.kernel.card import card_words
from bot.kernel.design_facts import AnswerGiven, AreRunsHeld, ReviewsWanted
from bot.kernel.effect import Effect, Fact
from bot.kernel.engine_facts import CameBack
from bot.kernel.event import Due, Event, Person, Scene
from bot.kernel.facts import MemberLeft, Nudge, NudgeMoment
from bot.kernel.feature import Feature
from bot.kernel.ports import Tx
from bot.kernel.text import words
from tests.features.mornings import joined
from tests.features.peers import ask, tell
from tests.features.test_plan import press_action
from tests.story import CoreDriver, Driver
from tests.world import GROUP, MORNING, PACK, STARTER_PACK, TENANT, World, hours, pack

BOTH = Catalogue.of([pack(PACK), pack(STARTER_PACK)])
BERLIN = ZoneInfo("Europe/Berlin")
T0 = datetime(2026, 1, 8, 9, tzinfo=UTC)  # Thursday, 10:00 in Berlin
LOCKS, REVEALS, CLOSES = T0 + hours(96), T0 + hours(144), T0 + hours(168)
SECOND = timedelta(seconds=1)
WEEK = f"mlsd.week/{GROUP}/1"
THURSDAYS = Rhythm((3,), time(10))


async def opened(story: Driver, *members: str) -> None:
    """The group is set up, these members are in it, and its first week is open."""
    story.app.engine.catalogue = BOTH  # type: ignore[attr-defined]
    await joined(story, *members)
    await story.until(T0 + SECOND)


async def find(app: App, number: int = 1) -> Week:
    found = await app.store.read(lambda tx: records.find_week(tx, GROUP, number))
    assert found, f"there is no week {number}"
    return found


async def hand_in(app: App, member: str, text: str = "Goal\nRefunds first.", number: int = 1) -> None:
    """As if this member had run the week on their own clock and handed it in."""
    week, now = await find(app, number), app.clock.now()

    def keep(tx: Tx) -> Run:
        run = Run(
            run_records.next_number(tx, GROUP), member, number, week.item, week.revision, "mlsd-45",
            now - hours(1), "over", now, handed_in=True,
        )  # fmt: skip
        run_records.keep_run(tx, GROUP, run)
        return run

    run = await app.store.run(keep)
    await tell(app, AnswerGiven(run.task, member, text))


def heard(app: App, kind: type[Fact]) -> list[Fact]:
    """What is told from now on."""
    told: list[Fact] = []
    listener = Feature(f"listens to {kind.__name__}")

    @listener.on_fact(kind)
    def listen(fact: Fact, scene: Scene, tx: Tx) -> Sequence[Effect]:
        told.append(fact)
        return []

    app.engine.features = {**app.engine.features, listener.name: listener}
    return told


# --- the week goes by ----------------------------------------------------------------------


async def test_a_week_opens_is_read_shows_its_outline_and_is_over(story: Driver) -> None:
    await opened(story, "ada", "ben", "cem")
    (board,) = [seen for seen in await story.read("ada") if seen.name == WEEK]
    assert "System design week 1" in board.title
    labels = [label for label, _ in board.buttons]
    assert labels == ["Start my run", "Short run", "Count me in", "I only want to review", "How it works"]
    item = next(item for item in playable(BOTH) if item.title in board.title)
    assert item.statement[0].text[:60] not in board.words, "the prompt is nobody's before their clock runs"

    counted = await story.press("ada", "Count me in", WEEK)
    assert "You are counted in" in counted.words
    reader = await story.press("cem", "I only want to review", WEEK)
    assert "You review this week" in reader.words
    mine = await story.type("ada", "/study design")
    assert "You are counted in" in mine.words
    assert "Do not count me in" in mine.words
    (board,) = [seen for seen in await story.read("ada") if seen.name == WEEK]
    assert "1 person" in board.words
    assert "Ada" not in board.words

    await story.until(LOCKS + SECOND)
    (board,) = [seen for seen in await story.read("ada") if seen.name == WEEK]
    assert "Nobody ran this time" in board.words
    late = await story.type("ben", "/study design")
    assert "Start my run" not in late.words

    await story.until(REVEALS + SECOND)
    (board,) = [seen for seen in await story.read("ada") if seen.name == WEEK]
    assert "runs are open" in board.words
    thread = "\n".join(seen.words for seen in await story.read("ada", WEEK))
    assert words(spans(item.alternatives[0]))[:40] in thread, "the outline and other designs stand in the thread"

    await story.until(CLOSES + SECOND)
    boards = [seen for seen in await story.read("ada") if seen.name.startswith("mlsd.week/")]
    assert ["This week is over" in seen.words for seen in boards] == [True, False], "the next one opens at once"
    earlier = await story.type("ada", "/study design")
    assert "System design week 2" in earlier.words


async def test_runs_that_are_in_are_given_out_once_when_the_week_closes_for_runs(
    story: CoreDriver, app: App, world: World
) -> None:
    await opened(story, "ada", "ben", "cem", "dan")
    await story.press("cem", "I only want to review", WEEK)
    await story.press("ada", "I only want to review", WEEK)
    await hand_in(app, "ada")
    await hand_in(app, "ben")
    assert "2 are in" in (await story.read("dan"))[-1].words
    told = heard(app, ReviewsWanted)
    await story.until(LOCKS + SECOND)
    (wanted,) = told
    assert isinstance(wanted, ReviewsWanted)
    assert [(drawn.task, drawn.author_member) for drawn in wanted.answers] == [
        ("design-1", "ada"),
        ("design-1", "ben"),
    ]
    assert wanted.reader_members == ("cem",), "who has a run reviews as its author"
    assert (wanted.wanted, wanted.until) == (2, REVEALS)
    await story.until(CLOSES + SECOND)
    assert len(told) == 1
    assert not world.doubles()


async def test_a_week_without_a_run_asks_for_no_review(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    told = heard(app, ReviewsWanted)
    await story.until(REVEALS + SECOND)
    assert not told
    assert (await find(app)).state is State.REVEALED


@pytest.mark.parametrize("latest", [50, 150])
async def test_runs_that_still_run_at_the_close_are_waited_for_and_no_longer_than_they_run(
    story: CoreDriver, app: App, latest: int
) -> None:
    """`latest`: the minutes after which the run would have been over in any case."""
    await opened(story, "ada", "ben")
    await hand_in(app, "ben")
    week, began = await find(app), LOCKS - timedelta(minutes=46)

    def keep(tx: Tx, *, over: bool) -> None:
        run = Run(
            9, "ada", 1, week.item, 1, "mlsd-45", began, "over" if over else "running",
            deadline=began + timedelta(minutes=latest), handed_in=over,
        )  # fmt: skip
        run_records.keep_run(tx, GROUP, run)

    await app.store.run(lambda tx: keep(tx, over=False))
    told = heard(app, ReviewsWanted)
    await story.until(LOCKS + timedelta(minutes=3))
    assert (await find(app)).state is State.OPEN
    await app.store.run(lambda tx: keep(tx, over=True))
    await tell(app, AnswerGiven("design-1", "ada", "Goal first."))
    await story.until(LOCKS + timedelta(minutes=10))
    (wanted,) = told
    assert isinstance(wanted, ReviewsWanted)
    assert {drawn.author_member for drawn in wanted.answers} == {"ada", "ben"}


async def test_runs_of_the_week_are_written_read_and_shown(story: Driver) -> None:
    await opened(story, "ada", "ben", "cem")
    texts = {
        "ada": "Ada weighs a wrong loaf against an empty shelf at noon, 310 against 7.",
        "ben": "Ben counts what was sold out by noon and says that it is no demand.",
    }
    for number, (member, text) in enumerate(texts.items(), 1):
        await story.press(member, "Start my run", WEEK)
        await story.press(member, "Begin")
        goal = f"mlsd.run/{GROUP}/{number}/00/stage/objective"
        assert text not in "".join(seen.words for seen in await story.read(member, "private"))
        await story.press(member, "mlsd.write", goal)
        assert not (await story.fill(member, {"text": text})).refused
        await story.wait(timedelta(minutes=62))  # its time and five minutes more: over by itself
    (board,) = [seen for seen in await story.read("cem") if seen.name == WEEK]
    assert "2 are in" in board.words
    for place in ("channel", WEEK):
        heard_of = "".join(seen.words for seen in await story.read("cem", place))
        assert not [text for text in texts.values() if text in heard_of], "nobody reads a run before the week closes"

    await story.until(LOCKS + SECOND)
    given = await press_action(story, "ada", "reviews.pull")
    assert texts["ben"] in given.words
    assert "Ben" not in given.words.replace(texts["ben"], ""), "names come with the reveal"

    await story.until(REVEALS + timedelta(minutes=1))
    read = await story.press("cem", "Read the runs", WEEK)
    assert all(text in read.words for text in texts.values())
    assert not read.refused


async def test_only_runs_whose_answers_stand_are_counted_and_drawn(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben", "cem")
    await hand_in(app, "ada")
    await hand_in(app, "ben")
    week, now = await find(app), app.clock.now()
    empty = Run(9, "cem", 1, week.item, 1, "mlsd-45", now - hours(1), "over", now)
    await app.store.run(lambda tx: run_records.keep_run(tx, GROUP, empty))
    withdrawn = await press_action(story, "ben", "answers.withdraw", task="design-1")
    assert not withdrawn.refused
    assert "1 is in" in (await story.read("ada"))[-1].words
    assert "Nothing of your run was handed in" in (await story.type("cem", "/study design")).words
    told = heard(app, ReviewsWanted)
    await story.until(LOCKS + SECOND)
    (wanted,) = told
    assert isinstance(wanted, ReviewsWanted)
    assert [drawn.author_member for drawn in wanted.answers] == ["ada"]


# --- outages ---------------------------------------------------------------------------------


async def away(app: App, story: CoreDriver, since: datetime, until: datetime) -> None:
    """As if the bot had not been there between these instants: nothing runs, then it comes back."""
    story.clock.set(until)
    await app.store.run(lambda tx: outages.beat(tx, MORNING, since))
    await app.store.run(lambda tx: outages.beat(tx, until, until))
    await tell(app, CameBack(since, until))
    await app.settle()


async def test_an_outage_of_over_two_hours_makes_the_open_window_longer_and_says_so(
    story: CoreDriver, app: App
) -> None:
    await opened(story, "ada")
    down = T0 + hours(10)
    await story.until(down)
    await away(app, story, down, down + hours(5))
    week = await find(app)
    assert (week.locks, week.reveals) == (LOCKS + hours(5), REVEALS + hours(5))
    board = (await story.read("ada"))[-1]
    assert "I was away for 5 hours. This week is longer by that time." in board.words
    await story.until(LOCKS + hours(4.9))
    assert (await find(app)).state is State.OPEN
    await story.until(LOCKS + hours(5) + SECOND)
    assert (await find(app)).state is State.REVIEW
    assert (await find(app)).lengthened == hours(5), "told again it gives the same"


async def test_an_outage_over_the_close_gives_back_what_it_took(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    down = LOCKS - hours(1)
    await story.until(down)
    await away(app, story, down, down + hours(9))
    assert (await find(app)).state is State.OPEN, "the hour that was left is left again"
    await story.until(LOCKS + hours(9) + SECOND)
    week = await find(app)
    assert (week.state, week.reveals) == (State.REVIEW, REVEALS + hours(9))


async def test_an_outage_that_nobody_told_of_is_seen_when_the_next_step_comes(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    down = T0 + hours(10)
    await story.until(down)
    await app.store.run(lambda tx: outages.beat(tx, MORNING, down))
    await app.store.run(lambda tx: outages.beat(tx, down + hours(5), down + hours(5)))
    await story.until(LOCKS + SECOND)
    assert (await find(app)).state is State.OPEN
    await story.until(LOCKS + hours(5) + SECOND)
    assert (await find(app)).state is State.REVIEW


async def test_an_outage_while_runs_are_read_gives_reviewers_their_time_back(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    await hand_in(app, "ada")
    await hand_in(app, "ben")
    down = LOCKS + hours(20)
    await story.until(down)
    told = heard(app, ReviewsWanted)
    await away(app, story, down, down + hours(6))
    assert (await find(app)).reveals == REVEALS + hours(6)
    assert [wanted.until for wanted in told if isinstance(wanted, ReviewsWanted)] == [REVEALS + hours(6)]
    await story.until(REVEALS + hours(5))
    assert (await find(app)).state is State.REVIEW
    await story.until(REVEALS + hours(6) + SECOND)
    assert (await find(app)).state is State.REVEALED


async def test_a_run_that_comes_in_while_the_others_are_read_is_drawn_too(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    await hand_in(app, "ada")
    await story.until(LOCKS + SECOND)
    told = heard(app, ReviewsWanted)
    await hand_in(app, "ben")
    (wanted,) = told
    assert isinstance(wanted, ReviewsWanted)
    assert [drawn.author_member for drawn in wanted.answers] == ["ada", "ben"]


async def test_who_leaves_is_counted_no_more(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    await story.press("ada", "Count me in", WEEK)
    await story.press("ben", "I only want to review", WEEK)
    for member in ("ada", "ben"):
        await tell(app, MemberLeft(member))
    assert "person" not in (await story.read("ben"))[-1].words
    assert await app.store.read(lambda tx: records.list_readers(tx, GROUP, 1)) == []


async def test_after_ten_days_without_the_bot_the_weeks_find_back_to_their_day(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    down = T0 + hours(10)
    await story.until(down)
    await away(app, story, down, down + hours(240))
    assert (await find(app)).locks == LOCKS + hours(240)
    for number in range(1, 6):
        await hand_in(app, "ada", number=number)
        await story.until((await find(app, number)).closes + timedelta(minutes=1))
    weeks = await app.store.read(lambda tx: records.list_weeks(tx, GROUP))
    assert [week.number for week in weeks[:6]] == [6, 5, 4, 3, 2, 1]
    assert weeks[0].opens.astimezone(BERLIN).strftime("%a %H:%M") == "Thu 10:00"
    assert all(week.locks - week.opens == hours(96) for week in weeks[:-1]), "nobody has less time"


async def test_a_step_that_comes_twice_is_taken_once(story: CoreDriver, app: App, world: World) -> None:
    await opened(story, "ada", "ben")
    await hand_in(app, "ada")
    await hand_in(app, "ben")
    told = heard(app, ReviewsWanted)
    numbers = count(1)

    async def again(at: datetime) -> None:
        """Every step of the week once more, as if its wake had been sent anew."""
        for what in ("lock", "reveal", "close"):
            due = Due(f"mlsd.{what}", f"mlsd.{what}/{GROUP}/1/x", at)
            await app.engine.handle(Event(f"e{next(numbers)}", TENANT, GROUP, "", Person(""), app.clock.now(), due))
        await app.settle()

    for at, state in ((T0, State.OPEN), (LOCKS, State.REVIEW), (REVEALS, State.REVEALED), (CLOSES, State.CLOSED)):
        await story.until(at + SECOND)
        await again(at)
        before = world.wall()
        await again(at)
        assert (await find(app)).state is state
        assert world.wall() == before
    assert len(told) == 1
    assert not world.doubles()


async def test_who_is_forgotten_is_counted_no_more(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben")
    await story.press("ben", "Count me in", WEEK)
    await hand_in(app, "ada")
    await press_action(story, "ada", "members.erase_now")
    board = (await story.read("ben"))[-1].words
    assert "Runs: none yet" in board
    assert "1 person" in board


async def test_a_short_outage_changes_no_instant(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    down = T0 + hours(10)
    await story.until(down)
    await away(app, story, down, down + hours(2))
    assert (await find(app)).locks == LOCKS


async def test_after_a_longer_week_the_next_one_opens_when_it_is_over(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    down = T0 + hours(10)
    await story.until(down)
    await away(app, story, down, down + hours(30))
    await hand_in(app, "ada")
    week = await find(app)
    assert week.closes == REVEALS + hours(30) + rules.TALK_LEAST, "the talk is shorter, so that the weeks catch up"
    await story.until(week.closes - SECOND)
    assert await app.store.read(lambda tx: records.find_week(tx, GROUP, 2)) is None
    await story.until(week.closes + timedelta(minutes=1))
    assert (await find(app, 2)).opens == week.closes + SECOND
    assert (await find(app)).state is State.CLOSED


# --- taking part ------------------------------------------------------------------------------


async def test_who_said_they_take_part_is_reminded_once_after_two_days(story: CoreDriver, app: App) -> None:
    await opened(story, "ada", "ben", "cem", "dan")
    for member in ("ada", "ben"):
        await story.press(member, "Count me in", WEEK)
    await story.press("cem", "I only want to review", WEEK)
    await hand_in(app, "ben")
    told = heard(app, Nudge)

    async def moment(at: datetime) -> list[str]:
        await story.until(at)
        told.clear()
        for member in ("ada", "ben", "cem", "dan"):
            await tell(app, NudgeMoment(member))
        return [nudge.member for nudge in told if isinstance(nudge, Nudge) and nudge.kind == "mlsd"]

    assert await moment(T0 + hours(47)) == []
    assert await moment(T0 + hours(49)) == ["ada"]
    assert await moment(T0 + hours(60)) == []


async def test_nobody_is_reminded_when_no_run_fits_in_any_more(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await story.press("ada", "Count me in", WEEK)
    told = heard(app, Nudge)
    await story.until(LOCKS - timedelta(minutes=50))
    told.clear()
    await tell(app, NudgeMoment("ada"))
    assert [nudge for nudge in told if isinstance(nudge, Nudge) and nudge.kind == "mlsd"] == []


async def test_who_has_a_run_in_the_week_is_told_that_they_review_anyway(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await hand_in(app, "ada")
    for label in ("Count me in", "I only want to review"):
        assert "You have a run in this week" in (await story.press("ada", label, WEEK)).words
    assert "Your run is in" in (await story.type("ada", "/study design")).words


async def test_what_a_member_chose_can_be_taken_back(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await story.press("ada", "I only want to review", WEEK)
    assert "You can run this week" in (await story.press("ada", "I want to run after all")).words
    await story.press("ada", "Count me in", WEEK)
    assert "not counted in any more" in (await story.press("ada", "Do not count me in")).words
    assert "person" not in (await story.read("ada"))[-1].words


async def test_after_the_close_for_runs_nobody_is_counted_in(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await story.until(LOCKS + SECOND)
    late = await press_action(story, "ada", "mlsd.count_in", week="1")
    assert "over" in late.refused
    assert late.hint
    assert "reviews have begun" in (await press_action(story, "ada", "mlsd.review_only", week="1")).words
    strange = await press_action(story, "ada", "mlsd.count_in", week="-4")
    assert "do not find" in strange.refused


# --- a group without weeks ---------------------------------------------------------------------


async def test_a_group_whose_packs_have_no_system_design_hears_nothing_of_it(
    story: CoreDriver, app: App, world: World
) -> None:
    await joined(story, "ada")
    await story.until(CLOSES + SECOND)
    assert not [name for name in world.names() if name.startswith("mlsd")]
    assert "No system design week is open" in (await story.type("ada", "/study design")).words


async def test_two_weeks_without_a_run_pause_the_series_and_ask_the_organisers_once(
    story: CoreDriver, app: App, world: World
) -> None:
    await opened(story, "ada")
    await story.until(CLOSES + hours(168) + SECOND)
    asked = [name for name in world.names() if name.startswith("mlsd.quiet/")]
    assert len(asked) == 1
    assert not await ask(app, AreRunsHeld())
    await story.until(CLOSES + hours(3 * 168) - hours(1))
    assert await app.store.read(lambda tx: len(records.list_weeks(tx, GROUP))) == 2
    assert [name for name in world.names() if name.startswith("mlsd.quiet/")] == asked
    assert "rest, because nobody ran" in (await story.type("olga", "/study organise")).words

    assert "go on" in (await story.press("olga", "Let them go on", asked[0])).words
    assert await ask(app, AreRunsHeld())
    await story.until(CLOSES + hours(3 * 168) + SECOND)
    assert (await find(app, 3)).state is State.OPEN
    await story.until(CLOSES + hours(4 * 168) + SECOND)
    assert (await find(app, 4)).state is State.OPEN, "one more empty week pauses nothing"


async def test_a_run_in_one_of_two_weeks_keeps_the_series_going(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await hand_in(app, "ada")
    await story.until(CLOSES + hours(168) + SECOND)
    assert (await find(app, 3)).state is State.OPEN


async def test_organisers_can_keep_the_weeks_resting(story: CoreDriver, app: App, world: World) -> None:
    await opened(story, "ada")
    await story.until(CLOSES + hours(168) + SECOND)
    (asked,) = [name for name in world.names() if name.startswith("mlsd.quiet/")]
    assert "until an organiser lets them go on" in (await story.press("olga", "Keep them resting", asked)).words
    assert "nobody ran" not in (await story.type("olga", "/study organise")).words
    assert "Let them go on" in (await press_action(story, "olga", "mlsd.calendar")).words


async def test_another_day_in_the_settings_lets_the_weeks_go_on(story: CoreDriver, app: App, world: World) -> None:
    await opened(story, "ada")
    await story.until(CLOSES + hours(168) + SECOND)
    (asked,) = [name for name in world.names() if name.startswith("mlsd.quiet/")]
    form = await story.press("olga", "Choose another day", asked)
    assert form.form
    saved = await story.fill("olga", {"rhythm_days": ("5",), "rhythm": "12:00"})
    assert not saved.refused
    assert await ask(app, AreRunsHeld())
    await story.until(datetime(2026, 1, 24, 11, 0, 1, tzinfo=UTC))
    assert (await find(app, 3)).opens == datetime(2026, 1, 24, 11, tzinfo=UTC)


async def test_several_days_in_the_settings_never_make_two_weeks_overlap(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await press_action(story, "olga", "organiser.set", feature="mlsd", page="0")
    assert not (await story.fill("olga", {"rhythm_days": ("0", "2", "3")})).refused
    for number in range(1, 5):
        await hand_in(app, "ada", number=number)
        while not await app.store.read(lambda tx, n=number: records.find_week(tx, GROUP, n + 1)):  # type: ignore[misc]
            await story.wait(hours(6))
    weeks = await app.store.read(lambda tx: records.list_weeks(tx, GROUP))
    assert [week.state for week in weeks] == [State.OPEN, *[State.CLOSED] * 4]
    for later, earlier in pairwise(weeks):
        assert earlier.closes <= later.opens < earlier.closes + hours(72)


async def test_a_week_that_is_open_goes_to_its_end_when_the_weeks_are_switched_off(story: CoreDriver, app: App) -> None:
    await opened(story, "ada")
    await press_action(story, "olga", "organiser.set", feature="mlsd", page="0")
    saved = await story.fill("olga", {"on": "no"})
    assert not saved.refused
    await story.until(CLOSES + hours(200))
    assert (await find(app)).state is State.CLOSED
    assert await app.store.read(lambda tx: len(records.list_weeks(tx, GROUP))) == 1
    assert "holds no system design weeks" in (await story.type("ada", "/study design")).words


@pytest.mark.parametrize("people", [1, 2, 40])
async def test_groups_of_any_size_have_their_week(story: CoreDriver, app: App, people: int) -> None:
    members = [f"m{number}" for number in range(people)]
    await opened(story, *members)
    for member in members:
        await hand_in(app, member)
    told = heard(app, ReviewsWanted)
    await story.until(CLOSES + SECOND)
    (wanted,) = told
    assert isinstance(wanted, ReviewsWanted)
    assert len(wanted.answers) == people
    assert (await find(app)).state is State.CLOSED


# --- clocks ---------------------------------------------------------------------------------------


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo"])
RHYTHMS = st.builds(lambda day, hour: Rhythm((day,), time(hour)), st.integers(0, 6), st.integers(0, 23))
GAPS = st.lists(st.tuples(st.floats(0, 400), st.floats(0.02, 60)), max_size=4)


def gaps_after(opens: datetime, raw: Sequence[tuple[float, float]]) -> tuple[tuple[datetime, datetime], ...]:
    """Outages in order, none over another."""
    found: list[tuple[datetime, datetime]] = []
    at = opens
    for wait, lasts in raw:
        since = at + hours(wait / 4)
        found.append((since, since + hours(lasts)))
        at = found[-1][1]
    return tuple(found)


@given(ZONES, RHYTHMS, st.integers(0, 700), GAPS)
def test_every_window_has_its_hours_whatever_the_clocks_do(
    zone: str, rhythm: Rhythm, days: int, raw: list[tuple[float, float]]
) -> None:
    where = ZoneInfo(zone)
    _, opens = next(occurrences(rhythm, where, T0 + timedelta(days=days)))
    following = rules.following(rhythm, where, opens)
    assert following is not None
    week = rules.opened("g", 1, "x", 1, opens, following)
    assert week.locks - opens == hours(96)
    assert week.reveals - week.locks == hours(48)
    assert hours(23) <= week.closes - week.reveals <= hours(24)
    assert week.closes <= following, "the next week finds the way free"

    gaps = gaps_after(opens, raw)
    longer = rules.with_outages(week, gaps, following)
    assert rules.with_outages(longer, gaps, following) == longer

    def there(starts: datetime, ends: datetime) -> timedelta:
        """How much of it the bot was there, as far as long outages go."""
        lost = [(min(b, ends) - max(a, starts)) for a, b in gaps if b - max(a, starts) > rules.LOSS]
        return ends - starts - sum((gap for gap in lost if gap > timedelta()), timedelta())

    assert there(opens, longer.locks) == hours(96)
    assert there(longer.locks, longer.reveals) == hours(48)
    assert longer.opens < longer.locks < longer.reveals < longer.closes


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        (datetime(2026, 3, 26, 9, tzinfo=UTC), datetime(2026, 4, 2, 8, tzinfo=UTC)),  # summer time begins
        (datetime(2026, 10, 22, 8, tzinfo=UTC), datetime(2026, 10, 29, 8, tzinfo=UTC)),  # and ends
    ],
)
def test_a_week_of_another_length_ends_before_the_next_one_opens(opens: datetime, closes: datetime) -> None:
    week = rules.opened("g", 1, "x", 1, opens, rules.following(THURSDAYS, BERLIN, opens))
    assert week.closes == closes


async def test_weeks_open_at_the_same_hour_before_and_after_the_clocks_change(story: CoreDriver, app: App) -> None:
    story.app.engine.catalogue = BOTH
    story.clock.set(datetime(2026, 3, 20, 9, tzinfo=UTC))
    await joined(story, "ada")
    await story.until(datetime(2026, 3, 26, 9, 0, 1, tzinfo=UTC))
    await hand_in(app, "ada")
    await story.until(datetime(2026, 4, 2, 8, 0, 1, tzinfo=UTC))
    assert (await find(app)).state is State.CLOSED
    assert (await find(app, 2)).opens == datetime(2026, 4, 2, 8, tzinfo=UTC)


def test_an_opening_waits_for_the_week_before_but_not_for_ever() -> None:
    week = rules.opened("g", 1, "x", 1, T0, None)
    thursday = T0 + hours(168)
    late = replace(week, closes=thursday + hours(30))
    assert rules.waits_for(late, thursday, thursday) == thursday + hours(30) + SECOND
    assert rules.waits_for(replace(week, closes=thursday + hours(80)), thursday, thursday) is None
    stuck = replace(week, closes=thursday - hours(1))
    assert rules.waits_for(stuck, thursday, thursday) == thursday + rules.LOOK_AGAIN


def test_weeks_pause_only_when_the_last_two_were_empty_and_nobody_let_them_go_on_since() -> None:
    assert rules.must_pause(Series(), [(2, 0), (1, 0)])
    assert not rules.must_pause(Series(), [(2, 1), (1, 0)])
    assert not rules.must_pause(Series(), [(2, 0), (1, 3)])
    assert not rules.must_pause(Series(), [(1, 0)])
    assert not rules.must_pause(Series(since=1), [(2, 0), (1, 0)])
    assert not rules.must_pause(Series(paused_after=2), [(2, 0), (1, 0)])


def test_what_members_read_of_a_week_never_holds_the_prompt() -> None:
    week = cards.EXAMPLE_WEEK
    for item in playable(BOTH):
        prompt = item.statement[0].text.splitlines()[0]
        for state in State:
            now = replace(week, state=state)
            for mine in Mine:
                assert prompt not in card_words(cards.design_card(now, item, Tally(2, 3), mine, organiser=True))
            assert prompt not in card_words(cards.week_card(now, item, Tally(2, 3)))
