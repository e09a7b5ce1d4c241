"""The calendar of the next weeks keeps its guarantee, is what opens, and every change of it can be taken back."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.content.catalogue import Catalogue, Item
from bot.features.daily import rules as daily_rules
from bot.features.daily.rules import Met
from bot.features.mlsd import calendar_cards, calendar_rules, records
from bot.features.mlsd.calendar_rules import CLASSIC, SPAN, WEEKS, Prompt, faults, plan_row, playable, prompt_of
from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm, draw
from bot.kernel.card import card_words
from bot.kernel.design_facts import InFocus
from bot.kernel.errors import Refusal
from bot.kernel.facts import ChangeMade, ChangeUndone
from tests.features.mornings import joined
from tests.features.peers import answer_with, ask
from tests.features.test_mlsd_week import BERLIN, BOTH, CLOSES, SECOND, T0, THURSDAYS, hand_in, heard
from tests.features.test_plan import press_action
from tests.story import Answered, CoreDriver, Driver
from tests.world import GROUP, STARTER_PACK, hours, pack

STARTER = Catalogue.of([pack(STARTER_PACK)])
POOL = tuple(prompt_of(item) for item in playable(STARTER))
RICH = tuple(
    Prompt(f"p{n:02}", f"c{n % 11}", tuple(CLASSIC)[: 1 + n % 3] if n % 2 else ("on-device", "realtime"), "medium")
    for n in range(40)
)


def walk(group: str, pool: Sequence[Prompt], weeks: int) -> list[tuple[Prompt, ...]]:
    """The row as it stands before each of so many weeks opens; what opened leaves it and the rest is promised."""
    past: list[Prompt] = []
    rows: list[tuple[Prompt, ...]] = []
    promised: tuple[tuple[Prompt, bool], ...] = ()
    for _ in range(weeks):
        left = tuple(prompt for prompt in pool if prompt not in past)
        row = plan_row(group, tuple(past), promised, left)
        if not row:
            break
        rows.append(row)
        past.append(row[0])
        promised = tuple((prompt, False) for prompt in row[1:])
    return rows


# --- the guarantee ---------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["web:a", "web:b", "discord:1", "slack:T/C"])
def test_the_starter_pack_keeps_the_guarantee_for_twelve_weeks(group: str) -> None:
    opened = [row[0] for row in walk(group, POOL, 12)]
    assert len(set(opened)) == 12
    assert faults(opened) == []
    for at in range(len(opened) - SPAN + 1):
        window = opened[at : at + SPAN]
        assert set(CLASSIC) <= {twist for prompt in window for twist in prompt.twists}
        assert len({prompt.category for prompt in window}) == SPAN


@given(st.integers(0, 10_000), st.permutations(RICH))
@settings(max_examples=25, deadline=None)
def test_a_rich_pack_keeps_the_guarantee_whatever_the_dice_say(seed: int, pool: list[Prompt]) -> None:
    rows = walk(f"g{seed}", tuple(sorted(pool[:30], key=lambda prompt: prompt.id)), 16)
    opened = [row[0] for row in rows]
    if all(not faults(row) for row in rows[:1]):
        assert faults(opened[:WEEKS]) == [], "what was promised without a fault opens without one"


@given(
    st.lists(
        st.builds(
            Prompt,
            st.uuids().map(str),
            st.sampled_from(["search", "fraud", "vision", "genai"]),
            st.sets(st.sampled_from([*CLASSIC, "latency"]), min_size=1).map(lambda kinds: tuple(sorted(kinds))),
        ),
        max_size=14,
        unique_by=lambda prompt: prompt.id,
    ),
    st.integers(0, 6),
)
@settings(max_examples=60, deadline=None)
def test_any_pool_gives_as_many_weeks_as_it_has_and_none_twice(pool: list[Prompt], met: int) -> None:
    past, left = tuple(pool[:met]), tuple(pool[met:])
    row = plan_row("g", past, (), left)
    assert len(row) == min(WEEKS, len(left)) == len(set(row))
    assert row == plan_row.__wrapped__("g", past, (), left), "the same past gives the same calendar"


def test_what_came_before_counts() -> None:
    past = (
        Prompt("a", "search", ("realtime",)),
        Prompt("b", "fraud", ("scale-100m",)),
        Prompt("c", "ads", ("latency",)),
    )
    assert faults([*past, Prompt("d", "vision", ("realtime",))], 3) == [
        "four weeks in a row bring no twist about on the device"
    ]
    assert faults([*past, Prompt("d", "search", ("on-device",))], 3) == ["“search” comes twice within four weeks"]
    assert faults([*past, Prompt("d", "vision", ("on-device",))], 3) == []
    assert faults([Prompt("x"), *past], 0) == [], "what is not installed any more is not held against it"


@pytest.mark.parametrize("group", [f"web:{n}" for n in range(8)])
def test_a_calendar_that_is_drawn_anew_keeps_the_guarantee_with_the_weeks_before(group: str) -> None:
    past = tuple(prompt for prompt in POOL if prompt.difficulty == "medium")[:3]
    left = tuple(prompt for prompt in POOL if prompt not in past)
    row = plan_row(group, past, (), left)
    assert faults([*past, *row], 3) == []


def test_the_first_prompt_is_an_easy_one() -> None:
    easy = {prompt.id for prompt in POOL if prompt.difficulty == "easy"}
    assert all(plan_row(group, (), (), POOL)[0].id in easy for group in ("web:a", "web:b", "slack:T/C"))


def test_what_is_promised_stays_while_the_guarantee_can_be_kept() -> None:
    rows = walk("web:a", RICH, 12)
    for row, after in pairwise(rows):
        assert after[: len(row) - 1] == row[1:]


def test_what_an_organiser_chose_is_never_drawn_anew() -> None:
    row = plan_row("web:a", (), (), POOL)
    worst = next(prompt for prompt in POOL if prompt not in row and prompt.category in {p.category for p in row[:2]})
    chosen = (*row[:2], worst)
    now = plan_row("web:a", (), tuple((prompt, prompt is worst) for prompt in chosen), POOL)
    assert now[:3] == chosen
    assert faults(now), "and the calendar says what cannot be kept"


def test_a_pool_without_a_classic_twist_says_so_plainly() -> None:
    pool = tuple(replace(prompt, twists=("latency",)) for prompt in POOL)
    row = plan_row("web:a", (), (), pool)
    assert len(row) == WEEKS
    said = card_words(calendar_cards.calendar_card([calendar_cards._DAY], faults(row)))
    assert "not everything can be kept" in said
    assert "no twist about a hundred million users, real time and on the device" in said


def test_swaps_and_moves_offer_only_what_keeps_the_guarantee() -> None:
    row = plan_row("web:a", (), (), POOL)
    for place in range(WEEKS):
        for prompt in calendar_rules.swaps((), row, place, POOL):
            assert faults(calendar_rules.put(row, place, prompt)) == []
            assert prompt not in row
        for other in calendar_rules.moves((), row, place):
            assert faults(calendar_rules.exchanged(row, place, other)) == []


def test_a_week_that_is_left_out_moves_what_comes_after_it() -> None:
    items = playable(STARTER)[:WEEKS]
    plain = calendar_rules.slots(items, THURSDAYS, BERLIN, T0, frozenset(), frozenset())
    assert [slot.item for slot in plain] == list(items)
    assert plain[0].day == date(2026, 1, 15), "the one that opens at this very moment is not ahead"
    without = calendar_rules.slots(items, THURSDAYS, BERLIN, T0, {plain[1].day}, {plain[3].day})
    assert [slot.item for slot in without] == [items[0], None, items[1], None, *items[2:6]]
    assert (without[1].skipped, without[3].off) == (True, True)


def test_openings_stay_at_their_wall_time_when_the_clocks_change() -> None:
    found = calendar_rules.slots(
        playable(STARTER)[:WEEKS], Rhythm((3,), time(10)), ZoneInfo("Europe/Berlin"),
        datetime(2026, 3, 1, tzinfo=UTC), frozenset(), frozenset(),
    )  # fmt: skip
    assert {slot.at.astimezone(BERLIN).time() for slot in found} == {time(10)}
    assert len({slot.at.time() for slot in found}) == 2


# --- organisers ---------------------------------------------------------------------------------


async def begun(story: Driver) -> Answered:
    story.app.engine.catalogue = BOTH  # type: ignore[attr-defined]
    await joined(story, "ada")
    return await calendar(story)


async def calendar(story: Driver) -> Answered:
    return await press_action(story, "olga", "mlsd.calendar")


def weeks_of(shown: Answered) -> list[tuple[str, str]]:
    """(date, title) of the weeks that the card lists."""
    (card,) = shown.replies
    return [(value, label.partition(": ")[2]) for value, label, action in card.options if "week_planned" in action]


def menu_of(shown: Answered, route: str) -> list[tuple[str, str]]:
    (card,) = shown.replies
    return [(value, label) for value, label, action in card.options if action.startswith(route)]


async def test_an_organiser_swaps_moves_and_skips_weeks_and_takes_it_back(story: Driver) -> None:
    before = weeks_of(await begun(story))
    assert len(before) == WEEKS
    assert before[0][0] == "2026-01-08"

    week = await story.choose("olga", before[1][0])
    (_, new), *_ = menu_of(week, "mlsd.week_swap")
    swapped = await story.choose("olga", new)
    assert "comes instead of" in swapped.words
    now = weeks_of(await calendar(story))
    assert now[1][1] == new
    assert [title for _, title in now[2:]] == [title for _, title in before[2:]]
    await press_action(story, "olga", "mlsd.week_planned", day=before[1][0])
    await press_action(story, "olga", "mlsd.week_undo", n="1")
    assert weeks_of(await calendar(story)) == before

    week = await press_action(story, "olga", "mlsd.week_planned", day=before[0][0])
    moves = menu_of(week, "mlsd.week_move")
    if moves:
        moved = await story.choose("olga", moves[-1][1])
        assert "change places" in moved.words
        assert weeks_of(await calendar(story))[0][1] == moves[-1][1].partition(": ")[2]
        await story.choose("olga", before[0][0])

    skipped = await press_action(story, "olga", "mlsd.week_skip", day=before[2][0])
    assert "no system design week opens" in skipped.words
    now = weeks_of(skipped)
    assert now[2][1] == "skipped"
    back = await story.press("olga", "Undo")
    assert "Undone" in back.words
    assert "undone already" in (await press_action(story, "olga", "mlsd.week_undo", n="99")).words


async def test_what_the_calendar_shows_is_what_opens(story: CoreDriver, app: App) -> None:
    shown = weeks_of(await begun(story))
    await press_action(story, "olga", "mlsd.week_skip", day=shown[1][0])
    shown = weeks_of(await calendar(story))
    opened: list[tuple[str, str]] = []
    for number in range(1, 6):
        await story.until(T0 + hours(168 * (number - 1)) + SECOND)
        weeks = await app.store.read(lambda tx: records.list_weeks(tx, GROUP))
        if len(weeks) > len(opened):
            item = BOTH.item(weeks[0].item)
            assert item
            opened.append((str(weeks[0].opens.astimezone(BERLIN).date()), item.title))
            await hand_in(app, "ada", number=weeks[0].number)
    assert opened == [week for week in shown[:5] if week[1] != "skipped"]


async def test_new_prompts_change_nothing_that_was_promised(story: CoreDriver, app: App) -> None:
    shown = weeks_of(await begun(story))
    new = {item.id for item in playable(BOTH) if item.title in {title for _, title in shown[2:5]}}
    app.engine.catalogue = without(BOTH, new)
    await story.until(T0 + SECOND)
    promised = weeks_of(await calendar(story))
    app.engine.catalogue = BOTH
    assert weeks_of(await calendar(story))[:-1] == promised[:-1], "the eighth is drawn when the next week opens"


async def test_a_prompt_whose_pack_is_gone_makes_room(story: CoreDriver, app: App) -> None:
    await begun(story)
    await story.until(T0 + SECOND)
    shown = weeks_of(await calendar(story))
    gone = next(item.id for item in playable(BOTH) if item.title == shown[0][1])
    app.engine.catalogue = without(BOTH, {gone})
    now = weeks_of(await calendar(story))
    assert len(now) == WEEKS
    assert shown[0][1] not in {title for _, title in now}
    assert "not everything" not in (await calendar(story)).words


def without(catalogue: Catalogue, gone: Set[str]) -> Catalogue:
    items = {id_: item for id_, item in catalogue._items.items() if id_ not in gone}
    return Catalogue(
        items, catalogue.domains, catalogue.first, catalogue._rubrics, catalogue._patterns, catalogue._sessions
    )


async def test_changes_are_told_with_their_undo(story: CoreDriver, app: App) -> None:
    shown = weeks_of(await begun(story))
    made, undone = heard(app, ChangeMade), heard(app, ChangeUndone)
    await press_action(story, "olga", "mlsd.week_skip", day=shown[0][0])
    await press_action(story, "olga", "mlsd.week_skip", day=shown[0][0])
    (change,) = made
    assert isinstance(change, ChangeMade)
    assert change.undo == Action.to("mlsd.week_undo", n="1")
    for _ in range(2):
        await press_action(story, "olga", "mlsd.week_undo", n="1")
    assert undone == [ChangeUndone(change.undo)]
    assert weeks_of(await calendar(story)) == shown


async def test_forged_changes_are_refused(story: CoreDriver, app: App) -> None:
    shown = weeks_of(await begun(story))
    planned = next(item for item in playable(STARTER) if item.title == shown[3][1])
    for route, day, value in (
        ("mlsd.week_swap", shown[0][0], "no-such-item"),
        ("mlsd.week_swap", shown[0][0], planned.id),
        ("mlsd.week_swap", "2020-01-01", planned.id),
        ("mlsd.week_move", shown[0][0], "2020-01-01"),
        ("mlsd.week_move", shown[0][0], shown[0][0]),
        ("mlsd.week_planned", "x", ""),
        ("mlsd.week_skip", "x", ""),
    ):
        refused = await press_action(story, "olga", route, value, day=day)
        assert "again and choose another one" in refused.hint, (route, refused.refused)
    assert (await press_action(story, "ada", "mlsd.calendar")).refused, "members do not plan"
    assert weeks_of(await calendar(story)) == shown


async def test_a_swap_that_has_come_cannot_be_undone(story: CoreDriver, app: App) -> None:
    shown = weeks_of(await begun(story))
    week = await story.choose("olga", shown[0][0])
    (value, _), *_ = menu_of(week, "mlsd.week_swap")
    await press_action(story, "olga", "mlsd.week_swap", value, day=shown[0][0])
    await story.until(T0 + SECOND)
    weeks = await app.store.read(lambda tx: records.list_weeks(tx, GROUP))
    assert weeks[0].item == value
    assert "cannot be put back" in (await press_action(story, "olga", "mlsd.week_undo", n="1")).words


async def test_the_desk_says_what_opens_soon(story: CoreDriver, app: App) -> None:
    await begun(story)
    assert "System design opens" not in (await press_action(story, "olga", "organiser.desk")).words
    await story.until(T0 - hours(40))
    desk = await press_action(story, "olga", "organiser.desk")
    assert "System design opens" in desk.words
    assert "Plan the weeks" in desk.words


# --- what a day is about ---------------------------------------------------------------------------


async def test_a_day_is_about_the_week_that_opens_on_it_before_and_after_it_opens(story: CoreDriver, app: App) -> None:
    shown = weeks_of(await begun(story))
    items = {item.title: item for item in playable(STARTER)}
    days = [date.fromisoformat(day) for day, _ in shown[:3]]

    async def about() -> list[tuple[str, ...]]:
        last = days[0] + timedelta(days=13)
        found = await ask(app, InFocus(days[0], last))
        for day, tags in found.items():
            assert await ask(app, InFocus(day, day)) == {day: tags}
        return [found[days[0] + timedelta(days=n)] for n in range(14)]

    before = await about()
    assert before == [items[shown[n // 7][1]].tags for n in range(14)]
    await story.until(T0 + SECOND)
    await hand_in(app, "ada")
    assert await about() == before
    await story.until(CLOSES + SECOND)
    assert await about() == before
    assert await ask(app, InFocus(days[0] - timedelta(days=1), days[0] - timedelta(days=1))) == {}


def test_a_week_that_is_not_ahead_is_refused_with_a_hint() -> None:
    with pytest.raises(Refusal) as refused:
        calendar_rules.find_slot((), "2026-01-08")
    assert refused.value.hint


# --- the daily problems of that week -----------------------------------------------------------------


def month(focus: frozenset[str], group: str) -> list[Item]:
    """What a group gets on 28 days that are all about this."""
    met: list[Met] = []
    found: list[Item] = []
    for n in range(28):
        dice = draw(f"{group}/{n}")
        item = daily_rules.choose(STARTER, met, frozenset(), dice, focus=focus)
        assert item
        met.append(Met(item.id, item.domain, item.strand))
        found.append(item)
    return found


def test_problems_that_fit_the_week_are_likelier_no_must_and_the_mix_stays() -> None:
    skills = Counter(tag for item in STARTER.items() if item.timed is None for tag in set(item.tags))
    focus = frozenset(tag for tag, count in skills.most_common(6))
    early_with = early_without = 0
    for n in range(30):
        plain, about = month(frozenset(), f"g{n}"), month(focus, f"g{n}")
        assert about == month(focus, f"g{n}"), "the same past gives the same problem"
        early_with += sum(bool(daily_rules.overlap(item, focus)) for item in about[:8])
        early_without += sum(bool(daily_rules.overlap(item, focus)) for item in plain[:8])
        assert any(not daily_rules.overlap(item, focus) for item in about[:8]), "it is a weight and no must"
        mixed, before = Counter(item.domain for item in about), Counter(item.domain for item in plain)
        assert all(abs(mixed[domain] - before[domain]) <= 1 for domain in {*mixed, *before})
    assert early_with > 1.2 * early_without


def test_one_that_fits_among_five_is_likelier_and_the_others_still_come() -> None:
    items = [replace(item, tags=(item.id,)) for item in STARTER.items()[:5]]
    picked = Counter(daily_rules.pick(items, draw(f"{n}"), frozenset(items[2].tags)).id for n in range(300))
    assert set(picked) == {item.id for item in items}
    assert 1.5 * 60 < picked[items[2].id] < 240


@given(st.integers(0, 500), st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_with_a_focus_too_an_item_that_is_taken_out_changes_only_its_own_pick(seed: int, size: int) -> None:
    items = [item for item in STARTER.items() if item.timed is None][:size]
    focus = frozenset(items[0].tags)
    picked = daily_rules.pick(items, draw(f"{seed}"), focus)
    for left_out in items:
        if left_out != picked:
            left = [item for item in items if item != left_out]
            assert daily_rules.pick(left, draw(f"{seed}"), focus) == picked


async def test_the_plan_says_what_fits_and_posts_exactly_that(story: CoreDriver, app: App) -> None:
    await begun(story)
    tags = {tag for item in BOTH.items() for tag in item.tags if item.timed is None}
    ahead = [(T0 + timedelta(days=n)).date() for n in range(-14, 70)]
    answer_with(app, InFocus, lambda _: {day: tuple(sorted(tags)) for day in ahead if day.weekday() == 3})
    plan = await press_action(story, "olga", "daily.plan")
    days = [
        (value, label.partition(": ")[2]) for value, label, action in plan.replies[0].options if "plan_day" in action
    ]
    assert "* fits this week's system design." in plan.words
    starred = [line for line in plan.words.splitlines() if line.endswith(" *")]
    assert starred == [line for line in plan.words.splitlines() if line.startswith("Thu ")]
    thursday = next(day for day, _ in days if date.fromisoformat(day).weekday() == 3)
    one = await press_action(story, "olga", "daily.plan_day", day=thursday)
    assert "It fits this week's system design." in one.words
    friday = next(day for day, _ in days if date.fromisoformat(day).weekday() == 4)
    assert "fits" not in (await press_action(story, "olga", "daily.plan_day", day=friday)).words
    await story.until(T0 + hours(200))
    posted = [seen for seen in await story.read("ada") if seen.name.startswith("daily/")]
    assert [seen.title for seen in posted] == [
        title for day, title in days if date.fromisoformat(day) <= app.clock.now().date()
    ]
