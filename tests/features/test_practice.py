"""Practice alone: private, at once, and without a trace in what the group gets."""

from datetime import date, timedelta

from bot.app import App
from bot.features.answers import cards as answers_cards
from bot.features.daily import practice_rules, rules
from bot.features.daily.practice_rules import Past
from bot.kernel.action import Action
from bot.kernel.card import ChoicesField, Form, card_words
from bot.kernel.peer_facts import AnswersOf, WeakAreas
from tests.features.mornings import CLOSE, GOOD, MONDAY, NINE, answer, joined, monday
from tests.features.peers import answer_with, ask
from tests.features.test_plan import days_of, open_plan, press_action
from tests.story import Answered, CoreDriver, Driver
from tests.world import GROUP, World, catalogue


def menu(shown: Answered, prompt: str) -> list[str]:
    """The labels of the menu with this prompt: the card lists its menus in order."""
    assert prompt in shown.words
    return [label for _, label, _ in shown.replies[0].options]


async def test_something_new_can_be_practised_before_the_first_problem(story: Driver) -> None:
    await joined(story, "ada")
    shown = await story.type("ada", "/study practice")
    assert "Something new" in shown.words
    assert "A problem we had" not in shown.words
    begun = await story.choose("ada", shown.replies[0].options[0][0])
    assert "only you see it" in begun.words
    assert {"Answer", "Hint", "I'm stuck", "Start the clock"} <= {label for label, _ in begun.replies[0].buttons}
    await story.press("ada", "Answer")
    kept = await story.fill("ada", {"text": GOOD})
    assert "Your answer is kept." in kept.words
    assert "Outline: " in kept.words


async def test_there_is_a_way_back_to_a_problem_that_stands_in_no_channel(story: Driver) -> None:
    """A reply takes the place of the card that was pressed, and the problem is nowhere else."""
    await joined(story, "ada")
    shown = await story.type("ada", "/study practice")
    problem = (await story.choose("ada", shown.replies[0].options[0][0])).replies
    for label in ("Hint", "Next hint", "See the problem", "Start the clock", "Stop the clock", "See the problem"):
        seen = await story.press("ada", label)
    assert seen.replies == problem
    await story.press("ada", "I'm stuck")
    assert "See the problem" in {
        label for label, _ in (await story.fill("ada", {"tried": "A loop."})).replies[0].buttons
    }


async def test_an_answer_to_a_problem_for_one_promises_no_other_readers(story: Driver) -> None:
    await story.found()
    await story.press("ada", "Join the study group", f"members.join/{GROUP}")
    asked = (await story.tell("ada", GOOD)).words
    assert "Only for you and reviewers." in asked
    assert "Members can read it" not in asked
    assert "Your name is shown" not in asked


def test_the_form_of_a_problem_for_one_has_no_choice_about_the_close() -> None:
    form = answers_cards.EXAMPLES["answer_alone_form"]
    assert isinstance(form, Form)
    choices = form.fields[-1]
    assert isinstance(choices, ChoicesField)
    assert choices.help == "Only for you and reviewers."
    assert [one.value for one in choices.options] == ["hide", "draft"], "a reviewer may learn the name"
    assert choices.value == ("hide",), "what was chosen before and is not offered is not ticked"


async def test_practising_changes_nothing_in_the_plan(story: Driver) -> None:
    await joined(story, "ada")
    before = await whole_plan(story)
    for _ in range(3):
        shown = await story.type("ada", "/study practice")
        await story.choose("ada", shown.replies[0].options[-1][0])
        await story.press("ada", "Answer")
        await story.fill("ada", {"text": GOOD})
    assert await whole_plan(story) == before
    await story.until(NINE + timedelta(days=4))
    boards = [seen.title for seen in await story.read("olga") if seen.name.startswith(f"daily/{GROUP}/")]
    assert boards == [title for _, title in before][:5]


async def whole_plan(story: Driver) -> list[tuple[str, str]]:
    """Ten weeks: everything that the group can still get."""
    pages = [
        await press_action(story, "olga", "daily.plan", **{"from": first})
        for first in ("2026-01-05", "2026-01-19", "2026-02-02")
    ]
    return [day for page in pages for day in days_of(page)]


async def test_nothing_that_the_group_gets_soon_is_offered(story: Driver) -> None:
    await joined(story, "ada")
    soon = days_of(await open_plan(story))
    later = await press_action(story, "olga", "daily.plan", **{"from": "2026-01-19"})
    titles = {title for _, title in (*soon, *days_of(later))}
    shown = await story.type("ada", "/study practice")
    offered = {label.partition(": ")[2] for _, label, _ in shown.replies[0].options}
    assert offered
    assert not offered & titles
    hidden = next(item for item in catalogue().items() if item.title == soon[2][1])
    assert "cannot be practised now" in (await press_action(story, "ada", "daily.practice_start", hidden.id)).refused


async def test_starting_it_again_shows_the_same_round(story: Driver) -> None:
    await joined(story, "ada")
    shown = await story.type("ada", "/study practice")
    item = shown.replies[0].options[0][0]
    first = await story.choose("ada", item)
    again = await press_action(story, "ada", "daily.practice_start", item)
    assert first.replies == again.replies
    listed = await story.type("ada", "/study practice")
    assert listed.replies[0].options[0][0] == item
    assert "Go on" in listed.words
    await story.choose("ada", item)
    await story.press("ada", "Answer")
    await story.fill("ada", {"text": GOOD})
    done = await story.type("ada", "/study practice")
    assert "Go on" not in done.words
    assert item not in [value for value, _, _ in done.replies[0].options], "it is not new any more"


async def test_a_problem_that_the_group_had_can_be_practised_afresh(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada")
    assert "A problem we had" not in (await story.type("ada", "/study practice")).words, "it is open still"
    await story.until(CLOSE)
    shown = await story.type("ada", "/study practice")
    assert "A problem we had" in shown.words
    item = shown.replies[0].options[0][0]
    begun = await story.choose("ada", item)
    form = (await story.press("ada", "Answer")).form
    assert form
    assert form.values["text"] == "", "a fresh round"
    await story.fill("ada", {"text": "A second look shows more, because I know the trap."})
    once_more = await press_action(story, "ada", "daily.practice_start", item)
    assert once_more.replies[0].title == begun.replies[0].title
    second = (await story.press("ada", "Answer")).form
    assert second
    assert second.values["text"] == "", "and another one"
    await story.press("ben", "Answer", MONDAY)
    await story.fill("ben", {"text": GOOD})
    read = (await story.press("ben", "Read answers", MONDAY)).words
    assert "A second look" not in read
    assert begun.replies[0].title == next(seen.title for seen in await story.read("ben") if seen.name == MONDAY)


async def test_what_i_have_not_answered_comes_first(story: Driver) -> None:
    await monday(story, "ada")
    await story.until(NINE + timedelta(days=1))
    await story.type("ada", "/study today")
    await story.press("ada", "Answer")
    await story.fill("ada", {"text": GOOD})
    await story.until(CLOSE + timedelta(days=1))
    boards = {seen.name: seen.title for seen in await story.read("ada") if seen.name.startswith(f"daily/{GROUP}/")}
    past = [label for _, label, _ in (await story.type("ada", "/study practice")).replies[0].options][:2]
    assert past == [boards[MONDAY], boards[f"daily/{GROUP}/2026-01-06"]]


async def test_practice_is_nobody_elses(story: Driver) -> None:
    await joined(story, "ada", "ben")
    shown = await story.type("ada", "/study practice")
    await story.choose("ada", shown.replies[0].options[0][0])
    task = f"practice-1-{rules.token('ada')}"
    assert (await press_action(story, "ben", "answers.write", task=task)).refused
    assert (await press_action(story, "ben", "daily.hint", round=task)).refused
    assert not (await press_action(story, "ada", "daily.hint", round=task)).refused


async def test_the_clock_and_stuck_work_in_practice(story: Driver) -> None:
    await joined(story, "ada")
    shown = await story.type("ada", "/study practice")
    await story.choose("ada", shown.replies[0].options[0][0])
    stuck = await press_action(story, "ada", "daily.stuck", round=f"practice-1-{rules.token('ada')}")
    assert stuck.form
    assert "Here are all hints." in (await story.fill("ada", {"tried": "I sorted it."})).words
    await press_action(story, "ada", "daily.clock", round=f"practice-1-{rules.token('ada')}")
    await story.wait(timedelta(minutes=26))
    assert [seen.title for seen in await story.read("ada", "private")] == ["Time for your solution"]
    assert not [seen for seen in await story.read("ada") if "stuck" in seen.name]


async def test_looking_at_practice_begins_nothing(story: Driver) -> None:
    await joined(story, "ada")
    first = await story.type("ada", "/study practice")
    assert await press_action(story, "ada", "daily.practice") == first
    assert await story.type("ada", "/study practice") == first


async def test_a_group_that_has_met_everything_still_has_its_past(story: CoreDriver, app: App, world: World) -> None:
    await joined(story, "ada")
    await story.until(NINE + timedelta(days=50))
    shown = await story.type("ada", "/study practice")
    assert "A problem we had" in shown.words
    assert "Something new" not in shown.words
    assert len(shown.replies[0].options) == 25


def test_the_menu_of_past_problems_begins_with_the_newest_that_i_have_not_done() -> None:
    item = catalogue().items()[0]
    past = [Past(item, date(2026, 1, 5) + timedelta(days=n), done=n % 2 == 0) for n in range(40)]
    shown = practice_rules.arrange(past)
    assert len(shown) == 25
    assert shown[0].day == date(2026, 2, 13)
    assert [one.done for one in shown] == [False] * 20 + [True] * 5


def test_a_menu_of_new_ones_has_one_of_each_domain_and_stays_the_same() -> None:
    able = catalogue().items()
    offered = practice_rules.fresh(able, set(), set(), "g", "ada")
    assert len({item.domain for item in offered}) == len(offered) == 4
    assert offered == practice_rules.fresh(able, set(), set(), "g", "ada")
    taken = offered[0]
    next_ = practice_rules.fresh(able, set(), {taken.id}, "g", "ada")
    assert taken not in next_
    assert next_[1:] == offered[1:]


def test_every_name_of_a_practice_round_fits_into_a_button() -> None:
    from bot.features.daily import practice_cards
    from bot.features.daily.cards import EXAMPLE_ITEM

    round_ = practice_rules.practice_round("g", "x" * 32, 9_999, EXAMPLE_ITEM, NINE)
    card = practice_cards.practice_problem_card(round_, EXAMPLE_ITEM)
    assert card_words(card)


async def test_the_outline_of_the_groups_open_problem_is_not_had_by_practising_it(story: Driver) -> None:
    await monday(story, "ada")
    shown = await story.type("ada", "/study practice")
    reveals = {item.id: item.reveal for item in catalogue().items()}
    item, label, _ = next(option for option in shown.replies[0].options if reveals[option[0]] == "on_close")
    begun = await story.choose("ada", item)
    answer_it = dict(begun.replies[0].buttons)["Answer"]
    task = Action.decode(answer_it).get("task")
    assert not (await press_action(story, "olga", "daily.plan_choose", item, day="2026-01-06")).refused
    await story.until(NINE + timedelta(days=1))
    title = label.partition(": ")[2]
    board = f"daily/{GROUP}/2026-01-06"
    assert next(seen.title for seen in await story.read("ada") if seen.name == board).startswith(title[:20])
    going_on = await press_action(story, "ada", "daily.practice_start", item)
    assert Action.decode(dict(going_on.replies[0].buttons)["Answer"]).get("task") == "2026-01-06", "the group's own"
    assert (await press_action(story, "ada", "answers.write", task=task)).form
    kept = await story.fill("ada", {"text": GOOD})
    assert "Your answer is kept." in kept.words
    assert "Outline: " not in kept.words
    assert "The outline comes when the group's round closes" in kept.words
    await story.until(CLOSE + timedelta(days=1))
    assert any(seen.title.startswith("Outline: ") for seen in await story.read("ada", board))


async def test_a_problem_is_found_by_words_of_its_title(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study practice")
    offered = await story.suggest("ada", "daily.practice", "")
    assert offered
    named = await story.type("ada", f"/study practice {offered[0]}")
    assert named.replies[0].title == offered[0]
    begun = await story.press("ada", "Start")
    assert "only you see it" in begun.words
    assert "Answer" in [label for label, _ in begun.replies[0].buttons]


async def test_words_that_fit_no_problem_or_several_are_refused_with_a_way_on(story: Driver) -> None:
    await joined(story, "ada")
    for words, why in [("zebra crossing", "I do not find this problem."), ("e", "Several problems fit these words.")]:
        no = await story.type("ada", f"/study practice {words}")
        assert (no.refused, "/study practice" in no.hint, no.handed_back) == (why, True, (words,))


async def test_a_stranger_is_offered_no_problems(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("sam", "/study help")
    assert await story.suggest("sam", "daily.practice", "") == ()


# --- what reviews say -----------------------------------------------------------------------------


async def test_the_area_that_needs_practice_most_comes_first_and_the_card_says_why(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    plain = await story.type("ada", "/study practice")
    assert "Your reviews" not in plain.words
    domains = [catalogue().item(value).domain for value, _, _ in plain.replies[0].options]  # type: ignore[union-attr]
    assert len(domains) > 2
    weak = (domains[-1], domains[1])
    answer_with(app, WeakAreas, lambda asked: dict.fromkeys(asked.members, weak))
    shown = await story.type("ada", "/study practice")
    found = [catalogue().item(value) for value, _, _ in shown.replies[0].options]
    assert [item.domain for item in found if item][:2] == list(weak)
    assert found[0]
    assert f"Your reviews suggest more practice in {found[0].domain_label}, so it comes first." in shown.words


def test_a_past_problem_of_a_weak_area_comes_first_unless_it_is_done() -> None:
    first, second, *_ = {item.domain: item for item in catalogue().items()}.values()
    old, new = date(2026, 1, 5), date(2026, 1, 9)
    weak = [second.domain]
    past = [Past(first, new, done=False), Past(second, old, done=False)]
    assert practice_rules.arrange(past, weak)[0].item == second
    assert practice_rules.arrange(past)[0].item == first
    done = [Past(first, old, done=False), Past(second, new, done=True)]
    assert practice_rules.arrange(done, weak)[0].item == first
    nothing_led = practice_rules.Choice((), tuple(done), ())
    assert practice_rules.weakest(nothing_led, weak) == ""


async def test_what_somebody_practised_alone_is_no_answer_that_others_may_read(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben")
    shown = await story.type("ben", "/study practice")
    await story.choose("ben", shown.replies[0].options[0][0])
    await story.press("ben", "Answer")
    assert not (await story.fill("ben", {"text": GOOD})).refused
    assert await ask(app, AnswersOf("ben")) == ()
    await answer(story, "ben")
    assert len(await ask(app, AnswersOf("ben"))) == 1
