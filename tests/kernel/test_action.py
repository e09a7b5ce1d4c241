"""Actions come back from outside: they survive the journey, and junk harms nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kernel.action import LIMIT, UNKNOWN, Action

KEY = st.from_regex(r"[a-z_]{1,6}", fullmatch=True)
ROUTE = st.from_regex(r"[a-z_]{1,12}\.[a-z_]{1,12}", fullmatch=True)
WORD = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)


@given(ROUTE, st.dictionaries(KEY, WORD, max_size=3))
def test_an_action_survives_the_journey_or_is_never_made(route: str, args: dict[str, str]) -> None:
    try:
        action = Action.to(route, **args)
    except ValueError as error:
        assert "does not fit" in str(error)  # noqa: PT017 - either is right
        return
    assert len(action.encode().encode()) <= LIMIT
    assert Action.decode(action.encode()) == action
    assert {key: action.get(key) for key in args} == args


@given(st.text(max_size=120))
def test_junk_never_raises(raw: str) -> None:
    action = Action.decode(raw)
    assert action.get("anything") == action.get("anything")
    assert all(isinstance(part, str) for pair in action.args for part in pair)


@pytest.mark.parametrize(
    "raw",
    ["a.b?", "a.b?=", "a.b?x", "a.b?x=1&x=2", "?", "??", "a.b?%ff=%ff", "\ud800", "a.b?\ud800=1", "\x00", "é" * 45],
)
def test_strange_words_never_raise(raw: str) -> None:
    Action.decode(raw)


def test_ninety_bytes_fit_and_one_more_does_not() -> None:
    room = LIMIT - len("a.b?x=")
    assert Action.decode(Action.to("a.b", x="y" * room).encode()).get("x") == "y" * room
    with pytest.raises(ValueError, match="90 bytes"):
        Action.to("a.b", x="y" * (room + 1))
    assert Action.decode("a.b?x=" + "y" * (room + 1)) == UNKNOWN
    assert Action.decode("a" * 101) == UNKNOWN


def test_bytes_are_counted_and_not_letters() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Action.to("a.b", x="学" * 10)


def test_what_is_missing_is_empty() -> None:
    assert Action.decode("a.b?x=1").get("y") == ""
    assert UNKNOWN.get("x") == ""
