"""Reporting and blocking as members and organisers live through it, on every platform."""

from tests.features.mornings import GOOD, JOIN, MONDAY, answer, monday
from tests.story import Answered, Driver, Sight

NASTY = "Whoever finds this hard should not study at all, and that means you."


async def private(story: Driver, member: str, title: str) -> Sight:
    """The newest private message with this beginning of its title."""
    found = [seen for seen in await story.read(member, "private") if seen.title.startswith(title)]
    assert found, f"{member} has no “{title}”; there are {[seen.title for seen in await story.read(member, 'private')]}"
    return found[-1]


async def report_message(story: Driver, member: str, receipt: str, line: str = "") -> Answered:
    about = await story.choose(member, "Report to organisers", on=receipt)
    assert NASTY in about.words
    await story.press(member, "Report it")
    return await story.fill(member, {"reason": "unkind", "line": line})


async def test_a_reported_message_is_decided_by_an_organiser_and_both_sides_get_one_neutral_line(story: Driver) -> None:
    await monday(story, "ada", "ben", "cara", "olga")
    said = await story.say("ben", MONDAY, NASTY)
    thanks = await report_message(story, "ada", said.receipt, "It is not the first time.")
    assert "without your name" in thanks.words
    assert "It still stands in the chat." in thanks.words
    await report_message(story, "cara", said.receipt)

    case = await private(story, "olga", "Report 1")
    assert NASTY in case.words
    assert "It is not the first time." in case.words
    assert "2 members" in case.words
    assert "Unkind or harassing" in case.words
    assert not {"ada", "cara"} & set(case.words.lower().replace("@", " ").split())
    await story.press("olga", "Remove it", on=case.name)
    decided = await story.fill("olga", {"why": "Please write about the problem."})
    assert "to be deleted in the chat" in decided.words

    told = await private(story, "ben", "An organiser has removed")
    assert "Please write about the problem." in told.words
    for reporter in ("ada", "cara"):
        looked = await private(story, reporter, "An organiser has looked at what you reported")
        assert "remove" not in looked.words.lower()
    second = await private(story, "olga", "Report 1")
    assert "Remove it" not in [label for label, _ in second.buttons]


async def report_answer(story: Driver, member: str, words: str) -> Answered:
    """From the menu under the answers that the member reads, the first of which has these words."""
    page = await story.press(member, "Read answers", MONDAY)
    assert words in page.words
    about = await story.choose(member, next(value for value, _, _ in page.replies[0].options if value.endswith("/1")))
    assert words in about.words
    await story.press(member, "Report it")
    return await story.fill(member, {"reason": "unkind"})


async def test_a_reported_answer_is_hidden_until_it_is_restored_or_removed(story: Driver) -> None:
    await monday(story, "ada", "ben", "cara")
    for member, words in (("ben", NASTY), ("ada", GOOD), ("cara", GOOD)):
        await answer(story, member, words)

    await report_answer(story, "ada", NASTY)
    assert NASTY not in (await story.press("cara", "Read answers", MONDAY)).words
    await story.press("olga", "Restore it", on=(await private(story, "olga", "Report 1")).name)
    assert (await private(story, "ben", "An organiser has looked at a text of yours")).title
    assert "it stays" in (await report_answer(story, "ada", NASTY)).refused

    await report_answer(story, "cara", NASTY)
    await story.press("olga", "Remove it", on=(await private(story, "olga", "Report 2")).name)
    await story.fill("olga", {"why": "Please write about the problem."})
    assert NASTY not in (await story.press("ada", "Read answers", MONDAY)).words
    assert "Nobody can read it any more." in (await private(story, "ben", "An organiser has removed")).words


async def test_an_organiser_stops_reviews_removes_from_the_group_and_lets_back_in(story: Driver) -> None:
    await monday(story, "ada", "ben")
    said = await story.say("ben", MONDAY, NASTY)
    await report_message(story, "ada", said.receipt)
    case = (await private(story, "olga", "Report 1")).name

    barred = await story.press("olga", "No reviews for 7 days", on=case)
    assert "none until" in barred.words
    assert (await private(story, "ben", "An organiser has stopped reviews")).title
    await story.press("olga", "Let them review again")
    assert (await private(story, "ben", "You can ask for reviews")).title

    asked = await story.press("olga", "Remove from group", on=case)
    assert "Remove this person from the group?" in asked.words
    await story.press("olga", "Remove them")
    assert "My data" in [label for label, _ in (await private(story, "ben", "An organiser has removed you")).buttons]
    assert "has removed you from this study group" in (await story.type("ben", "/study today")).refused
    assert (await story.press("ben", "Join the study group", JOIN)).refused

    restored = await story.press("olga", "Let it stay", on=case)
    assert "it stays" in restored.words
    await story.press("olga", "All reports")
    log = await story.press("olga", "What was decided")
    assert "let it stay" in log.words
    assert "removed the author from the group" in log.words
    await story.type("olga", "/study reports")
    listed = await story.press("olga", "Removed people")
    (menu,) = listed.replies[0].options
    await story.choose("olga", menu[0])
    assert not (await story.press("ben", "Join the study group", JOIN)).refused


async def test_a_block_is_silent_listed_for_its_maker_alone_and_taken_back(story: Driver) -> None:
    await monday(story, "ada", "ben", "cara")
    assert "You have blocked nobody." in (await story.type("ada", "/study block")).words
    await story.press("ada", "Block somebody")
    assert (await story.fill("ada", {"person": "ada"})).refused == "That is you."
    assert "They are not told." in (await story.fill("ada", {"person": "ben"})).words
    said = await story.say("cara", MONDAY, NASTY)
    await story.choose("ada", "Report to organisers", on=said.receipt)
    await story.press("ada", "Block its author")

    listed = await story.type("ada", "/study block")
    assert [label for _, label, _ in listed.replies[0].options] == ["Cara", "Ben"]
    assert "nobody" in (await story.type("ben", "/study block")).words
    assert [seen.title for seen in await story.read("ben", "private")] == []
    await story.choose("ada", "Ben")
    assert [label for _, label, _ in (await story.type("ada", "/study block")).replies[0].options] == ["Cara"]
    await story.press("ada", "Block somebody")
    await story.fill("ada", {"person": "ben"})
    await story.press("ada", "Undo")
    assert len((await story.type("ada", "/study block")).replies[0].options) == 1


async def test_only_messages_of_other_members_can_be_reported(story: Driver) -> None:
    await monday(story, "ada", "ben")
    own = await story.say("ada", MONDAY, NASTY)
    assert "your own words" in (await story.choose("ada", "Report to organisers", on=own.receipt)).refused
    said = await story.say("ben", MONDAY, NASTY)
    await story.type("ben", "/study leave")
    gone = await story.choose("ada", "Report to organisers", on=said.receipt)
    assert "members of this study group" in gone.refused
