"""The organiser's desk: settings, channels, time zone, organisers, what was sent, and taking changes back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import App
from bot.features.organiser import (
    FEATURE,
    changes_cards,
    changes_rules,
    desk_cards,
    desk_handlers,
    desk_rules,
    people_cards,
    settings_cards,
    settings_rules,
)
from bot.features.organiser.changes_rules import Change, Kind, undo_of
from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm
from bot.kernel.card import BUTTONS, Button, Card, Form, card_words
from bot.kernel.effect import Effect, Fact, Reply
from bot.kernel.engine_facts import Delivery, DeskLine, MemberErased, Setting, SettingsChanged, SettingsOf
from bot.kernel.errors import Reason, Refusal, Rejected
from bot.kernel.event import Event, Person, Pressed, Scene, Submitted, Value
from bot.kernel.facts import ChangeMade, ChangeUndone
from bot.kernel.feature import Feature, Who
from bot.kernel.ports import Spot, To
from bot.kernel.text import md
from tests.features.mornings import JOIN, MONDAY, NINE, joined, monday
from tests.story import Answered, CoreDriver, Driver
from tests.world import CHANNEL, GROUP, MORNING, TENANT, World

TUESDAY = f"daily/{GROUP}/2026-01-06"
VACANCY = f"organiser.vacancy/{GROUP}/1"
AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
DELIVERIES = count(1)


async def _desk(story: Driver, *presses: str, who: str = "olga") -> Answered:
    """The desk, and what these buttons show, one after the other."""
    shown = await story.type(who, "/study organise")
    for press in presses:
        shown = await story.press(who, press)
    return shown


async def _more(story: Driver, *presses: str, who: str = "olga") -> Answered:
    return await _desk(story, "More tools", *presses, who=who)


async def _do(app: App, member: str, what: Pressed | Submitted) -> str:
    """A deed without any card before it, as a forger or an old card does it; what the member reads."""
    delivery = f"raw-{next(DELIVERIES)}"
    outcome = await app.engine.handle(Event(delivery, TENANT, GROUP, CHANNEL, Person(member), MORNING, what))
    await app.settle()
    if outcome.refused:
        return outcome.refused.because
    return "\n".join(card_words(one.card) if isinstance(one, Reply) else one.form.title for one in outcome.answers)


async def _leave(story: Driver, member: str) -> None:
    asked = await story.type(member, "/study leave")
    if "members.leave?sure=1" in [action for seen in asked.replies for _, action in seen.buttons]:
        await story.press(member, "members.leave?sure=1")


async def _hear(app: App, fact: Fact, at: datetime = MORNING) -> None:
    """Something that no member did, in a unit of its own."""
    await app.store.run(lambda tx: app.engine.hear(tx, GROUP, fact, at))
    await app.settle()


# --- the desk itself -----------------------------------------------------------------------------


async def test_the_desk_says_when_the_next_problem_comes_and_how_the_last_one_goes(story: Driver) -> None:
    await joined(story, "ada")
    before = await _desk(story)
    assert "Next problem: Mon 05 Jan" in before.words
    assert "Last problem: none yet" in before.words
    await story.until(NINE)
    await story.press("ada", "Answer", MONDAY)
    await story.fill("ada", {"text": "I think we sort first, because order makes the rest easy. It costs n log n."})
    after = await _desk(story)
    assert "Next problem: Tue 06 Jan" in after.words
    assert ": 1 answer" in after.words


async def test_after_posting_today_s_problem_early_the_next_one_is_tomorrow_s(story: Driver) -> None:
    await joined(story, "ada")
    await _desk(story, "Post a problem now")
    assert "Next problem: Tue 06 Jan" in (await _desk(story)).words


@pytest.mark.parametrize("verb", sorted(FEATURE.presses))
async def test_every_tool_is_for_organisers_alone(story: CoreDriver, app: App, verb: str) -> None:
    await joined(story, "ada")
    if FEATURE.presses[verb].who is Who.MEMBER:
        assert verb == "organiser.take_over"
    else:
        assert (await _do(app, "ada", Pressed(Action.to(verb)))).startswith("Only an organiser")


FORGED: tuple[dict[str, str], ...] = (
    {},
    {"n": "x"},
    {"n": "7"},
    {"n": "²"},
    {"page": "x"},
    {"page": "99"},
    {"feature": "daily", "page": "9"},
)


@pytest.mark.parametrize("verb", sorted({*FEATURE.presses} - {"organiser.post_now"}))
async def test_a_forged_button_never_ends_in_an_apology(story: CoreDriver, app: App, verb: str) -> None:
    await joined(story, "ada")
    for args in FORGED:
        for value in ("", "x", "daily/9"):
            shown = await _do(app, "olga", Pressed(Action(verb, tuple(args.items())), value))
            assert shown
            assert "on our side" not in shown


# --- settings ----------------------------------------------------------------------------------------


async def _settings(story: Driver, values: Mapping[str, Value]) -> Answered:
    await _desk(story, "Settings", "Change Daily problem")
    return await story.fill("olga", dict(values))


async def test_the_card_of_settings_shows_every_value_in_words(story: Driver) -> None:
    await story.found()
    shown = await _desk(story, "Settings")
    assert "Daily problem" in shown.words
    assert "Days and time: Mon-Fri 09:00" in shown.words


async def test_another_time_moves_the_problem_and_is_undone_by_one_press(story: Driver) -> None:
    await joined(story, "ada")
    kept = await _settings(story, {"rhythm_days": ("0", "2"), "rhythm": "10:30"})
    assert "Daily problem: Days and time: Mon-Fri 09:00 → Mon, Wed 10:30." in kept.words
    assert "Problems: Mon, Wed at 10:30" in (await _desk(story)).words
    await story.until(NINE)
    assert MONDAY not in [seen.name for seen in await story.read("ada")]
    undone = await _desk(story, "Undo the last change")
    assert undone.replies[0].title == "It is as before."
    assert "Problems: Mon-Fri at 09:00" in (await _desk(story)).words
    await story.until(NINE + timedelta(days=1))
    assert TUESDAY in [seen.name for seen in await story.read("ada")]


async def test_an_older_form_leaves_alone_what_somebody_else_changed_meanwhile(story: Driver) -> None:
    story.person("ben", manages=True)
    await story.found()
    await _desk(story, "Settings", "Change Daily problem")  # Olga's form shows 09:00
    await _desk(story, "Settings", "Change Daily problem", who="ben")
    await story.fill("ben", {"rhythm": "21:00"})
    kept = await story.fill("olga", {"window_hours": "3"})
    assert "Time until the close: 36 hours → 48 hours." in kept.words
    assert "Problems: Mon-Fri at 21:00" in (await _desk(story)).words


async def test_two_who_change_the_same_setting_learn_of_each_other(story: Driver) -> None:
    story.person("ben", manages=True)
    await story.found()
    await _desk(story, "Settings", "Change Daily problem")
    await _desk(story, "Settings", "Change Daily problem", who="ben")
    await story.fill("ben", {"rhythm": "21:00"})
    no = await story.fill("olga", {"rhythm": "18:30", "window_hours": "3"})
    assert no.refused == "Somebody changed “Days and time” meanwhile."
    assert no.field == "rhythm"
    assert "18:30" in no.handed_back
    assert "Problems: Mon-Fri at 21:00" in (await _desk(story)).words
    form = (await _desk(story, "Settings", "Change Daily problem")).form
    assert form
    assert form.values["rhythm"] == "21:00", "the new form shows what is set, not the old words"


async def test_both_wanted_the_same_and_a_form_sent_twice_changes_once(story: Driver) -> None:
    story.person("ben", manages=True)
    await story.found()
    await _desk(story, "Settings", "Change Daily problem")
    await _desk(story, "Settings", "Change Daily problem", who="ben")
    await story.fill("ben", {"rhythm": "21:00"})
    assert (await story.fill("olga", {"rhythm": "21:00"})).replies[0].title == "All is as it was."


async def test_an_older_form_of_channels_leaves_alone_what_somebody_else_moved(story: CoreDriver) -> None:
    story.person("ben", manages=True)
    await story.found()
    await _more(story, "Channels", "Change")
    await _more(story, "Channels", "Change", who="ben")
    await story.fill("ben", {"daily": "study"})
    moved = await story.fill("olga", {"main": "lobby"})
    assert "the channels that you chose: Main channel." in moved.words
    form = (await _more(story, "Channels", "Change")).form
    assert form
    assert form.values == {"main": "lobby", "daily": "study", "mlsd": "", "rooms": ""}
    await _more(story, "Channels", "Change", who="ben")
    await story.fill("ben", {"daily": "quiet"})
    no = await story.fill("olga", {"daily": "loud"})
    assert (no.refused, no.field) == ("Somebody changed “Daily problems” meanwhile.", "daily")


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"rhythm": "25:00"}, "rhythm", "“25:00” is no time of day."),
        ({"rhythm": "soon"}, "rhythm", "“soon” is no time of day."),
        ({"rhythm": ""}, "rhythm", "The time is missing."),
        ({"rhythm_days": ()}, "rhythm_days", "No weekday is ticked."),
    ],
)
async def test_a_setting_that_cannot_be_is_refused_by_its_field(
    story: Driver, values: Mapping[str, Value], field: str, said: str
) -> None:
    await story.found()
    no = await _settings(story, values)
    assert (no.refused, no.field) == (said, field)
    assert no.hint
    assert "Problems: Mon-Fri at 09:00" in (await _desk(story)).words


async def test_a_form_that_changes_nothing_says_so_and_leaves_no_change(story: Driver) -> None:
    await story.found()
    assert (await _settings(story, {})).replies[0].title == "All is as it was."
    assert (await _more(story, "All changes")).replies[0].title == "Nothing was changed yet."


async def test_changes_are_listed_with_who_and_when_and_what_became_of_them(story: Driver) -> None:
    await story.found()
    await _settings(story, {"rhythm": "21:00"})
    listed = await _more(story, "All changes")
    assert "Daily problem: Days and time: Mon-Fri 09:00 → Mon-Fri 21:00 – " in listed.words
    assert "olga" in listed.words.lower()
    await _desk(story, "Undo the last change")
    assert "Taken back: " in (await _more(story, "All changes")).words
    assert "Last change" not in (await _desk(story)).words, "an undo is no change that could be undone again"


async def test_undoing_twice_is_harmless(story: CoreDriver, app: App) -> None:
    await story.found()
    kept = await _settings(story, {"rhythm": "21:00"})
    undo = dict(kept.replies[0].buttons)["Undo"]
    await story.press("olga", undo)
    await _settings(story, {"rhythm": "18:00"})
    shown = await _do(app, "olga", Pressed(Action.decode(undo)))
    assert shown.startswith("This was taken back already.")
    assert "Problems: Mon-Fri at 18:00" in (await _desk(story)).words


async def test_an_older_change_is_taken_back_alone(story: Driver) -> None:
    await story.found()
    await _settings(story, {"rhythm": "21:00"})
    await _settings(story, {"rhythm": "22:00"})
    await _more(story, "All changes")
    await story.choose("olga", "1")
    undone = await story.press("olga", "Undo it")
    assert "It was changed again since." in undone.words
    assert "Problems: Mon-Fri at 09:00" in (await _desk(story)).words


async def test_the_way_of_answering_is_changed_and_taken_back_everywhere(story: Driver) -> None:
    await monday(story, "ada")
    opened = await _desk(story, "Use open threads")
    assert "Answers: open threads" in opened.words
    assert "Last change: Answers: closed answers → open threads" in opened.words
    await story.press("olga", "Undo the last change")
    assert "Answers: closed answers" in (await _desk(story)).words
    board = next(seen for seen in await story.read("ada") if seen.name == MONDAY)
    assert "Replies in the thread" not in board.words
    assert "Last change" not in (await _desk(story)).words


async def test_another_feature_s_change_is_undone_by_its_own_button(story: CoreDriver, app: App) -> None:
    await story.found()
    undo = Action.to("daily.plan_undo", n="1")
    await _hear(app, ChangeMade("Another problem on Tuesday.", undo))
    await _hear(app, ChangeMade("Another problem on Tuesday, once more.", undo))
    desk = await _desk(story)
    assert dict(desk.replies[0].buttons)["Undo the last change"] == undo.encode()
    listed = await _more(story, "All changes")
    assert "Another problem on Tuesday, once more – somebody" in listed.words
    assert len(listed.replies[0].options) == 1
    await _hear(app, ChangeUndone(undo))
    await _hear(app, ChangeUndone(undo))
    assert "Undo the last change" not in dict((await _desk(story)).replies[0].buttons)


async def test_a_setting_with_a_screen_of_its_own_is_listed_by_its_name(story: CoreDriver, app: App) -> None:
    await story.found()
    await _hear(app, SettingsChanged("daily", {"packs_off": ()}, {"packs_off": ("starter",)}))
    assert "Last change: Daily problem: Packs that are off" in (await _desk(story)).words


async def test_other_days_off_since_do_not_mix_with_a_change(story: Driver) -> None:
    await story.found()
    await _desk(story, "Days off", "Tomorrow off")
    await _desk(story, "Days off", "A week off")
    await _more(story, "All changes")
    await story.choose("olga", "1")
    assert "changed again" not in (await story.press("olga", "Undo it")).words


# --- channels and the time zone ------------------------------------------------------------------------


async def test_problems_can_move_to_a_channel_of_their_own_and_back(story: CoreDriver, world: World) -> None:
    await joined(story, "ada")
    await _more(story, "Channels", "Change")
    moved = await story.fill("olga", {"daily": "quiz"})
    assert "Daily problems" in moved.words
    await story.until(NINE)
    assert world.named(MONDAY).posting.target == Spot("quiz")
    assert "a channel of its own" in (await _more(story, "Channels")).words
    await _desk(story, "Undo the last change")
    await story.until(NINE + timedelta(days=1))
    assert world.named(TUESDAY).posting.target == Spot(CHANNEL)


async def test_the_main_channel_is_never_without_a_place(story: CoreDriver, world: World) -> None:
    await story.found()
    await _more(story, "Channels", "Change")
    no = await story.fill("olga", {"main": ""})
    assert (no.refused, no.field) == ("The main channel is missing.", "main")


async def test_a_moved_main_channel_offers_the_join_message_there(story: CoreDriver, world: World) -> None:
    await joined(story, "ada")
    await _more(story, "Channels", "Change")
    await story.fill("olga", {"main": "study"})
    await story.press("olga", "Post the join message again")
    await story.wait(timedelta(seconds=5))
    assert world.named(f"{JOIN}/2026-01-05").posting.target == Spot("study")
    assert "Channel: the one that you chose" in (await _desk(story)).words


async def test_choosing_the_same_channels_changes_nothing(story: CoreDriver, world: World) -> None:
    await story.found()
    await _more(story, "Channels", "Change")
    same = await story.fill("olga", {"main": CHANNEL, "daily": CHANNEL})
    assert same.replies[0].title == "All is as it was."
    assert "Last change" not in (await _desk(story)).words


async def test_another_time_zone_moves_the_next_problem_and_is_undone(story: Driver) -> None:
    await joined(story, "ada")
    await _more(story, "Time zone")
    moved = await story.fill("olga", {"city": "New York"})
    assert moved.replies[0].title == "The group counts in America/New_York now."
    assert "Next problem: Mon 05 Jan 14:00" in moved.words
    await story.until(NINE)
    assert MONDAY not in [seen.name for seen in await story.read("ada")]
    await story.until(NINE + timedelta(hours=6))
    assert MONDAY in [seen.name for seen in await story.read("ada")]
    await _desk(story, "Undo the last change")
    assert "Time zone: Europe/Berlin" in (await _desk(story)).words


async def test_a_country_with_several_zones_gives_a_menu(story: Driver) -> None:
    await story.found()
    await _more(story, "Time zone")
    asked = await story.fill("olga", {"city": "USA"})
    assert asked.replies[0].title == "Which place do you mean?"
    moved = await story.choose("olga", "New York City, New York, United States")
    assert "America/New_York" in moved.replies[0].title


async def test_the_zone_that_holds_already_is_no_change(story: Driver) -> None:
    await story.found()
    await _more(story, "Time zone")
    assert "already" in (await story.fill("olga", {"city": "Berlin"})).replies[0].title
    assert "Last change" not in (await _desk(story)).words


# --- organisers -------------------------------------------------------------------------------------------


async def _add(story: Driver, person: str, by: str = "olga") -> Answered:
    await _more(story, "Organisers", "Add an organiser", who=by)
    return await story.fill(by, {"person": person})


async def test_a_new_organiser_gets_a_private_message_that_leads_to_the_desk(story: Driver) -> None:
    await joined(story, "ada")
    added = await _add(story, "ada")
    assert "an organiser now" in added.words
    note = next(seen for seen in await story.read("ada", "private") if seen.name.startswith("organiser.appointed"))
    assert (await story.press("ada", "Open the desk", on=note.name)).replies[0].title == "Your desk"


async def test_adding_is_undone_by_one_press(story: Driver) -> None:
    await joined(story, "ada")
    await _add(story, "ada")
    await story.press("olga", "Undo")
    assert (await story.type("ada", "/study organise")).refused
    assert any("no organiser" in seen.words for seen in await story.read("ada", "private"))


async def test_the_desk_offers_no_undo_for_somebody_who_was_erased(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    await _settings(story, {"rhythm": "21:00"})
    undo = Action.decode(dict((await _add(story, "ada")).replies[0].buttons)["Undo"])
    await _do(app, "ada", Pressed(Action.to("members.erase_now")))
    shown = await _desk(story)
    assert "Last change: Daily problem" in shown.words
    pressed = await _do(app, "olga", Pressed(undo))
    assert pressed.startswith("This person is not here any more.")
    assert (await _do(app, "olga", Pressed(undo))).startswith("This was taken back already.")


async def test_the_undo_of_an_organiser_who_left_is_done_already(story: Driver) -> None:
    await joined(story, "ada")
    await _settings(story, {"rhythm": "21:00"})
    await _add(story, "ada")
    await _leave(story, "ada")
    done = await _desk(story, "Undo the last change")
    assert done.replies[0].title == "It is as before."
    assert "Last change: Daily problem" in (await _desk(story)).words


async def test_only_members_can_be_added_and_each_once(story: Driver) -> None:
    await joined(story, "ada")
    stranger = await _add(story, "ben")
    assert (stranger.refused, stranger.field) == ("This person is not in the study group.", "person")
    await _add(story, "ada")
    assert (await _add(story, "ada")).refused == "This person is an organiser already."
    assert (await _add(story, "")).refused == "Nobody was chosen."


async def test_an_organiser_is_removed_and_brought_back(story: Driver) -> None:
    await joined(story, "ada")
    await _add(story, "ada")
    await _more(story, "Organisers")
    assert "no organiser any more" in (await story.choose("olga", "ada")).words
    assert (await story.type("ada", "/study organise")).refused
    await _desk(story, "Undo the last change")
    assert not (await story.type("ada", "/study organise")).refused


async def test_the_last_organiser_cannot_be_removed(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    shown = await _more(story, "Organisers")
    assert shown.replies[0].options == ()
    forged = Pressed(Action.to("organiser.remove_person"), "olga")
    assert await _do(app, "olga", forged) == "This is the only organiser."


async def test_an_undo_never_removes_the_last_organiser(story: Driver) -> None:
    await joined(story, "ada")
    added = await _add(story, "ada")
    await _more(story, "Organisers", who="ada")
    await story.choose("ada", "olga")
    await _more(story, "All changes", who="ada")
    await story.choose("ada", Action.decode(dict(added.replies[0].buttons)["Undo"]).get("n"))
    no = await story.press("ada", "Undo it")
    assert no.refused == "This is the only organiser."
    assert not (await story.type("ada", "/study organise")).refused


async def test_whoever_leaves_is_no_organiser_any_more(story: Driver) -> None:
    await joined(story, "ada", "ben")
    await _add(story, "ada")
    await story.type("ada", "/study leave")
    await story.press("ada", "Come back")
    assert (await story.type("ada", "/study organise")).refused
    assert not [seen for seen in await story.read("ben") if seen.name.startswith("organiser.vacancy")]


async def _left_alone(story: Driver, *members: str) -> None:
    """These members are in a group whose only organiser has left."""
    await joined(story, "eve", *members)
    story.person("olga", zone="Europe/Berlin")  # nobody manages the server but the one who set it up
    await _add(story, "eve")
    await _more(story, "Organisers", who="eve")
    await story.choose("eve", "olga")
    await _leave(story, "eve")


async def test_without_an_organiser_the_first_who_presses_becomes_it(story: Driver) -> None:
    await _left_alone(story, "ada", "ben")
    note = next(seen for seen in await story.read("ada") if seen.name == VACANCY)
    assert note.title == "This group has no organiser now."
    assert (await story.press("ada", "I will do it", on=VACANCY)).replies[0].title == "You are the organiser now."
    assert (await story.press("ada", "Open the desk")).replies[0].title == "Your desk"
    note = next(seen for seen in await story.read("ben") if seen.name == VACANCY)
    assert note.title == "This group has an organiser again."
    assert "ada" not in note.words.lower()


async def test_the_second_who_presses_is_thanked(story: CoreDriver, app: App) -> None:
    await _left_alone(story, "ada", "ben")
    await story.press("ada", "I will do it", on=VACANCY)
    shown = await _do(app, "ben", Pressed(Action.to("organiser.take_over")))
    assert shown.startswith("There is an organiser already.")
    assert (await story.type("ben", "/study organise")).refused


async def test_a_group_loses_its_organiser_a_second_time_and_asks_again(story: Driver) -> None:
    await _left_alone(story, "ada", "ben")
    await story.press("ada", "I will do it", on=VACANCY)
    await _leave(story, "ada")
    second = next(seen for seen in await story.read("ben") if seen.name == f"organiser.vacancy/{GROUP}/2")
    assert second.title == "This group has no organiser now."


async def test_the_last_to_leave_leaves_no_message_and_the_next_to_come_can_take_over(story: Driver) -> None:
    await _left_alone(story)
    assert not [seen for seen in await story.read("ada") if seen.name == VACANCY]
    await story.press("ada", "Join the study group", JOIN)
    await story.read("ada")
    assert (await story.press("ada", "I will do it", on=VACANCY)).replies[0].title == "You are the organiser now."


async def test_a_forgotten_organiser_leaves_a_vacancy(story: CoreDriver, app: App, world: World) -> None:
    await joined(story, "ada")
    await _hear(app, MemberErased("olga"))
    assert world.named(VACANCY).card.title == "This group has no organiser now."


async def test_the_last_organiser_hands_over_and_can_leave(story: Driver) -> None:
    await joined(story, "olga", "ada", "ben")
    await story.type("olga", "/study leave")
    await story.press("olga", "organiser.ask_hand_over")
    handed = await story.fill("olga", {"person": "ada"})
    assert handed.replies[0].title == "Now you can leave."
    await story.press("olga", "Leave the group")
    assert not (await story.type("ada", "/study organise")).refused
    assert not [seen for seen in await story.read("ben") if seen.name.startswith("organiser.vacancy")]


async def test_handing_over_twice_is_harmless_and_a_stranger_is_refused(story: CoreDriver, app: App) -> None:
    await joined(story, "olga", "ada")
    over = Action.to("organiser.hand_over")
    first, again, stranger = [await _do(app, "olga", Pressed(over, person)) for person in ("ada", "ada", "zoe")]
    assert first == again
    assert first.startswith("Now you can leave.")
    assert stranger == "This person is not in the study group."


# --- what was sent, who is quiet ------------------------------------------------------------------------------


async def test_the_desk_says_what_to_mend_until_it_is_mended(story: CoreDriver, world: World) -> None:
    await joined(story, "ada")
    world.refuse(Rejected(Reason.FORBIDDEN, "Allow “Send Messages” in #general."), target=Spot(CHANNEL))
    await story.until(NINE)
    desk = await story.type("olga", "/study organise")
    assert desk.words.count("Allow “Send Messages” in #general.") == 1
    world.heal()
    await story.press("olga", "Try the failed ones again")
    assert "To mend" not in (await story.type("olga", "/study organise")).words
    assert world.named(f"daily/{GROUP}/2026-01-05")


async def test_an_organiser_whose_private_notes_do_not_arrive_reads_so_on_their_desk_alone(
    story: CoreDriver, world: World
) -> None:
    await joined(story, "ada")
    world.refuse(Rejected(Reason.CLOSED, "Allow private messages of this server."), target=To("olga"))
    world.refuse(Rejected(Reason.GONE, "The channel is not there any more."), target=Spot(CHANNEL))
    await story.until(NINE)
    desk = await story.type("olga", "/study organise")
    assert "Private notes do not reach you. Allow private messages of this server." in desk.words
    assert "The channel is not there any more." in desk.words
    story.person("pia", manages=True)
    other = await story.type("pia", "/study organise")
    assert "The channel is not there any more." in other.words
    assert "Private notes" not in other.words
    world.heal()
    await story.type("olga", "/study organise")
    await story.press("olga", "Try the failed ones again")
    assert "I could not send a message today." in [message.card.title for message in world.private("olga")]
    assert "To mend" not in (await story.type("olga", "/study organise")).words


async def test_what_was_sent_shows_sent_planned_and_failed(story: CoreDriver, world: World) -> None:
    await monday(story, "ada")
    world.refuse(Rejected(Reason.FORBIDDEN, "Give me the right to write in #general."), target=Spot(CHANNEL))
    await story.until(NINE + timedelta(days=1))
    shown = (await _desk(story, "What was sent")).words
    assert "Daily problem: planned" in shown
    assert ": sent" in shown
    assert ": not sent. Give me the right to write in #general." in shown
    assert "Wednesday 7 January" in shown


def _alone(answer: object) -> Scene:
    """A scene in which every question has this answer."""
    scene = Scene(GROUP, AT, ZoneInfo("Europe/Berlin"), "olga", my_zone=ZoneInfo("Europe/Berlin"), ready=True)
    return replace(scene, ask=lambda _question, _tx: answer)


def _shown(effects: Sequence[Effect]) -> Card:
    (effect,) = effects
    assert isinstance(effect, Reply)
    return effect.card


def test_nothing_sent_and_nobody_quiet_read_friendly() -> None:
    press, nothing = Pressed(Action.to("organiser.sent")), _alone(())
    assert _shown(desk_handlers.show_sent(press, nothing, None)).title == "Nothing was sent yet."  # type: ignore[arg-type]
    quiet = _shown(desk_handlers.show_quiet(press, nothing, None))  # type: ignore[arg-type]
    assert quiet.title == "Everybody has been here in the last two weeks."


def test_quiet_members_are_listed_twenty_a_page_with_a_kind_word() -> None:
    scene = _alone(tuple((f"m{number}", AT - timedelta(days=20)) for number in range(45)))
    press = Pressed(Action.to("organiser.quiet", page="2"))
    last = _shown(desk_handlers.show_quiet(press, scene, None))  # type: ignore[arg-type]
    assert "A short hello helps more than a reminder. Only organisers see this list." in card_words(last)
    assert "@m40, since 16 December" in card_words(last)
    assert "@m39" not in card_words(last)
    assert [button.label for button in last.buttons] == ["Page before", "Back to the desk"]


@given(st.integers(0, 100), st.text(max_size=6) | st.integers(0, 20).map(str), st.integers(1, 30))
def test_pages_hold_everything_once(many: int, wanted: str, size: int) -> None:
    items = list(range(many))
    here, page, pages = desk_rules.page_of(items, wanted, size)
    assert 0 <= page < pages
    every = [one for number in range(pages) for one in desk_rules.page_of(items, str(number), size)[0]]
    assert every == items
    assert list(here) == items[page * size : (page + 1) * size]


# --- everything fits ---------------------------------------------------------------------------------------------


def test_the_longest_lists_fit_on_their_cards() -> None:
    long = Delivery("T" * 150, AT, "failed", "Give me the right. " * 60)
    days = tuple(replace(long, at=AT - timedelta(days=number)) for number in range(desk_rules.SENT_LISTED))
    desk_cards.sent_card(days, ZoneInfo("UTC"), 1, 9)
    change = Change(AT, Kind.OTHER, changes_rules.shorten("W" * 999, changes_rules.WHAT), "m" * 32, undo=undo_of(1))
    changes_cards.changes_card([replace(change, number=number) for number in range(10)])
    desk_cards.quiet_card([("m" * 32, AT)] * 20, ZoneInfo("UTC"), 0, 2)
    many = [f"{number:>032}" for number in range(60)]
    people_cards.people_card(many, many)
    one = Setting("on", "L" * 45, "H" * 100, value=True)
    for features in (1, 5, 7, 8, 12):
        known = [SettingsOf(f"feature{n}", f"A feature {n}", (one, replace(one, key="two"))) for n in range(features)]
        settings_cards.settings_card(known)


# --- settings of any feature -----------------------------------------------------------------------------------------

TIMES = st.times().map(lambda at: time(at.hour, at.minute))
RHYTHMS = st.builds(
    Rhythm, st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))), TIMES
)  # fmt: skip
WORDS = st.text("abcäöüßжщ中文09", max_size=50)
CHOICES: tuple[tuple[object, str], ...] = ((None, "Off"), (12, "12 hours"), ("a", "A word"))
PLAIN = st.one_of(RHYTHMS, st.booleans(), st.integers(1, 999), TIMES, WORDS)  # 0 can be shown and left, never typed


@st.composite
def settings(draw: st.DrawFn) -> SettingsOf:
    made = []
    for number in range(draw(st.integers(1, 12))):
        key, label = f"s{number}", f"Setting {number}"
        if draw(st.booleans()):
            made.append(Setting(key, label, "", draw(st.sampled_from(CHOICES))[0], CHOICES))
        else:
            made.append(Setting(key, label, "", draw(PLAIN)))
    return SettingsOf("any", "Any feature", tuple(made))


def _as_sent(form: Form) -> dict[str, Value]:
    """What a platform sends when nobody touches the form."""
    return {part.key: getattr(part, "value", "") for part in form.fields}


@given(settings())
def test_every_setting_has_its_form_and_an_untouched_form_changes_nothing(found: SettingsOf) -> None:
    pages = settings_rules.pages(found)
    assert [setting for page in pages for setting in page] == list(found.settings)
    for number, page in enumerate(pages):
        form = settings_cards.settings_form(found, page, number)
        assert len(form.fields) <= 5
        assert settings_rules.accept(page, Submitted(form.action, _as_sent(form))) == {}


@given(settings(), st.data())
def test_only_what_differs_from_what_the_form_showed_is_applied(found: SettingsOf, data: st.DataObject) -> None:
    """A form that was opened before somebody else changed some settings, and is sent with changes of its own."""
    page = settings_rules.pages(found)[0]
    form = settings_cards.settings_form(found, page, 0)
    others = data.draw(st.sets(st.sampled_from([setting.key for setting in page])))
    own = data.draw(st.sets(st.sampled_from([setting.key for setting in page])))
    now = tuple(replace(one, value=_another(one)) if one.key in others else one for one in page)
    mine = tuple(replace(one, value=_another(one)) for one in page if one.key in own)
    wish = _as_sent(settings_cards.settings_form(found, mine, 0)) if mine else {}
    sent = {**_as_sent(form), **wish}
    assert settings_rules.accept(now, Submitted(form.action, sent)) == {
        one.key: _another(one) for one in page if one.key in own - others
    }, "whoever wished the same as the other changes nothing"


@given(settings(), st.data())
def test_two_changes_of_one_setting_are_refused_by_its_name(found: SettingsOf, data: st.DataObject) -> None:
    page = [one for one in settings_rules.pages(found)[0] if isinstance(one.value, time) and not one.choices]
    if not page:
        return
    form = settings_cards.settings_form(found, settings_rules.pages(found)[0], 0)
    one = data.draw(st.sampled_from(page))
    assert isinstance(one.value, time)
    mine, theirs = (f"{one.value.replace(minute=(one.value.minute + n) % 60):%H:%M}" for n in (1, 2))
    now = tuple(
        replace(setting, value=settings_rules.accept_time(theirs, "")) if setting.key == one.key else setting
        for setting in settings_rules.pages(found)[0]
    )
    with pytest.raises(Refusal, match=one.label) as no:
        settings_rules.accept(now, Submitted(form.action, {**_as_sent(form), one.key: mine}))
    assert no.value.field == one.key


def _another(one: Setting) -> object:
    """A value of this setting that is not the one it has."""
    if one.choices:
        values = [value for value, _ in one.choices]
        return values[(values.index(one.value) + 1) % len(values)]
    match one.value:
        case bool():
            return not one.value
        case Rhythm():
            return Rhythm(one.value.days, one.value.at.replace(hour=(one.value.at.hour + 1) % 24))
        case time():
            return one.value.replace(hour=(one.value.hour + 1) % 24)
        case int():
            return one.value % settings_rules.MOST + 1
        case _:
            return f"{one.value}x"


@given(settings(), st.dictionaries(st.sampled_from(["s0", "s1", "s0_days"]), st.text(max_size=8), max_size=3))
def test_whatever_is_sent_is_taken_or_refused_with_its_field(found: SettingsOf, sent: dict[str, str]) -> None:
    page = settings_rules.pages(found)[0]
    form = settings_cards.settings_form(found, page, 0)
    refused: Refusal | None = None
    try:
        settings_rules.accept(page, Submitted(form.action, {**_as_sent(form), **sent}))
    except Refusal as no:
        refused = no
    if refused:
        assert refused.field in {part.key for part in form.fields}
        assert refused.hint


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("9", time(9)),
        ("9:05", time(9, 5)),
        ("09.30", time(9, 30)),
        ("21h45", time(21, 45)),
        ("00:00", time(0)),
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, at: time) -> None:
    assert settings_rules.accept_time(typed, "at") == at


# --- what failed is tried again -------------------------------------------------------------------


async def test_a_post_that_failed_is_sent_after_the_cause_is_mended(story: CoreDriver, app: App, world: World) -> None:
    await story.found()
    world.refuse(Rejected(Reason.FORBIDDEN, "Give me the right to write in #general."), call="post")
    await story.until(NINE)
    assert f"daily/{GROUP}/2026-01-05" not in world.names()
    world.heal()
    await story.type("olga", "/study organise")
    await story.press("olga", "What was sent")
    await story.press("olga", "Try the failed ones again")
    await story.wait(timedelta(seconds=5))
    assert f"daily/{GROUP}/2026-01-05" in world.names()
    await story.type("olga", "/study organise")
    sent = await story.press("olga", "What was sent")
    assert "not sent" not in sent.words
    assert "Try the failed ones again" not in sent.words


# --- what waits for organisers ------------------------------------------------------------------


def waits(app: App, *lines: DeskLine) -> None:
    """Another feature wants an organiser to look at this."""
    knowledge = app.engine.knowledge
    knowledge._features = (*knowledge._features, Feature("waits", desks=[lambda _scene, _tx: lines]))


REPORTS = Button("Open the reports", Action.to("organiser.more"), "primary")


async def test_what_waits_for_organisers_stands_on_the_desk_with_its_button(story: CoreDriver, app: App) -> None:
    await story.found()
    assert "Waiting for an organiser" not in (await _desk(story)).words
    waits(app, DeskLine(md("1 report waits for a decision."), REPORTS), DeskLine(md("A request waits.")))
    desk = await _desk(story)
    assert "Waiting for an organiser:\n1 report waits for a decision.\nA request waits." in desk.words
    assert desk.replies[0].buttons[0] == ("Open the reports", "organiser.more")
    assert "Post a problem now" in dict(desk.replies[0].buttons)


async def test_of_many_things_that_wait_five_are_told_and_the_others_counted(story: CoreDriver, app: App) -> None:
    await story.found()
    waits(app, *(DeskLine(md("Thing {n} waits.", n=n), Button(f"See {n}", Action("organiser.more", (("n", str(n)),))))
                 for n in range(1, 8)))  # fmt: skip
    desk = await _desk(story)
    assert "Thing 5 waits." in desk.words
    assert "Thing 6 waits." not in desk.words
    assert "And 2 more." in desk.words


def test_tools_that_make_room_for_what_waits_are_found_among_the_others() -> None:
    change = Change(AT, Kind.OTHER, "Something", "olga", undo=undo_of(1))
    lines = tuple(
        DeskLine(md("It waits."), Button(f"See {n}", Action("organiser.more", (("n", str(n)),)))) for n in range(4)
    )
    more = {button.action for button in desk_cards.more_card(open_threads=False).buttons}
    usual = desk_cards.desk_card(
        desk_rules.Desk("UTC", Rhythm((0,), time(9)), open_threads=False, channel="", where="")
    )
    for changed in (None, change):
        for count_ in range(5):
            desk = desk_rules.Desk(
                "UTC", Rhythm((0,), time(9)), open_threads=False, channel="", where="", change=changed,
                awaits=lines[:count_],
            )  # fmt: skip
            shown = desk_cards.desk_card(desk)
            assert len(shown.buttons) <= BUTTONS
            gone = {button.action for button in usual.buttons} - {button.action for button in shown.buttons}
            assert gone <= more, f"{gone} cannot be reached"
            assert sum(button.label.startswith("See") for button in shown.buttons) == min(count_, desk_cards.WAITING)
