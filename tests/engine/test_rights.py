"""Who may, and which group a private message belongs to."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engine import roster
from bot.engine.engine import Outcome
from bot.kernel.action import Action
from bot.kernel.card import Card
from bot.kernel.effect import Channel, MoveGroup, Post, Reply
from bot.kernel.event import Event, Left, Opened, Person, Pressed, Said, Submitted, Told, Typed, group_mark
from tests.engine.bench import Bench
from tests.world import GROUP, TENANT

ROUTES = [
    "club.write", "club.board", "club.hush", "club.whisper", "club.where", "club.under", "club.pair", "club.move",
    "club.plan", "club.found", "club.open", "club.bell", "club.keep", "engine.group", "roster", "",
]  # fmt: skip


def title(outcome: Outcome) -> str:
    (answer,) = outcome.answers
    assert isinstance(answer, Reply)
    return answer.card.title


# --- rights ------------------------------------------------------------------------------


async def test_whoever_has_not_joined_is_offered_to_join(bench: Bench) -> None:
    outcome = await bench.press("stranger", "club.write")
    assert outcome.refused
    assert [button.action.route for button in outcome.refused.buttons] == ["members.join"]


async def test_a_member_is_no_organiser(bench: Bench) -> None:
    outcome = await bench.press("ada", "club.board?name=x&text=y")
    assert outcome.refused
    assert "organiser" in outcome.refused.because
    await bench.settle()
    assert bench.world.created == []


async def test_whoever_set_the_group_up_stays_its_organiser(bench: Bench) -> None:
    assert not (await bench.press("olga", "club.board?name=x&text=y", manages=False)).refused


async def test_whoever_manages_the_server_is_an_organiser_now_and_not_later(bench: Bench) -> None:
    assert not (await bench.press("ada", "club.board?name=x&text=y", manages=True)).refused
    assert (await bench.press("ada", "club.board?name=x&text=z", manages=False)).refused


@pytest.mark.parametrize("member", ["ada", "olga"])
async def test_before_it_is_set_up_a_group_does_nothing_but_that(bench: Bench, member: str) -> None:
    outcome = await bench.press(member, "club.where", group="web:new", manages=member == "olga")
    assert outcome.refused
    assert "not set up" in outcome.refused.because


async def test_only_an_organiser_sets_a_group_up(bench: Bench) -> None:
    assert (await bench.press("ada", "club.found", group="web:new")).refused
    assert bench.store.rows("SELECT 1 FROM roster_groups WHERE group_id = 'web:new'") == []


async def test_to_be_a_member_here_gives_no_rights_there(bench: Bench) -> None:
    await bench.found("cem", group="web:second")
    assert (await bench.press("cem", "club.write")).refused


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(ROUTES), st.text(max_size=40), st.sampled_from(["stranger", "ada"]), st.sampled_from("fp"))
async def test_no_forged_action_does_an_organisers_deed_or_raises(
    route: str, junk: str, member: str, kind: str
) -> None:
    bench = Bench()
    await bench.found("ada", "ben")
    before = bench.store.rows("SELECT * FROM roster_organisers"), bench.store.rows("SELECT * FROM roster_groups")
    action = Action.decode(f"{route}?{junk}")
    outcome = await bench.do(member, Submitted(action, {junk: junk}) if kind == "f" else Pressed(action, junk))
    assert outcome.refused is None or outcome.refused.card
    assert before == (
        bench.store.rows("SELECT * FROM roster_organisers"),
        bench.store.rows("SELECT * FROM roster_groups"),
    )
    assert bench.store.rows("SELECT 1 FROM outbox WHERE member NOT IN ('', :me)", me=member) == []
    bench.store.close()


async def test_a_wake_cannot_be_pressed(bench: Bench) -> None:
    assert (await bench.press("olga", "club.open", manages=True)).refused


# --- private messages ----------------------------------------------------------------------


async def test_a_private_message_belongs_to_the_only_group(bench: Bench) -> None:
    assert title(await bench.do("ada", Told("hi", "r1"), group="")) == f"You told {GROUP}: hi"


async def test_a_pressed_private_message_belongs_to_the_group_that_sent_it(bench: Bench) -> None:
    await bench.found("ada", group="web:second")
    for group in (GROUP, "web:second"):
        await bench.press("ada", "club.whisper", group=group)
    await bench.settle()
    for group in (GROUP, "web:second"):
        receipt = bench.world.named(f"club.whisper/{group}/ada").receipt
        assert title(await bench.press("ada", "club.where", group="", receipt=receipt)) == f"This is {group}."


async def test_with_several_groups_a_private_message_brings_a_choice_that_is_remembered(bench: Bench) -> None:
    await bench.found("ada", group="web:second")
    outcome = await bench.do("ada", Told("hi", "r1"), group="")
    (answer,) = outcome.answers
    assert isinstance(answer, Reply)
    assert {button.action.get("group") for button in answer.card.buttons} == {GROUP, "web:second"}
    await bench.press("ada", Action.to("engine.group", group="web:second").encode(), group="")
    assert title(await bench.do("ada", Told("hi", "r2"), group="")) == "You told web:second: hi"


async def test_a_channel_that_a_group_uses_is_no_group_of_its_own(bench: Bench) -> None:
    """On Slack each channel could be a group."""
    await bench.found("ada")
    await bench.store.run(lambda tx: roster.move(tx, GROUP, MoveGroup(places={"daily": "second"})))
    here = await bench.do("ada", Pressed(Action.to("club.where")), group="web:second", spot="second")
    assert title(here) == f"This is {GROUP}."
    await bench.found("ben", group="web:third")
    there = await bench.do("ben", Pressed(Action.to("club.where")), group="web:third", spot="second")
    assert title(there) == "This is web:third.", "a channel with a group of its own belongs to that one"
    await bench.do("ada", Left(), group="web:second", spot="second")
    assert await bench.store.run(lambda tx: roster.is_member(tx, GROUP, "ada")), "only a further channel was left"
    foreign = await bench.do("ada", Pressed(Action.to("club.where")), group="web:other", spot="second", tenant="other")
    assert foreign.refused


async def test_a_message_belongs_to_the_group_that_posted_it_wherever_it_stands(bench: Bench) -> None:
    await bench.press("ada", "club.whisper")
    await bench.settle()
    receipt = bench.world.named(f"club.whisper/{GROUP}/ada").receipt
    pressed = Pressed(Action.to("club.where"))
    here = await bench.do("ada", pressed, group="web:room-9", spot="room-9", receipt=receipt)
    assert title(here) == f"This is {GROUP}."


async def test_a_card_in_private_belongs_to_the_group_that_it_shows(bench: Bench) -> None:
    """Whoever turned to another group meanwhile still presses what they see."""
    await bench.found("ada", group="web:second")
    await bench.press("ada", Action.to("engine.group", group="web:second").encode(), group="")

    def pressed(of: str, member: str = "ada") -> Event:
        where = Pressed(Action.to("club.where"))
        return Event(f"{of}/{member}", TENANT, "", "", Person(member), bench.clock.now(), where, of=of)

    for group in (GROUP, "web:second"):
        outcome = await bench.engine.handle(pressed(group_mark(group)))
        assert (title(outcome), outcome.group) == (f"This is {group}.", group)
    assert title(await bench.engine.handle(pressed(""))) == "This is web:second."
    forged = await bench.engine.handle(pressed(group_mark("web:third")))
    assert forged.refused
    assert forged.refused.because == "This belongs to a study group that you are not in."
    assert (await bench.engine.handle(pressed(group_mark(GROUP), "sam"))).refused


async def test_what_strangers_say_in_a_thread_leaves_no_trace(bench: Bench) -> None:
    await bench.want(Post("club.board", Channel("main"), Card("Board")))
    await bench.settle()
    receipt = bench.world.named("club.board").receipt
    before = bench.store.rows("SELECT count(*) AS n FROM inbox")
    assert await bench.do("sam", Said(receipt, "chat-1", "Hello all")) == Outcome()
    assert await bench.do("ada", Said("nowhere", "chat-2", "Hello all")) == Outcome()
    assert bench.store.rows("SELECT count(*) AS n FROM inbox") == before
    assert bench.store.rows("SELECT * FROM roster_people WHERE member = 'sam'") == []


async def test_groups_are_offered_by_what_people_call_them(bench: Bench) -> None:
    await bench.found("ada", group="web:second")
    for group, called in [(GROUP, "Evening readers"), ("web:second", "A server with a very long name indeed")]:
        who, now = Person("ada"), bench.clock.now()
        typed = Event(f"e/{group}", TENANT, group, "general", who, now, Typed("say", "x"), title=called)
        await bench.engine.handle(typed)
        await bench.engine.handle(replace(typed, id=f"f/{group}", title=""))  # who says nothing takes nothing away
    (answer,) = (await bench.do("ada", Told("hi", "r1"), group="")).answers
    assert isinstance(answer, Reply)
    labels = [button.label for button in answer.card.buttons]
    assert labels == ["Evening readers", "A server with a very long name in…"]


async def test_the_home_page_lets_the_choice_of_a_group_be_changed(bench: Bench) -> None:
    def opened(group: str) -> Event:
        return Event("h", "web", group, "", Person("ada", "Ada"), bench.clock.now(), Opened())

    assert len(await bench.engine.home(opened(""))) == 1
    await bench.found("ada", group="web:second")
    await bench.press("ada", Action.to("engine.group", group="web:second").encode(), group="")
    *_, last = await bench.engine.home(opened(""))
    assert {button.action.get("group") for button in last.buttons} == {GROUP, "web:second"}
    assert len(await bench.engine.home(opened(GROUP))) == 1, "in a channel there is nothing to choose"


async def test_nobody_chooses_a_group_in_which_they_are_not(bench: Bench) -> None:
    await bench.found("cem", group="web:second")
    outcome = await bench.press("ada", Action.to("engine.group", group="web:second").encode(), group="")
    assert outcome.refused
    assert title(await bench.do("ada", Told("hi", "r1"), group="")) == f"You told {GROUP}: hi"


async def test_a_private_message_of_nobodys_member_is_refused_with_a_way_in(bench: Bench) -> None:
    outcome = await bench.do("stranger", Told("hi", "r1"), group="")
    assert outcome.refused
    assert "Join" in outcome.refused.hint


async def test_a_typed_command_runs_with_its_words(bench: Bench) -> None:
    await bench.do("ada", Typed("say", "some words"))
    assert bench.notes() == {"ada": "some words"}
    assert (await bench.do("ada", Typed("say", ""))).refused


async def test_a_name_once_known_is_not_lost_by_an_event_without_one(bench: Bench) -> None:
    from bot.kernel.event import Event, Person

    told = Event(
        "e1", "web", GROUP, "general", Person("ada", "Ada L.", "Asia/Kolkata"), bench.clock.now(), Typed("say", "x")
    )
    await bench.engine.handle(told)
    await bench.engine.handle(Event("e2", "web", GROUP, "general", Person("ada"), bench.clock.now(), Typed("say", "y")))
    (row,) = bench.store.rows("SELECT name, zone FROM roster_people WHERE member = 'ada'")
    assert row == {"name": "Ada L.", "zone": "Asia/Kolkata"}
