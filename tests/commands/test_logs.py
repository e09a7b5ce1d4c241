"""The log tells what happened, and nothing that a member wrote or who they are."""

import io
import json
import logging
import sqlite3
from collections.abc import Iterator

import pytest

from bot.app import App
from bot.commands import logs
from bot.engine import inbox, outbox, wakes
from bot.kernel.card import Card, Para
from bot.kernel.effect import Direct, Late, Post, Wake
from bot.kernel.errors import Reason, Rejected
from bot.kernel.text import md
from tests.features.mornings import CLOSE, MONDAY, answer, monday
from tests.story import CoreDriver, Driver
from tests.world import GROUP, TENANT, World

WORDS = "Zebras graze beyond the quiet harbour, and nobody counts them."
MEMBERS = ("xanthippe", "yolanda")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, down to the smallest, as JSON."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.set_up("json", logging.DEBUG, stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def events(log: io.StringIO) -> set[object]:
    return {line["event"] for line in lines(log)}


def clean(log: io.StringIO) -> None:
    text = log.getvalue().lower()
    for secret in (*MEMBERS, "zebras", "harbour", "olga"):
        assert secret not in text, next(line for line in text.splitlines() if secret in line)


async def _live(story: Driver) -> None:
    """What members do in a day and a half, with a refusal."""
    await monday(story, *MEMBERS)
    await answer(story, "xanthippe", WORDS, "show")
    await story.tell("yolanda", WORDS)
    await story.press("yolanda", "Answer", MONDAY)
    await story.fill("yolanda", {"text": ""})
    await story.type("yolanda", f"/study {WORDS}")
    await story.until(CLOSE)


async def test_a_day_and_a_half_of_a_group_leaves_no_word_of_a_member_in_the_log(
    story: Driver, log: io.StringIO
) -> None:
    await _live(story)
    clean(log)


async def test_what_goes_wrong_is_logged_without_words_and_names(
    story: CoreDriver, app: App, world: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors often quote what caused them: a handler, a wake, a platform, a draft."""

    def broken(*_: object) -> None:
        raise ValueError(f"xanthippe wrote {WORDS}") from KeyError("yolanda")

    async def angry(*_: object) -> str:
        raise RuntimeError(f"cannot send to yolanda: {WORDS}")

    await monday(story, *MEMBERS)
    await story.press("xanthippe", "Answer", MONDAY)
    with monkeypatch.context() as patch:
        patch.setattr(app.engine, "_dispatch", broken)
        patch.setattr(inbox, "keep_draft", broken)
        assert "on our side" in (await story.fill("xanthippe", {"text": WORDS})).refused
    card = Card("Hello", (Para(md("{words}", words=WORDS)),))
    for name, trouble in (("one", angry), ("two", None)):
        with monkeypatch.context() as patch:
            if trouble:
                patch.setattr(world, "post", trouble)
            else:
                world.refuse(Rejected(Reason.BUG, "The platform said no."))
            post = Post(f"test.{name}", Direct("yolanda"), card)
            await app.store.run(lambda tx: outbox.want(tx, GROUP, TENANT, post, app.clock.now()))  # noqa: B023 - run at once
            await app.settle()
    with monkeypatch.context() as patch:
        patch.setattr(app.engine, "_perform", broken)
        await app.almanac.tick()
        wake = Wake("test.wake", "daily.open", app.clock.now(), Late())
        await app.store.run(lambda tx: wakes.keep_wake(tx, GROUP, wake))
        await app.almanac.tick()
    assert {"handler failed", "draft not kept", "sending failed", "message refused", "wake failed"} <= events(log)
    clean(log)


def test_an_error_tells_its_kind_its_place_and_its_cause(log: io.StringIO) -> None:
    def fail() -> None:
        try:
            int(WORDS)
        except ValueError as error:
            raise KeyError(WORDS) from error

    try:
        fail()
    except KeyError:
        logging.getLogger("bot.x").exception("handler failed", extra={"event": "e1", "incident": "abc"})
    (line,) = lines(log)
    told = [line[key] for key in ("event", "level", "delivery", "incident", "error", "cause")]
    assert told == ["handler failed", "error", "e1", "abc", "KeyError", "ValueError"]
    assert "tests/commands/test_logs.py" in str(line["where"])
    clean(log)


def test_what_the_database_and_the_disk_say_stays(log: io.StringIO) -> None:
    for error in (sqlite3.OperationalError("database or disk is full"), OSError(28, "No space left on device")):
        logging.getLogger("bot.x").error("failed", exc_info=error)
    assert [str(line["error"]).partition(": ")[2] for line in lines(log)] == [
        "database or disk is full", "[Errno 28] No space left on device",
    ]  # fmt: skip


def test_a_library_is_quoted_without_its_arguments(log: io.StringIO) -> None:
    logging.getLogger("some.library").warning("payload of %s", WORDS)
    logging.getLogger("some.library").warning(f"payload of {WORDS}")  # noqa: G004 - as some libraries do
    assert [line["event"] for line in lines(log)] == ["payload of %s", "some.library says something"]
    clean(log)


@pytest.mark.parametrize("form", ["text", "json"])
def test_one_event_is_one_line_and_holds_no_token(log: io.StringIO, form: str) -> None:
    token = "xoxb-12345678901-abcdefghijkl"  # noqa: S105 - nobody's
    stream = io.StringIO()
    logs.set_up("json" if form == "json" else "text", logging.INFO, stream)
    logging.getLogger("bot.x").warning(
        "refused", extra={"post": "a\nforged", "fix": f"use {token}", "path": "/c/direct-xanthippe"}
    )
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert "12345678901" not in text
    assert "[token]" in text
    assert "xanthippe" not in text


def test_the_text_form_reads_well() -> None:
    stream = io.StringIO()
    before = list(logging.getLogger().handlers)
    try:
        logs.set_up("text", logging.INFO, stream)
        logging.getLogger("bot.x").warning("message refused", extra={"post": "a/b", "reason": "no rights"})
    finally:
        logging.getLogger().handlers[:] = before
    assert stream.getvalue().partition("Z ")[2] == "WARNING message refused post=a/b reason='no rights'\n"
