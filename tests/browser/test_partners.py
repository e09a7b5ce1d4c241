"""Two weeks with partners, as those who sit together see them: from the wish to the next round."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar, Event
from playwright.async_api import Locator, expect

from bot.kernel.event import Person
from tests.browser import conftest
from tests.browser.conftest import DESKTOP, PHONE, House, Screen, Window, on
from tests.chromium import IN_ITS_LOOP

pytestmark = IN_ITS_LOOP

ASK = "Message #general"
MORE = (Person("cleo", "Cleo"), Person("dan", "Dan"))
MORNINGS, EVENINGS = "Monday to Friday, mornings", ("Monday evening", "Wednesday evening")
SATURDAY = "Saturday, morning and afternoon"
STARTING, EMPLOYED = "I begin to look for a job", "I have a job and keep in practice"
TALK_AT = datetime(2026, 1, 10, 6, 30, tzinfo=UTC)
WHEN = "When it is Tuesday 18:00 and I am at my desk, I begin."
LINE = "The proof of the second part is in the way."
WORDS = "Hello! I study in the mornings, before work."


@pytest.fixture(autouse=True)
def zones(monkeypatch: pytest.MonkeyPatch) -> None:
    """More people live somewhere, too."""
    for person in MORE:
        monkeypatch.setitem(conftest.ZONES, person.id, "Europe/Berlin")


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """January 2026 in Berlin; the 5th is a Monday."""
    return datetime(2026, 1, day, hour - 1, minute, tzinfo=UTC)


# --- what they do more than once -----------------------------------------------------------------


async def board(window: Window, words: str) -> Locator:
    """What `/study partner` shows now."""
    await window.write(ASK, "/study partner")
    card = window.reply(words)
    await expect(card).to_be_visible()
    return card


def on_home(window: Window, words: str) -> Locator:
    """A card of the home page."""
    return window.page.locator("#log > :not(.whisper)").filter(has_text=words).first


async def wish(window: Window, situation: str, *times: str) -> Locator:
    """The answer to the form, which is filled from nothing."""
    await window.press("Find me a partner", await board(window, "Two or three of you"))
    await window.sees("When you have time", within=window.form)
    for label in (situation, *times, "Writing, and a call now and then"):
        await window.form.get_by_label(label).check()
    await window.press("Send", window.form)
    kept = window.reply("Your answers are kept.")
    await expect(kept).to_be_visible()
    return kept


async def wished(house: House, *members: str) -> None:
    """These say the same where nobody looks."""
    for member in members:
        await house.send(member, "partners.send", {"stage": "starting", "times": ("mon", "wed"), "talk": "live"})


async def set_plan(window: Window, within: Locator, answers: str, reviews: str, line: str) -> None:
    await window.press("My plan", within)
    await window.form.get_by_label("When and where").fill(line)
    await window.form.get_by_label(reviews, exact=True).check()
    await window.answer_form({"Answers": answers}, "Confirm")
    await expect(window.reply("Your plan is set.")).to_be_visible()


async def read_calendar(window: Window, card: Locator) -> Event:
    """The one entry of the file that hangs at this card, downloaded as a member does it."""
    async with window.page.expect_download() as coming:
        await card.get_by_role("link", name=".ics").click()
    download = await coming.value
    assert download.suggested_filename == "talk-1.ics"
    (entry,) = Calendar.from_ical((await download.path()).read_bytes()).walk("VEVENT")
    assert isinstance(entry, Event)
    return entry


# --- two weeks -----------------------------------------------------------------------------------


@on(DESKTOP)
async def test_two_weeks_with_a_silent_partner_another_one_a_talk_and_a_third(house: House, screen: Screen) -> None:
    await house.set_up("ada", "ben")
    await house.until(berlin(5, 9, 1))
    ada = await house.enter("ada", screen)
    ben = await house.enter("ben", screen.other)
    await find_each_other(house, ada, ben)
    await house.practise("ada")
    await house.until(berlin(6, 9, 5))
    await house.practise("ada")
    await house.until(berlin(7, 9, 5))
    you = await come_mid_term(house, screen.other)
    await house.until(berlin(8, 10))
    await choose_another(ada)
    await house.wait()
    await plan_together(ada, you)
    await house.until(berlin(8, 18, 1))
    await check_in(house, ada, you)
    await agree_on_a_time(house, ada, you)
    await house.until(TALK_AT - timedelta(minutes=29))
    await soon(ada, you)
    await house.until(berlin(11, 18, 1))
    await sunday(house, ada, you)
    await house.until(berlin(13, 10))
    await come_back(house, ben)
    await three(ada)
    await house.until(berlin(15, 18, 1))
    await ada.take_up(screen.other)
    await ben.take_up(screen)
    await check_in_of_three(house, ada, ben)
    await house.until(berlin(16, 10))
    await say_how_it_was(ada, you, ben)
    await house.until(berlin(19, 8, 1))
    await next_round(ada, ben)


async def find_each_other(house: House, ada: Window, ben: Window) -> None:
    """Both ask for a partner. Ada plans her week; Ben never says a word."""
    await ada.show("220-board", await board(ada, "Two or three of you"))
    await ada.press("Find me a partner", ada.reply("Two or three of you"))
    await ada.sees("When you have time", within=ada.form)
    await ada.show("221-wish", ada.form)
    await ada.page.keyboard.press("Escape")
    await ada.show("222-waits", await wish(ada, STARTING, MORNINGS, *EVENINGS, SATURDAY))
    kept = await wish(ben, EMPLOYED, MORNINGS)
    await ben.sees("You are with @Ada until", within=kept)
    await ben.show("223-paired", kept)
    await house.wait()
    await ada.go("Ben")
    first = ada.post("You two are partners")
    await ada.sees("2 hours", within=first)
    await expect(first).not_to_contain_text("job")
    await ada.show("224-room", first)
    await ada.press("What can be seen here", first)
    await ada.sees("whoever runs this page", within=ada.reply("Who can see what stands here"))
    await ada.show("225-readers", ada.reply("Who can see what stands here"))
    await ada.press("My plan", first)
    await ada.show("226-plan-form", ada.form)
    await ada.form.get_by_label("When and where").fill(WHEN)
    await ada.press("Confirm", ada.form)
    await ada.sees("This week: 3 answers and 1 review.", within=ada.reply("Your plan is set."))
    await house.wait()
    await ada.sees(WHEN, within=ada.post("The week from Monday 5 January"))
    await ada.show("227-plan-in-room", ada.post("The week from Monday 5 January"))


async def come_mid_term(house: House, screen: Screen) -> Window:
    await house.press("you", "members.join")
    you = await house.enter("you", screen)
    await you.sees("You wait for", within=await wish(you, STARTING, *EVENINGS, "Thursday evening", SATURDAY))
    return you


async def choose_another(ada: Window) -> None:
    await ada.go("Home")
    await ada.sees("You are alone with your plan.", "You are alone at present.")
    await ada.show("228-alone", on_home(ada, "You are alone at present."))
    await ada.press("Another partner")
    chosen = ada.reply("You have partners again.")
    await ada.sees("You are with @You until", within=chosen)
    await ada.show("229-another", chosen)


async def plan_together(ada: Window, you: Window) -> None:
    for window, other in ((ada, "You"), (you, "Ada")):
        await window.go(other)
        await window.sees("11 hours", within=window.post("You two are partners"))
    await ada.show("230-second-room", ada.post("You two are partners"))
    await ada.write("Message You", WORDS)
    await you.sees(WORDS)
    await set_plan(you, you.post("You two are partners"), "2 answers", "1 review", "")
    await set_plan(ada, ada.post("You two are partners"), "3 answers", "1 review", WHEN)


async def check_in(house: House, ada: Window, you: Window) -> None:
    card = ada.post("Check-in, Thursday 8 January")
    await ada.sees("2 of 3 answers. Planned: 1 review.", "2 answers and 1 review.", within=card)
    await ada.show("231-check-in", card)
    await ada.press("My part is right", card)
    thanks = ada.reply("Thank you.")
    await ada.show("232-confirmed", thanks)
    await ada.press("Add a line", thanks)
    await ada.show("233-line-form", ada.form)
    await ada.answer_form({"What comes next, or is in the way": LINE}, "Send")
    await ada.sees("Change my line", within=ada.reply("Thank you."))
    await house.wait()
    card = you.post("Check-in, Thursday 8 January")
    await you.sees("@Ada confirmed: 2 of 3 answers.", LINE, within=card)
    await you.press("Well done", card)
    await expect(you.reply("Good.")).to_be_visible()
    await house.wait()
    await you.sees("@You says to", within=card)
    await you.press("Talk?", card)
    await you.sees("Suggest a time", within=you.reply("you would like to talk."))
    await you.show("234-talk", you.reply("you would like to talk."))
    await house.wait()
    await you.show("235-check-in-answered", card)
    await ada.go("Home")
    await ada.sees("@You would like to talk with you.")
    await ada.show("236-home-talk", on_home(ada, "Waiting for you"))
    await ada.go("You")


async def agree_on_a_time(house: House, ada: Window, you: Window) -> None:
    await you.press("Suggest a time", you.reply("you would like to talk."))
    await expect(you.reply("I have suggested times.")).to_be_visible()
    await house.wait()
    offer = ada.post("A time to talk?")
    await ada.show("237-offer", offer)
    await ada.press("The first suits me", offer)
    await ada.sees("You take Sat 10 Jan, 07:30.", within=ada.reply("It is agreed when all of you take it."))
    await ada.show("238-taken", ada.reply("It is agreed when all of you take it."))
    await house.wait()
    await you.press("The first suits me", you.post("A time to talk?"))
    await you.sees("You talk on Sat 10 Jan, 15:30.", within=you.reply("It is agreed."))
    await house.wait()
    for window, wall in ((ada, "Sat 10 Jan, 07:30"), (you, "Sat 10 Jan, 15:30")):
        card = window.post("Your talk is agreed.")
        await window.sees(wall, within=card)
        await window.show("239-agreed", card)
        entry = await read_calendar(window, card)
        assert entry.decoded("dtstart") == TALK_AT
        assert entry.decoded("dtend") - entry.decoded("dtstart") == timedelta(minutes=50)


async def soon(ada: Window, you: Window) -> None:
    for window, wall in ((ada, "Sat 10 Jan, 07:30"), (you, "Sat 10 Jan, 15:30")):
        card = window.post("Your talk begins soon.")
        await window.sees(wall, within=card)
        await window.show("240-soon", card)


async def sunday(house: House, ada: Window, you: Window) -> None:
    card = ada.post("Check-in, Sunday 11 January")
    await ada.press("My part is right", card)
    thanks = ada.reply("Plan the next week")
    await you.press("My part is right", you.post("Check-in, Sunday 11 January"))
    await expect(you.reply("Plan the next week")).to_be_visible()
    await ada.show("241-sunday", thanks)
    await ada.press("Plan the next week", thanks)
    await expect(ada.form.get_by_label("When and where")).to_have_value(WHEN)
    await ada.show("242-next-plan", ada.form)
    await ada.page.keyboard.press("Escape")
    await house.wait()
    await ada.show("243-sunday-in-room", card)
    await house.until(berlin(12, 10))
    await ada.go("Home")
    await ada.show("244-monday-home", on_home(ada, "No plan for this week yet"))
    for member in ("ada", "you"):
        await house.send(member, "partners.keep_plan", {"answers": "2", "reviews": "0", "line": ""})


async def come_back(house: House, ben: Window) -> None:
    await ben.go("Home")
    await ben.sees("You are parked: I wait for you.")
    await ben.show("245-parked", on_home(ben, "You are parked: I wait for you."))
    await ben.press("I'm back")
    back = ben.reply("Welcome back.")
    await ben.sees("You are with", within=back)
    await ben.show("246-back", back)
    await house.wait()
    await ben.go("Ada and You")
    await ben.sees("write to each other", within=ben.post("You three are partners"))
    await ben.show("247-room-of-three", ben.post("You three are partners"))
    await ben.press("I'm here", ben.post("You three are partners"))
    await expect(ben.reply("you are here")).to_be_visible()


async def three(ada: Window) -> None:
    await ada.go("Ben and You")
    await ada.sees("@Ben joins you.")
    await ada.show("248-joined", ada.page.locator("#log"))


async def check_in_of_three(house: House, ada: Window, ben: Window) -> None:
    await ada.press("My part is right", ada.post("Check-in, Thursday 15 January"))
    await expect(ada.reply("Thank you.")).to_be_visible()
    await house.press("you", "partners.confirm", pair="2", day="2026-01-15")
    await ben.press("Saw it", ben.post("Check-in, Thursday 15 January"))
    await expect(ben.reply("Good.")).to_be_visible()
    await house.wait()
    await ben.show("249-check-in-of-three", ben.post("Check-in, Thursday 15 January"))


async def say_how_it_was(ada: Window, you: Window, ben: Window) -> None:
    for window, vote, words in (
        (ada, "Again, please", "If all of you want to, you go on together."),
        (you, "It was fine", "In the next round you can meet again, or somebody new."),
        (ben, "Somebody else next", "In the next round you sit with somebody else."),
    ):
        await window.go("Home")
        await window.show("250-end-is-near", on_home(window, "You are with"))
        await window.press("How was it?")
        card = window.reply("Again, please")
        await window.show("251-how-was-it", card)
        await window.press(vote, card)
        await window.sees(words, within=window.reply("Thank you."))
        await window.show(f"252-said-{vote[:5].lower()}", window.reply("Thank you."))


async def next_round(ada: Window, ben: Window) -> None:
    """Who wants somebody else sits with none of them, and hears in private what happens next."""
    await ben.go("Home")
    await ben.sees("Nobody was free for you in this round.")
    await ben.show("253-left", on_home(ben, "Waiting for you"))
    await ada.go("You")
    card = ada.post("You two are partners")
    await ada.sees("until Mon 2 Feb", within=card)
    await ada.show("254-next-term", card)
    await ada.go("Ben and You")
    await ada.sees("This pair has come to an end")
    await ada.show("255-over", ada.post("This pair has come to an end"))


# --- a third, and a block --------------------------------------------------------------------------


@on(PHONE)
async def test_who_is_left_joins_a_pair_and_blocks_somebody_at_the_end(house: House, screen: Screen) -> None:
    for person in MORE:
        await house.chat.people.know(person)
    await house.set_up("ada", "ben", "cleo", "dan", "you")
    await wished(house, "cleo", "dan", "you", "ada", "ben")  # three, and two
    await house.press("you", "partners.stop")
    await here(house, "ada", "cleo", "dan")
    ada, ben, cleo = [await house.enter(member, screen) for member in ("ada", "ben", "cleo")]
    await house.until(berlin(6, 10))
    await first_word(ada, ben)
    await house.until(berlin(8, 10))
    await join_a_pair(house, ada, cleo)
    for day in (8, 10, 12, 14, 16):
        await house.until(berlin(day, 19))
        await here(house, "ada", "cleo", "dan")
    await block_at_the_end(house, ada, cleo)


async def here(house: House, *members: str) -> None:
    for member in members:
        await house.press(member, "partners.here")


async def first_word(ada: Window, ben: Window) -> None:
    """Only the silent one is asked."""
    for window in (ada, ben):
        await window.go("Home")
    await ben.sees("for a word from you.")
    await ben.show("260-first-word", on_home(ben, "Waiting for you"))
    await expect(ada.page.get_by_text("for a word from you")).to_have_count(0)


async def join_a_pair(house: House, ada: Window, cleo: Window) -> None:
    await ada.go("#general")
    alone = await board(ada, "You are alone at present.")
    await ada.show("261-alone", alone)
    await ada.press("Join a pair", alone)
    chosen = ada.reply("You have partners again.")
    await ada.sees("@Cleo and @Dan until", within=chosen)
    await ada.show("262-joined", chosen)
    await house.wait()
    await cleo.go("Ada and Dan")
    await cleo.sees("@Ada joins you.")
    await cleo.show("263-somebody-comes-in", cleo.post("Somebody comes in"))
    await ada.go("Ben")
    await ada.show("264-old-room", ada.page.get_by_role("article").last)
    await ada.go("Cleo and Dan")
    await ada.press("Something is wrong", ada.post("You three are partners"))
    await ada.show("265-what-is-wrong", ada.reply("What is wrong?"))


async def block_at_the_end(house: House, ada: Window, cleo: Window) -> None:
    """The others read that she has moved on, and not why."""
    await ada.go("Home")
    await ada.press("How was it?")
    await ada.press("Block somebody", ada.reply("Again, please"))
    await ada.show("266-whom", ada.form)
    await ada.answer_form({"Who?": "Dan"}, "Block")
    await ada.sees("They are not told.", within=ada.reply("Blocked."))
    await ada.show("267-blocked", ada.reply("Blocked."))
    await house.wait()
    await ada.page.reload()
    await expect(ada.page.get_by_role("link", name=re.compile("^Cleo and Dan"))).to_have_count(0)
    await cleo.go("Dan")
    await cleo.sees("You two are partners")
    await expect(cleo.page.get_by_role("article").filter(has_text="lock")).to_have_count(0)
    await cleo.show("268-two-again", cleo.post("You two are partners"))
