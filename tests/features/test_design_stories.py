"""A system design week, told on every platform: a run with a change, a part of one, a short run, the reveal."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import TurnedClock
from bot.content.catalogue import Catalogue
from bot.kernel.event import Value
from tests.discord_sights import views_of
from tests.discord_story import DiscordDriver, discord_story
from tests.features.mornings import joined
from tests.story import Answered, Driver, Sight
from tests.world import GROUP, PACK, STARTER_PACK, pack

BOTH = Catalogue.of([pack(PACK), pack(STARTER_PACK)])
OPENS = datetime(2026, 1, 8, 9, 0, 1, tzinfo=UTC)  # Thursday, 10:00 in Berlin
LOCKS, REVEALS = OPENS + timedelta(hours=96), OPENS + timedelta(hours=144)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WEEK = f"mlsd.week/{GROUP}/1"
FOUND, TALK = f"mlsd.reveal/{GROUP}/1/1/found", f"mlsd.reveal/{GROUP}/1/4/talk"
GOAL = "Two prices: a wrong yes costs 310, a wrong no costs 7. So the limit is 2.2 of 100."
LABELS = "Labels come after 21 days. Whatever is younger stays out."
CHANGE = "The limit stands. Labels come by stream now: 12,000 a second, 3 machines."
STREAM = "Labels come by stream, an hour late."
PART = "I would improve one number a week, and watch complaints."
QUICK = "One decision, one price for each mistake, and a table as the first model."
ROWS = "One row is one decision, at the second in which it was made."
REVIEW: dict[str, Value] = {
    "level_1": "3", "level_2": "2", "passage": "1", "next": "Say what would stop the launch.", "question": "Why?",
}  # fmt: skip
ALWAYS = "Changing course and being followed"


@pytest.fixture(autouse=True)
def packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The group's packs hold system designs."""
    for house in ("world", "web_story", "slack_story", "adapters.discord.line"):
        monkeypatch.setattr(f"tests.{house}.catalogue", lambda: BOTH)


# --- what they do more than once -----------------------------------------------------------------


async def opened(story: Driver, *members: str) -> None:
    """These are in the group, and its first week has just opened."""
    await joined(story, *members)
    await story.until(OPENS)


def message(what: str, run: int) -> str:
    return f"mlsd.run/{GROUP}/{run}/{what}"


async def done(deed: Answered) -> str:
    """What it brought; it was allowed."""
    assert not deed.refused, f"{deed.refused} {deed.hint}"
    return deed.words


async def begin(story: Driver, member: str) -> None:
    assert "45 minutes" in await done(await story.press(member, "Start my run", WEEK))
    assert "Your run has begun." in await done(await story.press(member, "Begin"))


async def write(story: Driver, member: str, on: str, **values: Value) -> str:
    """Fill in the form of this stage or change."""
    await done(await story.press(member, "mlsd.write", on))
    return await done(await story.fill(member, values))


async def seen(story: Driver, member: str, what: str) -> Sight:
    """The newest private message whose name holds this."""
    return [sight for sight in await story.read(member, "private") if what in sight.name][-1]


async def board(story: Driver, member: str) -> Sight:
    (found,) = [sight for sight in await story.read(member) if sight.name == WEEK]
    return found


async def review(story: Driver, member: str) -> str:
    """Take a run and send a review of it; what the form asks for."""
    pulled = await done(await story.press(member, "Review a run", WEEK))
    assert "@" not in pulled.partition("Write my review")[0], "reviewers read no names"
    form = (await story.press(member, "Write my review")).form
    assert form
    values = {key: value for key, value in REVIEW.items() if key in form.labels}
    sent = await story.fill(member, values)
    assert "Sent: your review" in await done(sent)
    return "\n".join(form.labels.values())


# --- the whole week ---------------------------------------------------------------------------------


async def test_a_week_with_a_run_a_part_of_one_and_a_short_one_is_reviewed_and_revealed(story: Driver) -> None:
    await opened(story, "ada", "ben", "cem", "dan")
    assert "You review this week." in await done(await story.press("dan", "I only want to review", WEEK))
    await run_with_a_change(story)
    await run_a_part(story)
    await run_short(story)
    assert "3 are in" in (await board(story, "dan")).words

    await story.until(LOCKS + MINUTE)
    assert "being read" in (await board(story, "dan")).words
    asked = [await review(story, member) for member in ("ada", "ben", "cem") * 2]
    assert sum(ALWAYS in form for form in asked) == 4, "Ben closed before anything changed"
    assert "Your review is here." in (await seen(story, "ada", "reviews.given")).title

    await story.until(REVEALS + MINUTE)
    await read_the_reveal(story)
    await read_the_report(story)


async def run_with_a_change(story: Driver) -> None:
    """Ada: by form, by a private message, with a question, and to the end of her time."""
    begun = story.clock.now()
    await begin(story, "ada")
    assert "Kept" in await write(story, "ada", message("00/stage/objective", 1), text=GOAL)
    assert "Nothing on that." in await done(await story.type("ada", "/study ask the moon"))
    await story.until(begun + 8 * MINUTE)
    assert "Kept under “Data”." in await done(await story.tell("ada", LABELS))
    assert LABELS in (await seen(story, "ada", "/stage/data")).words
    await story.until(begun + 20 * MINUTE)
    change = await seen(story, "ada", "/change/")
    assert "Say what stands and what falls" in change.words
    await write(story, "ada", change.name, text=CHANGE, fell=("data",))
    assert "Falls: Data." in (await seen(story, "ada", "/change/")).words
    await write(story, "ada", message("07/stage/data", 1), text=STREAM)
    again = await story.press("ada", "Start my run", WEEK)
    assert "minutes left" in again.words, "one run at a time"
    await story.until(begun + 51 * MINUTE)
    over = await seen(story, "ada", "/done")
    assert "You wrote 2 of 8 stages." in over.words
    both = await done(await story.press("ada", "What stood and what fell", over.name))
    assert LABELS in both, "as it was when the change came"
    assert STREAM in both
    assert "12,000" in both
    assert "Noted" in await done(await story.choose("ada", "Data", over.name))


async def run_a_part(story: Driver) -> None:
    """Ben: pauses once, closes after his first stage, and hides his name."""
    await begin(story, "ben")
    assert "Your clock is stopped." in await done(await story.press("ben", "Pause", message("00/stage/objective", 2)))
    assert "Kept under “Goal”." in await done(await story.tell("ben", PART))
    assert "Your clock runs again." in await done(await story.press("ben", "Go on", message("pause", 2)))
    sure = await done(await story.press("ben", "Close my run", message("00/stage/objective", 2)))
    assert "Close with 1 of 8 stages?" in sure
    await done(await story.press("ben", "Close it"))
    assert "You wrote 1 of 8 stages." in (await seen(story, "ben", "/done")).words
    hidden = await done(await story.press("ben", "Hide my name at the reveal", message("done", 2)))
    assert "Your name stays hidden" in hidden


async def run_short(story: Driver) -> None:
    """Cem: 20 minutes, four stages, one change."""
    await done(await story.press("cem", "Short run", WEEK))
    assert "20 minutes" in await done(await story.choose("cem", "1"))
    begun = story.clock.now()
    await done(await story.press("cem", "Begin"))
    assert "Stage 1 of 4" in (await seen(story, "cem", "/stage/objective")).title
    await write(story, "cem", message("00/stage/objective", 3), text=QUICK)
    await story.until(begun + 11 * MINUTE)
    change = await seen(story, "cem", "/change/")
    await write(story, "cem", change.name, text="The table stands, the price of a late answer is new: 3.", fell=())
    await story.until(begun + 26 * MINUTE)
    assert "You wrote 1 of 4 stages." in (await seen(story, "cem", "/done")).words


async def read_the_reveal(story: Driver) -> None:
    """Everybody reads the runs, with the names of those who show theirs."""
    thread = await story.read("dan", WEEK)
    found = next(sight for sight in thread if sight.name == FOUND)
    assert "Across 3 runs" in found.words
    assert "One good answer" in "\n".join(sight.words for sight in thread)
    runs = await done(await story.press("dan", "Read the runs", FOUND))
    assert GOAL in runs
    assert "Falls: Data" in runs
    assert "@ada" in runs
    assert "@ben" not in runs
    assert "Your vote is kept." in await done(await story.choose("dan", "4", TALK))


async def read_the_report(story: Driver) -> None:
    """In private: the levels, the facts that one did not ask for, and what was before and after."""
    report = await seen(story, "ada", "/report/1")
    assert ALWAYS in report.words
    assert "2 reviews. 2 wait for your reply" in report.words
    assert "You did not ask" in (await seen(story, "ada", "/report/2")).words
    assert "12,000" in await done(await story.press("ada", "Before and after", report.name))
    await done(await story.press("ada", "Reply to review 1", report.name))
    assert "Your reply is sent." in await done(await story.press("ada", "reviews.keep"))
    await done(await story.press("ada", "Short run", WEEK))
    assert "practice" in await done(await story.choose("ada", "1"))


# --- private messages are closed --------------------------------------------------------------------------


async def test_a_run_is_held_in_a_room_where_discord_takes_no_private_messages(
    migrated: Path, tmp_path: Path, clock: TurnedClock
) -> None:
    data = tmp_path / "data"
    shutil.copytree(migrated, data)
    async with discord_story(data, clock) as story:
        assert isinstance(story, DiscordDriver)
        await opened(story, "ada", "ben")
        story.fake.town.close_dms(story._seat("ada").user)
        begun = story.clock.now()
        await begin(story, "ada")
        await story.wait(MINUTE)
        room = message("room/00/stage/objective", 1)
        assert "Kept" in await write(story, "ada", room, text=GOAL)
        await story.until(begun + 15 * MINUTE)
        assert "Kept" in await write(story, "ada", message("room/13/stage/features_labels", 1), text=ROWS)
        await story.until(begun + 20 * MINUTE)
        stood = await in_room(story, room)
        assert GOAL in stood
        assert ROWS in stood
        assert "Something changed." in stood
        await done(await story.press("ada", "Close my run", message("room/19/stage/model_loss", 1)))
        await done(await story.press("ada", "Close it"))
        await story.wait(MINUTE)
        assert "You wrote 2 of 8 stages." in await in_room(story, room)


async def in_room(story: DiscordDriver, name: str) -> str:
    """All that stands where the message of this name stands."""
    await story.wait(MINUTE)
    channel, _, _ = (await story._receipt(name)).partition("/")
    found = story.fake.town.channels[int(channel)]
    assert found.is_thread, "a room of one is a private thread"
    return "\n".join(view.seen.words for m in found.messages.values() for view in views_of(m, story.ours))
