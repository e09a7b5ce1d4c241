"""The organiser's plan is what will be posted, and every change of it can be taken back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import App, open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.content.catalogue import Catalogue, Item
from bot.engine import roster
from bot.features.daily import plan_cards, plan_rules, rules
from bot.features.daily.handlers import FEATURE, DailySettings
from bot.features.daily.plan_rules import CHOOSE, NEVER, SWAP, Change, Ledger, PlannedDay
from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm, draw
from bot.kernel.effect import Effect, Fact
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene
from bot.kernel.facts import ChangeMade, ChangeUndone, DaysOff
from bot.kernel.feature import Feature
from bot.kernel.ports import Tx
from tests.discord_story import DiscordDriver
from tests.features.mornings import NINE, joined
from tests.slack_story import SlackDriver
from tests.story import Answered, CoreDriver, Driver, Where
from tests.web_story import WebDriver
from tests.world import CHANNEL, GROUP, MORNING, PACK, STARTER_PACK, TENANT, World, catalogue, living, pack

STARTER = Catalogue.of([pack(STARTER_PACK)])
BOTH = Catalogue.of([pack(PACK), pack(STARTER_PACK)])
BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = DailySettings().rhythm
TUESDAY = date(2026, 1, 6)


async def press_action(story: Driver, member: str, route: str, value: str = "", **args: str) -> Answered:
    """Press a button that another feature's card shows."""
    action = Action.to(route, **args)
    if isinstance(story, CoreDriver):
        return await story._do(member, Where(GROUP, CHANNEL), Pressed(action, value))
    if isinstance(story, DiscordDriver | SlackDriver):
        return await story.forge(member, action.encode(), value)
    assert isinstance(story, WebDriver)
    return await story._do(member, "press", {"spot": CHANNEL, "action": action.encode(), "value": value})


async def open_plan(story: Driver) -> Answered:
    return await press_action(story, "olga", "daily.plan")


def days_of(shown: Answered) -> list[tuple[str, str]]:
    """(day, title) of each day that can be changed, as the plan lists them."""
    return [
        (value, label.partition(": ")[2])
        for value, label, action in shown.replies[0].options
        if action.startswith("daily.plan_day")
    ]


async def posted(story: Driver) -> list[tuple[str, str]]:
    """(day, title) of each problem that stands in the channel."""
    boards = [seen for seen in await story.read("olga") if seen.name.startswith(f"daily/{GROUP}/")]
    return [(seen.name.rpartition("/")[2], seen.title) for seen in boards]


def rest_on(app: App, *days: date) -> None:
    """These are the group's days off."""

    def days_off(question: DaysOff, scene: Scene, tx: Tx) -> tuple[date, ...]:
        return tuple(day for day in days if question.first <= day <= question.last)

    app.engine.knowledge.questions[DaysOff] = FEATURE, days_off


def listen(app: App, *kinds: type[Fact]) -> list[Fact]:
    """The facts of these kinds that are told from now on."""
    told: list[Fact] = []

    def hear(fact: Fact, scene: Scene, tx: Tx) -> Sequence[Effect]:
        told.append(fact)
        return []

    app.engine.features["ears"] = Feature("ears", facts={kind: [hear] for kind in kinds})
    return told


# --- what is shown is what is posted -----------------------------------------------------------


async def test_fourteen_days_are_posted_exactly_as_the_plan_shows_them(story: Driver) -> None:
    await joined(story, "ada")
    shown = days_of(await open_plan(story))
    assert len(shown) == 10
    await story.until(NINE + timedelta(days=13))
    assert await posted(story) == shown


async def test_a_changed_plan_is_posted_as_it_is_shown(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    rest_on(app, date(2026, 1, 8))
    plain = dict(days_of(await open_plan(story)))
    await press_action(story, "olga", "daily.plan_day", "2026-01-06")
    await story.press("olga", "Swap it")
    shown = await press_action(story, "olga", "daily.plan_day", "2026-01-07")
    await story.choose("olga", shown.replies[0].options[-1][0])
    barred = dict(days_of(await open_plan(story)))["2026-01-12"]
    await press_action(story, "olga", "daily.plan_day", "2026-01-12")
    await story.press("olga", "Never post it")
    await press_action(story, "olga", "daily.mix")
    await story.fill("olga", {"sorting": "50", "stories": "0"})
    plan = await open_plan(story)
    changed = dict(days_of(plan))
    assert "Thu 8 Jan: day off" in plan.words
    assert changed["2026-01-06"] != plain["2026-01-06"]
    assert changed["2026-01-07"] == shown.replies[0].options[-1][1]
    assert barred not in changed.values()
    await story.until(NINE + timedelta(days=13))
    assert await posted(story) == list(changed.items())
    assert len(changed) == 9


async def test_looking_changes_nothing(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    before = await open_plan(story)
    await press_action(story, "olga", "daily.plan_day", "2026-01-06")
    await press_action(story, "olga", "daily.plan", **{"from": "2026-01-19"})
    assert await open_plan(story) == before


async def test_posting_now_uses_up_the_items_of_the_day(story: Driver) -> None:
    await joined(story, "ada")
    plan = days_of(await open_plan(story))
    await press_action(story, "olga", "organiser.post_now")
    assert await posted(story) == plan[:1]
    assert days_of(await open_plan(story)) == plan[1:]


async def test_a_day_off_brings_no_problem_and_no_line(story: CoreDriver, app: App, world: World) -> None:
    await joined(story, "ada")
    rest_on(app, date(2026, 1, 5))
    first = days_of(await open_plan(story))[0]
    quiet = world.created.copy()
    await story.until(NINE + timedelta(hours=12))
    assert world.created == quiet
    await story.until(NINE + timedelta(days=1))
    assert await posted(story) == [first]


async def test_a_day_off_that_has_passed_is_not_promised_again(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    rest_on(app, date(2026, 1, 5))
    await story.until(NINE)
    rest_on(app)
    later = Rhythm((0, 1, 2, 3, 4), time(21))
    await app.store.run(lambda tx: roster.configure(tx, GROUP, "daily", DailySettings, {"rhythm": later}))
    assert days_of(await open_plan(story))[0][0] == "2026-01-06"


async def test_a_day_that_the_bot_slept_through_is_not_promised_again(
    tmp_path: Path, world: World, clock: TurnedClock
) -> None:
    async with living(tmp_path / "one", world) as app:
        await joined(CoreDriver(app, world, clock), "ada")
    clock.set(NINE + timedelta(hours=10))
    async with living(tmp_path / "one", world) as app:
        story = CoreDriver(app, world, clock)
        story.person("olga", zone="Europe/Berlin", manages=True)
        await app.settle()
        later = Rhythm((0, 1, 2, 3, 4), time(22))
        await app.store.run(lambda tx: roster.configure(tx, GROUP, "daily", DailySettings, {"rhythm": later}))
        assert days_of(await open_plan(story))[0][0] == "2026-01-06"


async def test_the_plan_has_pages_and_an_end(story: Driver) -> None:
    await joined(story, "ada")
    later = await press_action(story, "olga", "daily.plan", **{"from": "2026-02-02"})
    assert "The plan from Mon 2 Feb" in later.words
    assert "Fri 13 Feb: nothing is left to post" in later.words
    empty = await press_action(story, "olga", "daily.plan_day", "2026-02-13")
    assert "nothing is left" in empty.replies[0].title
    far = await press_action(story, "olga", "daily.plan", **{"from": "2031-01-19"})
    assert far.replies[0].title == "The plan from Mon 2 Mar"
    assert "Later" not in [label for label, _ in far.replies[0].buttons]
    assert "Earlier" in [label for label, _ in far.replies[0].buttons]
    odd = await press_action(story, "olga", "daily.plan", **{"from": "nonsense"})
    assert odd.replies[0].title == "The plan for the next two weeks"


async def test_only_organisers_see_the_plan(story: Driver) -> None:
    await joined(story, "ada")
    assert "Only an organiser" in (await press_action(story, "ada", "daily.plan")).refused


# --- changing a day ------------------------------------------------------------------------------


async def test_a_swap_changes_the_day_and_undo_brings_it_back(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    told = listen(app, ChangeMade, ChangeUndone)
    before = days_of(await open_plan(story))
    await press_action(story, "olga", "daily.plan_day", "2026-01-06")
    swapped = await story.press("olga", "Swap it")
    assert before[1][1] not in days_of(await open_plan(story))[1]
    assert before[1][1] in swapped.words, "the note says which one makes room"
    made = told[0]
    assert isinstance(made, ChangeMade)
    await press_action(story, "olga", "daily.plan_day", "2026-01-06")
    undone = await story.press("olga", "Undo")
    assert undone.replies[0].title == "Tue 6 Jan"
    assert days_of(await open_plan(story)) == before
    assert told[1:] == [ChangeUndone(made.undo)]
    again = await press_action(story, "olga", made.undo.route, n=made.undo.get("n"))
    assert again.replies[0].title == "That was undone already."
    assert len(told) == 2


async def test_pressing_swap_twice_swaps_once(story: Driver) -> None:
    await joined(story, "ada")
    day = await press_action(story, "olga", "daily.plan_day", "2026-01-06")
    args = dict(Action.decode(dict(day.replies[0].buttons)["Swap it"]).args)
    await press_action(story, "olga", "daily.plan_swap", **args)
    after = days_of(await open_plan(story))
    again = await press_action(story, "olga", "daily.plan_swap", **args)
    assert "This day has been changed already." in again.words
    assert days_of(await open_plan(story)) == after


async def test_a_swap_without_another_problem_is_refused(tmp_path: Path, world: World, clock: TurnedClock) -> None:
    only = catalogue().items()[0]
    one = Catalogue({only.id: only}, catalogue().domains, None, {}, {}, {})
    async with await open_app(Config(data=tmp_path), {TENANT: world.platform}, clock, one) as app:
        story = CoreDriver(app, world, clock)
        await story.found()
        await press_action(story, "olga", "daily.plan_day", "2026-01-05")
        refused = await story.press("olga", "Swap it")
        assert "no other problem left" in refused.refused
        assert days_of(await open_plan(story))[0] == ("2026-01-05", only.title)


async def test_what_is_never_posted_can_be_allowed_again(story: Driver) -> None:
    await joined(story, "ada")
    before = days_of(await open_plan(story))
    await press_action(story, "olga", "daily.plan_day", "2026-01-06")
    await story.press("olga", "Never post it")
    without = await open_plan(story)
    assert before[1][1] not in [title for _, title in days_of(without)]
    allowed = next(value for value, label, action in without.replies[0].options if "plan_undo" in action)
    await press_action(story, "olga", "daily.plan_undo", allowed)
    assert days_of(await open_plan(story)) == before


async def test_an_item_that_the_group_has_met_cannot_be_chosen(story: Driver) -> None:
    await joined(story, "ada")
    await story.until(NINE)
    [(_, title)] = await posted(story)
    met = next(item for item in catalogue().items() if item.title == title)
    refused = await press_action(story, "olga", "daily.plan_choose", met.id, day="2026-01-06")
    assert "cannot come any more" in refused.refused
    assert "Nothing is planned" in (await press_action(story, "olga", "daily.plan_day", "2026-01-05")).refused


# --- mix and packs --------------------------------------------------------------------------------


async def test_a_domain_that_is_out_of_the_mix_does_not_come(story: Driver) -> None:
    await joined(story, "ada")
    form = (await press_action(story, "olga", "daily.mix")).form
    assert form
    assert form.values["stories"] == "100"
    saved = await story.fill("olga", {"stories": "0", "sorting": "200"})
    assert "Stories: None" in saved.words
    assert "(Stories" not in (await open_plan(story)).words
    assert (await press_action(story, "olga", "daily.mix")).form == replace(
        form, values={**form.values, "stories": "0", "sorting": "200"}
    )


async def test_a_mix_of_nothing_is_refused(story: Driver) -> None:
    await joined(story, "ada")
    form = (await press_action(story, "olga", "daily.mix")).form
    assert form
    refused = await story.fill("olga", dict.fromkeys(form.values, "0"))
    assert "no problem to post" in refused.refused
    assert refused.field in form.values


async def test_with_one_pack_there_is_nothing_to_turn_off(story: Driver) -> None:
    await joined(story, "ada")
    assert "Only one pack is installed." in (await press_action(story, "olga", "daily.packs")).words


async def test_a_pack_that_is_off_gives_no_problem(tmp_path: Path, world: World, clock: TurnedClock) -> None:
    async with await open_app(Config(data=tmp_path), {TENANT: world.platform}, clock, BOTH) as app:
        story = CoreDriver(app, world, clock)
        await story.found()
        await press_action(story, "olga", "daily.packs")
        assert "at least one on" in (await story.fill("olga", {"packs0": ()})).hint
        await press_action(story, "olga", "daily.packs")
        assert "come from starter." in (await story.fill("olga", {"packs0": ("starter",)})).words
        titles = {item.title for item in BOTH.items() if item.pack == "starter"}
        assert {title for _, title in days_of(await open_plan(story))} <= titles


# --- the rules behind it -----------------------------------------------------------------------------

DAYS = st.dates(date(2026, 1, 5), date(2026, 2, 6))
ITEMS = st.sampled_from([item.id for item in STARTER.items()])
KINDS = st.sampled_from([SWAP, CHOOSE, NEVER])
DOMAINS = [domain.name for domain in STARTER.domains if domain.share]
MIX = st.dictionaries(st.sampled_from(DOMAINS[1:]), st.sampled_from([0, 50, 200])).map(lambda mix: tuple(mix.items()))


@st.composite
def ledgers(any_: st.DrawFn) -> Ledger:
    raw = any_(st.lists(st.tuples(DAYS, KINDS, ITEMS), max_size=12))
    changes = tuple(Change(number + 1, *one) for number, one in enumerate(raw))
    given_ = any_(st.frozensets(ITEMS, max_size=3))
    return Ledger(any_(st.text(min_size=1, max_size=9)), given=given_, changes=changes, mix=any_(MIX))


def planned(ledger: Ledger, now: datetime, off: frozenset[date], until: date) -> tuple[PlannedDay, ...]:
    return plan_rules.plan(STARTER, ledger, WEEKDAYS, BERLIN, now, until, off)


@settings(max_examples=30, deadline=None)
@given(ledgers(), st.frozensets(DAYS, max_size=6))
def test_the_plan_stays_as_it_was_while_its_days_are_posted(ledger: Ledger, off: frozenset[date]) -> None:
    now, until = datetime(2026, 1, 5, 7, tzinfo=UTC), date(2026, 1, 30)
    rest = planned(ledger, now, off, until)
    while rest:
        today, rest = rest[0], rest[1:]
        assert today.off == (today.day in off)
        if not today.off:
            item = plan_rules.next_item(STARTER, ledger, today.day)
            assert item == today.item
            ledger = ledger.after(today.day, item) if item else ledger
        assert planned(ledger, today.at, off, until) == rest


@settings(max_examples=60, deadline=None)
@given(ledgers(), st.frozensets(DAYS, max_size=6))
def test_no_plan_repeats_an_item_or_shows_one_that_is_barred(ledger: Ledger, off: frozenset[date]) -> None:
    days = planned(ledger, datetime(2026, 1, 5, 7, tzinfo=UTC), off, date(2026, 2, 13))
    items = [day.item.id for day in days if day.item]
    assert len(items) == len(set(items))
    assert not set(items) & {change.item for change in ledger.changes if change.kind == NEVER}
    assert all(day.item is None for day in days if day.off)
    chosen = {change.item for change in ledger.changes if change.kind == CHOOSE}
    barred = {domain for domain, percent in ledger.mix if not percent}
    assert all(day.item.domain not in barred or day.item.id in chosen for day in days if day.item)


def at(*changes: Change, met: Sequence[date] = ()) -> Ledger:
    return Ledger("g", changes=changes, days=frozenset(met))


def item_on(ledger: Ledger, day: date) -> Item:
    item = plan_rules.next_item(STARTER, ledger, day)
    assert item
    return item


def test_a_swapped_item_rests_for_two_weeks() -> None:
    swap = Change(1, TUESDAY, SWAP, "x")
    ledger = at(swap, met=[TUESDAY])
    rests = [n for n in range(20) if "x" in plan_rules.wishes_on(ledger, TUESDAY + timedelta(days=n)).later]
    assert rests == list(range(14))


def test_a_swap_for_a_day_that_never_came_is_forgotten() -> None:
    swap = Change(1, TUESDAY, SWAP, item_on(Ledger("g"), TUESDAY).id)
    assert item_on(at(swap), TUESDAY) != item_on(Ledger("g"), TUESDAY)
    wednesday = TUESDAY + timedelta(days=1)
    assert item_on(at(swap), wednesday) == item_on(Ledger("g"), wednesday)


def test_a_chosen_item_waits_for_its_day() -> None:
    first = item_on(Ledger("g"), TUESDAY)
    friday = Change(1, date(2026, 1, 9), CHOOSE, first.id)
    assert item_on(at(friday), TUESDAY) != first
    assert item_on(at(friday), friday.day) == first


def test_the_last_word_on_a_day_counts() -> None:
    one, two = STARTER.items()[3], STARTER.items()[5]
    choose, other = Change(1, TUESDAY, CHOOSE, one.id), Change(2, TUESDAY, CHOOSE, two.id)
    assert item_on(at(choose, other), TUESDAY) == two
    assert item_on(at(choose, Change(2, TUESDAY, SWAP, one.id)), TUESDAY) != one
    assert item_on(at(Change(1, TUESDAY, SWAP, one.id), Change(2, TUESDAY, CHOOSE, one.id)), TUESDAY) == one


def test_a_chosen_item_that_was_met_meanwhile_gives_way() -> None:
    one = item_on(Ledger("g"), TUESDAY)
    ledger = replace(at(Change(1, TUESDAY, CHOOSE, one.id)), met=(rules.Met(one.id, one.domain, one.strand),))
    assert item_on(ledger, TUESDAY) != one


def test_swapping_one_day_leaves_the_other_days_that_do_not_depend_on_it() -> None:
    """Taking an item out changes a draw only where that item would have been drawn."""
    items = STARTER.items()
    dice = "a name"
    picked = rules.pick(items, draw(dice))
    others = [item for item in items if item != picked]
    for left_out in others[:10]:
        assert rules.pick([item for item in items if item != left_out], draw(dice)) == picked


def test_a_menu_of_alternatives_holds_every_domain_and_its_own_first() -> None:
    day = PlannedDay(TUESDAY, MORNING, STARTER.first)
    others = plan_rules.alternatives(STARTER, Ledger("g"), day)
    assert len(others) == 25
    assert {item.domain for item in others} == set(DOMAINS)
    assert STARTER.first not in others
    assert STARTER.first
    assert others[0].domain == STARTER.first.domain


def test_the_longest_titles_fit() -> None:
    """A pack may use 80 characters for a title and 40 for the name of a kind."""
    assert STARTER.first
    item = replace(STARTER.first, id="x" * 60, title="t" * 80, summary="s" * 140, domain_label="d" * 40)
    week = [PlannedDay(TUESDAY + timedelta(days=n), MORNING, item, change=99) for n in range(14)]
    never = [(number, item) for number in range(25)]
    card = plan_cards.plan_card(week, TUESDAY, earlier=TUESDAY, later=TUESDAY, never=never, several_packs=True)
    assert len(card.selects[0].options) == 14
    assert plan_cards.plan_day_card(week[0], [item] * 25, f"“{item.title}” makes room. It rests.").selects


def test_more_of_a_kind_brings_more_of_it() -> None:
    def share(percent: int) -> int:
        ledger = Ledger("g", mix=(("algorithm", percent),))
        days = planned(ledger, MORNING, frozenset(), date(2026, 1, 30))
        return sum(day.item.domain == "algorithm" for day in days if day.item)

    assert share(0) == 0
    assert share(50) < share(100) < share(200)


@pytest.mark.parametrize("wanted", ["", "x", "2026-13-01", "9" * 40])
def test_what_is_no_date_is_no_day(wanted: str) -> None:
    assert plan_rules.read_day(wanted) is None
    with pytest.raises(Refusal):
        plan_rules.find_day((), wanted)
