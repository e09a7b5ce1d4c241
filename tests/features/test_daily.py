"""A problem a day: posted once, never repeated, with hints, help, a clock and an honest close."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.clock import TurnedClock
from bot.content.catalogue import Catalogue
from bot.engine import wakes
from bot.features.daily import records, rules
from bot.features.daily.rules import Met
from bot.kernel.action import Action
from bot.kernel.calendar import draw
from bot.kernel.card import card_words
from bot.kernel.effect import Wake
from bot.kernel.event import Pressed
from bot.kernel.facts import MemberStuck, Nudge, NudgeMoment
from bot.kernel.ports import Tx
from bot.kernel.text import words
from tests.features.mornings import CLOSE, GOOD, JOIN, MONDAY, NINE, answer, joined, monday
from tests.features.test_plan import listen, press_action
from tests.story import CoreDriver, Driver, Where
from tests.world import GROUP, STARTER_PACK, TENANT, World, living, pack

STARTER = Catalogue.of([pack(STARTER_PACK)])


async def test_the_problem_comes_at_nine_with_a_thread(story: Driver, world: World) -> None:
    await joined(story, "ada")
    await story.until(NINE - timedelta(seconds=10))
    assert MONDAY not in world.names()
    await story.until(NINE)
    assert world.named(MONDAY).posting.thread == world.named(MONDAY).card.title


async def test_it_comes_once_on_each_weekday_and_never_on_the_weekend(story: Driver, world: World) -> None:
    await joined(story, "ada")
    await story.until(NINE + timedelta(days=14))
    days = [
        date.fromisoformat(name.rpartition("/")[2])
        for name in world.created
        if name.count("/") == 2 and "daily/" in name
    ]
    assert days == [date(2026, 1, day) for day in (5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 19)]


async def test_difficulty_and_topic_are_hidden_until_you_answered(story: Driver) -> None:
    await monday(story, "ada")
    board = next(seen for seen in await story.read("ada") if seen.name == MONDAY)
    assert "easy" not in board.words.lower()
    assert "medium" not in board.words.lower()
    assert "Difficulty: " in await answer(story, "ada")


async def test_hints_open_one_after_the_other_and_only_for_me(story: Driver) -> None:
    await monday(story, "ada", "ben")
    first = await story.press("ada", "Hint", MONDAY)
    assert first.replies[0].title.startswith("Hint 1 of ")
    assert (await story.press("ada", "Next hint")).replies[0].title.startswith("Hint 2 of ")
    assert (await story.press("ben", "Hint", MONDAY)).replies[0].title.startswith("Hint 1 of ")
    assert all("Hint 1" not in seen.words for seen in await story.read("ben"))


async def test_a_forged_action_cannot_skip_hints(app: App, story: Driver) -> None:
    await monday(story, "ada")
    first = await story.press("ada", "Hint", MONDAY)
    assert first.replies[0].buttons, "there is a next hint"
    item = STARTER.items()[0]
    assert rules.next_hint(item, opened=0, wanted=99) == 1


async def test_stuck_opens_all_hints_and_asks_for_help_without_a_name(story: Driver, world: World) -> None:
    await monday(story, "ada", "ben")
    await story.press("ben", "I'm stuck", MONDAY)
    told = await story.fill("ben", {"tried": "I tried a\nloop"})
    assert "Here are all hints." in told.words
    thread = await story.read("ada", MONDAY)
    assert thread[-1].title == "Somebody is stuck here."
    assert "I tried a loop" in thread[-1].words
    assert "ben" not in thread[-1].words.lower()
    offered = await story.press("ada", "Offer help", thread[-1].name)
    assert "now knows that you offer help" in offered.words
    assert [seen.title for seen in await story.read("ben", "private")] == ["Somebody offers help."]


async def test_nobody_helps_themselves(story: Driver) -> None:
    await monday(story, "ben")
    await story.press("ben", "I'm stuck", MONDAY)
    await story.fill("ben", {"tried": "everything"})
    thread = await story.read("ben", MONDAY)
    assert (await story.press("ben", "Offer help", thread[-1].name)).refused == "That is your own question."


async def test_an_empty_line_of_what_i_tried_is_refused_kindly(story: Driver) -> None:
    await monday(story, "ben")
    await story.press("ben", "I'm stuck", MONDAY)
    refused = await story.fill("ben", {"tried": "  "})
    assert refused.refused
    assert refused.field == "tried"


async def test_the_private_clock_survives_a_restart(tmp_path: Path, world: World, clock: TurnedClock) -> None:
    from tests.story import CoreDriver

    async with living(tmp_path / "one", world) as app:
        story = CoreDriver(app, world, clock)
        await monday(story, "ada")
        started = await story.press("ada", "Start the clock", MONDAY)
        assert "Your clock runs." in started.words
    clock.go(timedelta(minutes=10))
    async with living(tmp_path / "one", world) as app:
        story = CoreDriver(app, world, clock)
        await story.wait(timedelta(minutes=16))
        assert [seen.title for seen in await story.read("ada", "private")] == ["Time for your solution"]
        await story.wait(timedelta(minutes=20))
        assert [seen.title for seen in await story.read("ada", "private")] == ["Time for your solution", "Time is up"]


async def test_a_stopped_clock_rings_no_more(story: Driver) -> None:
    await monday(story, "ada")
    await story.press("ada", "Start the clock", MONDAY)
    await story.wait(timedelta(minutes=24))
    assert "You took 24 minutes." in (await story.press("ada", "I'm done")).words
    await story.wait(timedelta(hours=1))
    assert await story.read("ada", "private") == ()


async def test_an_answer_hushes_the_clock_and_a_run_begun_after_it_rings(story: Driver) -> None:
    await monday(story, "ada")
    await story.press("ada", "Start the clock", MONDAY)
    await story.wait(timedelta(minutes=10))
    await answer(story, "ada")
    await story.wait(timedelta(hours=1))
    assert await story.read("ada", "private") == (), "nobody is told to send what they have sent"
    await story.press("ada", "Start the clock", MONDAY)
    await story.press("ada", "Stop the clock")
    await story.press("ada", "Start the clock", MONDAY)
    await story.wait(timedelta(minutes=26))
    assert [seen.title for seen in await story.read("ada", "private")] == ["Time for your solution"]


async def test_the_run_of_whoever_has_answered_ends_by_their_press(story: Driver) -> None:
    await monday(story, "ada")
    started = await story.press("ada", "Start the clock", MONDAY)
    done = next(action for label, action in started.replies[0].buttons if label == "I'm done")
    await story.wait(timedelta(minutes=10))
    await answer(story, "ada")
    await story.wait(timedelta(minutes=2))
    await story.press("ada", "Start the clock", MONDAY)
    assert "You took 12 minutes." in (await story.press("ada", done)).words


async def test_a_second_run_of_the_clock_rings_again(story: Driver) -> None:
    await monday(story, "ada")
    await story.press("ada", "Start the clock", MONDAY)
    await story.press("ada", "Stop the clock")
    await story.wait(timedelta(minutes=1))
    await story.press("ada", "Start the clock", MONDAY)
    await story.wait(timedelta(minutes=26))
    assert [seen.title for seen in await story.read("ada", "private")] == ["Time for your solution"]


async def test_the_close_shows_the_outline_and_only_the_answers_that_may_be_shown(story: Driver) -> None:
    await monday(story, "ada", "ben", "cem")
    await answer(story, "ada", "Ada sorts, because order makes the rest easy.", "show")
    await answer(story, "ben", "Ben keeps this one to the members who answered.")
    await answer(story, "cem", "Cem shows this without a name, because why not.", "show", "hide")
    await story.until(CLOSE)
    thread = [seen.words for seen in await story.read("ada", MONDAY)]
    assert "3 answers, 2 of them shown here." in thread[0]
    assert thread[1].startswith("Outline: ")
    assert "Ada sorts" in thread[-1]
    assert "@ada" in thread[-1]
    assert "Cem shows this" in thread[-1]
    assert "@cem" not in thread[-1]
    assert "A member" in thread[-1]
    assert not any("Ben keeps" in words for words in thread)


async def test_ten_long_answers_are_shown_whole_at_the_close(story: Driver) -> None:
    members = [f"m{number}" for number in range(10)]
    await monday(story, *members)
    for member in members:
        await answer(story, member, f"{member} says " + "word " * 550, "show")
    await story.until(CLOSE)
    whole = "".join(seen.words for seen in await story.read("m0", MONDAY))
    assert whole.count("word ") + whole.count("word\n") >= 5_470  # a word that a cut divides is not counted
    assert all(f"{member} says" in whole for member in members)


async def test_a_post_that_comes_late_says_so_and_gives_the_full_time(
    tmp_path: Path, world: World, clock: TurnedClock
) -> None:
    from tests.story import CoreDriver

    async with living(tmp_path / "one", world) as app:
        await joined(CoreDriver(app, world, clock), "ada")
    clock.set(NINE + timedelta(hours=3))
    async with living(tmp_path / "one", world) as app:
        await app.settle()
        words = card_words(world.named(MONDAY).card)
    assert "Posted late today." in words
    assert "Tue 06 Jan 23:00 UTC" in words


async def test_a_post_more_than_nine_hours_late_is_skipped_with_a_line_to_the_organiser(
    tmp_path: Path, world: World, clock: TurnedClock
) -> None:
    from tests.story import CoreDriver

    async with living(tmp_path / "one", world) as app:
        await joined(CoreDriver(app, world, clock), "ada")
    clock.set(NINE + timedelta(hours=9, minutes=5))
    async with living(tmp_path / "one", world) as app:
        await app.settle()
        assert MONDAY not in world.names()
        assert world.private("olga"), "the organiser hears of it"
        await CoreDriver(app, world, clock).until(NINE + timedelta(days=1))
        assert f"daily/{GROUP}/2026-01-06" in world.names()


async def test_post_now_and_the_hour_give_one_problem_a_day(story: Driver, world: World) -> None:
    await story.found()
    await story.press("olga", "Post the first problem now")
    assert MONDAY in world.names()
    await story.until(NINE + timedelta(hours=1))
    assert world.created.count(MONDAY) == 1
    again = await story.type("olga", "/study organise")
    assert not again.refused
    assert "there already" in (await story.press("olga", "organiser.post_now")).words


async def test_a_newcomer_gets_a_first_problem_even_on_a_day_without_one(story: Driver) -> None:
    await story.found()
    joined_ = await story.press("ada", "Join the study group", f"members.join/{GROUP}")
    first = joined_.replies[-1]
    assert "Yours alone, to begin. Three sentences are enough." in first.words
    await story.press("ada", "Answer")
    kept = await story.fill("ada", {"text": GOOD})
    assert "Your answer is kept." in kept.words
    assert "Outline: " in kept.words
    assert "What this problem was about" not in kept.words, "the outline says it"
    assert "No problem is open now." in (await story.press("ada", "See today's problem")).words


async def test_a_newcomers_problem_can_be_seen_again_from_its_hints(story: Driver) -> None:
    await story.found()
    first = (await story.press("ada", "Join the study group", f"members.join/{GROUP}")).replies[-1]
    hint = await story.press("ada", "Hint")
    assert first.title not in hint.words
    assert (await story.press("ada", "See the problem")).replies == (first,)


async def test_a_newcomers_private_problem_is_nobody_elses(app: App, story: Driver) -> None:
    await joined(story, "ada", "ben")
    await story.press("ada", "Join the study group", f"members.join/{GROUP}")
    forged = f"answers.write?task=first-{rules.token('ada')}"
    assert await _refused(story, "ben", forged)


async def _refused(story: Driver, member: str, action: str) -> bool:
    """Press something that is on no card that this member sees."""
    from bot.kernel.action import Action
    from bot.kernel.event import Pressed
    from tests.story import CoreDriver, Where
    from tests.world import CHANNEL

    assert isinstance(story, CoreDriver)
    answered = await story._do(member, Where(GROUP, CHANNEL), Pressed(Action.decode(action)))
    return bool(answered.refused)


async def test_today_and_the_home_page_show_what_is_open(story: Driver) -> None:
    await joined(story, "ada")
    assert "No problem is open now." in (await story.type("ada", "/study today")).words
    await story.until(NINE)
    assert "You have not answered yet." in (await story.type("ada", "/study today")).words
    await answer(story, "ada")
    assert any("You have answered." in seen.words for seen in await story.open("ada"))


async def test_why_explains_the_rules(story: Driver) -> None:
    await monday(story, "ada")
    assert "They open once you have sent yours." in (await story.press("ada", "How it works", MONDAY)).words


# --- which item comes next --------------------------------------------------------------


def _year(catalogue: Catalogue, group: str, days: int) -> list[Met]:
    met: list[Met] = []
    for _ in range(days):
        item = rules.choose(catalogue, met, set(), draw(f"daily/{group}/{len(met)}"))
        if item is None:
            break
        met.append(Met(item.id, item.domain, item.strand))
    return met


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=20))
def test_four_weeks_of_the_starter_pack_never_repeat_an_item_or_one_of_the_last_two_strands(group: str) -> None:
    met = _year(STARTER, group, 20)
    assert len(met) == 20 == len({entry.item for entry in met})
    for earlier, middle, later in zip(met, met[1:], met[2:], strict=False):
        assert later.strand not in (earlier.strand, middle.strand)


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=20))
def test_domains_keep_their_shares_to_within_one_problem(group: str) -> None:
    met = _year(STARTER, group, 20)
    shares = {domain.name: domain.share for domain in STARTER.domains if domain.share}
    for name, share in shares.items():
        due = share / sum(shares.values()) * len(met)
        assert abs(sum(entry.domain == name for entry in met) - due) <= 1.5, name


def test_the_first_item_is_self_contained() -> None:
    assert STARTER.first is not None
    assert STARTER.first.self_contained
    assert rules.choose(STARTER, [], set(), draw("x")) == STARTER.first


def test_what_a_newcomer_got_in_private_is_not_put_to_the_group_again() -> None:
    assert STARTER.first is not None
    item = rules.choose(STARTER, [], {STARTER.first.id}, draw("x"))
    assert item is not None
    assert item != STARTER.first
    assert item.self_contained
    assert item.minutes_solve <= 15, "the first one is short"


def test_what_a_newcomer_got_comes_to_the_group_when_nothing_else_is_left() -> None:
    everything = _year(STARTER, "g", 1_000)
    last = everything[-1]
    item = rules.choose(STARTER, everything[:-1], {last.item}, draw("x"))
    assert item is not None
    assert item.id == last.item


def test_a_group_that_has_met_everything_gets_nothing_rather_than_a_repeat() -> None:
    met = _year(STARTER, "g", 1_000)
    daily = [item for item in STARTER.items() if any(d.name == item.domain and d.share for d in STARTER.domains)]
    assert {entry.item for entry in met} == {item.id for item in daily}
    assert rules.choose(STARTER, met, set(), draw("x")) is None


@pytest.mark.parametrize(("late", "expected"), [(timedelta(minutes=4), False), (timedelta(minutes=6), True)])
def test_a_late_post_moves_its_window_by_the_same_delay(late: timedelta, *, expected: bool) -> None:
    meant = datetime(2026, 1, 5, 8, tzinfo=UTC)
    opens, closes, is_late = rules.window(meant, meant + late, timedelta(hours=36))
    assert (is_late, closes - opens) == (expected, timedelta(hours=36))
    assert opens == (meant + late if expected else meant)


async def test_a_forgotten_clock_claims_no_day_of_work(story: Driver) -> None:
    await monday(story, "ada")
    started = await story.press("ada", "Start the clock", MONDAY)
    assert not started.refused
    await story.wait(timedelta(hours=4))
    assert "No clock of yours" in (await story.press("ada", "I'm done")).refused
    assert "Your clock runs." in (await story.press("ada", "Start the clock", MONDAY)).words


async def test_a_newcomer_begins_with_the_short_problem_whatever_is_open(story: Driver) -> None:
    await monday(story, "ada")
    first = await story.press("ben", "Join the study group", f"members.join/{GROUP}")
    assert "Three sentences are enough." in first.replies[-1].words


# --- what others are told, and what is taken back -----------------------------------------


async def test_whoever_has_not_answered_can_be_reminded(story: CoreDriver, app: App) -> None:
    await joined(story, "ada", "ben")
    told = listen(app, Nudge)
    await moment(app, "ada")
    assert told == [], "nothing is open"
    await story.until(NINE)
    await answer(story, "ben")
    for member in ("ada", "ben"):
        await moment(app, member)
    await moment(app, "ada", evening=True)
    [nudge] = told
    assert isinstance(nudge, Nudge)
    assert (nudge.member, nudge.about, nudge.until) == ("ada", "daily/2026-01-05", CLOSE - timedelta(seconds=5))
    assert words(nudge.line).startswith("Today's problem is open: ")
    assert nudge.button.action.encode() == "answers.write?task=2026-01-05"


async def test_yesterdays_problem_is_not_called_todays(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    await story.until(datetime(2026, 1, 10, 9, tzinfo=UTC))  # Saturday: Friday's problem is still open
    told = listen(app, Nudge)
    await moment(app, "ada")
    [nudge] = told
    assert isinstance(nudge, Nudge)
    assert words(nudge.line).startswith("A problem is still open: ")


async def test_a_newcomer_with_a_first_problem_of_their_own_is_not_reminded_of_another(
    story: CoreDriver, app: App
) -> None:
    await monday(story, "ada")
    await story.press("ben", "Join the study group", f"members.join/{GROUP}")
    told = listen(app, Nudge)
    await moment(app, "ben")
    assert told == []


async def moment(app: App, member: str, *, evening: bool = False) -> None:
    now = app.clock.now()
    await app.store.run(lambda tx: app.engine.hear(tx, GROUP, NudgeMoment(member, evening), now))


async def test_who_is_stuck_is_told_to_the_other_features(story: CoreDriver, app: App) -> None:
    await monday(story, "ben")
    told = listen(app, MemberStuck)
    await story.press("ben", "I'm stuck", MONDAY)
    await story.fill("ben", {"tried": "I tried a loop"})
    assert told == [MemberStuck("2026-01-05", "ben")]


async def test_after_an_answer_the_next_step_is_another_one(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada")
    shown = await press_action(story, "ada", "daily.open_today")
    labels = [label for label, _ in shown.replies[0].buttons]
    assert labels[0] == "Change my answer"
    assert "Answer" not in labels
    assert "Practise now" in labels


async def test_what_somebody_said_for_help_goes_with_them(story: CoreDriver, app: App, world: World) -> None:
    await monday(story, "ada", "ben", "cem")
    for member in ("ada", "ben"):
        await story.press(member, "I'm stuck", MONDAY)
        await story.fill(member, {"tried": f"{member} tried a loop"})
    await story.press("ben", "Offer help", f"{MONDAY}/stuck/1")
    await story.press("ben", "Start the clock", MONDAY)
    [offer] = await story.read("ada", "private")
    assert not any(rules.token(member) in offer.name for member in ("ada", "ben", "cem"))
    await erase(app, "ben")
    assert [seen.name for seen in await story.read("ada", MONDAY)] == [f"{MONDAY}/stuck/1"]
    assert await story.read("ada", "private") == ()
    await story.press("cem", "I'm stuck", MONDAY)
    await story.fill("cem", {"tried": "cem tried a loop"})
    thread = await story.read("ada", MONDAY)
    assert thread[-1].name == f"{MONDAY}/stuck/3", "a number is not given twice"
    await story.wait(timedelta(hours=1))
    assert world.private("ben") == []


async def erase(app: App, member: str) -> None:
    now = app.clock.now()
    await app.store.run(lambda tx: app.engine.erase(tx, TENANT, member, now))
    await app.settle()


async def test_offering_help_twice_writes_once(story: CoreDriver, world: World) -> None:
    await monday(story, "ada", "ben", "cem")
    await story.press("ada", "I'm stuck", MONDAY)
    await story.fill("ada", {"tried": "everything"})
    for helper in ("ben", "cem", "ben"):
        assert not (await story.press(helper, "Offer help", f"{MONDAY}/stuck/1")).refused
    assert len(world.private("ada")) == 2


async def test_whoever_leaves_hears_no_ring_of_a_running_clock(story: CoreDriver, app: App, world: World) -> None:
    await monday(story, "ada", "ben")
    for member in ("ada", "ben"):
        await story.press(member, "Start the clock", MONDAY)
    await story.type("ada", "/study leave")
    await story.wait(timedelta(hours=1))
    assert world.private("ada") == []
    assert len(world.private("ben")) == 2, "whoever stays hears theirs"
    await story.press("ada", "Join the study group", JOIN)
    await story.press("ada", "Start the clock", MONDAY)
    await story.wait(timedelta(minutes=26))
    assert [message.card.title for message in world.private("ada")] == ["Time for your solution"]


async def test_nothing_is_left_of_somebody_who_was_stuck_alone(story: CoreDriver, app: App) -> None:
    """Not even a hash of them, in any table: whoever knows the members can compute it."""
    await joined(story, "ada")
    shown = await story.type("ada", "/study practice")
    await story.choose("ada", shown.replies[0].options[0][0])
    mine = Where(GROUP, "general")
    for name in (rules.first_name("ada"), f"practice-1-{rules.token('ada')}"):
        await story._do("ada", mine, Pressed(Action.to("daily.stuck", round=name)))
        assert not (await story.fill("ada", {"tried": "no idea"})).refused
        await story._do("ada", mine, Pressed(Action.to("daily.clock", round=name)))
    assert await traces(app, rules.token("ada"))
    await erase(app, "ada")
    assert await traces(app, rules.token("ada")) == []


async def traces(app: App, token: str) -> list[str]:
    def look(tx: Tx) -> list[str]:
        tables = [row["name"] for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [(table, row) for table in tables for row in tx.all(f"SELECT * FROM {table}")]  # noqa: S608 - ours
        return [f"{table}: {dict(row)}" for table, row in rows if token in str(dict(row))]

    return await app.store.read(look)


async def test_a_ring_finds_nobody_who_is_not_in_the_group(story: CoreDriver, app: App, world: World) -> None:
    await monday(story, "ada")
    now = story.clock.now()
    ring = f"daily.solution/{GROUP}/20260105T080005000000/{rules.token('cem')}/2026-01-05"

    def left_over(tx: Tx) -> None:
        """As somebody leaves it behind who went in a way that told nobody."""
        round_ = records.find_round(tx, GROUP, "2026-01-05")
        assert round_
        records.keep_run(tx, round_, "cem", records.Run(now, None))
        wakes.keep_wake(tx, GROUP, Wake(ring, "daily.ring_solution", now + rules.SOLUTION))

    await app.store.run(left_over)
    await story.wait(timedelta(hours=1))
    assert world.private("cem") == []
