"""What a member has set, what is kept about them, and how it goes, as they and the others see it."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import expect

from bot.kernel.event import Value
from tests.browser.conftest import PHONE, TALK, House, Screen, Window, on
from tests.chromium import IN_ITS_LOOP

pytestmark = IN_ITS_LOOP

ASK = "Message #general"
TRIED = "I drew two quince trees and lost the thread."
BENS = TALK.format("ben")
ADAS = "I sorted the days and then I did not know what to do."
TYPED = "A word that I typed into the chat."


@on(PHONE)
async def test_a_member_rests_takes_their_data_along_and_is_erased(
    house: House, screen: Screen, tmp_path: Path
) -> None:
    await leave_words_everywhere(house)
    ben = await house.enter("ben", screen)
    await goal_and_break(ben)
    await what_is_stored(ben)
    await export(ben, tmp_path)
    ada = await house.enter("ada", screen)
    assert await mentions_of_ben(ada) == 3  # his offer of help, what he tried, his answer that is shown
    await erase(ben)
    await house.wait(timedelta(minutes=1))
    await ben.go("Whetstone")
    await expect(ben.page.get_by_role("article")).to_have_count(0)
    await ben.show("150-no-private-messages")
    assert await mentions_of_ben(ada) == 0
    await ada.show("151-what-others-see")


async def leave_words_everywhere(house: House) -> None:
    """Ben answers, is stuck, offers help, is reminded, and one of his answers is shown at the close."""
    await house.set_up("ada", "ben")
    await house.until(datetime(2026, 1, 5, 8, 1, tzinfo=UTC))
    await house.press("ben", "nudges.hour", "12:30")
    about = {"round": "2026-01-05"}
    await house.send("ada", "daily.tell_stuck", {"tried": ADAS}, **about)
    await house.send("ben", "daily.tell_stuck", {"tried": TRIED}, **about)
    await house.press("ben", "daily.help", who="1", **about)
    shown: dict[str, Value] = {"text": BENS, "choices": ("show",)}
    await house.send("ben", "answers.send", shown, task="2026-01-05")
    await house.until(datetime(2026, 1, 7, 8, 30, tzinfo=UTC))
    await house.practise("ada")


async def goal_and_break(ben: Window) -> None:
    await ben.write(ASK, "/study me")
    card = ben.reply("What you have set")
    await ben.sees("America/New_York, 03:30 there now", within=card)
    await ben.show("130-me", card)
    await ben.choose("Days a week", "5 days", card)
    await ben.sees("Your goal is 5 days a week.")
    await ben.show("131-goal")
    await ben.write(ASK, "/study me")
    await ben.press("Take a break", card)
    await ben.show("132-break", ben.reply("Take a break"))
    await ben.press("Another date", ben.reply("How long?"))
    await ben.answer_form({"On which day are you back?": "6 Jan"})
    await expect(ben.form.get_by_role("alert")).to_be_visible()
    await ben.show("133-no-such-break")
    await ben.answer_form({"On which day are you back?": "24 Jan"})
    await ben.sees("You are on a break until", "Sat 24 Jan, 04:00", within=ben.reply("Have a good break."))
    await ben.show("134-break-until")
    await ben.write(ASK, "/study me")
    await ben.sees("On a break until", within=card)
    await ben.show("135-me-on-a-break", card)
    await ben.press("I am back", card)
    await ben.sees("Welcome back.")
    await ben.show("136-back")


async def what_is_stored(ben: Window) -> None:
    await ben.write(ASK, "/study me")
    await expect(ben.reply("What you have set")).not_to_contain_text("On a break until")
    await ben.press("My data", ben.reply("What you have set"))
    await ben.sees("What is stored, and who can read it")
    await ben.show("137-stored", ben.reply("Download my data"))


async def export(ben: Window, folder: Path) -> None:
    """The files are saved and read as their owner would read them."""
    await ben.press("Download my data", ben.reply("What is stored, and who can read it"))
    card = ben.reply("Here is your data.")
    await ben.show("138-download", card)
    kept: dict[str, str] = {}
    for name in ("my-answers.md", "my-data.json"):
        async with ben.page.expect_download() as waiting:
            await card.get_by_role("link", name=name).click()
        download = await waiting.value
        assert download.suggested_filename == name
        await download.save_as(folder / name)
        kept[name] = (folder / name).read_text(encoding="utf-8")
    assert f"> {BENS}" in kept["my-answers.md"]
    rows = json.loads(kept["my-data.json"])
    assert [row["text"] for row in rows["answers_kept"]] == [BENS]
    assert TRIED in kept["my-data.json"]
    assert ADAS not in kept["my-data.json"]


async def erase(ben: Window) -> None:
    await ben.write(ASK, TYPED)
    await ben.write(ASK, "/study privacy")
    await ben.press("Erase my data", ben.reply("Download my data"))
    card = ben.reply("Erase everything about you?")
    await ben.sees("What you typed into the chat.", within=card)
    await ben.show("139-erase", card)
    await ben.press("Erase my data", card)
    await ben.show("140-sure", ben.reply("Are you sure?"))
    await ben.press("Yes, erase everything", ben.reply("Are you sure?"))
    await ben.sees("Everything about you is erased.")
    await ben.show("141-erased")


async def mentions_of_ben(ada: Window) -> int:
    """How many of the bot's messages show another member his words or his name: in private, the channel, threads."""
    await ada.go("Whetstone")
    found = await count_in(ada)
    await ada.go("#general")
    await ada.page.reload()
    found += await count_in(ada)
    threads = ada.page.get_by_role("link", name="Open the thread")
    for address in [await link.get_attribute("href") for link in await threads.all()]:
        await ada.page.goto(f"{ada.page.url.partition('/c/')[0]}{address}")
        found += await count_in(ada)
        await ada.page.get_by_role("link", name="Close thread").click()
    return found


async def count_in(ada: Window) -> int:
    words = re.compile("|".join((r"\bBen\b", re.escape(BENS), re.escape(TRIED))))
    return await ada.page.locator("article.from-bot").filter(has_text=words).count()
