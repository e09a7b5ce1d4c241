"""The gallery's picture of Discord shows what Discord would show."""

from html import unescape
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from adapters.discord.markup import sendable
from adapters.gallery import examples, for_discord
from adapters.web.elsewhere import discord_html
from adapters.web.translate import Reader
from bot.kernel.card import Card, Form
from tests.adapters.discord.nasty import FORMS, cards
from tests.adapters.discord.reading import says
from tests.adapters.web.conftest import Visit

READER = Reader(ZoneInfo("Europe/Berlin"), {"17": "Ada"})


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


def drawn(example: Card | Form) -> Words:
    found = Words()
    found.feed(str(discord_html(for_discord(example), READER)))
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


async def test_the_gallery_shows_discord_beside_the_page(ana: Visit) -> None:
    page = await ana.page("/gallery")
    assert page.count("<figcaption>On Discord</figcaption>") == len(examples())
    assert 'class="d-button primary">Answer</span>' in page
    assert "discord d-modal" in page
