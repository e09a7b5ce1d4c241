"""Texts of another feature: hidden at once, decided once, and nobody learns who reported or blocked whom."""

import json
import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.clock import TurnedClock
from bot.features import discover
from bot.features.safety import rules
from bot.kernel.action import Action
from bot.kernel.card import Card, Option, Quote, Select
from bot.kernel.effect import Effect, Reply
from bot.kernel.engine_facts import AwaitsOrganisers, EverythingAbout
from bot.kernel.event import Event, Person, Pressed, Scene, Submitted, Typed, What
from bot.kernel.feature import Feature, Who
from bot.kernel.peer_facts import (
    BlockedWith,
    IsShutOut,
    MembersBlocked,
    MemberText,
    NoReviewsUntil,
    ReviewsBarred,
    TextAt,
    TextFreed,
    TextHeld,
    TextRemoved,
)
from bot.kernel.ports import Tx
from tests.features.mornings import JOIN, joined
from tests.story import Answered, CoreDriver, Where
from tests.world import BERLIN, CHANNEL, GROUP, TENANT, World, living

TOLD = (TextHeld, TextFreed, TextRemoved, MembersBlocked, ReviewsBarred)
ORGANISERS_ALONE = (
    "case", "reports", "words", "log", "removed", "restore", "remove", "bar", "unbar", "expel", "lift",
)  # fmt: skip


class Wall:
    """A feature on which members write. `texts`: words and author by place; `hidden` are read by nobody."""

    def __init__(self) -> None:
        self.texts = {str(n): (f"SECRET{n} that nobody likes.", "ben") for n in range(1, 6)}
        self.hidden: set[str] = set()
        self.heard: list[object] = []
        self.feature = Feature("wall", stores=(("Your words on the wall", "All"),))
        self.feature.answers(TextAt)(self._text)
        self.feature.on_command("wall", "read the wall", reads=True)(self._show)
        for fact in TOLD:
            self.feature.on_fact(fact)(self._hear)

    def _text(self, asked: TextAt, scene: Scene, tx: Tx) -> MemberText | None:
        if asked.place not in self.texts or (asked.reader and asked.place in self.hidden):
            return None
        return MemberText(*self.texts[asked.place], f"Note {asked.place} on the wall")

    def _show(self, typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        shown = [(place, *text) for place, text in self.texts.items() if place not in self.hidden]
        quotes = tuple(Quote(words, author) for _, words, author in shown)
        options = tuple(Option(f"wall:{place}", f"Note {place}") for place, _, _ in shown)
        return [Reply(Card("The wall", quotes, (), (Select("Report or block", Action.to("safety.about"), options),)))]

    def _hear(self, fact: object, scene: Scene, tx: Tx) -> Sequence[Effect]:
        self.heard.append(fact)
        if isinstance(fact, TextHeld | TextRemoved):
            self.hidden.add(fact.place)
        if isinstance(fact, TextFreed):
            self.hidden.discard(fact.place)
        return []


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr("bot.app.discover", lambda: [*discover(), wall.feature])
    return wall


@pytest.fixture
async def club(
    wall: Wall, migrated: Path, tmp_path: Path, clock: TurnedClock, world: World
) -> AsyncIterator[CoreDriver]:
    """A group with a wall: olga and otto organise, the others study."""
    shutil.copytree(migrated, tmp_path / "data")
    async with living(tmp_path / "data", world) as app:
        story = CoreDriver(app, world, clock)
        await joined(story, "ada", "ben", "cara", "otto", "olga")
        await do(story, "olga", Submitted(Action.to("organiser.add_person"), {"person": "otto"}))
        yield story


async def do(story: CoreDriver, member: str, what: What, group: str = GROUP) -> Answered:
    """Anything at all, also what no card offers."""
    return await story._do(member, Where(group, CHANNEL if group == GROUP else "second"), what)


async def press(story: CoreDriver, member: str, verb: str, value: str = "", **args: str) -> Answered:
    return await do(story, member, Pressed(Action.to(f"safety.{verb}", **args), value))


async def report(story: CoreDriver, member: str, place: str, reason: str = "unkind", line: str = "") -> Answered:
    form = Action.to("safety.send_report", text=f"wall:{place}")
    return await do(story, member, Submitted(form, {"reason": reason, "line": line}))


async def remove(story: CoreDriver, member: str, case: int) -> Answered:
    form = Action.to("safety.send_removal", case=str(case))
    return await do(story, member, Submitted(form, {"why": "Not like this."}))


async def ask(app: App, question: object) -> object:
    """What another feature is answered."""
    event = Event("ask", TENANT, GROUP, CHANNEL, Person("ada"), app.clock.now(), Typed("help"))
    return await app.store.read(
        lambda tx: app.engine._scene(tx, event, app.engine.features["wall"]).ask(question, tx)  # type: ignore[arg-type]
    )


def cases_of(world: World, organiser: str) -> list[str]:
    return [m.posting.name for m in world.private(organiser) if m.posting.name.startswith("safety.case/")]


# --- reporting ------------------------------------------------------------------------------------


async def test_a_reported_text_is_hidden_at_once_and_every_organiser_has_one_card(
    club: CoreDriver, wall: Wall, world: World
) -> None:
    await club.type("ada", "/study wall")
    about = await club.choose("ada", "Note 1")
    assert "SECRET1" in about.words
    assert "ben" not in about.words
    await club.press("ada", "Report it")
    assert (await club.fill("ada", {})).field == "reason", "a reason has to be chosen"
    await club.fill("ada", {"reason": "private", "line": "My address."})
    assert wall.heard == [TextHeld("wall", "1")]
    assert len(cases_of(world, "olga")) == len(cases_of(world, "otto")) == 1
    assert not cases_of(world, "ben")
    assert not cases_of(world, "ada")
    desk = await ask(club.app, AwaitsOrganisers())
    assert "1 reported text waits" in str(desk)
    await report(club, "ada", "1")
    await club.again()
    assert "a member" in (await press(club, "olga", "case", "1")).words
    assert wall.heard == [TextHeld("wall", "1")], "the same report again changes nothing"


async def test_who_reports_an_open_case_joins_it(club: CoreDriver, wall: Wall, world: World) -> None:
    await club.type("cara", "/study wall")
    await club.choose("cara", "Note 1")
    await report(club, "ada", "1")
    await club.press("cara", "Report it")
    assert not (await club.fill("cara", {"reason": "spam"})).refused
    assert len(cases_of(world, "olga")) == 1
    case = await press(club, "olga", "case", "1")
    assert "2 members" in case.words
    assert "Unkind or harassing and Spam or advertising" in case.words
    assert (await report(club, "ben", "1")).refused == "These are your own words."
    assert (await press(club, "ben", "report", "wall:1")).refused == "These are your own words."


async def test_one_member_cannot_hide_the_whole_wall(club: CoreDriver, wall: Wall) -> None:
    for place in ("1", "2", "3"):
        assert not (await report(club, "ada", place)).refused
    refused = await report(club, "ada", "4", line="Please look at this.")
    assert "still open" in refused.refused
    assert "Please look at this." in refused.handed_back
    assert "4" not in wall.hidden
    await press(club, "olga", "restore", case="2")
    assert not (await report(club, "ada", "4")).refused


async def test_who_was_told_that_a_text_stays_cannot_hide_it_again_unless_it_changed(
    club: CoreDriver, wall: Wall
) -> None:
    await report(club, "ada", "1")
    await press(club, "otto", "restore", case="1")
    assert wall.heard[-1] == TextFreed("wall", "1")
    assert "it stays" in (await report(club, "ada", "1")).refused
    assert not (await report(club, "cara", "1")).refused, "somebody else may see it otherwise"
    await press(club, "otto", "restore", case="2")
    assert "it stays" in (await report(club, "ada", "1")).refused, "whoever else reported it since"
    wall.texts["1"] = ("SECRET1, and now it is worse.", "ben")
    assert not (await report(club, "ada", "1")).refused


async def test_what_somebody_may_not_read_they_cannot_report_or_block(club: CoreDriver, wall: Wall) -> None:
    wall.hidden.add("2")
    for text in (
        "wall:2",
        "wall:9",
        "nothing:1",
        "wall:",
        ":1",
        "safety:message/0a1b2c3d4e5f",
        "safety:case/1",
        "x" * 70,
    ):
        for verb in ("about", "report", "block"):
            refused = (await press(club, "ada", verb, text)).refused
            assert "I do not find this text" in refused, (verb, text)
    for verb in ("about", "report", "block"):
        assert (await press(club, "ben", verb, "wall:1")).refused == "These are your own words."
    assert wall.heard == []


async def test_a_message_in_the_chat_is_known_to_whoever_pointed_at_it_for_a_day(club: CoreDriver) -> None:
    nine = await club.say("ben", JOIN, "SECRET9 in the chat.")
    about = await club.choose("ada", "Report to organisers", on=nine.receipt)
    assert "SECRET9" in about.words
    message = f"safety:message/{rules.key(nine.receipt)}"
    assert (await press(club, "cara", "about", message)).refused
    assert not (await press(club, "ada", "about", message)).refused
    await club.wait(rules.POINTED + timedelta(minutes=1))
    ten = await club.say("ben", JOIN, "SECRET10 in the chat.")
    await club.choose("cara", "Report to organisers", on=ten.receipt)
    kept = await rows(club.app)
    assert "SECRET9" not in kept["safety_pointed"]
    assert "SECRET10" in kept["safety_pointed"]
    assert kept["safety_pointed"].count("ada") == 0


# --- deciding -----------------------------------------------------------------------------------------


async def test_the_first_organiser_decides_and_the_second_reads_what_was_decided(
    club: CoreDriver, wall: Wall, world: World
) -> None:
    await report(club, "ada", "1")
    opened = await press(club, "otto", "remove", case="1")
    assert opened.form
    await press(club, "olga", "restore", case="1")
    assert "it stays" in (await remove(club, "otto", 1)).words
    assert "it stays" in (await press(club, "otto", "remove", case="1")).words
    assert wall.heard == [TextHeld("wall", "1"), TextFreed("wall", "1")]
    await club.wait(timedelta(minutes=1))
    for organiser in ("olga", "otto"):
        (case,) = cases_of(world, organiser)
        assert "Restore it" not in [button.label for button in world.named(case).card.buttons]


async def test_a_removal_needs_a_reason_and_tells_the_author(club: CoreDriver, wall: Wall, world: World) -> None:
    await report(club, "ada", "1")
    await press(club, "olga", "remove", case="1")
    assert (await club.fill("olga", {"why": "  "})).field == "why"
    await club.fill("olga", {"why": "Not like this."})
    assert wall.heard[-1] == TextRemoved("wall", "1")
    assert [m.card.title for m in world.private("ben")] == ["An organiser has removed a text of yours."]
    assert [m.card.title for m in world.private("ada")] == ["An organiser has looked at what you reported."]
    log = await press(club, "otto", "log")
    assert "@olga removed it" in log.words
    assert "Not like this." in log.words


async def test_nobody_decides_about_their_own_text_or_report_while_somebody_else_can(
    club: CoreDriver, wall: Wall, world: World
) -> None:
    wall.texts["1"] = ("SECRET1 of an organiser.", "otto")
    await report(club, "ada", "1", line="He always does.")
    assert not cases_of(world, "otto")
    for verb in ("case", "restore", "remove", "bar", "expel", "words"):
        refused = await press(club, "otto", verb, case="1")
        assert refused.refused == "You wrote this text."
        assert "He always does." not in refused.words
    await report(club, "olga", "2")
    assert (await press(club, "olga", "restore", case="2")).refused == "You reported this text yourself."
    assert "Restore it" not in [label for label, _ in (await press(club, "olga", "case", case="2")).replies[0].buttons]
    assert not (await press(club, "otto", "restore", case="2")).refused
    assert not (await remove(club, "olga", 1)).refused


async def test_reviews_stop_for_a_week_and_an_organiser_is_not_removed_before_they_are_none(
    club: CoreDriver, wall: Wall, clock: TurnedClock
) -> None:
    await report(club, "ada", "1")
    until = clock.now() + rules.BARRED
    await press(club, "olga", "bar", case="1")
    assert wall.heard[-1] == ReviewsBarred("ben", until)
    await club.wait(timedelta(days=1))
    await press(club, "otto", "bar", case="1")
    assert await ask(club.app, NoReviewsUntil("ben")) == until, "the second press changes nothing"
    await club.until(until)
    assert await ask(club.app, NoReviewsUntil("ben")) is None

    wall.texts["2"] = ("SECRET2 of an organiser.", "otto")
    await report(club, "ada", "2")
    assert "organises the group" in (await press(club, "olga", "expel", case="2", sure="1")).refused


async def test_a_member_or_another_group_does_nothing_of_what_organisers_do(club: CoreDriver, wall: Wall) -> None:
    await report(club, "ada", "1")
    for verb in ORGANISERS_ALONE:
        assert "Only an organiser" in (await press(club, "ada", verb, "1", case="1", sure="1")).refused
    assert "Only an organiser" in (await remove(club, "ada", 1)).refused
    assert "Only an organiser" in (await club.type("ada", "/study reports")).refused
    club.person("otis", zone=BERLIN, manages=True)
    await do(club, "otis", Pressed(Action.to("organiser.setup")), "web:second")
    for verb in ("case", "restore", "remove", "bar", "unbar", "expel", "words"):
        forged = Pressed(Action.to(f"safety.{verb}", case="1", sure="1"))
        assert (await do(club, "otis", forged, "web:second")).refused == "I do not know this report."
    assert wall.heard == [TextHeld("wall", "1")]
    assert set(ORGANISERS_ALONE) == {
        route.partition(".")[2]
        for route, kept in club.app.engine.features["safety"].presses.items()
        if kept.who is Who.ORGANISER
    }


# --- blocking ---------------------------------------------------------------------------------------


async def test_a_block_works_both_ways_and_tells_no_name_that_may_be_hidden(
    club: CoreDriver, wall: Wall, world: World
) -> None:
    for person in ("", "ada", "somebody-else"):
        refused = await do(club, "ada", Submitted(Action.to("safety.send_block"), {"person": person}))
        assert refused.field == "person", person
    await do(club, "ada", Submitted(Action.to("safety.send_block"), {"person": "ben"}))
    await report(club, "ada", "1")
    assert not (await press(club, "ada", "block", text="wall:1")).refused, "what one has reported is hidden by then"
    assert wall.heard == [MembersBlocked("ada", "ben"), TextHeld("wall", "1"), MembersBlocked("ada", "ben")]
    listed = await club.type("ada", "/study block")
    assert "The author of: Note 1 on the wall" in listed.words
    assert listed.words.count("@ben") == 1
    for number in ("2", "2", "9"):
        await press(club, "ada", "unblock", number)
        assert await ask(club.app, BlockedWith("ben")) == ("ada",)
        assert await ask(club.app, BlockedWith("ada")) == ("ben",)
    assert (await press(club, "ben", "unblock", "1")).refused, "another's block"
    await press(club, "ada", "unblock", "1")
    assert await ask(club.app, BlockedWith("ben")) == await ask(club.app, BlockedWith("ada")) == ()
    await press(club, "ada", "block", text="wall:2")
    assert (await press(club, "ada", "unblock", n="1")).refused, "an old button takes nothing new back"


# --- what is kept -------------------------------------------------------------------------------------


async def rows(app: App) -> dict[str, str]:
    """Everything in the database, by table."""

    def read(tx: Tx) -> dict[str, str]:
        tables = tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            row["name"]: json.dumps([dict(one) for one in tx.all(f"SELECT * FROM {row['name']}")], default=str)  # noqa: S608
            for row in tables
        }

    return await app.store.read(read)


async def everything(app: App, member: str) -> str:
    kept = await ask(app, EverythingAbout(member))
    assert isinstance(kept, dict)
    return json.dumps(kept, default=str)


async def test_nobody_finds_in_their_data_who_reported_or_blocked_them(club: CoreDriver, wall: Wall) -> None:
    await report(club, "ada", "1", line="ADASLINE")
    await press(club, "cara", "block", text="wall:2")
    await remove(club, "olga", 1)
    of_ben = await everything(club.app, "ben")
    assert "SECRET1" in of_ben
    assert "Not like this." in of_ben
    assert not {word for word in ("ada", "cara", "ADASLINE", "safety_blocks") if word in of_ben}
    for member in ("ada", "cara", "olga"):
        kept = await everything(club.app, member)
        assert "SECRET" not in kept, f"{member} takes words of ben along"
        assert '"ben"' not in kept
    assert "ADASLINE" in await everything(club.app, "ada")


async def test_thirty_days_after_the_decision_the_words_are_forgotten(
    club: CoreDriver, wall: Wall, world: World
) -> None:
    await report(club, "ada", "1", line="ADASLINE")
    await report(club, "ada", "2")
    await press(club, "olga", "restore", case="1")
    await club.wait(rules.KEPT + timedelta(minutes=1))
    kept = await rows(club.app)
    assert "SECRET1" not in kept["safety_cases"]
    assert "ADASLINE" not in kept["safety_reports"]
    assert "SECRET2" in kept["safety_cases"], "it is still open"
    shown = "\n".join(str(m.card) for organiser in ("olga", "otto") for m in world.private(organiser))
    assert "SECRET1" not in shown
    assert "SECRET2" in shown


async def test_an_erased_author_closes_the_case_and_is_still_kept_out(
    club: CoreDriver, wall: Wall, world: World
) -> None:
    await report(club, "ada", "1", line="ADASLINE")
    await press(club, "olga", "expel", case="1", sure="1")
    assert await ask(club.app, IsShutOut("ben")) is True
    await do(club, "ben", Pressed(Action.to("members.erase_now")))
    await club.wait(timedelta(minutes=1))
    kept = await rows(club.app)
    assert not [table for table, text in kept.items() if "SECRET1" in text]
    assert [table for table, text in kept.items() if '"ben"' in text] == ["safety_removed"]
    (case,) = cases_of(world, "otto")
    assert "has erased their data" in str(world.named(case).card)
    assert not (await press(club, "olga", "restore", case="1")).refused, "and says that it is gone"
    assert wall.heard == [TextHeld("wall", "1"), TextRemoved("wall", "1")], "nothing stays held for ever"

    (menu,) = (await press(club, "olga", "removed")).replies[0].options
    assert "ben" not in menu[1].lower()
    await club.choose("olga", menu[0])
    assert await ask(club.app, IsShutOut("ben")) is False


async def test_an_erased_reporter_leaves_the_case_without_them_and_their_words(
    club: CoreDriver, wall: Wall, world: World
) -> None:
    await report(club, "ada", "1", line="ADASLINE")
    await do(club, "ada", Pressed(Action.to("members.erase_now")))
    await club.wait(timedelta(minutes=1))
    kept = await rows(club.app)
    assert not [table for table, text in kept.items() if "ADASLINE" in text or '"ada"' in text]
    case = await press(club, "olga", "case", "1")
    assert "a member" in case.words
    assert "SECRET1" in case.words
    assert "ADASLINE" not in case.words
    assert not (await remove(club, "olga", 1)).refused
    await do(club, "olga", Pressed(Action.to("members.erase_now")))
    assert "Not like this." not in (await rows(club.app))["safety_cases"]


async def test_who_is_no_organiser_any_more_loses_what_they_had_of_a_case(club: CoreDriver, world: World) -> None:
    await report(club, "ada", "1")
    assert cases_of(world, "otto")
    await do(club, "otto", Pressed(Action.to("members.leave", sure="1")))
    await press(club, "olga", "restore", case="1")
    assert not cases_of(world, "otto")
    assert cases_of(world, "olga")
