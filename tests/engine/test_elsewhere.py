"""Channels that belong to no group, on a platform that makes a group of each channel."""

import pytest

from bot.engine.choosing import CHOOSE_GROUP
from bot.kernel.effect import Ask
from bot.kernel.event import Opened
from tests.engine.bench import Bench

TEAM = "chat:t1"
MATHS, DESIGN, RANDOM = f"{TEAM}/maths", f"{TEAM}/design", f"{TEAM}/random"


@pytest.fixture
async def bench() -> Bench:
    """In maths are ada and ben, in design is ben; random is a channel without a group."""
    made = Bench()
    made.tenants = [TEAM]
    made.restart()
    await made.found("ada", "ben", group=MATHS, tenant=TEAM)
    await made.found("ben", group=DESIGN, tenant=TEAM)
    return made


async def notes(bench: Bench) -> list[tuple[object, object]]:
    return [(row["group_id"], row["text"]) for row in bench.store.rows("SELECT group_id, text FROM club_notes")]


async def test_in_a_channel_without_a_group_a_member_speaks_of_their_own(bench: Bench) -> None:
    opened = await bench.press("ada", "club.write", group=RANDOM, tenant=TEAM)
    assert isinstance(opened.answers[-1], Ask)
    kept = await bench.submit("ada", "club.keep", {"text": "Heaps"}, group=RANDOM, tenant=TEAM)
    assert kept.group == MATHS
    assert await notes(bench) == [(MATHS, "Heaps")]


async def test_words_that_were_refused_there_come_back_in_the_form(bench: Bench) -> None:
    refused = await bench.submit("ada", "club.keep", {"text": "He"}, group=RANDOM, tenant=TEAM)
    assert refused.refused
    opened = await bench.press("ada", "club.write", group=RANDOM, tenant=TEAM)
    (form,) = (answer.form for answer in opened.answers if isinstance(answer, Ask))
    assert form.fields[0].value == "He"  # type: ignore[union-attr]


async def test_whoever_is_in_several_groups_is_asked_which_one(bench: Bench) -> None:
    asked = await bench.press("ben", "club.write", group=RANDOM, tenant=TEAM)
    (card,) = (answer.card for answer in asked.answers)  # type: ignore[union-attr]
    assert CHOOSE_GROUP in {button.action.route for button in card.buttons} | {s.action.route for s in card.selects}


async def test_a_stranger_there_hears_that_nothing_is_set_up(bench: Bench) -> None:
    outcome = await bench.press("eve", "club.write", group=RANDOM, tenant=TEAM)
    assert outcome.refused
    assert "not set up" in outcome.refused.because


async def test_whoever_may_manage_can_set_a_group_up_there(bench: Bench) -> None:
    await bench.press("ada", "club.found", group=RANDOM, tenant=TEAM, manages=True)
    await bench.press("ada", "club.join", group=RANDOM, tenant=TEAM)
    await bench.submit("ada", "club.keep", {"text": "Here"}, group=RANDOM, tenant=TEAM)
    assert await notes(bench) == [(RANDOM, "Here")]


async def test_the_home_page_that_is_opened_there_is_of_their_group(bench: Bench) -> None:
    outcome = await bench.do("ada", Opened(), group=RANDOM, tenant=TEAM)
    assert not outcome.refused


async def test_a_place_of_another_tenant_says_nothing_about_ones_groups(bench: Bench) -> None:
    """On a platform whose groups are whole servers, a server without a group stays one."""
    outcome = await bench.press("ada", "club.write", group="chat:t2", tenant=TEAM)
    assert outcome.refused
    assert "not set up" in outcome.refused.because
