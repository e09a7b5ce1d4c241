"""Setting a group up, the organiser's desk, and the lines that tell an organiser what failed."""

import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from bot.app import App
from bot.engine import roster
from bot.features.organiser import cards, rules
from bot.kernel.action import Action
from bot.kernel.card import Card, Form, card_words
from bot.kernel.engine_facts import PostParked, WakeSkipped
from bot.kernel.errors import Reason, Rejected
from bot.kernel.event import Event, Opened, Person, Pressed
from bot.kernel.ports import Spot, To
from tests.story import CoreDriver
from tests.world import BERLIN, CHANNEL, GROUP, MORNING, TENANT, World, hours

KOLKATA = "Asia/Kolkata"
SETUP = "Use this channel, Mon-Fri 09:00"


async def group_zone(app: App) -> str:
    found = await app.store.read(lambda tx: roster.find_group(tx, GROUP))
    return found.zone.key if found else ""


async def press_raw(app: App, person: Person, route: str, *, spot: str = CHANNEL, **args: str) -> str:
    """A press without any card before it; what was refused."""
    pressed = Pressed(Action.to(route, **args))
    event = Event(f"raw-{person.id}-{route}-{args}-{spot}", TENANT, GROUP, spot, person, MORNING, pressed)
    outcome = await app.engine.handle(event)
    await app.settle()
    return outcome.refused.because if outcome.refused else ""


# --- the first words --------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "help"])
async def test_whoever_manages_the_server_is_offered_the_set_up(story: CoreDriver, typed: str) -> None:
    story.person("olga", zone=BERLIN, manages=True)
    shown = await story.type("olga", typed)
    assert [label for label, _ in shown.replies[0].buttons] == [SETUP]


@pytest.mark.parametrize("typed", ["", "help"])
async def test_others_read_who_can_set_the_group_up(story: CoreDriver, typed: str) -> None:
    shown = await story.type("ada", typed)
    assert "An admin, or whoever may set it up" in shown.words
    assert shown.replies[0].buttons == ()


@pytest.mark.parametrize("typed", ["", "help"])
async def test_in_a_ready_group_help_lists_what_can_be_typed(story: CoreDriver, typed: str) -> None:
    await story.found()
    await story.type("ada", "join")
    shown = await story.type("ada", typed)
    assert "/study me" in shown.words
    assert "/study today" in shown.words
    assert "/study organise" not in shown.words
    assert [action for _, action in shown.replies[0].buttons] == ["daily.open_today"]


async def test_help_begins_with_what_is_needed_first_and_says_nothing_twice(story: CoreDriver) -> None:
    await story.found()
    await story.type("ada", "join")
    lines = (await story.type("ada", "help")).words.split("\n")
    words = [line.split()[1] for line in lines if line.startswith("/study")]
    assert words[:4] == ["today", "answer", "practice", "design"]
    assert words[-1] == "leave"
    assert not {"join", "pause"} & set(words), "one is in, and pause is the same as break"


def test_a_command_that_nobody_has_put_in_order_is_in_the_help_all_the_same() -> None:
    found = rules.by_use((("zeal", "new"), ("abacus", "new"), ("me", "see"), ("join", "join")), is_member=False)
    assert [word for word, _ in found] == ["join", "me", "abacus", "zeal"]


async def test_help_offers_joining_to_a_stranger_and_the_desk_to_an_organiser(story: CoreDriver) -> None:
    await story.found()
    stranger = await story.type("ada", "help")
    organiser = await story.type("olga", "help")
    assert [action for _, action in stranger.replies[0].buttons] == ["members.join"]
    assert "/study me" not in stranger.words
    assert "organiser.desk" in dict(organiser.replies[0].buttons).values()
    assert "/study organise" in organiser.words


# --- setting up ---------------------------------------------------------------------------------


async def test_one_press_sets_the_group_up_in_the_zone_that_the_platform_knows(
    story: CoreDriver, app: App, world: World
) -> None:
    story.person("olga", zone=KOLKATA, manages=True)
    await story.type("olga", "")
    done = await story.press("olga", SETUP)
    assert done.replies[0].title == "The study group is ready."
    assert await group_zone(app) == KOLKATA
    assert [message.posting.name for message in world.at(Spot(CHANNEL))] == [f"members.join/{GROUP}"]


async def test_after_set_up_the_problem_comes_on_monday_at_nine(story: CoreDriver, world: World) -> None:
    await story.found()
    await story.wait(hours(1))
    assert [name for name in world.names() if name.startswith("daily")]


async def test_without_a_known_zone_one_question_is_asked(story: CoreDriver, app: App) -> None:
    story.person("olga", manages=True)
    await story.type("olga", "")
    asked = await story.press("olga", SETUP)
    assert asked.form is not None
    assert list(asked.form.labels) == ["city"]
    assert await group_zone(app) == ""
    done = await story.fill("olga", {"city": "Bengaluru"})
    assert done.replies[0].title == "The study group is ready."
    assert await group_zone(app) == KOLKATA


async def test_a_zone_that_the_platform_made_up_is_asked_for(story: CoreDriver, app: App) -> None:
    story.person("olga", zone="Mars/Olympus", manages=True)
    await story.type("olga", "")
    assert (await story.press("olga", SETUP)).form is not None
    assert await group_zone(app) == ""


async def test_an_unknown_city_is_refused_and_nothing_is_set_up(story: CoreDriver, app: App) -> None:
    story.person("olga", manages=True)
    await story.type("olga", "")
    await story.press("olga", SETUP)
    no = await story.fill("olga", {"city": "Zzyzxville"})
    assert (no.refused, no.field) == ("I do not know the place “Zzyzxville”.", "city")
    assert no.hint
    assert await group_zone(app) == ""


async def test_a_country_with_several_zones_gives_a_menu_that_sets_the_group_up(story: CoreDriver, app: App) -> None:
    story.person("olga", manages=True)
    await story.type("olga", "")
    await story.press("olga", SETUP)
    asked = await story.fill("olga", {"city": "USA"})
    assert asked.replies[0].title == "Which place do you mean?"
    assert await group_zone(app) == ""
    done = await story.choose("olga", "New York City, New York, United States")
    assert done.replies[0].title == "The study group is ready."
    assert await group_zone(app) == "America/New_York"


async def test_pressing_set_up_again_shows_the_same_card_and_changes_nothing(
    story: CoreDriver, app: App, world: World
) -> None:
    first = await story.found()
    await story.read("olga")
    before = world.wall()
    story.person("mara", zone=KOLKATA, manages=True)
    pressed = Event("again", TENANT, GROUP, "random", Person("mara", "Mara", KOLKATA, True), MORNING,
                    Pressed(Action.to("organiser.setup")))  # fmt: skip
    outcome = await app.engine.handle(pressed)
    await app.settle()
    assert [card_words(answer.card) for answer in outcome.answers] == [first.words]
    assert await group_zone(app) == BERLIN
    assert world.wall() == before


async def test_a_form_that_was_open_in_two_places_sets_up_once(story: CoreDriver, app: App) -> None:
    story.person("mara", manages=True)
    await story.type("mara", "")
    await story.press("mara", SETUP)
    await story.found("olga")
    late = await story.fill("mara", {"city": "Tokyo"})
    assert late.replies[0].title == "The study group is ready."
    assert await group_zone(app) == BERLIN


async def test_without_a_channel_set_up_is_refused_kindly(app: App) -> None:
    olga = Person("olga", "Olga", BERLIN, True)
    assert await press_raw(app, olga, "organiser.setup", spot="") == "The study group needs a channel."
    assert await group_zone(app) == ""


@pytest.mark.parametrize("route", ["setup", "post_now", "threads", "desk", "choose_place"])
async def test_somebody_without_the_right_is_refused(story: CoreDriver, app: App, route: str) -> None:
    eve = Person("eve", "Eve", KOLKATA)
    assert await press_raw(app, eve, f"organiser.{route}")
    assert await group_zone(app) == ""
    await story.found()
    assert "Only an organiser" in await press_raw(app, eve, f"organiser.{route}", after="ready")


async def test_the_done_card_holds_an_invitation_to_copy(story: CoreDriver) -> None:
    done = await story.found()
    assert "Press “Join the study group” in this channel." in done.words
    assert "Mon-Fri at 09:00" in done.words


async def test_the_first_problem_can_be_posted_at_once_and_only_once(story: CoreDriver, world: World) -> None:
    await story.found()
    posted = await story.press("olga", "Post the first problem now")
    assert posted.replies
    boards = [name for name in world.names() if name.startswith("daily")]
    await story.type("olga", "organise")
    await story.press("olga", "Post a problem now")
    assert len(boards) == 1
    assert [name for name in world.names() if name.startswith("daily")] == boards


# --- the desk -----------------------------------------------------------------------------------


async def test_the_desk_shows_channel_zone_and_time(story: CoreDriver) -> None:
    await story.found()
    desk = await story.type("olga", "organise")
    assert "Channel: this one" in desk.words
    assert f"Time zone: {BERLIN}" in desk.words
    assert "Mon-Fri at 09:00" in desk.words


async def test_the_desk_of_a_group_that_is_not_ready_is_the_set_up(story: CoreDriver) -> None:
    story.person("olga", zone=BERLIN, manages=True)
    assert (await story.type("olga", "organise")).replies[0].title == "Set up a study group"


async def test_the_desk_switches_between_closed_answers_and_open_threads(story: CoreDriver) -> None:
    await story.found()
    closed = await story.type("olga", "organise")
    opened = await story.press("olga", "Use open threads")
    assert "Answers: closed answers" in closed.words
    assert "Answers: open threads" in opened.words
    assert "Answers: open threads" in (await story.type("olga", "organise")).words
    back = await story.press("olga", "Use closed answers")
    assert "Answers: closed answers" in back.words
    assert "Answers: closed answers" in (await story.type("olga", "organise")).words


async def home_titles(app: App, person: Person) -> list[str]:
    return [card.title for card in await app.engine.home(Event("h", TENANT, GROUP, "", person, MORNING, Opened()))]


async def test_the_home_page_shows_the_set_up_and_then_the_desk_to_organisers_alone(
    story: CoreDriver, app: App
) -> None:
    olga = Person("olga", "Olga", BERLIN, True)
    [set_up] = await app.engine.home(Event("h", TENANT, GROUP, "", olga, MORNING, Opened()))
    assert set_up.title == "Set up a study group"
    assert "Next: open that channel, and type /study." in card_words(set_up)
    assert set_up.buttons == (), "the home page is no channel that could be used"
    assert await home_titles(app, Person("ada")) == []
    await story.found()
    assert "Your desk" in await home_titles(app, olga)
    assert await home_titles(app, Person("ada")) == ["One short problem a day"]


async def test_the_desk_on_the_home_page_does_not_call_it_this_channel(story: CoreDriver, app: App) -> None:
    await story.found()
    olga = Person("olga", "Olga", BERLIN, True)
    shown = await app.engine.home(Event("h", TENANT, GROUP, "", olga, MORNING, Opened()))
    desk = next(card for card in shown if card.title == "Your desk")
    assert "the one where you set it up" in card_words(desk)


# --- what failed ----------------------------------------------------------------------------------


async def test_problems_that_were_skipped_in_an_outage_are_one_message_that_lists_them(
    story: CoreDriver, app: App, world: World
) -> None:
    await story.found()
    story.clock.set(datetime.fromisoformat("2026-01-08T23:00:00+00:00"))  # Thursday night: four mornings were missed
    await app.settle()
    await story.wait(timedelta(seconds=5))
    notes = [message for message in world.private("olga") if "skipped" in message.posting.name]
    assert len(notes) == 1
    words = card_words(notes[0].card)
    assert [day for day in ("05 Jan", "06 Jan", "07 Jan", "08 Jan") if day in words] == [
        "05 Jan", "06 Jan", "07 Jan", "08 Jan",
    ]  # fmt: skip
    assert "the bot was not running" in words
    assert "Open the desk" in words
    assert notes[0].posting.quiet


async def test_the_desk_opens_from_the_private_note(story: CoreDriver, app: App, world: World) -> None:
    await story.found()
    story.clock.set(datetime.fromisoformat("2026-01-05T23:00:00+00:00"))
    await app.settle()
    note = next(message for message in world.private("olga") if "skipped" in message.posting.name)
    assert "Your desk" in (await story.press("olga", "Open the desk", on=note.posting.name)).words


async def test_an_outage_of_a_quarter_still_fits_into_one_message(app: App, story: CoreDriver, world: World) -> None:
    await story.found()
    for day in range(90):
        fact = WakeSkipped("daily.open", f"daily.open/{GROUP}/{day}", MORNING + timedelta(days=day), "the bot was down")
        now = story.clock.now()
        await app.store.run(lambda tx, fact=fact, now=now: app.engine.hear(tx, GROUP, fact, now))
    await app.settle()
    await story.wait(timedelta(seconds=5))
    notes = [message for message in world.private("olga") if "skipped" in message.posting.name]
    assert len(notes) == 1
    assert "70 more times before these." in card_words(notes[0].card)


async def test_a_message_that_the_platform_refuses_is_told_once_with_the_fix(
    story: CoreDriver, app: App, world: World
) -> None:
    await story.found()
    world.refuse(Rejected(Reason.FORBIDDEN, "Give me the right to write in #general."), target=Spot(CHANNEL))
    await story.wait(hours(2))
    notes = [message for message in world.private("olga") if "parked" in message.posting.name]
    assert len(notes) == 1
    assert "Give me the right to write in #general." in card_words(notes[0].card)
    assert notes[0].posting.quiet


async def test_every_organiser_is_told(story: CoreDriver, app: App, world: World) -> None:
    await story.found()
    await app.store.run(
        lambda tx: tx.run("INSERT INTO roster_organisers (group_id, member) VALUES (:g, 'mara')", g=GROUP)
    )
    world.refuse(Rejected(Reason.FORBIDDEN, "Give me the right."), target=Spot(CHANNEL))
    await story.wait(hours(2))
    assert len(world.private("olga")) == len(world.private("mara")) == 1


async def test_a_note_that_cannot_be_delivered_makes_no_further_note(story: CoreDriver, app: App, world: World) -> None:
    await story.found()
    world.refuse(Rejected(Reason.FORBIDDEN, "Give me the right."), target=Spot(CHANNEL))
    world.refuse(Rejected(Reason.CLOSED, "She takes no private messages."), target=To("olga"))
    await story.wait(hours(30))
    tried = [name for verb, name in world.calls if verb == "post" and name.startswith("organiser.")]
    assert tried
    assert len(tried) == len(set(tried))
    parked = await app.store.read(lambda tx: tx.all("SELECT name FROM outbox WHERE name LIKE 'organiser.parked/%'"))
    refused = {name for verb, name in world.calls if verb == "post" and name.startswith("daily")}
    assert len(parked) == len(refused)


async def test_all_that_failed_on_one_day_is_one_note(story: CoreDriver, app: App, world: World) -> None:
    await story.found()
    world.refuse(Rejected(Reason.FORBIDDEN, "Give me the right to write."), target=Spot(CHANNEL), times=1)
    world.refuse(Rejected(Reason.GONE, "Choose another channel."), target=Spot(CHANNEL))
    await story.wait(hours(1))
    await story.type("olga", "organise")
    await story.press("olga", "members.invite")
    await story.wait(hours(1))
    notes = [message for message in world.private("olga") if "parked" in message.posting.name]
    assert len(notes) == 1
    assert "Give me the right to write. (1 message)" in card_words(notes[0].card)
    assert "Choose another channel. (1 message)" in card_words(notes[0].card)
    await story.wait(hours(24))
    assert len([message for message in world.private("olga") if "parked" in message.posting.name]) == 2


async def test_a_private_message_that_cannot_be_sent_is_no_affair_of_the_organisers(
    story: CoreDriver, app: App, world: World
) -> None:
    await story.found()
    parked = PostParked("nudges.digest/x", "closed", "Ada takes no private messages.", "ada")
    await app.store.run(lambda tx: app.engine.hear(tx, GROUP, parked, story.clock.now()))
    await app.settle()
    assert not world.private("olga")


def test_very_long_explanations_still_fit_on_a_card() -> None:
    parked = [rules.Parked(f"daily/{number}", f"{number} " * 5_000) for number in range(9)]
    listed, more = rules.by_fix(parked)
    assert more > 0
    assert len(listed) + more == len(parked)
    assert len(card_words(cards.parked_card(listed, more))) < 2_500


# --- the words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(cards.EXAMPLES))
def test_every_sentence_that_organisers_read_has_at_most_twenty_words(name: str) -> None:
    assert longest_sentence(cards.EXAMPLES[name]) <= 20


def longest_sentence(shown: Card | Form) -> int:
    words = card_words(shown) if isinstance(shown, Card) else shown.title
    ends = [0, *(found.end() for found in re.finditer(r"[.!?]\s|\n", words)), len(words)]
    return max(len(words[start:end].split()) for start, end in pairwise(ends))
