"""The page in a real browser: by pointer, by keyboard, on a phone, without scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Page, Route, expect

from bot.clock import TurnedClock
from tests.adapters.web import toy
from tests.adapters.web.conftest import Site, Visit, running
from tests.adapters.web.test_security import ATTACKS
from tests.chromium import IN_ITS_LOOP, Scheme, Windows

pytestmark = [pytest.mark.browser, IN_ITS_LOOP]

SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@pytest_asyncio.fixture(loop_scope="session")
async def site(blank: Path, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Site]:
    """The demonstration, in the loop of the browser."""
    async with running(blank, tmp_path, clock, demo=True) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def ana(site: Site) -> Visit:
    return await site.visit("ana")


@pytest_asyncio.fixture(loop_scope="session")
async def ben(site: Site) -> Visit:
    return await site.visit("ben")


@asynccontextmanager
async def opened(
    site: Site, browser: Windows, person: str = "ana", size: tuple[int, int] = (1200, 800), **options: Any
) -> AsyncIterator[Page]:
    """A window in which this person looks at #daily. Anything that the page complains about fails the test."""
    lent = await browser.lend(*size, "Europe/Berlin", **options)
    page = lent.page
    await page.goto(str(site.server.make_url("/c/daily")))
    if person != "ana":
        await page.get_by_label("You are").select_option(person)
        if not options.get("scripts", True):
            await page.get_by_role("button", name="Switch").click()
        await page.wait_for_url("**/c/daily")
        await expect(page.get_by_label("You are")).to_have_value(person)
    yield page
    complaints = lent.complaints
    await browser.take_back()
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def post(ana: Visit) -> dict[str, Any]:
    """The toy's problem stands in #daily, and the bot's pulse beats."""
    found = await ana.found()
    await ana.site.app.start()
    return found


async def test_a_member_answers_by_form_and_sees_what_was_wrong_beside_the_field(
    site: Site, browser: Windows, post: dict[str, Any]
) -> None:
    async with opened(site, browser) as page:
        message = page.locator(f'article[data-name="toy/1"][data-receipt="{post["receipt"]}"]')
        await message.get_by_role("button", name="Write my answer").click()
        form = page.locator("dialog form[data-form]")
        await form.get_by_label("Answer").fill("abc")
        await form.get_by_label("Yes").last.check()
        await form.get_by_role("button", name="Send").click()
        await expect(form.get_by_label("Answer")).to_have_attribute("aria-invalid", "true")
        await expect(form.get_by_label("Answer")).to_be_focused()
        await expect(form.get_by_text("This is too short. Write five letters.")).to_be_visible()
        await expect(form.get_by_label("Answer")).to_have_value("abc")
        await expect(form.get_by_label("Yes").last).to_be_checked()
        await form.get_by_label("Answer").fill("abc and more")
        await form.get_by_role("button", name="Send").click()
        reply = page.locator("[data-ephemeral]", has_text="Your answer is kept")
        await expect(reply).to_contain_text("abc and more")
        await expect(form).to_be_hidden()
        await page.reload()
        await expect(reply).to_be_visible()
        await reply.get_by_role("button", name="Dismiss").click()
        await expect(reply).to_have_count(0)


async def test_what_others_say_appears_by_itself_and_marks_other_channels(
    site: Site, browser: Windows, post: dict[str, Any], ben: Visit
) -> None:
    async with opened(site, browser) as page:
        await page.get_by_label("Message #daily").fill("half a thought")
        await ben.post("/do/say", spot="daily", text="Good morning")
        await expect(page.get_by_text("Good morning")).to_be_visible()
        await expect(page.get_by_label("Message #daily")).to_have_value("half a thought")
        await expect(page.get_by_label("Message #daily")).to_be_focused()
        await ben.post("/do/say", spot="general", text="Over here")
        await expect(page.get_by_role("link", name="#general")).to_contain_text("1 new")
        await page.get_by_role("link", name="#general").click()
        await expect(page.get_by_text("Over here")).to_be_visible()
        await expect(page.get_by_role("link", name="#general")).not_to_contain_text("1 new")


async def test_what_is_said_while_the_page_still_connects_appears_too(site: Site, browser: Windows, ben: Visit) -> None:
    async def say_first(route: Route) -> None:
        await ben.post("/do/say", spot="daily", text="between page and stream")
        await route.continue_()

    async with opened(site, browser) as page:
        await page.route("**/live", say_first, times=1)
        await page.reload()
        await expect(page.get_by_text("between page and stream")).to_be_visible()


async def test_words_being_written_stay_when_the_thread_closes_meanwhile(
    site: Site, browser: Windows, post: dict[str, Any], ana: Visit
) -> None:
    async with opened(site, browser) as page:
        await page.get_by_role("link", name="Open the thread").click()
        box = page.get_by_label("Reply in the thread")
        await box.fill("half a thought")
        await site.chat.change(post["receipt"], closed=1)
        await ana.post("/do/say", spot="daily", text="a sign that the page is up to date")
        await expect(page.get_by_text("a sign that")).to_be_visible()
        await expect(box).to_have_value("half a thought")


async def test_a_double_click_is_one_press_and_enter_sends_once(
    site: Site, browser: Windows, post: dict[str, Any]
) -> None:
    async with opened(site, browser) as page:
        await page.get_by_role("button", name="Hint", exact=True).dblclick()
        await expect(page.locator("[data-ephemeral]", has_text="Hint 1")).to_have_count(1)
        assert toy.heard == [("pressed", "ana", "hint")]
        await page.get_by_role("link", name="Open the thread").click()
        box = page.get_by_label("Reply in the thread")
        await box.fill("one line")
        await box.press("Shift+Enter")
        await box.press_sequentially("two lines")
        await box.press("Enter")
        await expect(page.get_by_label("Thread", exact=True).get_by_text("one line")).to_be_visible()
        await expect(box).to_have_value("")
        assert [heard[2] for heard in toy.heard[1:]] == ["toy/1: one line\ntwo lines"]
        await box.fill("one line")
        await box.press("Enter")
        await expect(box).to_have_value("")
        assert len(toy.heard) == 3


async def test_commands_are_offered_while_one_types_and_chosen_by_keyboard(
    site: Site, browser: Windows, ana: Visit
) -> None:
    async with opened(site, browser) as page:
        await expect(page.get_by_text("To start a study group in this channel, write /study")).to_be_visible()
        box = page.get_by_label("Message #daily")
        await box.press_sequentially("/study j")
        await expect(page.get_by_role("button", name="/study join")).to_be_visible()
        await expect(page.get_by_role("button", name="/study task")).to_be_hidden()
        await box.press("Tab")
        await expect(box).to_have_value("/study join ")
        await box.fill("/study")
        await box.press("Escape")
        await box.press("Enter")
        await expect(page.locator("[data-ephemeral]", has_text="The group is set up")).to_be_visible()


async def test_the_keyboard_alone_reaches_form_and_menu_and_focus_is_seen(
    site: Site, browser: Windows, post: dict[str, Any], ana: Visit
) -> None:
    mine = (await ana.post("/do/say", spot="daily", text="My own words"))["receipt"]
    async with opened(site, browser) as page:
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the messages")).to_be_focused()
        await page.keyboard.press("Enter")
        for _ in range(40):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.textContent") == "Write my answer":
                break
        assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        await expect(page.locator("dialog").get_by_label("Answer")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog form")).to_be_hidden()
        menu = page.locator(f"#{mine} summary")
        await menu.focus()
        await menu.press("Enter")
        await page.get_by_role("link", name="Edit").press("Enter")
        await page.locator("dialog").get_by_label("Message").fill("Better words")
        await page.locator("dialog").get_by_role("button", name="Save").press("Enter")
        await expect(page.locator(f"#{mine}")).to_contain_text("Better words")
        await expect(page.locator(f"#{mine}")).to_contain_text("(edited)")
        await menu.press("Enter")
        await page.locator(f"#{mine}").get_by_role("button", name="Delete").press("Enter")
        await expect(page.locator(f"#{mine}")).to_have_count(0)


async def test_a_city_is_suggested_and_a_recordings_length_is_measured(
    site: Site, browser: Windows, post: dict[str, Any]
) -> None:
    second = 8_000
    wave = b"RIFF" + (36 + 3 * second).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    wave += (1).to_bytes(2, "little") * 2 + second.to_bytes(4, "little") * 2
    wave += (1).to_bytes(2, "little") + (8).to_bytes(2, "little") + b"data" + (3 * second).to_bytes(4, "little")
    async with opened(site, browser) as page:
        await page.get_by_role("button", name="Write my answer").click()
        form = page.locator("dialog form")
        await form.get_by_label("Your city").press_sequentially("ben")
        await expect(form.locator("datalist option")).to_have_count(1)
        assert await form.locator("datalist option").get_attribute("value") == "Bengaluru, India"
        sound: FilePayload = {"name": "talk.wav", "mimeType": "audio/wav", "buffer": wave + b"\x80" * (3 * second)}
        await form.get_by_label("A recording").set_input_files(sound)
        await expect(form.locator("[data-seconds]")).to_have_value("3")
        await form.get_by_label("Answer").fill("A spoken answer")
        await form.get_by_role("button", name="Send").click()
        await expect(page.locator("[data-ephemeral]")).to_contain_text(["talk.wav, 24044 bytes, 3 s"])


async def test_what_came_of_ones_deed_is_in_sight_and_the_keyboard_stays_near(
    site: Site, browser: Windows, post: dict[str, Any]
) -> None:
    async with opened(site, browser, size=(1000, 500)) as page:
        await page.get_by_role("button", name="Hint").click()
        await page.get_by_role("button", name="Next hint").click()
        reply = page.locator("[data-ephemeral]", has_text="Hint 2")
        await expect(reply).to_be_focused()
        await page.get_by_role("button", name="Write my answer").click()
        await expect(page.locator("dialog").get_by_label("Answer")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Write my answer")).to_be_focused()
        await reply.get_by_role("button", name="Dismiss").click()
        await expect(reply).to_have_count(0)
        await page.wait_for_function("document.activeElement !== document.body")


async def test_the_page_stays_in_its_frame_and_a_button_leads_to_what_came_below(
    site: Site, browser: Windows, ben: Visit
) -> None:
    for number in range(40):
        await ben.post("/do/say", spot="daily", text=f"message {number}")
    async with opened(site, browser) as page:
        assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        newer = page.get_by_role("button", name="New messages")
        await expect(page.get_by_text("message 39")).to_be_in_viewport()
        await ben.post("/do/say", spot="daily", text="while reading the end")
        await expect(page.get_by_text("while reading the end")).to_be_in_viewport()
        await expect(newer).to_be_hidden()
        await page.locator("#log").evaluate("log => { log.scrollTop = 0 }")
        await ben.post("/do/say", spot="daily", text="while reading above")
        await expect(page.get_by_text("while reading above")).not_to_be_in_viewport()
        await newer.click()
        await expect(page.get_by_text("while reading above")).to_be_in_viewport()
        await expect(newer).to_be_hidden()


async def test_everything_works_without_scripts(site: Site, browser: Windows, post: dict[str, Any]) -> None:
    async with opened(site, browser, scripts=False) as page:
        await page.get_by_role("button", name="Write my answer").click()
        await page.get_by_label("Answer").fill("abc")
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_text("This is too short. Write five letters.")).to_be_visible()
        await expect(page.get_by_label("Answer")).to_have_value("abc")
        await page.get_by_label("Answer").fill("abc and more")
        await page.get_by_role("button", name="Send").click()
        await page.wait_for_url("**/c/daily#aside-*")
        await expect(page.locator("[data-ephemeral]", has_text="Your answer is kept")).to_be_in_viewport()
        await page.get_by_label("Level").select_option("hard")
        await page.get_by_role("button", name="Choose Level").click()
        await expect(page.get_by_text("Level: hard")).to_be_visible()
        await page.get_by_role("link", name="Open the thread").click()
        await page.get_by_label("Reply in the thread").fill("note this")
        await page.get_by_role("button", name="Send").last.click()
        await expect(page.get_by_text("Noted")).to_be_visible()


async def test_a_small_phone_shows_everything_in_light_and_dark_without_scrolling_sideways(
    site: Site, browser: Windows, post: dict[str, Any], ben: Visit
) -> None:
    await ben.post("/do/say", spot="daily", text="A_very_long_word_without_end_" * 8)
    await ben.post("/do/say", under=post["receipt"], text="In the thread")
    async with opened(site, browser, size=(360, 640)) as page:
        for path in ("/c/daily", f"/c/daily/{post['receipt']}", "/home", "/outbox", "/behind", "/c/dm-ana", "/gallery"):
            await page.goto(str(site.server.make_url(path)))
            assert await page.evaluate(WIDE) == [], path
            await expect_no_faint_words(page, path)
        await page.goto(str(site.server.make_url(f"/c/daily/{post['receipt']}")))
        await expect(page.get_by_text("In the thread", exact=True)).to_be_visible()
        await expect(page.get_by_label("Message #daily")).to_be_hidden()
        await page.get_by_role("link", name="Close thread").click()
        await expect(page.get_by_role("navigation")).to_be_hidden()
        await page.get_by_role("button", name="Channels and private messages").click()
        await page.get_by_role("navigation").get_by_role("link", name="#general").click()
        await page.wait_for_url("**/c/general")
        await page.goto(str(site.server.make_url("/c/daily")))
        await page.get_by_role("button", name="Write my answer").click()
        assert await page.evaluate("document.querySelector('dialog').getBoundingClientRect().right") <= 360
        await expect_no_faint_words(page, "the form")


async def expect_no_faint_words(page: Page, where: str) -> None:
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        assert await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
        assert await page.evaluate(FAINT) == [], f"{where}, {scheme}"


async def test_nothing_that_a_member_writes_runs(site: Site, browser: Windows, ben: Visit) -> None:
    for attack in ATTACKS:
        await ben.post("/do/say", spot="daily", text=attack.replace("alert(1)", "document.title='owned'"))
    async with opened(site, browser) as page:
        await ben.post("/do/say", spot="daily", text="<img src=x onerror=document.title='owned'> live")
        await expect(page.get_by_text("live")).to_be_visible()
        assert await page.title() == "#daily · Whetstone"


async def test_everything_to_press_or_fill_has_a_name(site: Site, browser: Windows, post: dict[str, Any]) -> None:
    async with opened(site, browser) as page:
        await page.goto(str(site.server.make_url(f"/c/daily/{post['receipt']}")))
        await page.get_by_role("button", name="Write my answer").click()
        assert await page.evaluate(NAMELESS) == []
        assert sorted(
            await page.evaluate("[...document.querySelectorAll('main, nav, aside')].map(e => e.tagName)")
        ) == [
            "ASIDE",
            "MAIN",
            "NAV",
        ]


# What is wider than the window; program text and tables scroll in a frame of their own.
WIDE = """() => [document.documentElement, ...document.querySelectorAll('body *')]
  .filter(e => e.checkVisibility() && !e.matches('.unseen, .skip, .skip *') && !e.closest('pre, .scroll'))
  .filter(e => e.getBoundingClientRect().right > innerWidth || e.matches('.log') && e.scrollWidth > e.clientWidth)
  .map(e => e.outerHTML.slice(0, 90))"""

# Elements without a name for a screen reader.
NAMELESS = """() => [...document.querySelectorAll('button, a, input:not([type=hidden]), select, textarea, summary')]
  .filter(e => e.matches('select, textarea') || !e.textContent.trim())
  .filter(e => !e.getAttribute('aria-label') && !e.labels?.length)
  .map(e => e.outerHTML.slice(0, 120))"""

# Text whose contrast with what lies behind it is under 4.5 (WCAG AA); large text may have 3.
FAINT = """() => {
  const parse = text => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const channel = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ({ r, g, b }) => .2126 * channel(r / 255) + .7152 * channel(g / 255) + .0722 * channel(b / 255);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.a > .99) return colour;
    }
    return parse('rgb(255 255 255)');
  };
  const says = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  const shown = e => e.checkVisibility() && !e.matches('.unseen, .unseen *, .skip, option');
  return [...document.querySelectorAll('body *')].filter(e => shown(e) && says(e)).map(e => {
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const [more, less] = [light(parse(style.color)), light(behind(e))].sort((x, y) => y - x);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    return [(more + .05) / (less + .05), least, e.outerHTML.slice(0, 90)];
  }).filter(([ratio, least]) => ratio < least).map(([ratio, , html]) => `${ratio.toFixed(2)} ${html}`);
}"""
