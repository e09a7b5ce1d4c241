"""The first answer without a pointer, and the first screens in the dark."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import DESKTOP, House, Screen, Window, on
from tests.chromium import IN_ITS_LOOP

pytestmark = IN_ITS_LOOP

ANSWER = "I think ten frauds in a thousand are few, because always saying no is right 990 times."
FOCUSED = "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
OUTLINE = "getComputedStyle(document.activeElement).outlineStyle"
SHADE = "getComputedStyle({}).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0) / 3"


async def set_up(house: House) -> None:
    """Olga sets the group up; her window closes."""
    olga = await house.enter("olga")
    await olga.write("Message #general", "/study")
    await olga.press("Use this channel, Mon-Fri 09:00")
    await expect(olga.post("One short problem a day")).to_be_visible()
    await olga.page.close()


async def tab_to(you: Window, label: str) -> None:
    """Press Tab until what has this label is focused, and can be seen to be."""
    passed = []
    for _ in range(40):
        await you.page.keyboard.press("Tab")
        passed.append(await you.page.evaluate(FOCUSED))
        if passed[-1] == label:
            assert await you.page.evaluate(OUTLINE) == "solid", f"nobody sees that {label} is focused"
            return
    pytest.fail(f"the Tab key does not reach “{label}”, only {passed}")


async def test_a_newcomer_joins_and_answers_by_keyboard_alone(house: House) -> None:
    await set_up(house)
    you = await house.enter("you")
    keys = you.page.keyboard
    await tab_to(you, "Skip to the messages")
    await keys.press("Enter")
    await tab_to(you, "Join the study group")
    await keys.press("Enter")
    await you.sees("Welcome! You are in.")
    await tab_to(you, "Answer")
    await keys.press("Enter")
    await expect(you.form.get_by_label("Answer", exact=True)).to_be_focused()
    await keys.type(ANSWER)
    await tab_to(you, "Hide my name")
    await keys.press("Space")
    await tab_to(you, "Send")
    await keys.press("Enter")
    await you.sees("Your answer is kept.")
    await tab_to(you, "Change it")
    await keys.press("Enter")
    await expect(you.form.get_by_label("Answer", exact=True)).to_have_value(ANSWER)
    await expect(you.form.get_by_label("Hide my name")).to_be_checked()
    await keys.press("Escape")
    await expect(you.form).to_be_hidden()


@on(DESKTOP)
async def test_who_likes_it_dark_sees_dark_screens(house: House, screen: Screen) -> None:
    await set_up(house)
    you = await house.enter("you", Screen(f"{screen.name}-dark", screen.width, screen.height, "dark"))
    await you.show("01-invitation")
    await you.press("Join the study group")
    await you.sees("Welcome! You are in.")
    await you.show("02-joined")
    await you.press("Answer")
    await expect(you.form.get_by_label("Answer", exact=True)).to_be_visible()
    await you.show("03-answer-form")
    for place in ("document.body", "document.querySelector('main')", "document.querySelector('dialog')"):
        assert await you.page.evaluate(SHADE.format(place)) < 60, f"{place} is bright"
    await you.form.get_by_label("Answer", exact=True).fill(ANSWER)
    await you.press("Send", you.form)
    await expect(you.page.get_by_text("Your answer is kept.")).to_be_in_viewport()
    await you.show("04-answer-is-kept")
