"""What a report does at once, what it does not do, and how a decision is changed; told by answers of members."""

from datetime import timedelta

import pytest

from bot.app import App
from bot.features.safety import rules
from bot.kernel.action import Action
from bot.kernel.engine_facts import AwaitsOrganisers, EverythingAbout
from bot.kernel.event import Submitted
from bot.kernel.peer_facts import TextAt
from tests.features.mornings import GOOD, JOIN, MONDAY, NINE, answer, joined, monday
from tests.features.peers import ask, text_at
from tests.features.test_plan import press_action
from tests.features.test_safety import NASTY, private
from tests.story import Answered, CoreDriver, Driver, Where
from tests.world import CHANNEL, GROUP

TASK = "2026-01-05"
WHY = "Please write about the problem."


async def answers_of(story: Driver, *members: str) -> None:
    """Monday's problem is open. Ben's answer is the first and a nasty one; these others answer after him."""
    await monday(story, "ben", *members)
    await answer(story, "ben", NASTY)
    for member in members:
        await answer(story, member, f"{GOOD} {member.title()} says so.")


async def report(story: CoreDriver, member: str, number: int = 1, line: str = "") -> Answered:
    opened = await press_action(story, member, "safety.report", text=f"answers:{TASK}/{number}")
    return opened if opened.refused else await story.fill(member, {"reason": "unkind", "line": line})


async def read(story: Driver, member: str) -> str:
    return (await story.press(member, "Read answers", MONDAY)).words


async def case(story: Driver, number: int = 1) -> str:
    """The name of the organiser's message about this report."""
    return (await private(story, "olga", f"Report {number}:")).name


async def remove(story: Driver, number: int = 1, button: str = "Remove it") -> Answered:
    await story.press("olga", button, on=await case(story, number))
    return await story.fill("olga", {"why": WHY})


async def labels(story: Driver, number: int = 1) -> list[str]:
    return [label for label, _ in (await private(story, "olga", f"Report {number}:")).buttons]


# --- who decides ------------------------------------------------------------------------------------------


async def test_a_report_never_reaches_its_author_alone(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben", "olga")
    for member, words in (("olga", NASTY), ("ada", GOOD)):
        await answer(story, member, words)
    refused = await report(story, "ada")
    assert (refused.refused, refused.form) == ("The only organiser here wrote this.", None)
    assert "block its author" in refused.hint
    send = Submitted(Action.to("safety.send_report", text=f"answers:{TASK}/1"), {"reason": "spam", "line": "ADASLINE"})
    assert (await story._do("ada", Where(GROUP, CHANNEL), send)).refused == refused.refused
    assert await story.read("olga", "private") == ()
    assert await text_at(app, f"{TASK}/1", "ada"), "and nothing is hidden"


async def test_a_second_organiser_who_comes_too_late_keeps_the_reason_that_they_wrote(story: CoreDriver) -> None:
    story.person("max", manages=True)
    await answers_of(story, "ada")
    await report(story, "ada")
    await press_action(story, "max", "safety.remove", case="1")
    await press_action(story, "olga", "safety.restore", case="1")
    late = await story.fill("max", {"why": WHY})
    assert "it stays" in late.refused
    assert late.handed_back == (WHY,)


# --- what a report hides -----------------------------------------------------------------------------------


async def test_whoever_reports_what_may_stay_hides_nothing_after_the_third_time(story: CoreDriver, app: App) -> None:
    others = [f"m{n}" for n in range(4)]
    await answers_of(story, *others, "ada", "cara")
    for number in (1, 2, 3):
        assert "Nobody reads the text" in (await report(story, "ada", number)).words
        await press_action(story, "olga", "safety.restore", case=str(number))
    about = await press_action(story, "ada", "safety.about", text=f"answers:{TASK}/4")
    assert "Others read the text until" in about.words
    assert "Others read the text until" in (await report(story, "ada", 4)).words
    assert await text_at(app, f"{TASK}/4", "cara")
    assert "others read it until you decide" in (await private(story, "olga", "Report 4:")).words
    assert "Others can read it meanwhile" in (await private(story, "m2", "A text of yours")).words

    await report(story, "cara", 4)
    assert await text_at(app, f"{TASK}/4", "ada") is None, "the report of somebody else hides it"
    await story.wait(rules.LATELY)
    await report(story, "ada", 5)
    assert await text_at(app, f"{TASK}/5", "cara") is None, "a week later everything is as before"


async def test_the_author_hears_of_a_report_at_once_and_organisers_again_after_two_days(
    story: CoreDriver, app: App
) -> None:
    await answers_of(story, "ada")
    await report(story, "ada")
    told = await private(story, "ben", "A text of yours was reported.")
    assert "nobody else reads it" in told.words
    await story.wait(rules.AGAIN - timedelta(minutes=1))
    assert not [seen for seen in await story.read("olga", "private") if "still waits" in seen.title]
    await story.wait(timedelta(minutes=2))
    desk = await ask(app, AwaitsOrganisers())
    assert "more than 2 days" in str(desk)
    again = await private(story, "olga", "Report 1 still waits")
    await story.press("olga", "Open the report", on=again.name)
    await story.press("olga", "Restore it")
    await story.wait(timedelta(minutes=1))
    assert [seen.title for seen in await story.read("ben", "private")] == [
        "An organiser has looked at a text of yours."
    ]
    assert [seen.title.partition(":")[0] for seen in await story.read("olga", "private")] == ["Report 1"]
    desk = await ask(app, AwaitsOrganisers())
    assert "reported text" not in str(desk)


# --- changing a decision -------------------------------------------------------------------------------------


async def test_a_decision_can_be_changed_both_ways_and_is_told_and_logged(story: CoreDriver) -> None:
    await answers_of(story, "ada", "cara")
    await report(story, "ada")
    await story.press("olga", "Restore it", on=await case(story))
    assert NASTY in await read(story, "cara")

    gone = await remove(story, button="Remove it after all")
    assert "removed by" in gone.words
    assert NASTY not in await read(story, "cara")
    titles = [seen.title for seen in await story.read("ben", "private")]
    assert titles == ["An organiser has removed a text of yours."], "what is not true any more is taken back"
    assert (await press_action(story, "olga", "safety.restore", case="1")).words.count("removed by") == 1

    await story.press("olga", "Put it back", on=await case(story))
    assert NASTY in await read(story, "cara")
    assert (await private(story, "ben", "An organiser has looked")).title
    log = (await press_action(story, "olga", "safety.log")).words
    assert [word in log for word in ("let it stay", "removed it after all", "put it back", WHY)] == [True] * 4


async def test_a_decision_about_other_words_is_not_changed(story: CoreDriver) -> None:
    await answers_of(story, "ada")
    await report(story, "ada")
    await story.press("olga", "Restore it", on=await case(story))
    await answer(story, "ben", GOOD)
    assert "has changed" in (await press_action(story, "olga", "safety.remove", case="1", after="1")).refused
    await story.wait(rules.KEPT + timedelta(minutes=1))
    assert "Remove it after all" not in await labels(story)
    assert "too old" in (await press_action(story, "olga", "safety.remove", case="1", after="1")).refused


async def test_who_is_removed_from_the_group_is_told_so_and_who_is_let_back_in_can_be_removed_again(
    story: CoreDriver,
) -> None:
    await answers_of(story, "ada")
    said = await story.say("ben", MONDAY, NASTY)
    await report(story, "ada")
    await story.press("olga", "Remove from group", on=await case(story))
    await story.press("olga", "Remove them")
    await remove(story)
    assert "You are in the group as before" not in (await private(story, "ben", "An organiser has removed a")).words
    refused = await story.type("ben", "/study today")
    assert refused.refused == "An organiser has removed you from this study group."
    about = await story.choose("ada", "Report to organisers", on=said.receipt)
    assert NASTY in about.words, "what they wrote still stands in the chat"

    await press_action(story, "olga", "safety.lift", n="1")
    seen = await private(story, "olga", "Report 1:")
    assert "the author is removed" not in seen.words
    assert "Remove from group" in [label for label, _ in seen.buttons]


# --- in open threads ------------------------------------------------------------------------------------------


async def test_an_answer_in_an_open_thread_has_to_be_deleted_there(story: CoreDriver, app: App) -> None:
    """From the list or from the message: it is one text, and one case."""
    await joined(story, "ada", "ben", "cara")
    await press_action(story, "olga", "organiser.threads", open="1")
    await story.until(NINE)
    said = await story.say("ben", MONDAY, NASTY)
    about = await press_action(story, "ada", "safety.about", text=f"answers:{TASK}/1")
    assert "It stands in the chat until" in about.words
    assert "It still stands in the chat" in (await report(story, "ada")).words

    about = await story.choose("cara", "Report to organisers", on=said.receipt)
    assert f"answers:{TASK}/1" in Action.decode(about.replies[0].buttons[0][1]).get("text")
    await story.press("cara", "Report it")
    await story.fill("cara", {"reason": "spam"})
    seen = await private(story, "olga", "Report ")
    assert "Report 1: Answer to" in seen.title
    assert "2 members" in seen.words
    assert "it stands in the chat" in seen.words
    decided = await remove(story)
    assert "Please delete the message in the chat now" in decided.words
    assert "An organiser deletes it in the chat." in (await private(story, "ben", "An organiser has removed")).words


async def test_a_message_that_is_part_of_an_answer_is_reported_as_the_answer(story: CoreDriver, app: App) -> None:
    await joined(story, "ada", "ben", "cara")
    await press_action(story, "olga", "organiser.threads", open="1")
    await story.until(NINE)
    said = await story.say("ben", MONDAY, NASTY)
    talk = await story.say("ada", JOIN, "A word beside the point.")
    found = await ask(app, TextAt("answers", f"message/{said.receipt}", "cara"))
    assert found
    assert (found.stands_at, found.also_in_chat, found.author_shown) == (f"answers:{TASK}/1", True, True)
    assert await ask(app, TextAt("answers", f"message/{talk.receipt}", "cara")) is None
    await story.choose("ada", "Report to organisers", on=said.receipt)
    await story.press("ada", "Report it")
    await story.fill("ada", {"reason": "unkind"})
    assert await text_at(app, f"{TASK}/1", "cara") is None
    await story.press("olga", "Let it stay", on=await case(story))
    assert await text_at(app, f"{TASK}/1", "cara")


# --- blocking, and what nobody learns ----------------------------------------------------------------------------


async def test_who_blocks_the_author_of_a_nameless_text_does_not_learn_who_it_is(story: CoreDriver) -> None:
    await monday(story, "ada", "ben", "cleo")
    await answer(story, "ada")
    await answer(story, "ben", f"{GOOD} secret", "hide")
    await answer(story, "cleo", f"{GOOD} Cleo monday.")
    await story.until(NINE + timedelta(days=1))
    tuesday = MONDAY.replace("05", "06")
    for member in ("ada", "ben", "cleo"):
        await story.press(member, "Answer", tuesday)
        await story.fill(member, {"text": f"{GOOD} {member.title()} tuesday."})
    blocked = await press_action(story, "ada", "safety.block", text=f"answers:{TASK}/2")
    assert "I do not show you this text any more" in blocked.words
    assert "secret" not in await read(story, "ada")
    named = (await story.press("ada", "Read answers", tuesday)).words
    assert "Ben tuesday" in named
    assert "Cleo tuesday" in named

    about = await press_action(story, "ada", "safety.block", text=f"answers:{TASK}/3")
    assert "nothing of each other" in about.words, "here the name stood beside the words"
    named = (await story.press("ada", "Read answers", tuesday)).words
    assert "Cleo tuesday" not in named
    assert "Ben tuesday" in named
    listed = await story.type("ada", "/study block")
    assert [label for _, label, _ in listed.replies[0].options] == ["Cleo", "Number 1"]


async def test_who_blocks_a_name_does_not_learn_which_nameless_text_is_theirs(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben", "cleo")
    await answer(story, "ada")
    await answer(story, "ben", f"{GOOD} secret", "hide")
    await answer(story, "cleo")
    block = Submitted(Action.to("safety.send_block"), {"person": "ben"})
    assert "except what shows no name" in (await story._do("ada", Where(GROUP, CHANNEL), block)).words
    assert "secret" in await read(story, "ada")


async def test_somebody_who_has_left_can_be_blocked(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben")
    await press_action(story, "ben", "members.leave", sure="1")
    block = Submitted(Action.to("safety.send_block"), {"person": "ben"})
    assert not (await story._do("ada", Where(GROUP, CHANNEL), block)).refused


@pytest.mark.parametrize("then", ["Report it", "Never mind"])
async def test_nobody_finds_in_their_data_that_somebody_pointed_at_their_message(
    story: CoreDriver, app: App, then: str
) -> None:
    await monday(story, "ada", "ben")
    said = await story.say("ben", MONDAY, NASTY)
    await story.choose("ada", "Report to organisers", on=said.receipt)
    await story.press("ada", then)
    kept = await ask(app, EverythingAbout("ben"))
    assert not [table for table in kept if table.startswith("safety")]
    mine = await ask(app, EverythingAbout("ada"))
    assert NASTY not in str(mine)
