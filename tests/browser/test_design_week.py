"""A system design week in the demonstration, with its simulated members: a run, a short one, reviews, the reveal."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Locator, expect

from adapters.__main__ import DEMO_SEED
from adapters.web.demo.show import Show, open_show
from bot.config import STARTER, Config
from tests.adapters.web.stage import without_threads
from tests.browser.conftest import DESKTOP, PHONE, Screen, Window, on
from tests.chromium import IN_ITS_LOOP, Windows

pytestmark = IN_ITS_LOOP

DAILY, PRIVATE = "#daily", "Whetstone"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
GOAL = """\
A piece too few loses 1.30 euros, a piece too many loses 0.60. So I order for 68 of 100 days.

The number is the margin per shop and day. Sold out before 16:00 may not rise."""
DATA = "Tills show what was sold, not what was wanted. I divide by the usual share at the hour of selling out."
ROWS = "One row per shop, product and day, as known at 18:00. Label: wanted pieces."
CHANGED = "The order of the night falls to 55 of 100 days, because a tray can follow. 150 shops of 600 are affected."
MODEL = "Four-week mean first, then trees with a quantile loss at 0.68."
LINK = "https://notes.example.org/you/evaluation My evaluation as a recording, 3 minutes."
NEXT = "Say which of the earlier numbers you would redo first when the ovens come."
QUESTION = "Who decides about the trays in a shop without a network?"


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """January 2026 in Berlin. The first week opens on Saturday the 17th at 10:00."""
    return datetime(2026, 1, day, hour - 1, minute, tzinfo=UTC)


@dataclass
class Demo:
    """The demonstration, and the visitor's browser. Time passes by `until` and `wait` only."""

    show: Show
    browser: Windows

    async def enter(self, screen: Screen) -> Window:
        """The visitor opens the link from the terminal. They live in New York when they come with a phone."""
        zone = "America/New_York" if screen.is_phone else "Europe/Berlin"
        window = Window((await self.browser.lend(screen.width, screen.height, zone)).page, screen)
        async with window.page.expect_response("**/do/zone"):
            await window.page.goto(self.show.link)
        return window

    async def until(self, at: datetime) -> None:
        await self.show.travel.until(at)

    async def wait(self, wait: timedelta = 5 * timedelta(seconds=1)) -> None:
        """By itself long enough for edits that were waiting for more."""
        await self.show.travel.on(wait)


async def opened(folder: Path, browser: Windows, days: int) -> AsyncIterator[Demo]:
    config = Config(data=folder, port=0, packs=(STARTER,))
    with without_threads():
        async with open_show(config, DEMO_SEED, days) as show:
            yield Demo(show, browser)
            complaints = [complaint for lent in browser.lent for complaint in lent.complaints]
            await browser.take_back()
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def saturday(tmp_path: Path, browser: Windows) -> AsyncIterator[Demo]:
    """The visitor comes an hour before the first week opens."""
    async for demo in opened(tmp_path, browser, 5):
        yield demo


@pytest_asyncio.fixture(loop_scope="session")
async def monday(tmp_path: Path, browser: Windows) -> AsyncIterator[Demo]:
    """... just before the first problem."""
    async for demo in opened(tmp_path, browser, 0):
        yield demo


async def press(window: Window, label: str, within: Locator) -> None:
    """Press it and wait for the answer. Until it is there, the other buttons of the same card do nothing."""
    async with window.page.expect_response("**/do/press"):
        await window.press(label, within)
    await expect(window.page.locator("form[data-busy]")).to_have_count(0)


# --- a week ----------------------------------------------------------------------------------------


@on(DESKTOP)
async def test_a_week_on_ones_own_clock_as_reviewer_at_the_reveal_and_a_short_run(
    saturday: Demo, screen: Screen
) -> None:
    you = await saturday.enter(screen)
    await join(you)
    await saturday.until(berlin(17, 10, 1))
    await look_before(saturday, you)
    await first_stages(saturday, you)
    await ask_for_facts(you)
    await pause(saturday, you)
    await something_changes(saturday, you)
    await be_quiet(saturday, you)
    await close_early(saturday, you)
    await saturday.until(berlin(21, 10, 2))
    await review(saturday, you)
    await saturday.until(berlin(23, 10, 1))
    await read_the_reveal(saturday, you)
    await read_the_report(you)
    await run_short(saturday, you)


async def join(you: Window) -> None:
    await you.press("Join the study group")
    await you.sees("Welcome! You are in.")


def week(window: Window) -> Locator:
    """The week's message in the channel."""
    return window.post("System design week 1:")


async def look_before(demo: Demo, you: Window) -> None:
    """Nobody reads the prompt before their clock runs."""
    await you.page.reload()
    await expect(week(you)).not_to_contain_text("24,000")
    await you.show("300-week", week(you))
    await press(you, "How it works", week(you))
    await you.show("301-how", you.reply("How the system design week works"))
    await press(you, "Count me in", week(you))
    await you.show("302-counted-in", you.reply("You are counted in."))
    await press(you, "Start my run", week(you))
    look = you.reply("Ready?")
    await you.sees("45 minutes", "You can close early", within=look)
    await you.show("303-ready", look)
    await press(you, "Begin", look)
    await you.sees("It goes on in your private messages.")
    await demo.wait()
    await you.go(PRIVATE)
    await you.sees("24,000 order lines")
    await you.show("304-prompt", you.page.locator("#log"))


def stage(window: Window, name: str) -> Locator:
    return window.page.get_by_role("article").filter(has=window.page.get_by_role("heading", name=name)).last


async def first_stages(demo: Demo, you: Window) -> None:
    """The first by form, the second by a private message."""
    await press(you, "Write this stage", stage(you, "Stage 1 of 8: Goal"))
    await you.show("305-stage-form", you.form)
    await you.answer_form({"Goal": GOAL}, "Send")
    await expect(you.reply("Kept: “Goal”.")).to_be_visible()
    await demo.wait()
    await you.sees("Sold out before 16:00 may not rise.", within=stage(you, "Stage 1 of 8: Goal"))
    await you.show("306-stage-kept", stage(you, "Stage 1 of 8: Goal"))
    await demo.until(berlin(17, 10, 9))
    await you.write("Message Whetstone", DATA)
    kept = you.reply("Kept under “Data”.")
    await expect(kept).to_be_visible()
    await you.show("307-message-kept", kept)
    await demo.wait()
    await you.sees("I divide by the usual share", within=stage(you, "Stage 2 of 8: Data"))


async def ask_for_facts(you: Window) -> None:
    """One that is there, and one that is not."""
    for words, found in (("substitutes", "another one from us"), ("favourite bread of the board", "Nothing on that.")):
        await press(you, "Ask for a fact", stage(you, "Stage 2 of 8: Data"))
        if words == "substitutes":
            await you.show("308-ask-form", you.form)
        await you.answer_form({"What do you want to know?": words}, "Ask")
        reply = you.reply(f"You asked: {words}")
        await you.sees(found, within=reply)
        await you.show("309-fact" if found != "Nothing on that." else "310-no-fact", reply)


async def pause(demo: Demo, you: Window) -> None:
    """Six minutes at the door: the next stage comes six minutes later on the wall."""
    await demo.until(berlin(17, 10, 11))
    await press(you, "Pause", stage(you, "Stage 2 of 8: Data"))
    await demo.wait()
    stopped = you.reply("Your clock is stopped.")
    await you.show("311-paused", stopped)
    await demo.until(berlin(17, 10, 17))
    await expect(stage(you, "Stage 3 of 8")).to_have_count(0)
    await press(you, "Go on", stopped)
    await you.show("312-goes-on", you.reply("Your clock runs again."))
    await demo.until(berlin(17, 10, 21))
    await press(you, "Write this stage", stage(you, "Stage 3 of 8: Features and labels"))
    await you.answer_form({"Features and labels": ROWS}, "Send")
    await expect(you.reply("Kept: “Features and labels”.")).to_be_visible()


async def something_changes(demo: Demo, you: Window) -> None:
    await demo.until(
        berlin(
            17,
            10,
            26,
        )
    )
    change = you.post("Something changed.")
    await you.sees("35 minutes", within=change)
    await you.show("313-change", change)
    await press(you, "Answer the change", change)
    await you.show("314-change-form", you.form)
    await you.form.get_by_label("Features and labels").check()
    await you.answer_form({"What changes?": CHANGED}, "Send")
    await expect(you.reply("Kept: “Change 1”.")).to_be_visible()
    await demo.wait()
    await you.sees("Falls: Features and labels.", "Stands: Goal, Data.", within=change)
    await you.show("315-change-answered", change)
    await you.write("Message Whetstone", MODEL)
    await you.sees("Kept under “Model and loss”.")


async def be_quiet(demo: Demo, you: Window) -> None:
    """After four quiet minutes a hint is offered; the evaluation is a link."""
    await demo.until(berlin(17, 10, 37))
    quiet = you.post("Nothing for 4 minutes.")
    await you.show("316-quiet", quiet)
    await press(you, "Give me a hint", quiet)
    await you.show("317-hint", you.reply("Hint 1 of"))
    await you.write("Message Whetstone", LINK)
    kept = you.reply("Kept under “Evaluation”.")
    await expect(kept).to_be_visible()
    await you.choose("Move it to another part", "Change 1", kept)
    await expect(you.reply("Kept under “Change 1”.")).to_be_visible()
    await you.choose("Move it to another part", "Evaluation", you.reply("Kept under “Change 1”."))
    await expect(you.reply("Kept under “Evaluation”.")).to_be_visible()
    await demo.wait()
    await you.sees("notes.example.org", within=stage(you, "Stage 5 of 8: Evaluation"))
    await you.go(DAILY)
    await you.write("Message #daily", "/study design")
    mine = you.reply("Your clock runs.")
    await you.show("318-design-while-running", mine)
    await press(you, "Go to my run", mine)
    where = you.reply("Your run:")
    await you.sees("5 of 8 stages", within=where)
    await you.show("319-where-am-i", where)
    await you.go(PRIVATE)


async def close_early(demo: Demo, you: Window) -> None:
    await press(you, "Close my run", stage(you, "Stage 5 of 8: Evaluation"))
    sure = you.reply("Close with 5 of 8 stages?")
    await you.show("320-close", sure)
    await press(you, "Close it", sure)
    await demo.wait()
    done = you.post("Your run is in.")
    await you.sees("You wrote 5 of 8 stages.", "You asked for 1 of the", within=done)
    await you.show("321-done", done)
    await you.choose("The stage I would redo", "Data", done)
    await press(you, "Hide my name at the reveal", done)
    await expect(you.reply("Your name stays hidden at the reveal.")).to_be_visible()
    await demo.wait()
    await you.sees("Show my name", within=done)
    await press(you, "What stood and what fell", done)
    await you.show("322-before-and-after", you.reply("Before and after change 1"))
    await you.page.mouse.wheel(0, 20_000)
    await you.show("323-whole-run")


# --- the reviews --------------------------------------------------------------------------------------


async def review(demo: Demo, you: Window) -> None:
    """Two runs were drawn for the visitor. One of the two levels is always about changing course."""
    await you.go(DAILY)
    await you.page.reload()
    await you.sees("The runs are being read now.", within=week(you))
    await you.show("330-being-read", week(you))
    for turn in (1, 2):
        await press(you, "Review a run", week(you))
        await expect(you.page.get_by_text("Sent: your review")).to_have_count(turn - 1)
        lease = you.reply("Write my review")
        await expect(lease).not_to_contain_text("Noor")
        await you.show(f"33{turn}-run-to-review", lease)
        await press(you, "Write my review", lease)
        await you.sees("Changing course and being followed", within=you.form)
        await you.show(f"33{turn}-review-form", you.form)
        for level in await you.form.get_by_label("3 · solid").all():
            await level.check()
        passage = you.form.get_by_label("Which sentence shows it?")
        await passage.select_option(label=await passage.locator("option").nth(3).inner_text())
        await you.form.get_by_label("A question to the author").fill(QUESTION)
        await you.answer_form({"One thing to try next": NEXT}, "Send my review")
        sent = you.reply("Sent: your review")
        await expect(sent).to_be_visible()
        await you.show(f"33{turn}-review-sent", sent)
        await demo.wait()


# --- the reveal ------------------------------------------------------------------------------------------


async def read_the_reveal(demo: Demo, you: Window) -> None:
    await you.page.reload()
    await you.sees("Outline, other designs and runs are open.", within=week(you))
    await you.show("340-revealed", week(you))
    await week(you).get_by_role("link", name="Open the thread").click()
    await expect(you.thread).to_be_visible()
    await you.sees("Across 5 runs", "One good answer", "Common mistakes", within=you.thread)
    await you.show("341-synthesis", you.thread.get_by_role("article").nth(0))
    await you.show("342-other-ways", you.thread.get_by_role("article").filter(has_text="Common mistakes").last)
    await you.choose("How real is this prompt?", "4", you.thread)
    await expect(you.page.get_by_text("Your vote is kept.").last).to_be_visible()
    await you.show("343-vote", you.thread.get_by_role("article").last)
    await press(you, "Read the runs", you.thread)
    runs = you.page.get_by_role("region", name="Only you can see this").filter(has_text="part 1 of").last
    await expect(runs).to_be_visible()
    await you.show("344-runs", runs)


async def read_the_report(you: Window) -> None:
    await you.go(PRIVATE)
    report = you.post("Your report:")
    await you.sees("Changing course and being followed", within=report)
    await you.show("345-report", report)
    facts = you.post("The facts of this prompt")
    await you.sees("You asked", "You did not ask", within=facts)
    await you.show("346-facts", facts)
    await press(you, "Before and after", report)
    await you.show("347-versions", you.reply("Before and after change 1"))
    await press(you, "What the levels mean", report)
    await expect(you.reply("What the levels of a run mean")).to_be_visible()
    await you.show("348-levels", you.reply("What the levels of a run mean"))
    await press(you, "Reply to review 1", report)
    read = you.reply("A review of")
    await you.show("349-review", read)


async def run_short(demo: Demo, you: Window) -> None:
    """Practice with the prompt that is open to all by now."""
    await you.go(DAILY)
    await press(you, "Short run", week(you))
    short = you.reply("Short run: 20 minutes")
    await you.show("350-short", short)
    await you.choose("Choose a prompt", "bread", short)
    look = you.reply("Ready?")
    await you.sees("This one is practice. Only you see it.", within=look)
    await you.show("351-short-look", look)
    await press(you, "Begin", look)
    await expect(you.reply("Your run has begun.")).to_be_visible()
    await demo.wait()
    await you.go("Home")
    await you.show("352-home", you.page.locator("#log"))
    await you.sees("Your run: Order tomorrow's bread")
    await you.go(PRIVATE)
    await press(you, "Write this stage", stage(you, "Stage 1 of 4: Goal"))
    await you.answer_form({"Goal": GOAL}, "Send")
    await demo.wait(26 * MINUTE)
    done = you.post("Your practice is over.")
    await you.sees("You wrote 1 of 4 stages.", within=done)
    await you.show("353-short-done", done)


# --- the calendar --------------------------------------------------------------------------------------------


@on(PHONE)
async def test_organisers_plan_the_weeks(monday: Demo, screen: Screen) -> None:
    you = await monday.enter(screen)
    await be(you, "Maya")
    await you.press("Join the study group")
    await you.sees("Welcome! You are in.")
    await you.write("Message #daily", "/study design")
    none = you.reply("No system design week is open.")
    await you.sees("The next one opens Sat 17 Jan", within=none)
    await you.show("360-none-open", none)
    await press(you, "Plan the weeks", none)
    calendar = you.reply("The next system design weeks")
    await you.sees("Any four weeks in a row bring", within=calendar)
    await you.show("362-calendar", calendar)
    await you.choose("Change a week", "Sat 24 Jan", calendar)
    planned = you.reply("Sat 24 Jan")
    await you.show("363-week", planned)
    first = await planned.locator("strong").first.inner_text()
    menu = planned.get_by_label("Swap it for another prompt")
    await you.choose("Swap it for another prompt", await menu.locator("option").nth(1).inner_text(), planned)
    swapped = you.reply("comes instead of")
    await you.sees(f"instead of “{first}”", within=swapped)
    await you.show("364-swapped", swapped)
    await press(you, "Undo", swapped)
    await you.show("365-undone", you.reply("Undone."))
    await press(you, "See the weeks", you.reply("Undone."))
    await you.choose("Change a week", "Sat 24 Jan", calendar)
    menu = you.reply("Sat 24 Jan").get_by_label("Change places with another week")
    await you.choose("Change places with another week", await menu.locator("option").nth(1).inner_text(), planned)
    moved = you.reply("change places.")
    await you.show("366-moved", moved)
    await press(you, "Undo", moved)
    await expect(you.reply("Undone.")).to_be_visible()
    await press(you, "See the weeks", you.reply("Undone."))
    await you.choose("Change a week", "Sat 17 Jan", calendar)
    await press(you, "Skip this week", you.reply("Sat 17 Jan"))
    skipped = you.reply("no system design week opens")
    await you.sees("skipped", within=skipped)
    await you.show("367-skipped", skipped)
    await press(you, "Undo", skipped)
    await expect(you.reply("Undone.")).to_be_visible()


async def be(you: Window, name: str) -> None:
    """The visitor looks through the eyes of somebody else."""
    box = you.page.get_by_label("You are")
    option = box.locator("option").filter(has_text=re.compile(name))
    await box.select_option(label=await option.inner_text())
    await expect(box.locator("option:checked")).to_have_text(re.compile(name))
