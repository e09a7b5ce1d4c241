"""Joining, and what a member sets for themselves."""

import re
from itertools import pairwise

import pytest

from bot.app import App
from bot.engine import roster
from bot.features.members import cards, rules
from bot.features.members.rules import Profile
from bot.kernel.action import Action
from bot.kernel.card import Card, Form, Select, card_words
from bot.kernel.errors import Refusal
from bot.kernel.event import Event, Left, Person, Pressed, Submitted, Typed, What
from bot.kernel.peer_facts import IsShutOut
from tests.features.peers import answer_with
from tests.story import CoreDriver, Sight
from tests.world import BERLIN, CHANNEL, GROUP, MORNING, TENANT, World

INVITATION = f"members.join/{GROUP}"
KOLKATA = "Asia/Kolkata"


@pytest.fixture
async def group(story: CoreDriver) -> CoreDriver:
    """The group is set up; nobody has joined yet."""
    await story.found()
    return story


async def members(app: App) -> tuple[str, ...]:
    return await app.store.read(lambda tx: roster.list_members(tx, GROUP))


def only(sights: tuple[Sight, ...], title: str) -> Sight:
    found = [seen for seen in sights if title in seen.title]
    assert len(found) == 1, [seen.title for seen in sights]
    return found[0]


# --- the invitation ------------------------------------------------------------------------


async def test_a_group_that_is_ready_shows_one_pinned_invitation(group: CoreDriver, world: World) -> None:
    message = world.named(INVITATION)
    assert message.posting.pinned
    assert [(button.label, button.style) for button in message.card.buttons] == [("Join the study group", "primary")]


@pytest.mark.parametrize("open_threads", [False, True])
def test_the_invitation_has_at_most_thirty_words(open_threads: bool) -> None:  # noqa: FBT001
    assert len(card_words(cards.join_card(open_threads=open_threads)).split()) <= 30


async def test_the_organiser_can_repeat_the_invitation_once_a_day(group: CoreDriver, world: World) -> None:
    await group.type("olga", "organise")
    first = await group.press("olga", "members.invite")
    await group.type("olga", "organise")
    second = await group.press("olga", "members.invite")
    assert "on its way" in first.words
    assert "already" in second.words
    standing = [name for name in world.names() if name.startswith("members.join")]
    assert standing == [INVITATION, f"{INVITATION}/2026-01-05"]


async def test_a_member_cannot_repeat_the_invitation(group: CoreDriver, app: App, world: World) -> None:
    forged = Pressed(Action.to("members.invite"))
    outcome = await app.engine.handle(Event("x", TENANT, GROUP, CHANNEL, Person("ada"), MORNING, forged))
    await app.settle()
    assert outcome.refused is not None
    assert [name for name in world.names() if name.startswith("members.join")] == [INVITATION]


async def test_every_invitation_says_how_answers_work_after_the_organiser_changed_it(group: CoreDriver) -> None:
    await group.type("olga", "organise")
    await group.press("olga", "members.invite")
    await group.type("olga", "organise")
    await group.press("olga", "Use open threads")
    invitations = [seen for seen in await group.read("ada") if seen.name.startswith("members.join")]
    assert len(invitations) == 2
    assert all("All can read the answers." in seen.words for seen in invitations)


# --- joining -------------------------------------------------------------------------------


async def test_one_press_joins_and_brings_the_welcome_and_the_first_problem(group: CoreDriver, app: App) -> None:
    joined = await group.press("ada", "Join the study group", on=INVITATION)
    assert "Welcome" in joined.replies[0].title
    assert len(joined.replies) > 1, "daily adds the first problem"
    assert await members(app) == ("ada",)


@pytest.mark.parametrize("zone", ["", KOLKATA])
def test_the_welcome_has_fewer_than_twenty_five_words(zone: str) -> None:
    assert len(card_words(cards.welcome_card(Profile(), zone)).split()) < 25


async def test_joining_twice_says_so_and_names_the_next_thing(group: CoreDriver, app: App) -> None:
    await group.press("ada", "Join the study group", on=INVITATION)
    again = await group.press("ada", "Join the study group", on=INVITATION)
    assert [seen.title for seen in again.replies] == ["You are already in."]
    assert "/study today" in again.words
    assert await members(app) == ("ada",)


async def test_the_same_press_delivered_twice_gives_the_same_welcome(group: CoreDriver, app: App) -> None:
    first = await group.press("ada", "Join the study group", on=INVITATION)
    assert (await group.again()).words == first.words
    assert await members(app) == ("ada",)


async def test_typing_join_joins_too(group: CoreDriver, app: App) -> None:
    assert "Welcome" in (await group.type("ben", "join")).words
    assert await members(app) == ("ben",)


async def test_whoever_was_removed_cannot_join_and_reads_whom_to_ask(group: CoreDriver, app: App) -> None:
    removed = ["ada"]
    answer_with(app, IsShutOut, lambda asked: asked.member in removed)
    refused = await group.press("ada", "Join the study group", INVITATION)
    assert refused.refused == "An organiser has removed you from this study group."
    assert refused.hint == "Is that a mistake? Write to Olga. They can let you back in."
    assert (await group.type("ada", "/study join")).refused
    assert not (await group.type("ben", "/study join")).refused
    assert await members(app) == ("ben",)
    removed.clear()
    await group.type("ada", "/study join")
    assert sorted(await members(app)) == ["ada", "ben"]


@pytest.mark.parametrize(("names", "whom"), [
    ((), "an organiser"), (("", ""), "an organiser"), (("Olga", "", "Omar", "Otto"), "Olga or Omar"),
])  # fmt: skip
def test_a_removed_person_is_told_of_organisers_whose_names_are_known(names: tuple[str, ...], whom: str) -> None:
    rules.may_join(shut_out=False, organisers=names)
    with pytest.raises(Refusal) as no:
        rules.may_join(shut_out=True, organisers=names)
    assert f"Write to {whom}." in no.value.hint


async def test_nobody_joins_a_group_that_is_not_set_up(story: CoreDriver, app: App) -> None:
    assert (await story.type("ada", "join")).refused
    assert await members(app) == ()


# --- time zone -----------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [KOLKATA, BERLIN])
async def test_the_welcome_names_the_zone_that_the_platform_knows(group: CoreDriver, zone: str) -> None:
    group.person("ada", zone=zone)
    joined = await group.press("ada", "Join the study group", on=INVITATION)
    welcome = only(joined.replies, "Welcome")
    assert f"Time zone: {zone}." in welcome.words
    assert "Change time zone" in dict(welcome.buttons)


async def test_without_a_known_zone_the_welcome_asks_for_it(group: CoreDriver) -> None:
    joined = await group.press("ada", "Join the study group", on=INVITATION)
    welcome = only(joined.replies, "Welcome")
    assert "Time zone" not in welcome.words
    assert "Set my time zone" in dict(welcome.buttons)


async def zone_form(group: CoreDriver, member: str) -> None:
    await group.type(member, "join")
    await group.type(member, "me")
    opened = await group.press(member, "members.zone")
    assert opened.form is not None
    assert opened.form.title == "Your time zone"


@pytest.mark.parametrize("typed", ["Bangalore", "INDIA", "Asia/Calcutta"])
async def test_a_city_a_country_or_a_zone_is_enough(group: CoreDriver, typed: str) -> None:
    await zone_form(group, "ada")
    kept = await group.fill("ada", {"city": typed})  # it is 07:55 UTC
    assert f"Your time zone is {KOLKATA}." in kept.words
    assert "It is 13:25 there now." in kept.words
    assert KOLKATA in (await group.type("ada", "me")).words


async def test_a_time_that_only_one_place_shows_is_enough(group: CoreDriver) -> None:
    await zone_form(group, "ada")
    kept = await group.fill("ada", {"city": "1:40 pm"})  # it is 07:55 UTC, and Nepal is 5:45 ahead
    assert "Your time zone is Asia/Kathmandu." in kept.words


async def test_an_unknown_place_is_refused_with_a_way_out(group: CoreDriver) -> None:
    await zone_form(group, "ada")
    no = await group.fill("ada", {"city": "Zzyzxville"})
    assert (no.refused, no.field) == ("I do not know the place “Zzyzxville”.", "city")
    assert "time that you see now" in no.hint
    assert no.handed_back == ("Zzyzxville",)
    assert BERLIN in (await group.type("ada", "me")).words


@pytest.mark.parametrize("typed", ["", "   ", "\u200b", "@everyone", "<b>", "x" * 5_000, "25:99"])
async def test_strange_words_in_the_form_are_refused_at_the_field(group: CoreDriver, typed: str) -> None:
    await zone_form(group, "ada")
    no = await group.fill("ada", {"city": typed})
    assert no.refused
    assert no.field == "city"
    assert len(no.refused) < 80


@pytest.mark.parametrize(("typed", "choice", "zone"), [
    ("Springfield", "Springfield, Missouri, United States", "America/Chicago"),
    ("USA", "Los Angeles, California, United States", "America/Los_Angeles"),
    ("08:55", "Berlin, Germany", BERLIN),
    ("12", "Paris 12 Reuilly, France", "Europe/Paris"),  # a mere beginning is not taken for certain
])  # fmt: skip
async def test_a_place_with_several_meanings_gives_a_menu_that_keeps_the_choice(
    group: CoreDriver, typed: str, choice: str, zone: str
) -> None:
    await zone_form(group, "ada")
    asked = await group.fill("ada", {"city": typed})
    assert asked.replies[0].title == "Which place do you mean?"
    assert 1 <= len(asked.replies[0].options) <= 25
    kept = await group.choose("ada", choice)
    assert f"Your time zone is {zone}." in kept.words
    assert zone in (await group.type("ada", "me")).words


async def test_a_forged_choice_of_place_is_refused(group: CoreDriver, app: App) -> None:
    await group.type("ada", "join")
    forged = Pressed(Action.to("members.choose_place"), "../../etc/passwd")
    outcome = await app.engine.handle(Event("x", TENANT, GROUP, CHANNEL, Person("ada"), MORNING, forged))
    assert outcome.refused is not None
    assert outcome.refused.because.startswith("I do not know the place")
    assert BERLIN in (await group.type("ada", "me")).words


async def test_a_zone_name_that_the_platform_made_up_counts_as_unknown(group: CoreDriver) -> None:
    assert not rules.is_zone("Mars/Olympus")
    assert not rules.is_zone("")
    assert rules.is_zone(KOLKATA)


async def test_cities_are_suggested_while_they_are_typed(group: CoreDriver) -> None:
    await group.type("ada", "join")
    assert "Bengaluru, India" in await group.suggest("ada", "members.city", "bengal")
    assert await group.suggest("ada", "members.city", "zzyzx") == ()


# --- days a week -----------------------------------------------------------------------------


async def test_days_a_week_are_kept_confirmed_and_shown(group: CoreDriver) -> None:
    await group.press("ada", "Join the study group", on=INVITATION)
    kept = await group.choose("ada", "4 days")
    assert "Your goal is 4 days a week." in kept.words
    assert "Days a week: 4" in (await group.type("ada", "me")).words


async def test_a_later_choice_of_days_replaces_the_first(group: CoreDriver) -> None:
    await group.press("ada", "Join the study group", on=INVITATION)
    await group.choose("ada", "2")
    await group.type("ada", "me")
    await group.choose("ada", "6")
    assert "Days a week: 6" in (await group.type("ada", "me")).words


async def test_days_belong_to_one_member_alone(group: CoreDriver) -> None:
    await group.type("ben", "join")
    await group.type("ada", "join")
    await group.choose("ada", "6")
    assert "4, until you choose" in (await group.type("ben", "me")).words


@pytest.mark.parametrize("forged", ["", "0", "1", "8", "six", "４"])
def test_days_that_are_not_in_the_menu_are_refused(forged: str) -> None:
    with pytest.raises(Refusal):
        rules.accept_days(forged)


async def test_both_questions_can_be_left_out(group: CoreDriver) -> None:
    await group.press("ada", "Join the study group", on=INVITATION)
    me = await group.type("ada", "me")
    assert "4, until you choose" in me.words
    assert BERLIN in me.words  # the group's


# --- home and the words ------------------------------------------------------------------------


def test_the_chosen_number_of_days_stands_in_the_menu() -> None:
    select: Select = cards.me_card(Profile(4), KOLKATA, MORNING).selects[0]
    assert select.chosen == "4"


async def test_the_home_page_shows_a_member_what_they_have_set(group: CoreDriver) -> None:
    await group.type("ada", "join")
    shown = await group.open("ada")
    assert "What you have set" in [seen.title for seen in shown]
    assert [seen.title for seen in shown for value, _, _ in seen.options if value == "4"] == ["What you have set"]


async def test_me_is_for_members_and_offers_joining(group: CoreDriver) -> None:
    no = await group.type("eve", "me")
    assert no.refused
    assert "members.join" in dict(no.replies[0].buttons).values()


@pytest.mark.parametrize("name", sorted(cards.EXAMPLES))
def test_every_sentence_that_members_read_has_at_most_twenty_words(name: str) -> None:
    assert longest_sentence(cards.EXAMPLES[name]) <= 20


def longest_sentence(shown: Card | Form) -> int:
    words = card_words(shown) if isinstance(shown, Card) else shown.title
    ends = [0, *(found.end() for found in re.finditer(r"[.!?]\s|\n", words)), len(words)]
    return max(len(words[start:end].split()) for start, end in pairwise(ends))


async def test_leaving_is_one_press_and_so_is_coming_back(group: CoreDriver) -> None:
    await group.press("ada", "Join the study group", on=INVITATION)
    await group.type("ada", "/study me")
    left = await group.press("ada", "Leave the group")
    assert "Your answers stay." in left.words
    assert "not in this study group" in (await group.type("ada", "/study today")).refused
    await group.press("ada", "Join the study group", on=INVITATION)
    assert not (await group.type("ada", "/study today")).refused


async def test_whoever_left_the_server_is_no_member_any_more(group: CoreDriver, app: App) -> None:
    await group.type("ada", "/study join")
    gone = Event("gone-1", TENANT, GROUP, "", Person("ada"), MORNING, Left())
    for _ in range(2):
        assert (await app.engine.handle(gone)).answers == ()
    assert await members(app) == ()
    await group.type("ada", "/study join")
    assert await members(app) == ("ada",)


async def test_whoever_left_the_platform_left_each_of_their_groups(group: CoreDriver, app: App) -> None:
    second = "web:second"

    async def do(member: str, what: What, where: str, *, manages: bool = False) -> None:
        who, delivery = Person(member, manages=manages), f"{member}/{what}/{where}"
        assert (await app.engine.handle(Event(delivery, TENANT, where, "second", who, MORNING, what))).refused is None

    await do("olga", Pressed(Action.to("organiser.setup")), second, manages=True)
    await do("olga", Submitted(Action.to("organiser.keep_zone"), {"city": "Berlin"}), second, manages=True)
    for where in (GROUP, second):
        await do("ada", Typed("join"), where)
    await do("ada", Left(), "")
    assert await members(app) == ()
    assert await app.store.read(lambda tx: roster.list_members(tx, second)) == ()


async def test_a_stranger_who_left_the_server_changes_nothing(group: CoreDriver, app: App) -> None:
    await group.type("ada", "/study join")
    assert (await app.engine.handle(Event("x", TENANT, GROUP, "", Person("sam"), MORNING, Left()))).refused is None
    assert await members(app) == ("ada",)


async def test_a_time_zone_can_be_typed_at_once(group: CoreDriver) -> None:
    await group.type("ada", "/study join")
    assert "Asia/Kolkata" in (await group.type("ada", "/study timezone Bengaluru")).words
    assert (await group.type("ada", "/study timezone")).form is not None
    assert (await group.type("ada", "/study timezone qqqq")).handed_back == ("qqqq",)
