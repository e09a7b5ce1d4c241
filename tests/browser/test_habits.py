"""A member's days, reminders and practice, as their member sees them, at a desk and then on a phone."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from bot.engine import outages
from tests.browser.conftest import DESKTOP, House, Screen, Window, on
from tests.chromium import IN_ITS_LOOP

pytestmark = IN_ITS_LOOP

REMINDER = "is open"
ANSWER = "I would count what each class costs, because one error is dearer. It fails when costs are unknown."


def tokyo(day: int, hour: int, minute: int = 0) -> datetime:
    """January 2026 in Tokyo; the 5th is a Monday. The group's problem comes at 17:00 there."""
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


async def was_down(house: House, since: datetime, until: datetime) -> None:
    """The bot did not run between these two."""
    began = house.clock.now()
    await house.app.store.run(lambda tx: outages.beat(tx, began, since))
    await house.app.store.run(lambda tx: outages.beat(tx, until, until))


async def a_week_of_practice(house: House) -> None:
    """
    You practise on Monday, Tuesday, Friday; on Wednesday you do not, and on Thursday the bot is down in the evening.

    It is Monday again, the problem has just come, and you want to be reminded.
    """
    await house.set_up("you", "ada")
    await was_down(house, tokyo(9, 0), tokyo(9, 6))
    for day in (5, 6, 9):
        await house.until(tokyo(day, 17, 20))
        await house.practise("you")
    await house.press("you", "nudges.hour", "18:00")
    await house.until(tokyo(12, 17, 1))


@on(DESKTOP)
async def test_a_member_sees_their_days_and_is_reminded_as_they_like_it(house: House, screen: Screen) -> None:
    await a_week_of_practice(house)
    you = await house.enter("you", screen)
    await streak_and_why(you)
    await house.until(tokyo(12, 18, 1))
    await reminded(you)
    await you.take_up(screen.other)
    await each_tap_of_a_reminder(you)
    await reminders_are_changed(you)
    await home(you)


async def streak_and_why(you: Window) -> None:
    await you.write("Message #general", "/study streak")
    card = you.reply("Days in a row")
    await you.sees("This week: 0 of 4 days", "best 3 · now 3", within=card)
    await expect(card.get_by_role("definition").nth(1)).to_have_text("1")  # a spare day was used
    await you.show("40-streak", card)
    await you.press("Why?", card)
    why = you.reply("Your days, and why")
    await you.sees("◆ Wed spare day.", "○ Thu bot was off.", within=why)
    await you.sees("Thu 8 Jan: excused, because the bot was not running in the evening.", within=why)
    await you.sees("at 17:20.", "still open until 04:00", within=why)  # by the clock in Tokyo
    await you.show("41-why", why)
    await you.press("Dismiss", why)


async def reminded(you: Window) -> None:
    await you.go("Whetstone")
    await you.sees("Today's problem is open")
    await you.show("42-reminder")


async def each_tap_of_a_reminder(you: Window) -> None:
    reminder = you.post("Today's problem is open")
    await you.press("Done already", reminder)
    await you.sees("Good. No more reminders today.")
    await you.show("43-done-already")
    await you.press("Undo", you.reply("Good. No more reminders today."))
    await you.sees("Reminders come as before.")
    await you.show("44-undone")
    await you.press("Skip today", reminder)
    await you.sees("I am quiet until", "04:00", within=you.reply("No more reminders today."))
    await you.show("45-skipped")
    await you.press("Mute a week", reminder)
    await you.sees("Reminders are muted for a week.")
    await you.show("46-muted")
    await you.press("Undo", you.reply("Reminders are muted for a week."))
    await expect(you.page.get_by_text("Reminders are muted for a week.")).to_have_count(0)
    await you.press("Less of this", reminder)
    await you.sees("What would suit you?")
    await you.show("47-less")
    await you.press("No evening reminder", you.reply("What would suit you?"))
    await you.sees("The evening reminder is off.")
    await you.show("48-no-evening")
    await you.press("Answer", reminder)
    await expect(you.form.get_by_label("Answer", exact=True)).to_be_focused()
    await you.page.keyboard.press("Escape")


async def reminders_are_changed(you: Window) -> None:
    await you.go("#general")
    await you.write("Message #general", "/study reminders")
    card = you.reply("Your reminders")
    await you.sees("Quiet until", "sent.", within=card)  # today is skipped still
    await expect(card).not_to_contain_text("Muted until")
    await you.show("49-reminders", card)
    await you.choose("Remind me at", "20:00", card)
    await you.sees("Private reminders are on.")
    await you.show("50-another-hour")
    await you.press("Turn reminders off", you.reply("Private reminders are on."))
    await you.sees("Private reminders are off.")
    await you.show("51-reminders-off")


async def home(you: Window) -> None:
    await you.go("Home")
    await you.sees("You have not answered yet.", "This week: 0 of 4 days", "What you have set")
    await you.show("52-home", you.page.locator("#log > :last-child"))


@on(DESKTOP)
async def test_who_practises_alone_has_hints_a_clock_and_the_outline_at_once(house: House, screen: Screen) -> None:
    await house.set_up("you", "ada")
    await house.until(tokyo(7, 9))  # Monday's problem is closed since 05:00
    you = await house.enter("you", screen)
    await you.write("Message #general", "/study practice")
    card = you.reply("Practise now")
    await you.sees("A problem we had", "Something new", within=card)
    await you.show("60-practice", card)
    await you.choose("Something new", "", card)
    problem = you.reply("Practice: only you see it.")
    await expect(problem).to_be_visible()
    await you.show("61-practice-problem", problem)
    await you.press("Hint", problem)
    await you.sees("Hint 1 of")
    await you.show("62-hint")
    await you.write("Message #general", "/study practice")
    await you.choose("Go on", "", you.reply("Practise now"))  # what was begun and not answered
    await you.press("Start the clock", problem)
    await you.sees("Your clock runs.")
    await you.show("63-clock")
    await house.wait(timedelta(minutes=12))
    await you.press("I'm done", you.reply("Your clock runs."))
    await you.sees("You took 12 minutes.")
    await you.show("64-clock-has-stopped")
    await you.press("Answer", you.reply("You took 12 minutes."))
    await you.answer_form({"Answer": ANSWER}, "Send")
    await you.sees("Your answer is kept.", "Outline: ", "Today counts.")
    await you.show("65-outline-at-once", you.reply("Outline: "))
    await you.write("Message #general", "/study practice")
    await expect(you.reply("Practise now")).not_to_contain_text("Go on")
    await you.show("66-practice-again", you.reply("Practise now"))
