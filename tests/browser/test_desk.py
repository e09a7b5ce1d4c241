"""Every tool of the organiser's desk, as an organiser sees it, on a desk and on a phone."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from adapters.web.platform import WebPlatform
from bot.config import STARTER
from bot.content.catalogue import Catalogue
from bot.content.loader import load_pack
from bot.kernel.errors import Reason, Rejected
from bot.kernel.ports import Posting
from tests.browser.conftest import DESKTOP, PHONE, House, Screen, Window, on
from tests.chromium import IN_ITS_LOOP
from tests.world import PACK

pytestmark = IN_ITS_LOOP

Post = Callable[[WebPlatform, Posting], Awaitable[str]]
ASK = "Message #general"
FIX = "I may not write in this channel. Give me the right to write there, then post again."
HOLIDAYS = "2026-04-03 Good Friday\nChristmas\n2026-12-24 - 2027-01-01 Winter break"


@pytest.fixture(scope="module")
def content() -> Catalogue:
    """Two packs, so that one can be switched off."""
    return Catalogue.of([load_pack(STARTER), load_pack(PACK)])


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """January 2026 in Berlin; the 5th is a Monday. The group's problem comes at 09:00 there."""
    return datetime(2026, 1, day, hour - 1, minute, tzinfo=UTC)


async def open_desk(olga: Window) -> None:
    await olga.write(ASK, "/study organise")
    await olga.sees("Your desk")


async def back(olga: Window, words: str, label: str = "Back to the desk") -> None:
    """The way back from this card."""
    await olga.press(label, olga.reply(words))
    await expect(olga.reply(words)).to_have_count(0)


# --- what is posted, when and where -------------------------------------------------------------


@on(PHONE)
async def test_an_organiser_plans_the_problems_and_takes_each_change_back(house: House, screen: Screen) -> None:
    await house.set_up("ada", "ben")
    await house.until(berlin(5, 9, 1))
    olga = await house.enter("olga", screen)
    await open_desk(olga)
    await olga.show("70-desk", olga.reply("Your desk"))
    await plan(olga)
    await days_off(olga)
    await holidays(olga)
    await settings(olga)
    await mix_and_packs(olga)
    await channels_and_zone(olga)
    await changes(olga)
    await home(olga)


async def plan(olga: Window) -> None:
    await olga.press("Plan", olga.reply("Your desk"))
    card = olga.reply("The plan for the next two weeks")
    await olga.sees("I post exactly this.", "Tue 6 Jan, 09:00", within=card)
    await olga.show("71-plan", card)
    await olga.choose("Change a day", "Tue 6 Jan", card)
    day = olga.reply("Swap it")
    first = await day.get_by_role("paragraph").first.inner_text()
    await olga.show("72-one-day", day)
    await olga.press("Swap it", day)
    await olga.sees("It rests for two weeks and comes later.")
    await expect(day.get_by_role("paragraph").nth(1)).not_to_have_text(first)
    await olga.show("73-swapped", day)
    await olga.press("Undo", day)
    await expect(day.get_by_role("paragraph").nth(1)).to_have_text(first)
    await olga.choose("Choose another one", "ties", day)
    await olga.sees("It comes on that day now.")
    await olga.show("74-chosen", day)
    await olga.press("Never post it", day)
    await olga.sees("is never posted.", within=day)
    await olga.show("75-never", day)
    await back(olga, "is never posted.", "Back to the plan")
    await olga.sees("Allow one again", within=card)
    await olga.press("Later", card)
    await olga.sees("The plan from", "Earlier")
    await olga.show("76-plan-later", olga.reply("The plan from"))
    await back(olga, "The plan from")


async def days_off(olga: Window) -> None:
    await olga.press("Days off", olga.reply("Your desk"))
    card = olga.reply("On a day off I post no problem")
    await olga.show("77-days-off", card)
    await olga.press("Tomorrow off", card)
    await olga.sees("These days are off.", "Tue 6 Jan 2026", "Wed 7 Jan, 09:00")
    await olga.show("78-tomorrow-off")
    await olga.press("Undo", olga.reply("These days are off."))
    await olga.sees("It is as before.")
    await olga.show("79-undone")
    await back(olga, "It is as before.")
    await olga.press("Days off", olga.reply("Your desk"))
    await olga.press("A week off", card)
    await olga.sees("Tue 6 Jan to Mon 12 Jan 2026")
    await olga.press("All days off", olga.reply("These days are off."))
    await olga.press("Off until a date", card)
    await olga.answer_form({"Last day off": "6 January"})
    await olga.sees("“6 January” is no date.", within=olga.form)
    await olga.show("80-no-date")
    await olga.answer_form({"Last day off": "2026-01-20"})
    await olga.sees("Wed 21 Jan, 09:00", within=olga.reply("These days are off."))
    await olga.press("All days off", olga.reply("These days are off."))


async def holidays(olga: Window) -> None:
    card = olga.reply("On a day off I post no problem")
    await olga.press("Add holidays", card)
    await olga.answer_form({"One day or range a line": HOLIDAYS})
    await olga.sees("Line 2: “Christmas” does not begin with a date.", within=olga.form)
    await expect(olga.form.get_by_label("One day or range a line")).to_have_value(HOLIDAYS)
    await olga.show("81-broken-line")
    await olga.answer_form({"One day or range a line": HOLIDAYS.replace("Christmas\n", "")})
    await olga.sees("Good Friday", "Winter break")
    await olga.show("82-holidays")
    await olga.press("All days off", olga.reply("These days are off."))
    await olga.sees("Thu 24 Dec 2026 to Fri 1 Jan 2027: Winter break", within=card)
    await olga.show("83-all-days-off", card)
    await olga.choose("Take days off the list", "Tue 6 Jan to Tue 20 Jan", card)
    await olga.sees("These are no days off any more.")
    await olga.show("84-back-to-work")
    await olga.press("All days off", olga.reply("These are no days off any more."))
    await back(olga, "On a day off I post no problem")


async def settings(olga: Window) -> None:
    await olga.press("Settings", olga.reply("Your desk"))
    card = olga.reply("Change Daily problem")
    await olga.sees("Mon-Fri 09:00", "36 hours", within=card)
    await olga.show("85-settings", card)
    await olga.press("Change Daily problem", card)
    await olga.form.get_by_label("Friday").uncheck()
    await olga.show("86-settings-form", olga.form)
    await olga.answer_form({"Days and time (time)": "25:00"})
    await olga.sees("“25:00” is no time of day.", within=olga.form)
    await olga.show("87-no-time")
    await olga.answer_form({"Days and time (time)": "7.30"})
    await olga.sees("Mon-Fri 09:00 → Mon-Thu 07:30")
    await olga.show("88-settings-changed")
    await olga.press("Settings", olga.reply("Changed."))
    await olga.sees("Mon-Thu 07:30", within=card)


async def mix_and_packs(olga: Window) -> None:
    await olga.press("Mix of problems", olga.reply("Change Daily problem"))
    await olga.form.get_by_role("group", name="Behavioural").get_by_label("None").check()
    await olga.show("89-mix", olga.form)
    await olga.press("Save", olga.form)
    await olga.sees("The mix is saved.")
    await olga.show("90-mix-saved", olga.reply("The mix is saved."))
    await back(olga, "The mix is saved.")
    await olga.press("Settings", olga.reply("Your desk"))
    await olga.press("Packs", olga.reply("Change Daily problem"))
    await olga.form.get_by_label("bench").uncheck()
    await olga.show("91-packs")
    await olga.press("Save", olga.form)
    await olga.sees("Daily problems come from starter.")
    await olga.show("92-packs-saved")
    await back(olga, "The packs are saved.")


async def channels_and_zone(olga: Window) -> None:
    await olga.press("More tools", olga.reply("Your desk"))
    more = olga.reply("More tools")
    await olga.show("93-more-tools", more)
    await olga.press("Channels", more)
    await olga.sees("this channel", within=olga.reply("Daily problems"))
    await olga.show("94-channels")
    await olga.press("Change", olga.reply("What is posted already stays"))
    await olga.form.get_by_label("Daily problems").select_option(label="#daily")
    await olga.show("95-channels-form")
    await olga.press("Save", olga.form)
    await olga.sees("From now on I post in the channels that you chose: Daily problems.")
    await olga.show("96-channels-changed")
    await olga.press("Channels", olga.reply("Changed."))
    await olga.sees("a channel of its own", within=olga.reply("What is posted already stays"))
    await back(olga, "What is posted already stays")
    await olga.press("More tools", olga.reply("Your desk"))
    await olga.press("Time zone", more)
    await olga.answer_form({"City of the group": "Bengaluru"})
    await olga.sees("The group counts in Asia/Kolkata now.")
    await olga.show("97-zone-changed")
    await olga.press("Undo", olga.reply("The group counts in Asia/Kolkata now."))
    await back(olga, "It is as before.")
    await olga.sees("Europe/Berlin", "in its own channel", within=olga.reply("Your desk"))


async def changes(olga: Window) -> None:
    await olga.show("98-desk-after-changes", olga.reply("Your desk"))
    await olga.press("More tools", olga.reply("Your desk"))
    await olga.press("All changes", olga.reply("More tools"))
    card = olga.reply("What organisers changed")
    await olga.sees("Taken back", within=card)
    await olga.show("99-all-changes", card)
    await olga.choose("Choose a change", "Mon-Fri 09:00 → Mon-Thu 07:30", card)
    await olga.show("100-one-change")
    await olga.press("Undo it", olga.reply("One change"))
    await olga.sees("It is as before.")
    await back(olga, "It is as before.")
    await olga.sees("Mon-Fri at 09:00", within=olga.reply("Your desk"))


async def home(olga: Window) -> None:
    """The desk is the first thing on an organiser's own page."""
    await olga.go("Home")
    await olga.sees("Your desk")
    await olga.show("101-organisers-home", olga.page.locator("#log > :first-child"))


# --- people, and what went wrong ----------------------------------------------------------------


@on(DESKTOP)
async def test_an_organiser_looks_after_people_and_mends_what_failed(
    house: House, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.set_up("ada", "ben")
    await house.until(berlin(5, 9, 1))
    await house.practise("ada")
    await house.until(berlin(19, 9, 30))
    await house.practise("ada")
    with monkeypatch.context() as patch:
        patch.setattr(WebPlatform, "post", refuse_in_channels(WebPlatform.post))
        await house.until(berlin(20, 9, 30))
    olga = await house.enter("olga", screen)
    await told_of_a_failure(olga)
    await what_was_sent(olga)
    await who_is_quiet(olga)
    await organisers(house, olga)
    await correct_a_day(house, olga, screen)


def refuse_in_channels(post: Post) -> Post:
    """As `post`, where no right to write in channels is left; private messages arrive."""

    async def refusing(self: WebPlatform, posting: Posting) -> str:
        if not posting.name.startswith("organiser."):
            raise Rejected(Reason.FORBIDDEN, FIX)
        return await post(self, posting)

    return refusing


async def told_of_a_failure(olga: Window) -> None:
    await olga.go("Whetstone")
    await olga.sees("I could not send a message today.", FIX)
    await olga.show("110-told-of-a-failure")
    await olga.press("What was sent", olga.post("I could not send a message today."))


async def what_was_sent(olga: Window) -> None:
    card = olga.reply("What is planned, and what was sent")
    await olga.sees("not sent", FIX, "planned", within=card)
    await olga.show("111-what-was-sent", card)
    await back(olga, "What is planned, and what was sent")


async def who_is_quiet(olga: Window) -> None:
    await olga.show("112-desk-in-private", olga.reply("Your desk"))
    await olga.press("Who is quiet", olga.reply("Your desk"))
    card = olga.reply("Not seen for two weeks")
    await olga.sees("@Ben", within=card)
    await expect(card).not_to_contain_text("Ada")
    await olga.show("113-who-is-quiet")
    await back(olga, "Not seen for two weeks")


async def organisers(house: House, olga: Window) -> None:
    await olga.press("More tools", olga.reply("Your desk"))
    await olga.press("Organisers", olga.reply("More tools"))
    await olga.sees("@Olga", within=olga.reply("Who organises this group"))
    await olga.show("114-organisers")
    await olga.press("Add an organiser", olga.reply("Who organises this group"))
    await olga.show("115-add-an-organiser")
    await olga.answer_form({"New organiser": "You"}, "Add")
    await expect(olga.form.get_by_role("alert")).to_be_visible()  # not a member
    await olga.show("116-no-member")
    await olga.answer_form({"New organiser": "Ada"}, "Add")
    await olga.sees("There is one more organiser.")
    await olga.show("117-organiser-added")
    await olga.press("Organisers", olga.reply("There is one more organiser."))
    await olga.choose("Remove an organiser", "Ada", olga.reply("Who organises this group"))
    await olga.sees("Removed.")
    await olga.show("118-organiser-removed")
    await olga.press("Organisers", olga.reply("Removed."))
    await back(olga, "Who organises this group")


async def correct_a_day(house: House, olga: Window, screen: Screen) -> None:
    await olga.press("More tools", olga.reply("Your desk"))
    await olga.press("Corrections", olga.reply("More tools"))
    await olga.press("Correct a day", olga.reply("No day was corrected yet."))
    await olga.answer_form({"Whose day?": "Ada"}, "Next")
    card = olga.reply("is wrong?")
    await olga.show("119-which-day", card)
    await olga.choose("Choose a day", "Fri 16 Jan", card)
    await olga.form.get_by_label("Excuse it").check()
    await olga.form.get_by_label("Why? The member reads it.").fill("The page did not open at her work.")
    await olga.show("120-correct-a-day")
    await olga.press("Save", olga.form)
    await olga.sees("The day is corrected.")
    await olga.show("121-corrected")
    ada = await house.enter("ada", screen)
    await ada.go("Whetstone")
    await ada.sees("One of your days was corrected.", "The page did not open at her work.")
    await ada.show("122-told-of-a-correction")
    await ada.press("Why?", ada.post("One of your days was corrected."))
    await ada.sees("Fri 16 Jan: excused by an organiser. The reason: “The page did not open at her work.”.")
    await ada.show("123-why", ada.reply("Your days, and why"))
    await olga.press("Undo", olga.reply("The day is corrected."))
    await olga.sees("The correction is taken back.")
    await olga.show("124-correction-undone")
    await house.wait()
    await ada.sees("A correction was taken back.")
    await ada.show("125-told-of-the-end")
    await olga.go("#general")
    await open_desk(olga)
    await olga.press("More tools", olga.reply("Your desk"))
    await olga.press("Corrections", olga.reply("More tools"))
    await olga.sees("It was taken back.", within=olga.reply("Corrected days"))
    await olga.show("126-corrections")
