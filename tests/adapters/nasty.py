"""Texts, cards and forms that somebody unfriendly would make, as hypothesis strategies."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from adapters.sendable import sendable
from bot.kernel.action import Action
from bot.kernel.card import (
    BUTTON_LABEL,
    BUTTONS,
    Block,
    Bullets,
    Button,
    Card,
    ChannelField,
    ChoiceField,
    ChoicesField,
    CityField,
    Facts,
    File,
    Form,
    Listing,
    Note,
    Option,
    Para,
    PersonField,
    Quote,
    Select,
    TextField,
    TooLarge,
    UploadField,
)
from bot.kernel.text import Bold, Code, Link, Mention, Plain, Span, When, count_visible

BITS = (
    "```", "`", "``", "|", "||", "*", "**", "_", "__", "~~", "\\", "#", "# ", "-# ", "- ", "> ", ">>> ", "1. ", "23) ",
    "[", "](", ")", "]", "<@12345678>", "<@&1>", "<#1>", "<t:1:R>", "</a:1>", "<:x:1>", "<id:guide>", "<", ">", ":",
    "@everyone", "@here", "@", "https://evil.example/a_b", "http://x.y", ":smile:", "\n", "\n\n", "\n" * 40, " ", "\t",
    "\u200b", "\u200f", "\u202e", "שלום", "مرحبا", "😀", "👩\u200d👩\u200d👧", "e\u0301", "a", "word", "0", "SELECT 1",
    "\r", "\u2028", "\x00", "\ud800",
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(BITS), st.text(max_size=4)), max_size=12).map("".join)
FLOODS = st.tuples(st.sampled_from(BITS), st.integers(0, 1_900)).map(lambda pair: (pair[0] * pair[1])[:1_900])
LONG = st.one_of(TEXTS, FLOODS, st.tuples(FLOODS, TEXTS).map(lambda pair: (pair[0] + pair[1])[:2_000]))
ADDRESSES = st.sampled_from(
    ["https://example.com", "https://example.com/a_b*c`d[e]\\f.", "https://x.example/" + "y" * 900]
)
SPANS: st.SearchStrategy[Span] = st.one_of(
    st.builds(Plain, LONG),
    st.builds(Bold, TEXTS),
    st.builds(Code, TEXTS),
    st.builds(Link, TEXTS, ADDRESSES),
    st.builds(Mention, st.sampled_from(["12345678", "ada", "x> **y**"])),
    st.just(When(datetime(2026, 1, 5, 8, tzinfo=UTC))),
)
RICH = st.lists(SPANS, max_size=5).map(tuple)
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Para, RICH),
    st.builds(Note, RICH),
    st.builds(Quote, LONG),
    st.builds(Bullets, st.lists(RICH, max_size=6).map(tuple)),
    st.builds(Bullets, st.integers(0, 900).map(lambda n: ((Plain("x"),),) * n)),
    st.builds(Listing, LONG, st.sampled_from(["", "python", "no language", "``` x"])),
    st.builds(Facts, st.lists(st.tuples(TEXTS, RICH), max_size=4).map(tuple)),
)
ACTIONS = st.builds(
    lambda route, value: Action.to(route, value=value),
    st.sampled_from(["daily.answer", "x.y"]),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=5),  # longer ones may not fit into an action
)
SMALL = st.lists(st.sampled_from([bit for bit in BITS if len(bit) < 8]), max_size=4).map("".join)
OPTIONS = st.lists(st.builds(Option, SMALL, SMALL, SMALL), min_size=1, max_size=25).map(tuple)


BUTTONS_OF = st.lists(
    st.builds(
        lambda label, action, style: Button(label[:BUTTON_LABEL], action, style),
        SMALL, ACTIONS, st.sampled_from(["plain", "danger"]),
    ),
    max_size=BUTTONS,
)  # fmt: skip
SELECTS_OF = st.lists(
    st.builds(
        lambda prompt, action, options, chosen: Select(
            prompt[:75], action, options, options[0].value if chosen is None else chosen
        ),
        SMALL, ACTIONS, OPTIONS, st.sampled_from([None, "", "other"]),
    ),
    max_size=4,
)  # fmt: skip
FILES_OF = st.lists(st.builds(File, SMALL, st.just("text/plain"), st.just("x")), max_size=9)
BLOCKS_OF = st.one_of(st.lists(BLOCKS, max_size=6), st.lists(BLOCKS, max_size=36))
TITLES = st.one_of(TEXTS, FLOODS).map(lambda text: text[:150])
TONES = st.sampled_from(["plain", "good", "warning"])


@st.composite
def cards(draw: st.DrawFn) -> Card:
    """Any card that can exist: what would be too large loses its last blocks, menus or files until it is not."""
    parts: dict[str, Any] = {
        "blocks": draw(BLOCKS_OF),
        "buttons": draw(BUTTONS_OF),
        "selects": draw(SELECTS_OF),
        "files": draw(FILES_OF),
    }
    title, tone = draw(TITLES), draw(TONES)
    while True:
        try:
            return Card(title, tone=tone, **{key: tuple(value) for key, value in parts.items()})
        except TooLarge:
            longest = max(parts, key=lambda key: len(parts[key]))
            parts[longest].pop()


KEYS = st.integers(1, 9_999).map(lambda number: f"key{number}")
LABELS, HELPS = SMALL.map(lambda text: text[:45]), SMALL.map(lambda text: text[:100])
FIELDS = st.one_of(
    st.builds(
        lambda key, label, value, long, required, more: TextField(
            key, label, value[:1_000], long=long, required=required, limit=min(max(len(value[:1_000]) + more, 1), 3_000)
        ),
        KEYS, LABELS, LONG, st.booleans(), st.booleans(), st.integers(0, 2_000),
    ),
    st.builds(ChoiceField, KEYS, LABELS, OPTIONS, SMALL, HELPS, st.booleans()),
    st.builds(ChoicesField, KEYS, LABELS, OPTIONS.map(lambda options: options[:10]), st.tuples(SMALL, SMALL), HELPS),
    st.builds(UploadField, KEYS, LABELS, HELPS),
    st.builds(CityField, KEYS, LABELS, st.just("members.city"), LONG, HELPS, st.booleans()),
    st.builds(ChannelField, KEYS, LABELS, st.sampled_from(["", "123", "general"]), HELPS, st.booleans()),
    st.builds(PersonField, KEYS, LABELS, st.sampled_from(["", "123", "ada"]), HELPS, st.booleans()),
)  # fmt: skip
FORMS = st.builds(
    Form,
    SMALL.map(lambda text: text[:24]),
    ACTIONS,
    st.lists(FIELDS, min_size=1, max_size=5, unique_by=lambda field: field.key).map(tuple),
)


def squashed(text: str) -> str:
    """Without spaces and what cannot be seen: those may stand elsewhere, words may not."""
    return "".join(sign for sign in sendable(text) if count_visible(sign) or sign == "\ufffd")
