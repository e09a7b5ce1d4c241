"""An organiser corrects one day of a member: with a reason, told to the member, undone by one press."""

from datetime import timedelta

import pytest

from bot.app import App
from bot.features.streaks import correction_records
from bot.kernel.action import Action
from bot.kernel.effect import Ask, Fact, Reply
from bot.kernel.engine_facts import MemberErased
from bot.kernel.event import Event, Person, Pressed, Submitted, Value, What
from bot.kernel.facts import ChangeMade, ChangeUndone, MemberPaused
from bot.kernel.ports import Tx
from tests.features.mornings import JOIN, NINE, answer, joined, monday
from tests.story import Answered, CoreDriver, Driver
from tests.world import CHANNEL, GROUP, TENANT, World

DAY = timedelta(days=1)
TUESDAY = "2026-01-06"  # as the menu calls it
COUNT: dict[str, Value] = {"kind": "count", "reason": "She answered on paper."}


async def days_of(story: Driver, member: str = "ada") -> Answered:
    """Olga has this member's last days before her."""
    await story.type("olga", "organise")
    await story.press("olga", "organiser.more")
    await story.press("olga", "Corrections")
    await story.press("olga", "streaks.correct")
    return await story.fill("olga", {"member": member})


async def correct(story: Driver, **values: str) -> Answered:
    await days_of(story)
    await story.choose("olga", TUESDAY)
    return await story.fill("olga", {**values} or COUNT)


async def why(story: Driver, member: str = "ada") -> str:
    await story.type(member, "streak")
    return (await story.press(member, "Why?")).words


async def thursday(story: Driver) -> None:
    """Ada answered on Monday and not since."""
    await monday(story, "ada", "ben")
    await answer(story, "ada")
    await story.until(NINE + 3 * DAY)


async def test_a_corrected_day_counts_and_its_member_reads_why(story: Driver) -> None:
    await thursday(story)
    assert "Tue 6 Jan: a spare day was used" in await why(story)
    done = await correct(story)
    assert [seen.title for seen in done.replies] == ["The day is corrected."]
    told = (await story.read("ada", "private"))[-1]
    assert told.title == "One of your days was corrected."
    assert "An organiser corrected your Tue 6 Jan. It counts now." in told.words
    assert "She answered on paper." in told.words
    assert "Tue 6 Jan: counted by an organiser. The reason: “She answered on paper.”." in await why(story)
    assert (await story.type("ada", "streak")).replies[0].title == "This week: 2 of 4 days"


async def test_an_excused_day_is_neutral(story: Driver) -> None:
    await thursday(story)
    await correct(story, kind="excuse", reason="ill")
    words = await why(story)
    assert "○ Tue excused." in words
    assert "Tue 6 Jan: excused by an organiser. The reason: “ill”." in words


async def test_one_press_takes_a_correction_back_and_the_member_reads_that_too(story: Driver) -> None:
    await thursday(story)
    before = await why(story)
    await correct(story)
    assert [seen.title for seen in (await story.press("olga", "Undo")).replies] == ["The correction is taken back."]
    assert await why(story) == before
    (told,) = [seen for seen in await story.read("ada", "private") if "correct" in seen.title]
    assert told.title == "A correction was taken back."
    assert "paper" not in told.words


async def test_the_log_says_who_corrected_what_and_undoes_it(story: Driver) -> None:
    await thursday(story)
    await story.type("olga", "organise")
    await story.press("olga", "organiser.more")
    none = await story.press("olga", "streaks.corrections")
    assert "No day was corrected yet." in none.words
    assert ("Back to the desk", "organiser.desk") in none.replies[0].buttons
    await correct(story)
    await story.type("olga", "organise")
    await story.press("olga", "organiser.more")
    log = await story.press("olga", "streaks.corrections")
    assert "Tue 6 Jan of @" in log.words
    assert "counted. “She answered on paper.”" in log.words
    undo = [label for label, action in log.replies[0].buttons if action.startswith("streaks.undo")]
    await story.press("olga", undo[0])
    await story.press("olga", "Correct a day")
    assert "Tue 6 Jan: a spare day was used" in await why(story)


async def test_a_long_log_has_pages(story: Driver) -> None:
    await thursday(story)
    for number in range(8):
        await correct(story, kind="count", reason=f"reason {number} " + "x" * 80)
    await story.type("olga", "organise")
    await story.press("olga", "organiser.more")
    first = await story.press("olga", "streaks.corrections")
    assert "reason 7" in first.words
    assert "reason 1" not in first.words
    assert "reason 1" in (await story.press("olga", "Older")).words
    assert "reason 7" in (await story.press("olga", "Newer")).words


async def test_an_organiser_reads_only_whether_a_day_counted(story: CoreDriver, app: App) -> None:
    """A rest, a pause and a spare day are the member's alone."""
    await thursday(story)
    pause = MemberPaused("ada", story.clock.now() + DAY)
    await app.store.run(lambda tx: app.engine.hear(tx, GROUP, pause, story.clock.now()))
    shown = (await days_of(story)).replies[0]
    states = {label.partition(": ")[2] for _, label, _ in shown.options}
    assert states == {"counted", "nothing counted"}
    assert "Mon 5 Jan: counted" in [label for _, label, _ in shown.options]
    assert not {"pause", "spare", "rest"} & set(shown.words.lower().replace(".", " ").split())


@pytest.mark.parametrize(("values", "field"), [
    ({"kind": "count", "reason": " "}, "reason"),
    ({"kind": "count", "reason": "x" * 101}, "reason"),
    ({"kind": "", "reason": "ill"}, "kind"),
])  # fmt: skip
async def test_a_correction_without_its_reason_is_refused_and_can_be_mended(
    story: Driver, values: dict[str, str], field: str
) -> None:
    await thursday(story)
    no = await correct(story, **values)
    assert no.refused
    assert no.field == field
    assert "counted by an organiser" not in await why(story)


async def test_the_refused_form_opens_again_with_its_day(story: CoreDriver, app: App) -> None:
    await thursday(story)
    await days_of(story)
    opened = await story.choose("olga", TUESDAY)
    assert opened.form
    action = Action.decode(opened.form.action)
    again = await app.engine.handle(by_olga(story, Pressed(Action("streaks.day", action.args))))
    assert [answer.form.action for answer in again.answers if isinstance(answer, Ask)] == [action]


async def test_somebody_outside_the_group_has_no_days(story: Driver) -> None:
    await joined(story, "ada")
    no = await days_of(story, "stranger")
    assert no.refused == "This person is not in the study group."
    assert no.field == "member"


async def test_only_an_organiser_corrects(story: CoreDriver, app: App) -> None:
    await thursday(story)
    await correct(story)
    for what in (
        Pressed(Action.to("streaks.correct")),
        Pressed(Action.to("streaks.corrections")),
        Pressed(Action.to("streaks.day", who="ben"), TUESDAY),
        Pressed(Action.to("streaks.undo", n="1")),
        Submitted(Action.to("streaks.find_days"), {"member": "ben"}),
        Submitted(Action.to("streaks.keep_correction", day=TUESDAY, who="ada"), COUNT),
    ):
        outcome = await app.engine.handle(by(story, "ada", what))
        assert outcome.refused is not None
        assert "Only an organiser" in outcome.refused.because
    assert "counted by an organiser" in await why(story)


@pytest.mark.parametrize(("who", "day"), [
    ("1", TUESDAY), ("", TUESDAY), ("x", ""), ("ada", "2026-02-06"), ("ada", "2025-01-06"), ("ada", "yesterday"),
    ("ada", ""),
])  # fmt: skip
async def test_a_forged_day_or_member_is_refused(story: CoreDriver, app: App, who: str, day: str) -> None:
    await thursday(story)
    await days_of(story)
    sent = Submitted(Action.to("streaks.keep_correction", day=day, who=who), COUNT)
    outcome = await app.engine.handle(by_olga(story, sent))
    assert outcome.refused is not None
    assert "our side" not in outcome.refused.because
    assert "counted by an organiser" not in await why(story)


async def test_a_second_press_makes_no_second_correction(story: CoreDriver, app: App, world: World) -> None:
    await thursday(story)
    await correct(story)
    await correct(story)
    rows = await app.store.read(lambda tx: correction_records.list_all(tx, GROUP, 10, 0))
    assert len(rows) == 1
    assert len([seen for seen in world.private("ada") if "corrected" in seen.card.title]) == 1
    assert all(seen.posting.quiet for seen in world.private("ada") if "corrected" in seen.card.title)


async def test_the_correction_and_its_end_are_told_once_each_to_whoever_keeps_the_log(
    story: CoreDriver, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Fact] = []
    tell = app.engine._tell

    def listen(tx: object, fact: Fact, *rest: object) -> object:
        heard.append(fact)
        return tell(tx, fact, *rest)  # type: ignore[arg-type]

    await thursday(story)
    monkeypatch.setattr(app.engine, "_tell", listen)
    await correct(story)
    await story.press("olga", "Undo")
    undo = Action.to("streaks.undo", n="1")
    assert [fact for fact in heard if isinstance(fact, ChangeMade)] == [
        ChangeMade("A member's day was corrected.", undo)
    ]
    await app.engine.handle(by_olga(story, Pressed(undo)))
    assert [fact for fact in heard if isinstance(fact, ChangeUndone)] == [ChangeUndone(undo)]


async def test_an_erased_organisers_words_go_and_the_correction_stays(story: CoreDriver, app: App) -> None:
    await thursday(story)
    await correct(story)
    await app.store.run(lambda tx: app.engine.hear(tx, GROUP, MemberErased("olga"), story.clock.now()))
    assert "Tue 6 Jan: counted by an organiser." in await why(story)
    assert "paper" not in await why(story)


async def test_looking_at_somebodys_days_leaves_no_trace(story: CoreDriver, app: App) -> None:
    await thursday(story)

    def kept(tx: Tx) -> list[dict[str, object]]:
        tables = ("streaks_numbers", "streaks_corrections", "streaks_events", "inbox", "drafts")
        return [dict(row) for table in tables for row in tx.all(f"SELECT * FROM {table}")]  # noqa: S608

    before = await app.store.read(kept)
    shown = await app.engine.handle(by_olga(story, Submitted(Action.to("streaks.find_days"), {"member": "ada"})))
    assert [answer.card.title for answer in shown.answers if isinstance(answer, Reply)] == ["Correct a day"]
    assert await app.store.read(kept) == before


async def test_nothing_in_the_menu_tells_where_the_member_lives(story: Driver) -> None:
    story.person("tom", zone="Asia/Tokyo")
    await joined(story)
    await story.press("tom", "Join the study group", JOIN)
    await story.until(NINE)
    (shown,) = (await days_of(story, "tom")).replies
    assert {value for value, _, _ in shown.options} == {"2026-01-05"}


async def test_the_undo_of_a_correction_that_went_with_its_member_answers_kindly_and_ends(
    story: CoreDriver, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    await thursday(story)
    await correct(story)
    await app.store.run(lambda tx: tx.run("DELETE FROM streaks_corrections"))
    heard: list[Fact] = []
    tell = app.engine._tell

    def listen(tx: object, fact: Fact, *rest: object) -> object:
        heard.append(fact)
        return tell(tx, fact, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(app.engine, "_tell", listen)
    undo = Action.to("streaks.undo", n="1")
    gone = await app.engine.handle(by_olga(story, Pressed(undo)))
    assert [answer.card.title for answer in gone.answers if isinstance(answer, Reply)] == ["This correction is gone."]
    assert heard == [ChangeUndone(undo)]


async def test_the_undo_of_the_older_of_two_corrections_says_that_the_other_stands(story: Driver) -> None:
    await thursday(story)
    await correct(story)
    await correct(story, kind="excuse", reason="ill")
    await story.type("olga", "organise")
    await story.press("olga", "organiser.more")
    await story.press("olga", "streaks.corrections")
    done = await story.press("olga", "Undo 1")
    assert "as it was before" not in done.words
    assert "Another correction of this day still stands." in done.words
    assert "Tue 6 Jan: excused by an organiser. The reason: “ill”." in await why(story)


async def test_excusing_a_day_that_counts_says_that_it_stays_counted(story: Driver) -> None:
    await thursday(story)
    await days_of(story)
    await story.choose("olga", "2026-01-05")
    done = await story.fill("olga", {"kind": "excuse", "reason": "ill"})
    assert "It counts by what was done on it, and stays counted." in done.words
    await days_of(story)
    await story.choose("olga", TUESDAY)
    other = await story.fill("olga", {"kind": "excuse", "reason": "ill"})
    assert "This day is excused. The streak stays as it is." in other.words


async def test_a_corrected_day_that_is_corrected_again_follows_the_last_word(story: Driver) -> None:
    await thursday(story)
    await correct(story)
    await correct(story, kind="excuse", reason="ill")
    assert "Tue 6 Jan: excused by an organiser. The reason: “ill”." in await why(story)
    await story.type("olga", "organise")
    await story.press("olga", "organiser.more")
    await story.press("olga", "streaks.corrections")
    await story.press("olga", "Undo 2")
    assert "Tue 6 Jan: counted by an organiser." in await why(story)


# --- pieces ---------------------------------------------------------------------------------------


def by(story: CoreDriver, member: str, what: What) -> Event:
    return Event(f"forged-{what}-{story.clock.now()}", TENANT, GROUP, CHANNEL, Person(member), story.clock.now(), what)


def by_olga(story: CoreDriver, what: What) -> Event:
    return by(story, "olga", what)
