"""What the engine remembers for features: zones, outages, settings, channels, organisers, what was due."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest

from bot.engine import outages, roster
from bot.kernel.action import Action
from bot.kernel.card import Card
from bot.kernel.design_facts import TakesWords
from bot.kernel.effect import Effect, MoveGroup, Unenrol
from bot.kernel.engine_facts import (
    AwaitsOrganisers,
    Delivery,
    DeskLine,
    IsHere,
    Setting,
    WhatCanBeSet,
    WhatIsStored,
    WhatWasDue,
    WhenWasItDown,
    WhereIsWhat,
    ZonesOver,
)
from bot.kernel.errors import Reason, Rejected
from bot.kernel.event import Event, Opened, Person, Pressed, Scene, Told
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import MemberText, TextAt
from bot.kernel.ports import Tx
from bot.kernel.question import Gathered, Question
from bot.kernel.text import md, words
from tests.engine.bench import Bench, post
from tests.engine.club import make_club
from tests.world import CHANNEL, GROUP, TENANT, Trouble

HOUR = timedelta(hours=1)
BERLIN, TOKYO, HONOLULU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo"), ZoneInfo("Pacific/Honolulu")


async def ask(bench: Bench, question: Question[Any]) -> Any:
    def query(tx: Tx) -> Any:
        scene = roster.group_scene(tx, GROUP, bench.clock.now())
        return bench.engine._asker(scene)(question, tx)

    return await bench.store.read(query)


async def places(bench: Bench, member: str) -> list[tuple[timedelta, ZoneInfo]]:
    """Where the member has lived: (how long ago since, zone)."""
    found = await ask(bench, ZonesOver(member))
    return [(bench.clock.now() - since, zone) for since, zone in found]


# --- zones ---------------------------------------------------------------------------------------


async def test_a_member_without_a_zone_lives_in_the_groups(bench: Bench) -> None:
    assert await places(bench, "ada") == [(timedelta(0), BERLIN)]


async def test_a_zone_that_is_chosen_counts_from_that_moment(bench: Bench) -> None:
    await bench.go(HOUR)
    await bench.press("ada", "club.zone?zone=Asia%2FTokyo")
    await bench.go(HOUR)
    await bench.press("ada", "club.zone?zone=Asia%2FTokyo")
    assert await places(bench, "ada") == [(2 * HOUR, BERLIN), (HOUR, TOKYO)]


async def test_the_platforms_zone_counts_until_one_is_chosen(bench: Bench) -> None:
    async def look_in(zone: str) -> None:
        person = Person("ada", "Ada", zone)
        what = Pressed(Action.to("club.where"))
        delivery = f"from-{zone}-{bench.clock.now()}"
        await bench.engine.handle(Event(delivery, TENANT, GROUP, CHANNEL, person, bench.clock.now(), what))

    await bench.go(HOUR)
    await look_in("Pacific/Honolulu")
    await bench.go(HOUR)
    await bench.press("ada", "club.zone?zone=Asia%2FTokyo")
    await bench.go(HOUR)
    await look_in("Europe/Lisbon")  # the platform says something else now: one's own choice stands
    assert await places(bench, "ada") == [(3 * HOUR, BERLIN), (2 * HOUR, HONOLULU), (HOUR, TOKYO)]


async def test_when_the_group_moves_its_members_without_a_zone_move_with_it(bench: Bench) -> None:
    await bench.press("ben", "club.join")
    await bench.press("ben", "club.zone?zone=Asia%2FTokyo")
    await bench.go(HOUR)
    await bench.press("olga", "club.shift?zone=Pacific%2FHonolulu", manages=True)
    assert await places(bench, "ada") == [(HOUR, BERLIN), (timedelta(0), HONOLULU)]
    assert await places(bench, "ben") == [(HOUR, TOKYO)]


async def test_a_word_that_is_no_zone_moves_nobody(bench: Bench) -> None:
    await bench.press("ada", "club.zone?zone=Atlantis")
    assert await places(bench, "ada") == [(timedelta(0), BERLIN)]


async def test_a_group_cannot_move_to_a_zone_that_does_not_exist(bench: Bench) -> None:
    outcome = await bench.press("olga", "club.shift?zone=Atlantis", manages=True)
    assert outcome.refused
    assert await places(bench, "ada") == [(timedelta(0), BERLIN)]


# --- members -------------------------------------------------------------------------------------


async def test_who_is_here_is_whoever_joined_and_did_not_leave(bench: Bench) -> None:
    await bench.press("ben", "club.join")
    await bench.found("carl", group="another")
    assert [await ask(bench, IsHere(who)) for who in ("ada", "ben", "carl", "nobody")] == [True, True, False, False]
    await bench.perform([Unenrol("ben")])
    assert [await ask(bench, IsHere(who)) for who in ("ada", "ben")] == [True, False]
    await bench.press("ben", "club.join")
    assert await ask(bench, IsHere("ben"))


# --- outages -------------------------------------------------------------------------------------

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


async def beats(bench: Bench, *runs: tuple[float, float]) -> list[tuple[float, float]]:
    """Runs of the bot in hours after noon; the outages, told in the same way."""
    for started, last in runs:
        await bench.store.run(lambda tx, a=started, b=last: outages.beat(tx, NOON + a * HOUR, NOON + b * HOUR))
    found = await ask(bench, WhenWasItDown())
    return [((a - NOON) / HOUR, (b - NOON) / HOUR) for a, b in found]


async def test_the_gaps_between_runs_are_the_outages(bench: Bench) -> None:
    assert await beats(bench, (0, 1), (3, 4), (4.01, 5)) == [(1, 3)]


async def test_a_run_that_goes_on_has_no_gap(bench: Bench) -> None:
    assert await beats(bench, (0, 1), (0, 2), (0, 7)) == []


async def test_a_clock_that_was_set_back_makes_no_outage_and_hides_none(bench: Bench) -> None:
    assert await beats(bench, (0, 5), (4, 4.5), (4, 4.8), (7, 8)) == [(5, 7)]


async def test_a_beat_from_before_the_last_one_takes_nothing_away(bench: Bench) -> None:
    assert await beats(bench, (0, 5), (0, 4), (6, 7)) == [(5, 6)]


# --- settings, channels, organisers --------------------------------------------------------------


async def test_features_learn_what_can_be_set_and_what_is_set(bench: Bench) -> None:
    (club,) = await ask(bench, WhatCanBeSet())
    (setting,) = club.settings
    assert (club.feature, club.title) == ("club", "Club")
    assert setting == Setting("rhythm", "When", "", setting.value)
    assert str(setting.value) == "Mon-Fri 09:00"


async def test_a_change_of_settings_is_told_with_what_was_before(bench: Bench) -> None:
    await bench.press("olga", "club.move?at=21:00", manages=True)
    ((what, feature),) = bench.heard("changed")
    assert feature == "club"
    assert 0 < what.index("datetime.time(9, 0)") < what.index("datetime.time(21, 0)")


async def test_a_change_that_changes_nothing_is_not_told(bench: Bench) -> None:
    await bench.press("olga", "club.move?at=09:00", manages=True)
    assert bench.heard("changed") == []


async def test_a_purpose_gets_its_own_channel_and_gives_it_back(bench: Bench) -> None:
    await bench.press("olga", "club.shift?spot=chat", manages=True)
    assert await ask(bench, WhereIsWhat()) == (("main", "Main channel", CHANNEL), ("talk", "Talk", "chat"))
    await bench.perform([MoveGroup(places={"talk": ""})])
    assert await ask(bench, WhereIsWhat()) == (("main", "Main channel", CHANNEL), ("talk", "Talk", ""))


async def test_organisers_are_appointed_and_dismissed(bench: Bench) -> None:
    await bench.press("olga", "club.appoint?who=ada", manages=True)
    assert (await bench.press("ada", "club.board?name=b&text=x")).refused is None
    await bench.press("olga", "club.appoint?who=ada&off=1", manages=True)
    assert (await bench.press("ada", "club.board?name=b&text=x")).refused


async def test_features_say_what_they_store(bench: Bench) -> None:
    assert await ask(bench, WhatIsStored()) == (("Your note", "All"),)


# --- questions to one feature, and lines from all ---------------------------------------------------


def shelf(name: str, *lines: str) -> Feature:
    """A feature that knows its own texts, and wants organisers to look at something."""
    made = Feature(name)

    @made.answers(TextAt)
    def text_at(question: TextAt, scene: Scene, tx: Tx) -> MemberText | None:
        return MemberText(f"{name} has {question.place}", "ada", name) if question.place else None

    @made.on_desk
    def desk(scene: Scene, tx: Tx) -> Sequence[DeskLine]:
        return [DeskLine(md("{name}: {line}", name=name, line=line)) for line in lines]

    return made


@pytest.fixture
async def shelves() -> AsyncIterator[Bench]:
    made = Bench((make_club(), shelf("books", "one waits", "two wait"), shelf("films", "three wait")))
    await made.found("ada")
    yield made
    made.store.close()


async def test_a_question_with_an_address_is_answered_by_that_feature_alone(shelves: Bench) -> None:
    assert await ask(shelves, TextAt("books", "7")) == MemberText("books has 7", "ada", "books")
    assert await ask(shelves, TextAt("films", "7")) == MemberText("films has 7", "ada", "films")
    assert await ask(shelves, TextAt("films", "")) is None


async def test_a_question_to_a_feature_that_does_not_answer_has_its_default(shelves: Bench) -> None:
    assert await ask(shelves, TextAt("club", "7")) is None
    assert await ask(shelves, TextAt("nobody", "7")) is None


def test_two_answers_to_one_address_are_a_mistake_at_the_start() -> None:
    books = shelf("books")
    with pytest.raises(ValueError, match="two handlers"):
        books.answers(TextAt)(lambda question, scene, tx: None)


async def test_the_desk_has_the_lines_of_every_feature_in_their_order(shelves: Bench) -> None:
    found = await ask(shelves, AwaitsOrganisers())
    assert [words(one.line) for one in found] == ["books: one waits", "books: two wait", "films: three wait"]


async def test_nothing_waits_where_no_feature_has_a_desk(bench: Bench) -> None:
    assert await ask(bench, AwaitsOrganisers()) == ()


# --- reading -------------------------------------------------------------------------------------


async def test_looking_leaves_no_row(bench: Bench) -> None:
    before = bench.store.image
    outcome = await bench.press("stranger", "club.look")
    assert outcome.refused  # not a member: refused before it looks
    outcome = await bench.press("ada", "club.look")
    assert outcome.answers
    assert bench.store.image == before


async def test_a_look_that_wants_to_write_is_a_mistake_of_ours(bench: Bench) -> None:
    outcome = await bench.press("olga", "club.join", manages=True)
    before = bench.store.image
    outcome = await bench.press("olga", "club.look_and_write", manages=True)
    assert outcome.refused
    assert "our side" in outcome.refused.because
    assert bench.store.image == before


# --- what was due --------------------------------------------------------------------------------


async def due(bench: Bench) -> list[tuple[str, str]]:
    found: tuple[Delivery, ...] = await ask(bench, WhatWasDue(bench.clock.now() - timedelta(days=7)))
    assert list(found) == sorted(found, key=lambda one: one.at, reverse=True)
    return [(one.what, one.state) for one in found]


async def test_the_organiser_reads_what_was_sent_and_what_comes_next(bench: Bench) -> None:
    await bench.go(HOUR)
    assert await due(bench) == [("Meeting", "due"), ("Meant for 2026-01-05 08:00", "sent")]


async def test_a_message_that_failed_is_told_with_the_fix(bench: Bench) -> None:
    no = Rejected(Reason.FORBIDDEN, "Give me the right to write there.")
    bench.world.troubles.append(Trouble(no))
    await bench.want(post("club.note"))
    await bench.drain()
    found: tuple[Delivery, ...] = await ask(bench, WhatWasDue(bench.clock.now() - HOUR))
    (failed,) = [one for one in found if one.state == "failed"]
    assert failed.fix == "Give me the right to write there."


async def test_private_messages_are_not_told(bench: Bench) -> None:
    await bench.press("ada", "club.whisper")
    await bench.settle()
    assert await due(bench) == [("Meeting", "due")]


async def test_a_skipped_time_is_told(bench: Bench) -> None:
    bench.clock.go(timedelta(hours=12))
    await bench.settle()
    assert ("Meeting", "skipped") in await due(bench)


# --- gathered questions --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Whose(Gathered[tuple[str, ...]]):
    default: ClassVar[tuple[str, ...]] = ()
    letter: str

    def join(self, answers: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(word for answer in answers for word in answer)


async def test_a_gathered_question_is_answered_by_each_feature_for_its_own() -> None:
    one, two = Feature("one"), Feature("two")
    one.answers(Whose)(lambda question, scene, tx: (f"{question.letter}pple",))
    two.answers(Whose)(lambda question, scene, tx: (f"{question.letter}vocado",))
    assert await ask(Bench((one, two)), Whose("a")) == ("apple", "avocado")
    assert await ask(Bench((Feature("silent"),)), Whose("a")) == ()


async def test_a_private_message_belongs_to_the_group_in_which_something_takes_it() -> None:
    taken: list[str] = []
    runs = Feature("runs")
    runs.answers(TakesWords)(lambda question, scene, tx: scene.group == "another")

    @runs.on_told
    def hear(told: Told, scene: Scene, tx: Tx) -> Sequence[Effect]:
        taken.append(scene.group)
        return []

    bench = Bench((make_club(), runs))
    await bench.found("ada")
    await bench.found("ada", group="another")
    await bench.do("ada", Told("my stage", "1"), group="", spot="private")
    assert taken == ["another"]


# --- the home page -------------------------------------------------------------------------------


async def test_what_waits_for_the_member_stands_first_on_the_home_page_and_settings_last() -> None:
    found, quiet, urgent = make_club(), Feature("quiet", home_place=1), Feature("urgent", home_place=-1)
    quiet.on_home(lambda scene, tx: [Card("Settings", ())])
    urgent.on_home(lambda scene, tx: [Card("Waiting for you", ())])
    bench = Bench((quiet, found, urgent))
    await bench.found("ada")
    event = Event("opened", TENANT, GROUP, CHANNEL, Person("ada"), bench.clock.now(), Opened())
    titles = [card.title for card in await bench.engine.home(event)]
    assert (titles[0], titles[-1], len(titles)) == ("Waiting for you", "Settings", 3)
