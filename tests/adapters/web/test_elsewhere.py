"""The gallery's pictures of Discord and Slack show what those would show."""

from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from adapters.gallery import examples, for_discord, for_slack
from adapters.sendable import sendable
from adapters.web.elsewhere import discord_html, slack_html
from adapters.web.translate import Reader
from bot.kernel.card import Card, Form
from tests.adapters.discord.reading import says
from tests.adapters.nasty import FORMS, cards
from tests.adapters.slack import reading as slack
from tests.adapters.web.conftest import Visit

READER = Reader(ZoneInfo("Europe/Berlin"), {"17": "Ada", "U17": "Ada"})


class Words(HTMLParser):
    """The words of a piece of HTML, and its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


def drawn(
    example: Card | Form, draw: Callable[..., str] = discord_html, send: Callable[..., Any] = for_discord
) -> Words:
    found = Words()
    found.feed(str(draw(send(example), READER)))
    return found


def text(content: str) -> str:
    payload = {"components": [{"type": 10, "content": content}]}
    return str(discord_html(payload, READER)).removeprefix('<div class="discord">').removesuffix("</div>")


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("## Two \\*stars\\*", "<h3>Two *stars*</h3>"),
        ("-# Small", '<p class="d-small">Small</p>'),
        ("- one\n  more\n- **two**", "<ul><li>one\nmore</li><li><strong>two</strong></li></ul>"),
        ("> \\<b>\n> x", "<blockquote><p>&lt;b&gt;\nx</p></blockquote>"),
        ("```python\nx < 1\n```", '<pre class="wrap"><code>x &lt; 1</code></pre>'),
        ("**a\\*b** `c`", "<p><strong>a*b</strong> <code>c</code></p>"),
        ("[a\\]](https://x.y)", '<p><a href="https://x.y" rel="noopener noreferrer">a]</a></p>'),
        ("<@17>", '<p><span class="d-mention">@Ada</span></p>'),
        ("<t:1767600000:f>", '<p><time datetime="2026-01-05T08:00:00+00:00">Mon 5 Jan, 09:00</time></p>'),
    ],
)
def test_each_shape_of_text_is_drawn(content: str, html: str) -> None:
    assert text(content) == html


@settings(deadline=None, max_examples=60)
@given(cards())
def test_the_picture_shows_every_word_and_obeys_none(card: Card) -> None:
    found = drawn(card)
    assert not found.tags & {"script", "style", "iframe", "img", "form", "button", "input"}
    for button in card.buttons:
        assert "".join(sendable(button.label).split()) in "".join(found.words.split()) or "Continue" in found.words
    for part in for_discord(card)["components"][0]["components"]:
        if part["type"] == 10 and part["content"].startswith("## "):
            assert "".join(says(part["content"]).split()) in "".join(unescape(found.words).split())


@settings(deadline=None, max_examples=60)
@given(FORMS)
def test_every_form_has_a_picture(form: Form) -> None:
    found = drawn(form)
    assert "Submit" in found.words
    assert not found.tags & {"script", "style", "form", "button", "input"}


# --- Slack ---------------------------------------------------------------------------------


def block(block: dict[str, Any]) -> str:
    drawn = str(slack_html({"blocks": [block]}, READER))
    return drawn.removeprefix('<div class="slack">').removesuffix("</div>")


def rich(kind: str, *elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": f"rich_text_{kind}", "elements": list(elements)}]}


def word(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def small(kind: str, text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": kind, "text": text}]}


ITEM = {"type": "rich_text_section", "elements": [word("a"), word("b", bold=True)]}
TIME = '<time datetime="2026-01-05T08:00:00+00:00">Mon 5 Jan, 09:00</time>'


@pytest.mark.parametrize(
    ("sent", "html"),
    [
        ({"type": "header", "text": {"type": "plain_text", "text": "*<b>*"}}, "<h3>*&lt;b&gt;*</h3>"),
        (rich("section", word("*a*"), word("b", code=True)), "<p>*a*<code>b</code></p>"),
        (rich("list", ITEM), "<ul><li>a<strong>b</strong></li></ul>"),
        (rich("quote", word("<b>\nx")), "<blockquote><p>&lt;b&gt;\nx</p></blockquote>"),
        (rich("preformatted", word("x < 1")), '<pre class="wrap"><code>x &lt; 1</code></pre>'),
        (
            rich("section", {"type": "link", "url": "https://x.y"}),
            '<p><a href="https://x.y" rel="noopener noreferrer">https://x.y</a></p>',
        ),
        (rich("section", {"type": "user", "user_id": "U17"}), '<p><span class="s-mention">@Ada</span></p>'),
        (rich("section", {"type": "date", "timestamp": 1767600000}), f"<p>{TIME}</p>"),
        (small("plain_text", "a &amp; <@U17>"), '<p class="s-small">a &amp;amp; &lt;@U17&gt;</p>'),
        (
            small("mrkdwn", "a &lt; <@U17> <!date^1767600000^{time}|x>."),
            f'<p class="s-small">a &lt; <span class="s-mention">@Ada</span> {TIME}.</p>',
        ),
        ({"type": "divider"}, "<hr>"),
    ],
)
def test_each_block_of_slack_is_drawn(sent: dict[str, Any], html: str) -> None:
    assert block(sent) == html


def squashed(text: str) -> str:
    return "".join(text.split()).replace("\x00", "").replace("\ufffd", "")


@settings(deadline=None, max_examples=60)
@given(cards())
def test_the_picture_of_slack_shows_every_word_and_obeys_none(card: Card) -> None:
    found, payload = drawn(card, slack_html, for_slack), for_slack(card)
    assert not found.tags & {"script", "style", "iframe", "img", "form", "button", "input"}
    for one in payload["blocks"]:
        if slack.kinds([one]) <= {"bold", "code", "list", "quote", "preformatted"}:
            assert squashed(slack.says([one])) in squashed(found.words)
        for part in one["elements"] if one["type"] == "actions" else ():
            assert squashed(part["text"]["text"] if "text" in part else part["options"][0]["text"]["text"]) in squashed(
                found.words
            )


@settings(deadline=None, max_examples=60)
@given(FORMS)
def test_every_form_has_a_picture_of_slack(form: Form) -> None:
    found, payload = drawn(form, slack_html, for_slack), for_slack(form)
    assert not found.tags & {"script", "style", "form", "button", "input"}
    for words in (
        payload["submit"]["text"],
        "Cancel",
        *(one["label"]["text"] for one in payload["blocks"] if "label" in one),
    ):
        assert squashed(words) in squashed(found.words)


async def test_the_gallery_shows_slack_beside_the_page_and_discord(ana: Visit) -> None:
    page = await ana.page("/gallery")
    assert page.count("<figcaption>On Slack</figcaption>") == len(examples())
    assert 'class="s-button primary">Answer</span>' in page
    assert "slack s-modal" in page


async def test_the_gallery_shows_discord_beside_the_page(ana: Visit) -> None:
    page = await ana.page("/gallery")
    assert page.count("<figcaption>On Discord</figcaption>") == len(examples())
    assert 'class="d-button primary">Answer</span>' in page
    assert "discord d-modal" in page
