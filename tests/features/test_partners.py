"""Partners: wished for, put together on Monday, met in a room of their own, and parted again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.app import App
from bot.engine import roster
from bot.features.partners import pair_records
from bot.features.partners.room_handlers import show_room
from bot.features.partners.wish_rules import PartnersSettings
from bot.kernel.card import Card, card_words
from bot.kernel.peer_facts import PartnersOf, WeakAreas
from bot.kernel.ports import Tx
from tests.features.mornings import joined
from tests.features.peers import answer_with, ask
from tests.story import Answered, Driver
from tests.world import GROUP, World

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
ROUND = datetime(2026, 1, 19, 7, 0, 10, tzinfo=UTC)  # Monday, 08:00 in Berlin
EVENINGS = ("mon", "wed", "sat")


async def wish(story: Driver, member: str, *times: str, stage: str = "starting", talk: str = "live") -> Answered:
    await story.type(member, "/study partner")
    await story.press(member, "partners.find")
    return await story.fill(member, {"stage": stage, "times": times or EVENINGS, "talk": talk})


async def refused_wish(story: Driver, member: str) -> Answered:
    await story.type(member, "/study partner")
    await story.press(member, "partners.find")
    return await story.fill(member, {"stage": "employed", "times": (), "talk": "live"})


def room(number: int) -> str:
    return f"partners.pair/{GROUP}/{number}"


async def test_two_who_wish_are_partners_at_once_in_a_room_of_their_own(story: Driver) -> None:
    await joined(story, "ada", "ben", "cleo", "dan")
    first = await story.type("ada", "/study partner")
    assert "Two or three of you" in first.words
    waits = await wish(story, "ada", stage="interviewing")
    assert "You wait for a partner." in waits.words
    paired = await wish(story, "ben", "mon", "tue")
    assert "You are with" in paired.words
    here = await story.press("ada", "I'm here", room(1))
    assert "that you are here" in here.words
    assert "On Slack" in (await story.press("ben", "What can be seen here", room(1))).words
    await story.press("ben", "Something is wrong", room(1))
    await story.press("ben", "Somebody else")
    assert "You wait for a partner." in (await story.press("ben", "Yes, somebody else")).words
    home = "\n".join(sight.words for sight in await story.open("ada"))
    assert "You are alone at present." in home
    await story.press("ada", "Another partner")
    assert "You are with" in (await wish(story, "cleo")).words  # with whoever waits, and would have them
    assert "that you are here" in (await story.press("cleo", "I'm here", room(2))).words
    await wish(story, "dan")
    home = "\n".join(sight.words for sight in await story.open("dan"))
    assert "You are with" in home


async def test_the_room_names_shared_hours_and_topics_and_nothing_else_of_anybody(
    story: Driver, app: App, world: World
) -> None:
    await joined(story, "ada", "ben")
    await wish(story, "ada", stage="interviewing")
    await wish(story, "ben", "mon", "tue")
    await story.wait(timedelta(seconds=5))
    shown = card_words(world.named(room(1)).card)
    assert "5 hours a week" in shown
    for secret in ("interview", "job", "situation", "Tuesday", "Saturday", "often"):
        assert secret not in shown
    # Whatever the matching knows of them besides, the room says the same.
    for stage, kept, terms in ((0, 1, 9), (2, 40, 0)):
        await app.store.run(lambda tx, known=(stage, kept, terms): set_secrets(tx, *known))  # type: ignore[misc]
        answer_with(app, WeakAreas, lambda asked: dict.fromkeys(asked.members, ("algorithm", "statistics")))
        assert card_words(await _room_card(app)) == shown


async def test_who_wishes_for_partners_and_has_no_reminders_is_offered_them_once(story: Driver) -> None:
    await joined(story, "ada")
    kept = await wish(story, "ada")
    assert "with the reminder of the day" in kept.words
    on = await story.press("ada", "Remind me")
    assert not on.refused
    assert "with the reminder of the day" not in (await wish(story, "ada")).words


def set_secrets(tx: Tx, stage: int, kept: int, terms: int) -> None:
    tx.run(
        "UPDATE partners_seats SET stage = :stage, kept = :kept, terms = :terms", stage=stage, kept=kept, terms=terms
    )


async def _room_card(app: App) -> Card:
    def query(tx: Tx) -> Card:
        sat = pair_records.find_sat(tx, GROUP, 1)
        assert sat
        scene = replace(roster.group_scene(tx, GROUP, app.clock.now()), catalogue=app.engine.catalogue)
        return show_room(replace(scene, ask=app.engine._asker(scene)), tx, sat).card

    return await app.store.read(query)


async def say_here(story: Driver, *members: str) -> None:
    for member in members:
        await story.type(member, "/study partner")
        await story.press(member, "I'm here")


async def stay_until(story: Driver, at: datetime, *members: str) -> None:
    """Time passes in which these give a sign every second day."""
    while story.clock.now() < at - 2 * DAY:
        await say_here(story, *members)
        await story.wait(2 * DAY)
    await say_here(story, *members)
    await story.until(at)


async def test_the_round_seats_everybody_who_wishes_and_a_mid_term_newcomer_is_a_third(
    story: Driver, app: App, world: World
) -> None:
    members = ("ada", "ben", "cleo", "dan", "eve")
    await joined(story, *members)
    for member in ("ada", "ben", "cleo"):
        await wish(story, member)
    found = await ask(app, PartnersOf("cleo"))
    assert set(found) == {"ada", "ben"}
    assert [n for n in world.names() if n.startswith("partners.joined/")]
    assert {"ada", "ben", "cleo"} in [set(people) for people in world.rooms.values()]
    for member in ("dan", "eve"):
        await wish(story, member)
    assert await ask(app, PartnersOf("dan")) == ("eve",)
    await stay_until(story, ROUND, *members)
    partners = {member: await ask(app, PartnersOf(member)) for member in members}
    assert all(partners.values()), partners
    assert "come to an end" in world.named(room(1)).card.title
    assert "are partners" in world.named(room(4)).card.title


async def test_nobody_is_left_out_in_silence(story: Driver, app: App) -> None:
    await joined(story, "ada", "ben")
    await wish(story, "ada")
    await story.until(ROUND)
    assert await ask(app, PartnersOf("ada")) == ()
    assert "Nobody else looks for a partner now." in "\n".join(sight.words for sight in await story.open("ada"))
    assert "1 member waits for a partner." in (await story.type("olga", "/study organise")).words
    await wish(story, "ben")
    assert await ask(app, PartnersOf("ada")) == ("ben",)


async def test_a_wish_is_changed_and_undone_and_stopped_and_taken_up_again_by_one_press_each(
    story: Driver, app: App
) -> None:
    await joined(story, "ada", "ben")
    await wish(story, "ada")
    await wish(story, "ben")
    assert "No time is ticked." in (await refused_wish(story, "ada")).refused
    changed = await wish(story, "ada", "late", talk="writing")
    assert "Your answers are kept." in changed.words
    await story.press("ada", "Undo")
    await story.press("ada", "Your partners")
    assert (await story.press("ada", "Change my answers")).form.values["times"] == EVENINGS  # type: ignore[union-attr]
    await story.type("ada", "/study partner")
    assert "You have no partner from now on." in (await story.press("ada", "I want no partner any more")).words
    assert await ask(app, PartnersOf("ben")) == ()
    assert "Welcome back." in (await story.press("ada", "Undo")).words
    assert await ask(app, PartnersOf("ben")) == ("ada",)


async def test_at_the_end_those_who_both_wish_it_go_on_together_in_the_same_room(
    story: Driver, app: App, world: World
) -> None:
    await joined(story, "ada", "ben")
    await wish(story, "ada")
    await wish(story, "ben")
    await say_here(story, "ada", "ben")
    assert "How was it?" not in (await story.type("ada", "/study partner")).words
    await stay_until(story, ROUND - 2 * DAY, "ada", "ben")
    for member in ("ada", "ben"):
        assert "How was it?" in "\n".join(sight.words for sight in await story.open(member))
        await story.press(member, "How was it?")
        assert "If all of you want to" in (await story.press(member, "Again, please")).words
    await story.until(ROUND)
    assert await ask(app, PartnersOf("ada")) == ("ben",)
    assert len(world.rooms) == 1
    assert "are partners" in world.named(room(2)).card.title


async def test_partners_can_be_switched_off_by_organisers(story: Driver, app: App) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study partner")
    await app.store.run(lambda tx: roster.configure(tx, GROUP, "partners", PartnersSettings, {"on": False}))
    assert "switched off" in (await story.press("ada", "Find me a partner")).refused
    assert "switched off" in (await story.type("ada", "/study partner")).words
