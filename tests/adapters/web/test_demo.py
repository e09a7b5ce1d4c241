"""The demonstration: its story, its clock, its cast, the newcomer's first steps."""

import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.web.chat import GROUP
from adapters.web.demo.browser import Browser, nearest
from adapters.web.demo.design_texts import read_designs
from adapters.web.demo.show import BEGIN, ZONE
from adapters.web.demo.texts import FOLDER, read_cast, read_library
from bot.config import STARTER
from bot.content.catalogue import Catalogue
from bot.content.loader import load_pack
from bot.features.answers import records, rules
from bot.features.mlsd import run_rules
from bot.features.reviews import reading_rules
from tests.adapters.web.stage import BOARD, boards, press, show, transcript

# --- the story ---------------------------------------------------------------------------------


async def test_a_story_that_is_interrupted_goes_on_where_it_stood(tmp_path):
    async with show(tmp_path / "whole") as (running, visitor):
        await running.travel.to_next_morning()
        await running.travel.on(timedelta(hours=6))
        whole = await transcript(visitor)
    async with show(tmp_path / "parts") as (running, _):
        await running.travel.to_next_morning()
        stood = running.chat.now()
    async with show(tmp_path / "parts", seed=99) as (running, visitor):
        assert running.chat.now() == stood
        await running.travel.on(timedelta(hours=6))
        assert await transcript(visitor) == whole, "the seed that it began with counts"


async def test_every_habit_shows_within_a_week_and_nobody_is_refused(tmp_path, caplog):
    caplog.set_level("INFO", logger="adapters.web.demo")
    async with show(tmp_path) as (running, visitor):
        for _ in range(5):
            await running.travel.to_next_morning()
        names = [board["name"].removeprefix(f"{BOARD}{GROUP}/") for board in await boards(visitor)]
        rounds = await running.app.store.read(lambda tx: [records.list_answers(tx, GROUP, name) for name in names])
    for answers in rounds:
        words = [answer.words.claim + answer.words.text for answer in answers]
        assert len(words) == len(set(words)), "no two members hand in the same words"
    kept = [answer for answers in rounds for answer in answers]
    said = [record.getMessage() for record in caplog.records]
    pressed = {line.partition(" presses ")[2] for line in said if " presses " in line}
    assert pressed == {
        "answers.write", "answers.use", "answers.read", "answers.withdraw", "answers.restore",
        "daily.hint", "daily.stuck", "daily.help", "daily.clock", "daily.clock_done", "members.zone",
        "organiser.settings", "organiser.set", "reviews.ask", "reviews.pull", "reviews.write",
    }  # fmt: skip
    assert [line for line in said if "refused" in line] == []
    assert {line for line in said if "no button" in line} <= {"noor finds no button for daily.help"}
    assert names == [f"2026-01-{day}" for day in (12, 13, 14, 15, 16)]
    assert len({answer.member for answer in kept}) >= 9
    assert any(answer.late for answer in kept)
    assert any(answer.hide_name for answer in kept)
    assert any(answer.words.upload and answer.words.upload.seconds for answer in kept)
    assert any(answer.words.text.startswith("https://") for answer in kept)


# --- the clock -----------------------------------------------------------------------------------


async def test_travel_stops_at_every_event_and_skips_none(tmp_path):
    async with show(tmp_path) as (running, visitor):
        assert running.chat.now() == BEGIN
        await visitor_turns(visitor, "next")
        assert running.chat.now() == BEGIN + timedelta(minutes=5), "the first problem"
        for _ in range(8):
            await visitor_turns(visitor, "morning")
        assert running.chat.now().astimezone(ZONE).strftime("%a %d %H:%M") == "Tue 20 09:05"
        opened = [datetime.fromisoformat(board["at"]).astimezone(ZONE) for board in await boards(visitor)]
        assert [f"{at:%d %H:%M}" for at in opened] == [f"{day} 09:00" for day in (12, 13, 14, 15, 16, 19, 20)]
        assert await running.app.store.read(skipped) == 0


def skipped(tx: Any) -> int:
    return tx.one("SELECT COUNT(*) AS n FROM wakes WHERE state = 'skipped'")["n"]


async def visitor_turns(visitor: Browser, button: str) -> dict[str, Any]:
    return await visitor.post(f"/demo/{button}")


async def test_the_next_event_always_goes_on_and_one_hour_is_one_hour(tmp_path):
    async with show(tmp_path) as (running, visitor):
        seen = [running.chat.now()]
        while len(seen) < 12:
            now = (await visitor_turns(visitor, "next"))["now"]
            seen.append(datetime.fromisoformat(now))
        assert seen == sorted(set(seen))
        before = running.chat.now()
        after = datetime.fromisoformat((await visitor_turns(visitor, "hour"))["now"])
        assert after - before == timedelta(hours=1)


async def test_the_cast_answers_a_problem_that_the_organiser_posts_out_of_turn(tmp_path):
    async with show(tmp_path) as (running, visitor):
        await running.travel.until(BEGIN + timedelta(hours=20))  # a new day has begun, its hour has not come
        await visitor.become("organiser")
        await visitor.do("type", spot="daily", text="organise")
        await press(visitor, "organiser.post_now")
        await running.app.settle()
        await visitor_turns(visitor, "hour")
        assert [board["name"][-10:] for board in await boards(visitor)] == ["2026-01-12", "2026-01-13"]
        answers = await running.app.store.read(lambda tx: records.list_answers(tx, GROUP, "2026-01-13"))
        assert "noor" in [answer.member for answer in answers]


async def test_the_clock_is_turned_only_by_a_post_with_the_page_s_token(tmp_path):
    async with show(tmp_path) as (running, _), Browser(running.address) as stranger:
        with pytest.raises(PermissionError):
            await stranger.post("/demo/next")
        assert running.chat.now() == BEGIN


# --- the newcomer -----------------------------------------------------------------------------------


async def test_a_newcomer_joins_answers_and_comes_back_the_next_morning(tmp_path):
    async with show(tmp_path) as (running, visitor):
        assert (await visitor.get("/api/me"))["name"] == "You"
        steps = (await visitor.get("/demo/clock"))["steps"]
        assert steps == {"Join": False, "Answer": False, "Next morning": False}

        joined = await press(visitor, "members.join")
        assert joined["refused"] is None
        assert (await visitor.get("/demo/clock"))["steps"]["Join"]

        await visitor_turns(visitor, "next")
        await running.app.settle()
        [board] = await boards(visitor)
        asked = await press(visitor, "answers.write", on=board["name"])
        form = asked["answers"][-1]
        words = "I think 99% is easy to reach, because most payments are honest. It fails on the frauds."
        sent = await visitor.submit(form, {"text": words, "claim": "", "choices": ()}, 0, spot="daily")
        assert sent["refused"] is None
        assert (await visitor.get("/demo/clock"))["steps"]["Answer"]

        await visitor_turns(visitor, "morning")
        assert all((await visitor.get("/demo/clock"))["steps"].values())
        [first, second] = await boards(visitor)
        assert first["receipt"] == board["receipt"]
        assert "Answers: 0" not in first["card"]["text"]
        read = await visitor.do("press", spot="daily", receipt=first["receipt"], action="answers.read?task=2026-01-12")
        assert words in str(read), "one's own answer"
        assert "@Noor" in str(read), "and those of the others"
        assert second["name"] == f"{BOARD}{GROUP}/2026-01-13"


async def test_the_strip_stands_above_every_page_with_clock_buttons_and_steps(tmp_path):
    async with show(tmp_path) as (_, visitor):
        for path in ("/c/daily", "/home", "/outbox", "/gallery"):
            page = await visitor.read(path)
            assert "Monday 12 January" in page
            for word in ("Next event", "+1 hour", "Next morning", "Join", "Answer"):
                assert word in page
        assert "strip" in await visitor.read("/demo/static/strip.css")


async def test_the_link_in_the_terminal_works_again(tmp_path):
    async with show(tmp_path) as (running, _), Browser(running.address) as again:
        with pytest.raises(PermissionError, match="used before"):
            await again.enter(running.link.partition("key=")[2])
        assert "Demo clock" in await again.read("/c/daily")


async def test_another_browser_without_the_link_is_the_visitor_and_not_the_organiser(tmp_path):
    async with show(tmp_path) as (running, _), Browser(running.address) as other:
        me = await other.get("/api/me")
    assert (me["person"], me["manages"]) == ("you", False)


@pytest.mark.parametrize(("wanted", "chosen"), [("3", "2"), ("2", "2"), ("none", "none")])
def test_a_reviewer_of_a_short_answer_points_at_its_last_passage(wanted, chosen):
    assert nearest(wanted, [{"value": "1"}, {"value": "2"}, {"value": "none"}]) == chosen


def test_what_is_no_number_and_has_no_menu_is_sent_as_it_is():
    assert nearest("Say more.", ()) == "Say more."
    assert nearest(("show",), [{"value": "1"}]) == ("show",)


async def test_the_visitor_can_be_anybody_and_the_organiser_too(tmp_path):
    async with show(tmp_path) as (_, visitor):
        for person, manages in (("amara", False), ("organiser", True)):
            await visitor.become(person)
            me = await visitor.get("/api/me")
            assert (me["person"], me["manages"]) == (person, manages)


# --- nothing leaves this machine ------------------------------------------------------------------------


async def test_no_request_ever_leaves_this_machine(tmp_path, monkeypatch):
    asked: set[str] = set()
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def watched(self: socket.socket, address: Any) -> None:
        asked.add(address[0] if isinstance(address, tuple) else str(address))
        connect(self, address)

    def watched_look_up(host: Any, *rest: Any, **more: Any) -> Any:
        asked.add(str(host))
        return look_up(host, *rest, **more)

    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:3128")  # an address that nobody has; it would show up
    monkeypatch.setattr(socket.socket, "connect", watched)
    monkeypatch.setattr(socket, "getaddrinfo", watched_look_up)
    async with show(tmp_path) as (running, _):
        await running.travel.to_next_morning()
    assert asked == {"127.0.0.1"}


# --- what the cast says ----------------------------------------------------------------------------------


def starter() -> Catalogue:
    return Catalogue.of([load_pack(STARTER)])


def test_every_text_belongs_to_an_item_of_the_starter_pack():
    library = read_library(starter())
    assert set(library.items) <= {item.id for item in starter().items()}
    assert set(library.domains) - {"any"} <= {item.domain for item in starter().items()}


def test_every_text_is_an_answer_that_the_bot_would_keep():
    library = read_library(starter())
    for words in [*library.items.values(), *library.domains.values()]:
        for text in (*words.good, *words.short, *words.wrong, *words.better):
            assert rules.accept(rules.Words(text)).text == text
        for text in words.point:
            assert len(text) <= rules.CLAIM
        texts = [text for kind in type(words).model_fields for text in getattr(words, kind)]
        assert len(texts) == len(set(texts))


def test_an_item_with_texts_of_its_own_has_enough_for_the_whole_cast():
    library = read_library(starter())
    assert len(library.items) >= 30
    for id_, words in library.items.items():
        assert (len(words.good), len(words.short)) >= (5, 3), id_
        assert all(getattr(words, kind) for kind in ("wrong", "better", "tried", "point")), id_
    for name, words in library.domains.items():
        assert (len(words.good), len(words.short)) >= (5, 3), f"{name}: for items without texts of their own"


def test_nobody_speaks_twice_in_the_same_words_about_an_unknown_problem():
    library = read_library(starter())
    said = [library.say("A title that no pack has", "good", number) for number in range(6)]
    assert len(set(said[:5])) == 5
    assert said[5] == "", "whoever has no words left does not answer"


def test_nobody_writes_the_same_into_two_runs_of_one_week_whatever_the_prompt():
    designs = read_designs(starter(), FOLDER)
    cast = read_cast(FOLDER)
    for week in (1, 2):
        runners = [seat for seat in cast.designs if seat.takes(week) and seat.way != "reviews"]
        assert len(runners) == 4
        for item in (item for item in starter().items() if item.timed):
            session = designs.session("mlsd-45")
            for cue in run_rules.cues(item, session):
                say = designs.change if cue.turn else lambda i, c, w, p: designs.stage(i, c.slot, w, p)
                said = [say(item, cue, week, place) for place in range(len(runners))]
                assert len(set(said)) == len(said), f"{item.id}, {cue.slot}"
                assert all(20 < len(text) <= run_rules.STAGE_TEXT for text in said)


def test_the_texts_about_single_prompts_belong_to_their_stages_and_changes():
    designs = read_designs(starter(), FOLDER)
    assert len(designs.words.items) >= 3
    for id_, texts in designs.words.items.items():
        item = starter().item(id_)
        assert item, id_
        assert set(texts) == {cue.slot for cue in run_rules.cues(item, designs.session("mlsd-45"))}, id_
    for said in designs.words.reviews:
        assert reading_rules.SHORTEST <= len(said.next) <= reading_rules.LINE


def test_those_who_talk_are_in_the_cast():
    cast = read_cast(FOLDER)
    assert {seat.who for seat in cast.designs} <= {actor.id for actor in cast.members}
    assert {line.who for line in cast.talk} <= {"organiser", *(actor.id for actor in cast.members)}
    assert len({actor.id for actor in cast.members}) == 10
    assert len({actor.habit for actor in cast.members}) == 10
    assert datetime(2026, 1, 12, 7, 55, tzinfo=UTC) == BEGIN
