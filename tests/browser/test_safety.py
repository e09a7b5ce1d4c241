"""What somebody does about words that hurt, and what organisers do then, as the people on all sides see it."""

import re
from datetime import UTC, datetime

from playwright.async_api import Locator, expect

from tests.browser.conftest import DESKTOP, PHONE, House, Screen, Window, on
from tests.chromium import IN_ITS_LOOP

pytestmark = IN_ITS_LOOP

ASK = "Message #general"
MONDAY = "2026-01-05"
NASTY = "Whoever finds this hard should not study at all, and everybody here knows whom I mean."
WHY = "Please write about the problem and not about people."
LINE = "It is not the first time."


async def nasty_morning(house: House, *others: str) -> None:
    """Ben has answered with words that hurt, and these others have answered as one does."""
    await house.set_up("ben", *others)
    await house.until(datetime(2026, 1, 5, 8, 1, tzinfo=UTC))
    await house.send("ben", "answers.send", {"text": NASTY, "choices": ()}, task=MONDAY)
    await house.practise(*others)


async def read_answers(window: Window) -> Locator:
    await window.press("Read answers", window.post("Open until"))
    page = window.reply("Report or block").filter(has_text=re.compile(r"\d answers?: ")).last
    await expect(page).to_be_visible()
    return page


# --- reported, and every button of an organiser --------------------------------------------------


@on(DESKTOP)
async def test_an_answer_is_reported_and_an_organiser_presses_each_button(house: House, screen: Screen) -> None:
    await nasty_morning(house, "ada", "you")
    ada = await house.enter("ada", screen)
    await report(ada, screen)
    olga = await house.enter("olga", screen.other)
    await restore(olga)
    ben = await house.enter("ben", screen)
    await told_that_it_stays(ben, ada)
    await house.send("you", "safety.send_report", {"reason": "unkind", "line": ""}, text=f"answers:{MONDAY}/1")
    await remove(olga)
    await no_reviews(olga)
    await remove_person(olga)
    await told_of_each(ben)
    await let_back_in(olga, ben)


async def report(ada: Window, screen: Screen) -> None:
    page = await read_answers(ada)
    await ada.sees(NASTY, within=page)
    await ada.show("190-answers", page)
    await ada.choose("Report or block", "Whoever finds", page)
    about = ada.reply("Never mind")
    await ada.sees(NASTY, within=about)
    await ada.show("191-report-or-block", about)
    await ada.press("Report it", about)
    await ada.sees("What is it about?", within=ada.form)
    await ada.form.get_by_label("Unkind or harassing").check()
    await ada.form.get_by_label("Something to add?").fill(LINE)
    await ada.show("192-report-form", ada.form)
    await ada.press("Report", ada.form)
    await ada.sees("Nobody reads the text until one has decided.", within=ada.reply("Thank you for the report."))
    await ada.show("193-reported", ada.reply("Thank you for the report."))
    await expect(await read_answers(ada)).not_to_contain_text(NASTY)


async def restore(olga: Window) -> None:
    await olga.go("Whetstone")
    case = olga.post("Report 1")
    await olga.sees("@Ben", "a member", "Unkind or harassing", "hidden until you decide", NASTY, LINE, within=case)
    await expect(case).not_to_contain_text("Ada")
    await olga.show("194-case", case)
    await olga.press("Restore it", case)
    await olga.sees("it stays. Decided by", within=olga.reply("Report 1"))
    await olga.show("195-restored", olga.reply("Report 1"))


async def told_that_it_stays(ben: Window, ada: Window) -> None:
    await ben.go("Whetstone")
    await ben.sees("An organiser has looked at a text of yours.", "others can read it again.")
    await ben.show("196-author-is-told")
    await ada.go("Whetstone")
    await ada.sees("An organiser has looked at what you reported.")
    await ada.show("197-reporter-is-told")
    await ada.go("#general")
    await ada.sees(NASTY, within=await read_answers(ada))


async def remove(olga: Window) -> None:
    await olga.go("Home")
    await olga.sees("1 reported text waits for your decision.")
    await olga.show("198-desk", olga.page.locator("#log > :first-child"))
    await olga.press("Open the reports")
    await olga.show("199-reports", olga.reply("1 reported text waits for a decision"))
    await olga.choose("Open a report", "2 · ", olga.reply("1 reported text waits for a decision"))
    case = olga.reply("Report 2")
    await olga.press("Remove it", case)
    await olga.show("200-remove-it", olga.form)
    await olga.answer_form({"Why?": WHY}, "Remove it")
    await olga.sees("removed by", WHY, within=case)
    await olga.show("201-removed", case)


async def no_reviews(olga: Window) -> None:
    case = olga.reply("Report 2")
    await olga.press("No reviews for 7 days", case)
    await olga.sees("none until", "Let them review again", within=case)
    await olga.show("202-no-reviews", case)


async def remove_person(olga: Window) -> None:
    await olga.press("Remove from group", olga.reply("Report 2"))
    sure = olga.reply("Remove this person from the group?")
    await olga.sees("@Ben", within=sure)
    await olga.show("203-sure", sure)
    await olga.press("Remove them", sure)
    done = olga.reply("They are removed from the group.")
    await expect(done).to_be_visible()
    await olga.show("204-person-removed", done)


async def told_of_each(ben: Window) -> None:
    await ben.sees("An organiser has removed a text of yours.", WHY, "An organiser has removed you")
    await ben.sees("you cannot ask for reviews or give them.")
    await ben.show("205-author-is-told-all", ben.page.locator("#log"))
    await ben.go("#general")
    await ben.press("Join the study group", ben.post("One short problem a day"))
    await ben.sees("An organiser has removed you from this study group.")
    await ben.show("206-cannot-join")


async def let_back_in(olga: Window, ben: Window) -> None:
    await olga.press("Removed people", olga.reply("They are removed from the group."))
    people = olga.reply("Who was removed from this group")
    await olga.sees("@Ben", within=people)
    await olga.show("207-removed-people", people)
    await olga.choose("Let back in", "Ben", people)
    await olga.sees("They can join again.")
    await olga.show("208-let-back-in", olga.reply("They can join again."))
    await olga.press("All reports", olga.reply("They can join again."))
    await olga.press("What was decided", olga.reply("Nothing is reported now."))
    log = olga.reply("What was decided about reports")
    await olga.sees(WHY, "@Olga removed the author from the group.", within=log)
    await olga.show("209-what-was-decided", log)
    await ben.press("Join the study group", ben.post("One short problem a day"))
    await ben.sees("Welcome")


# --- a message, and a block ------------------------------------------------------------------------


@on(PHONE)
async def test_a_message_is_reported_and_its_author_is_blocked_and_not_told(house: House, screen: Screen) -> None:
    await nasty_morning(house, "ada", "you")
    ben = await house.enter("ben", screen)
    await ben.open_thread("Open until")
    await ben.write("Reply in the thread", NASTY)
    ada = await house.enter("ada", screen)
    await report_message(ada)
    await block_author(ada)
    await block_by_name_and_take_back(ada)
    await not_told(ben)
    olga = await house.enter("olga", screen)
    await olga.go("Whetstone")
    await olga.sees("in the chat, where I cannot hide it", "Let it stay", within=olga.post("Report 1"))
    await olga.show("213-case-of-a-message", olga.post("Report 1"))


async def report_message(ada: Window) -> None:
    await ada.open_thread("Open until")
    said = ada.thread.get_by_role("article").filter(has_text=NASTY)
    await said.get_by_label("More about this message").click()
    await ada.show("210-message-menu")
    await ada.press("Report to organisers", said)
    about = ada.reply("Never mind")
    await ada.sees("It stands in the chat until one of them deletes it.", within=about)
    await ada.show("211-about-a-message", about)
    await ada.press("Report it", about)
    await ada.form.get_by_label("Private information").check()
    await ada.press("Report", ada.form)
    await ada.sees("It still stands in the chat.", within=ada.reply("Thank you for the report."))
    await ada.show("212-message-is-reported", ada.reply("Thank you for the report."))
    await ada.page.get_by_role("link", name="Close thread").click()


async def block_author(ada: Window) -> None:
    """Of an answer, with the name at it. It is gone at once."""
    await ada.choose("Report or block", "Whoever finds", await read_answers(ada))
    await ada.press("Block its author", ada.reply("Never mind"))
    await ada.sees("They are not told.", within=ada.reply("Blocked."))
    await ada.show("214-blocked", ada.reply("Blocked."))
    await expect(await read_answers(ada)).not_to_contain_text(NASTY)
    await ada.press("Blocked people", ada.reply("Blocked."))
    blocks = ada.reply("Whom you blocked")
    await ada.sees("@Ben", within=blocks)


async def block_by_name_and_take_back(ada: Window) -> None:
    blocks = ada.reply("Whom you blocked")
    await ada.press("Block somebody", blocks)
    await ada.show("215-whom-to-block", ada.form)
    await ada.answer_form({"Who?": "You"}, "Block")
    await ada.press("Blocked people", ada.reply("Blocked."))
    await ada.sees("@You", within=blocks)
    await ada.show("216-blocked-people", blocks)
    await ada.choose("Take a block back", "You", blocks)
    await ada.sees("This block is gone.")
    await ada.show("217-taken-back", ada.reply("This block is gone."))


async def not_told(ben: Window) -> None:
    await ben.page.get_by_role("link", name="Close thread").click()
    page = await read_answers(ben)
    await expect(page).not_to_contain_text("I, ada,")
    await ben.show("218-the-other-side", page)
    await ben.go("Whetstone")
    await expect(ben.page.get_by_role("article").filter(has_text="block")).to_have_count(0)
