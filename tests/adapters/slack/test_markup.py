"""What members type reads as they typed it; what we format is formatted."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.sendable import NOTHING_TO_SHOW, sendable
from adapters.slack.markup import (
    ADDRESS,
    TEXT,
    block_json,
    escape,
    header,
    literal_words,
    plain,
    summary,
)
from bot.kernel.card import Block, Bullets, Card, Facts, Listing, Note, Para, Quote
from bot.kernel.text import Bold, Code, Link, Mention, Plain, Text, When, md
from tests.adapters.nasty import TEXTS, cards
from tests.adapters.slack.reading import kinds, mrkdwn, says

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
DATE = "{date_short_pretty} at {time}"
SPOKEN_DATE = f"<!date^1767600000^{DATE}|Mon 05 Jan 08:00 UTC>"
TRICKS = {
    "everybody": "<!channel> <!here> <!everyone>",
    "everybody by name": "@channel and @here",
    "a member": "<@U024BE7LH>",
    "a group of people": "<!subteam^SAZ94GDB8>",
    "a channel": "<#C024BE7LR>",
    "a channel by name": "#general",
    "a hidden address": "<https://evil.example|my notes>",
    "an address": "https://example.com/x_y?z=1",
    "a time": "<!date^1767600000^{date}|never>",
    "bold": "*b*",
    "slanted": "_i_",
    "struck": "~s~",
    "code": "`x`",
    "a code block": "```x```",
    "a quote": "> wise",
    "an emoji": ":smile:",
    "escapes": "&lt;!channel&gt; &amp;",
}
HARMLESS = {"escapes"}


def shapes(text: str) -> list[tuple[Block, set[str]]]:
    """Every block in which a member's words may stand, and what it is by itself."""
    return [
        (Para((Plain(text),)), set()),
        (Note((Plain(text),)), set()),
        (Note((Plain(text), Mention("U024BE7LH"), Plain(text))), {"mention"}),
        (Quote(text), {"quote"}),
        (Listing(text), {"preformatted"}),
        (Bullets(((Plain(text),),)), {"list"}),
        (Facts((("Words", (Plain(text),)),)), {"bold"}),
    ]


def drawn(block: Block) -> list[dict[str, Any]]:
    shown = block_json(block)
    return [shown] if shown else []


@pytest.mark.parametrize("what", TRICKS)
def test_no_trick_of_slack_works(what: str) -> None:
    for block, own in shapes(TRICKS[what]):
        assert kinds(drawn(block)) <= own, block
        assert TRICKS[what] in says(drawn(block)), block
    for part in (plain(TRICKS[what]), header(TRICKS[what])):
        assert part
        assert kinds([part]) == set()
        assert says([part]) == TRICKS[what]


@pytest.mark.parametrize("what", [what for what in TRICKS if what not in HARMLESS])
def test_the_reader_of_these_tests_would_fall_for_it(what: str) -> None:
    assert {seen.kind for seen in mrkdwn(TRICKS[what])} - {"text"}


@given(TEXTS)
@example("> x")
@example("a:b:c")
@example("<@U1>*_")
def test_typed_words_are_shown_as_they_were_typed_and_do_nothing(text: str) -> None:
    for block, own in shapes(text):
        shown = drawn(block)
        assert kinds(shown) <= own
        assert not shown or sendable(text) in says(shown)


@given(TEXTS, TEXTS)
def test_words_that_meet_do_nothing_together(text: str, other: str) -> None:
    note = Note((Plain(text), Plain(other), When(AT), Plain(other)))
    assert kinds(drawn(note)) <= {"date"}
    assert kinds(drawn(Para((Bold(text), Plain(other), Code(text))))) <= {"bold", "code"}


@given(TEXTS)
def test_escaped_words_hold_no_mention_channel_or_link(text: str) -> None:
    assert not re.search("[<>]", escape(text))
    assert not {seen.kind for seen in mrkdwn(escape(text))} & {"mention", "broadcast", "channel", "link", "date"}


def elements(text: Text) -> Any:
    (shown,) = drawn(Para(text))
    (section,) = shown["elements"]
    assert section["type"] == "rich_text_section"
    return section["elements"]


def test_our_own_formatting_is_formatted() -> None:
    text = md("**Day {n}** of {who}, {at}: `x_y`.", n=3, who=Mention("U024BE7LH"), at=When(AT))
    assert elements(text) == [
        {"type": "text", "text": "Day 3", "style": {"bold": True}},
        {"type": "text", "text": " of "},
        {"type": "user", "user_id": "U024BE7LH"},
        {"type": "text", "text": ", "},
        {"type": "date", "timestamp": 1767600000, "format": DATE, "fallback": "Mon 05 Jan 08:00 UTC"},
        {"type": "text", "text": ": "},
        {"type": "text", "text": "x_y", "style": {"code": True}},
        {"type": "text", "text": "."},
    ]


@pytest.mark.parametrize("member", ["ada", "17", "U1> <!channel", "u024be7lh", ""])
def test_somebody_without_an_id_of_slack_is_named_in_words(member: str) -> None:
    assert elements((Plain("x"), Mention(member)))[1:] == [{"type": "text", "text": f"@{member}"}]


def test_a_link_says_where_it_leads_when_its_words_look_like_an_address() -> None:
    url = "https://example.com/a_b"
    assert elements((Link("A page", url),)) == [{"type": "link", "url": url, "text": "A page"}]
    assert elements((Link(url, url),)) == elements((Link(" ", url),)) == [{"type": "link", "url": url}]
    hidden = elements((Link("https://other.example", url),))
    assert hidden == [{"type": "text", "text": "https://other.example "}, {"type": "link", "url": url}]


def test_an_address_that_slack_would_refuse_is_written_out() -> None:
    url = "https://example.com/" + "y" * ADDRESS
    assert elements((Link("A page", url),)) == [{"type": "text", "text": f"A page {url}"}]


def test_small_print_is_small_where_that_is_safe() -> None:
    (safe,) = drawn(Note(md("Closes {at}. Ask {who} & co.", at=When(AT), who=Mention("U024BE7LH"))))
    words = f"Closes {SPOKEN_DATE}. Ask <@U024BE7LH> &amp; co."
    assert safe == {"type": "context", "elements": [{"type": "mrkdwn", "text": words, "verbatim": True}]}
    for text in (md("**Lately**"), md("{x}", x="*late*"), (Plain(":sm"), Plain("ile:")), (Link("x", "https://x.y"),)):
        assert drawn(Note(text))[0]["type"] == "rich_text"
    many = tuple(When(AT) for _ in range(90))
    assert drawn(Note(many))[0]["type"] == "rich_text", "mrkdwn would be too long"


def test_each_block_has_its_shape() -> None:
    def inside(block: Block) -> Any:
        (shown,) = drawn(block)
        return shown["elements"][0]

    word = {"type": "text", "text": "one\n# two"}
    assert inside(Quote("one\n# two")) == {"type": "rich_text_quote", "elements": [word]}
    assert inside(Listing("one\n# two", "python")) == {"type": "rich_text_preformatted", "elements": [word]}
    bullets = inside(Bullets((md("one"), md(" "), md("**two**"))))
    assert (bullets["type"], bullets["style"], len(bullets["elements"])) == ("rich_text_list", "bullet", 2)
    assert says(drawn(Facts((("Answers", md("3")), ("", md("x")), ("", ()))))) == "Answers: 3\nx"


@pytest.mark.parametrize(
    "block", [Para(()), Note(md(" ")), Quote("\u200b\n"), Listing("\n"), Bullets(((),)), Facts(()), Bullets(())]
)
def test_a_block_in_which_nothing_can_be_seen_is_left_out(block: Block) -> None:
    assert block_json(block) is None
    assert header("\u3164") is None


def test_without_formatting_a_link_still_says_where_it_leads() -> None:
    block = Facts((("Read", (Link("this", "https://example.com"), Plain(" by "), When(AT))),))
    assert literal_words(block) == "Read: this (https://example.com) by Mon 05 Jan 08:00 UTC"


# --- the message in plain words ------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(st.lists(cards(), min_size=1, max_size=2))
def test_the_plain_words_fit_and_hold_no_mention_but_ours(several: list[Card]) -> None:
    text = summary(several)
    assert 1 <= len(text) <= TEXT
    rest = re.sub(r"<@[UW][A-Z0-9]+>|<!date\^\d+\^[^<>]*>", "", text)
    assert not re.search("[<>]", rest)
    assert not re.search(r"&(?!amp;|lt;|gt;)", rest)


def test_the_plain_words_say_everything_in_order() -> None:
    card = Card(
        "A & b",
        (Para(md("Ask {who} by {at}.", who=Mention("U024BE7LH"), at=When(AT))), Bullets((md("one"), md("two"))),
         Facts((("Answers", md("3")),)), Quote("<!channel>")),
    )  # fmt: skip
    lines = ["A &amp; b", f"Ask <@U024BE7LH> by {SPOKEN_DATE}.", "• one", "• two", "Answers: 3", "&lt;!channel&gt;"]
    assert [line for line in summary([card]).split("\n") if line] == lines
    assert summary([Card(" ")]) == NOTHING_TO_SHOW


def test_the_plain_words_end_at_a_word_and_cut_nothing_apart() -> None:
    ended = summary([Card("x", (Quote("word " * 380), Quote("more " * 370)))] * 2)
    assert re.search(r"(?:word|more)…\Z", ended)
    signs = summary([Card("x", (Quote("&" * 1_900),))])
    assert signs.endswith("&amp;…")
    times = summary([Card("x", (Para((When(AT), Plain(" ")) * 80),))])
    assert times.endswith("UTC>…")
