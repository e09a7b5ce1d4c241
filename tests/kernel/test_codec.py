"""Whatever the store keeps comes back as it was."""

from dataclasses import is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kernel import action, calendar, card, codec, effect, event, text
from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm
from bot.kernel.card import Card
from bot.kernel.effect import Late, Missed, Wake
from bot.kernel.event import Upload

MODULES = (action, calendar, card, effect, event, text)

INSTANTS = st.datetimes(timezones=st.just(UTC))
TEXT = st.text(max_size=30)
SPAN = st.one_of(
    st.builds(text.Plain, TEXT),
    st.builds(text.Bold, TEXT),
    st.builds(text.Code, TEXT),
    st.builds(text.Mention, TEXT),
    st.builds(text.When, INSTANTS),
    st.builds(text.Link, TEXT, st.just("https://example.org/a")),
)
SPANS = st.lists(SPAN, max_size=4).map(tuple)
BLOCK = st.one_of(
    st.builds(card.Para, SPANS),
    st.builds(card.Note, SPANS),
    st.builds(card.Quote, TEXT, TEXT),
    st.builds(card.Bullets, st.lists(SPANS, max_size=3).map(tuple)),
    st.builds(card.Listing, TEXT, TEXT),
    st.builds(card.Facts, st.lists(st.tuples(TEXT, SPANS), max_size=3).map(tuple)),
)
DATA = st.binary(max_size=9).map(lambda rest: b"\x89PNG\r\n\x1a\n" + rest)
PICTURE = DATA.map(lambda data: card.Picture(card.File("a.png", "image/png", data=data), "The loss falls to 0.6."))
CARDS = st.builds(
    Card,
    TEXT,
    st.tuples(st.lists(BLOCK, max_size=4), st.lists(PICTURE, max_size=1)).map(lambda two: (*two[0], *two[1])),
    st.lists(st.builds(card.Button, TEXT, st.just(Action.to("a.b", c="d"))), max_size=3).map(tuple),
)


@given(CARDS)
def test_every_card_survives_the_store(one: Card) -> None:
    assert codec.load(codec.dump(one)) == one


@pytest.mark.parametrize("kind", list(Missed))
def test_a_late_policy_comes_back_as_the_same_words(kind: Missed) -> None:
    back = codec.load(codec.dump(Wake("w", "r", datetime(2026, 1, 5, tzinfo=UTC), Late(timedelta(hours=9), kind))))
    assert back.late.missed is kind


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        "",
        (),
        ((("a", 1),),),
        timedelta(hours=1.5),
        time(9, 30),
        Rhythm((0, 2), time(9)),
        Upload("r", "a.mp3", 3, 60),
    ],
    ids=repr,
)
def test_plain_values_survive_the_store(value: object) -> None:
    assert codec.load(codec.dump(value)) == value


def test_what_the_store_cannot_keep_is_a_mistake_at_once() -> None:
    with pytest.raises(TypeError):
        codec.dump(date(2026, 1, 5))


def test_a_kind_that_this_version_does_not_know_is_named() -> None:
    with pytest.raises(KeyError, match="FromTheFuture"):
        codec.load('{"": "FromTheFuture"}')


def test_no_two_kinds_share_a_name() -> None:
    """The name is all that is written down."""

    def own(module: ModuleType) -> list[type]:
        return [
            kind
            for kind in vars(module).values()
            if isinstance(kind, type)
            and kind.__module__ == module.__name__
            and (is_dataclass(kind) or issubclass(kind, Enum))
        ]

    names = [kind.__name__ for module in MODULES for kind in own(module)]
    assert sorted(names) == sorted(set(names))
    reserved = {"at", "wait", "wall"}
    assert not reserved & set(names)
