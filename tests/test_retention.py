"""What is forgotten after its time, and that nothing goes that somebody still needs."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.app
from bot.app import App
from bot.clock import TurnedClock
from bot.engine import inbox, outages, outbox, retention, wakes, works
from bot.engine.retention import FORGOTTEN
from bot.kernel.action import Action
from bot.kernel.calendar import stamp
from bot.kernel.card import Button, Card, Para, Quote
from bot.kernel.effect import Channel, Direct, Late, Place, Post, Room, Under, Unpost, Wake, Work
from bot.kernel.errors import Reason, Rejected
from bot.kernel.ports import Tx
from bot.kernel.text import Mention, md
from tests.features.mornings import CLOSE, GOOD, MONDAY, NINE, answer, joined, monday
from tests.quick_store import QuickStore
from tests.story import CoreDriver
from tests.world import GROUP, MORNING, TENANT, World

DAY = timedelta(days=1)
BUTTON = Button("Good", Action.to("members.join"))


async def count(app: App, table: str, where: str = "1 = 1") -> int:
    row = await app.store.read(lambda tx: tx.one(f"SELECT count(*) AS n FROM {table} WHERE {where}"))  # noqa: S608
    assert row
    return int(row["n"])


async def say(app: App, name: str, place: Place, card: Card) -> None:
    await app.store.run(lambda tx: outbox.want(tx, GROUP, TENANT, Post(name, place, card), app.clock.now()))
    await app.settle()


async def kept(app: App, name: str) -> str | None:
    """The card that the outbox keeps, as JSON; None where there is no row."""
    row = await app.store.read(lambda tx: tx.one("SELECT card FROM outbox WHERE name = :name", name=name))
    return row["card"] if row else None


# --- what members still need -------------------------------------------------------------------


async def test_an_event_that_comes_again_within_thirty_days_gets_the_same_answer(
    story: CoreDriver, app: App, clock: TurnedClock
) -> None:
    await monday(story, "ada")
    first = await story.press("ada", "Answer", MONDAY)
    sent = await story.fill("ada", {"text": GOOD})
    clock.go(3 * DAY)
    await app.tidy()
    again = await story.again()
    assert (again.words, again.refused) == (sent.words, sent.refused)
    assert first.form
    assert await count(app, "inbox", f"id LIKE '{TENANT}/ada/%'") >= 2


async def test_after_its_time_the_inbox_is_empty(story: CoreDriver, app: App, clock: TurnedClock) -> None:
    await joined(story, "ada", "ben")
    assert await count(app, "inbox") > 0
    clock.go(retention.INBOX + DAY)
    await app.tidy()
    assert await count(app, "inbox") == 0


async def test_words_in_an_open_form_stay_for_thirty_days(story: CoreDriver, app: App, clock: TurnedClock) -> None:
    def unit(tx: Tx) -> None:
        inbox.keep_draft(tx, GROUP, "ada", "a", {"text": "half a thought"}, clock.now())

    await app.store.run(unit)
    clock.go(retention.DRAFTS)
    await app.tidy()
    assert await count(app, "drafts") == 1
    clock.go(timedelta(seconds=1))
    await app.tidy()
    assert await count(app, "drafts") == 0


async def test_words_withdrawn_after_half_a_year_still_leave_the_thread(
    story: CoreDriver, app: App, world: World, clock: TurnedClock
) -> None:
    """The receipt of a reply with members' words in it is kept for as long as it stands."""
    await monday(story, "ada", "ben")
    await answer(story, "ada", GOOD, "show")
    await story.until(CLOSE)
    clock.go(180 * DAY)
    await app.tidy()
    before = len(world.created)
    await story.press("ada", "Answer", MONDAY)
    await story.fill("ada", {"text": GOOD})
    await story.press("ada", "Withdraw it")
    assert GOOD not in "\n".join(seen.words for seen in await story.read("ben", MONDAY))
    assert world.doubles() == []
    assert [name for name in world.created[before:] if name.startswith(MONDAY)] == []


async def test_an_old_private_message_that_changes_is_edited_and_not_sent_again(
    story: CoreDriver, app: App, world: World, clock: TurnedClock
) -> None:
    await joined(story, "ada")
    await say(app, "private", Direct("ada"), Card("Half way", (Para(md("Three of six.")),)))
    clock.go(retention.OUTBOX + DAY)
    await app.tidy()
    assert await kept(app, "private") == FORGOTTEN
    assert world.named("private").card.title == "Half way", "what stands on the platform is left alone"
    await say(app, "private", Direct("ada"), Card("Done", (Para(md("Six of six.")),)))
    clock.go(timedelta(minutes=1))
    await app.settle()
    assert world.named("private").card.title == "Done"
    assert world.created.count("private") == 1


async def test_an_old_private_message_can_still_be_removed(
    story: CoreDriver, app: App, world: World, clock: TurnedClock
) -> None:
    await joined(story, "ada")
    await say(app, "private", Direct("ada"), Card("Only for you"))
    clock.go(retention.OUTBOX + DAY)
    await app.tidy()
    await app.store.run(lambda tx: outbox.unwant(tx, Unpost("private"), clock.now()))
    await app.settle()
    assert "private" not in world.names()


MENTION = Card("Your partner", (Para((Mention("ben"),)),))
QUOTE = Card("An answer", (Quote("Sort first.", "ben"),))
PLAIN = Card("Hello", (Para(md("All is well.")),))


@pytest.mark.parametrize(
    ("place", "card", "forgotten"),
    [
        (Direct("ada"), PLAIN, True),
        (Under("top"), PLAIN, True),
        (Direct("ada"), MENTION, False),
        (Direct("ada"), QUOTE, False),
        (Under("top"), QUOTE, False),
        (Channel("main"), PLAIN, False),
        (Room("pair", ("ada", "ben")), PLAIN, False),
    ],
)
async def test_only_what_nobody_needs_is_forgotten(
    story: CoreDriver, app: App, clock: TurnedClock, place: Place, card: Card, *, forgotten: bool
) -> None:
    """An erasure finds somebody's name and words in the cards; rooms and boards are written anew from theirs."""
    await joined(story, "ada", "ben")
    await say(app, "top", Channel("main"), Card("Top", buttons=(BUTTON,)))
    await say(app, "it", place, card)
    clock.go(retention.OUTBOX - DAY)
    await app.tidy()
    before = await kept(app, "it")
    assert before != FORGOTTEN
    clock.go(2 * DAY)
    await app.tidy()
    assert await kept(app, "it") == (FORGOTTEN if forgotten else before)


async def test_what_waits_or_was_refused_is_never_forgotten(
    story: CoreDriver, app: App, world: World, clock: TurnedClock
) -> None:
    await joined(story, "ada")
    await say(app, "refused", Direct("ada"), PLAIN)
    world.refuse(Rejected(Reason.FORBIDDEN, "Open your private messages."))
    await say(app, "refused", Direct("ada"), Card("News"))
    clock.go(timedelta(minutes=1))
    await app.settle()
    clock.go(retention.OUTBOX + DAY)
    await app.tidy()
    assert "News" in str(await kept(app, "refused"))


async def test_the_row_of_a_message_that_was_removed_goes(story: CoreDriver, app: App, clock: TurnedClock) -> None:
    await joined(story, "ada")
    await say(app, "gone", Channel("main"), PLAIN)
    await app.store.run(lambda tx: outbox.unwant(tx, Unpost("gone"), clock.now()))
    await app.settle()
    assert await count(app, "outbox", "name = 'gone'") == 1
    clock.go(retention.OUTBOX + DAY)
    await app.tidy()
    assert await count(app, "outbox", "name = 'gone'") == 0


async def test_what_is_planned_stays_and_what_ran_long_ago_goes(
    story: CoreDriver, app: App, clock: TurnedClock
) -> None:
    def plan(tx: Tx) -> None:
        for name, at in (("far", 400 * DAY), ("ran", DAY), ("failing", DAY)):
            wakes.keep_wake(tx, GROUP, Wake(name, "nobody", MORNING + at, Late()))
        wakes.close_wake(tx, "ran", "done")

    await app.store.run(plan)
    clock.go(retention.WAKES + DAY)
    await app.tidy()
    assert await count(app, "wakes", "name = 'ran'") == 1
    clock.go(DAY)
    await app.tidy()
    assert await count(app, "wakes", "name = 'ran'") == 0
    assert await count(app, "wakes", "name IN ('far', 'failing')") == 2


async def test_a_slow_task_is_forgotten_ninety_days_after_it_was_done(app: App, clock: TurnedClock) -> None:
    def keep(tx: Tx) -> None:
        for name in ("done", "waiting"):
            works.keep_work(tx, GROUP, Work(name, "partners.match", [1]), clock.now())
        works.close_work(tx, "done", [])

    await app.store.run(keep)
    clock.go(retention.WORKS)
    await app.tidy()
    assert await count(app, "works") == 2
    clock.go(timedelta(seconds=1))
    await app.tidy()
    assert await count(app, "works", "name = 'waiting'") == await count(app, "works") == 1


async def test_a_group_goes_on_after_its_old_wakes_are_gone(story: CoreDriver, app: App, world: World) -> None:
    await joined(story, "ada")
    await story.until(NINE)
    for _ in range(5):
        await story.wait(30 * DAY)
        await app.tidy()
    assert world.doubles() == []
    newest = await app.store.read(
        lambda tx: tx.one("SELECT max(at) AS at FROM wakes WHERE state <> 'due' AND route = 'daily.open'")
    )
    assert newest
    assert datetime.fromisoformat(newest["at"]) > app.clock.now() - 4 * DAY
    oldest = await app.store.read(lambda tx: tx.one("SELECT min(at) AS at FROM wakes WHERE state <> 'due'"))
    assert oldest
    assert datetime.fromisoformat(oldest["at"]) > app.clock.now() - retention.WAKES - 8 * DAY


async def test_tidying_up_goes_in_small_units_and_to_the_end(app: App, story: CoreDriver, clock: TurnedClock) -> None:
    many = 2 * retention.SLICE + 10

    def fill(tx: Tx) -> None:
        for number in range(many):
            inbox.keep_answers(tx, f"e{number:05}", GROUP, "ada", (), clock.now())

    await app.store.run(fill)
    clock.go(retention.INBOX + DAY)
    step = await app.store.run(lambda tx: retention.forget_inbox(tx, clock.now(), ""))
    assert step.forgotten == retention.SLICE
    assert (await app.tidy())["inbox"] == many - retention.SLICE
    assert await count(app, "inbox") == 0


async def test_tidying_up_twice_changes_nothing_more(story: CoreDriver, app: App, clock: TurnedClock) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada")
    await story.wait(120 * DAY)
    assert sum((await app.tidy()).values()) > 0
    assert sum((await app.tidy()).values()) == 0


# --- signs of life ----------------------------------------------------------------------------------


MINUTES = st.integers(0, 3000)
RUNS = st.lists(st.tuples(MINUTES, st.integers(0, 400)), min_size=1, max_size=12, unique_by=lambda run: run[0])


@given(RUNS)
async def test_merging_the_signs_of_life_changes_no_outage(runs: list[tuple[int, int]]) -> None:
    store = QuickStore()

    def live(tx: Tx) -> None:
        for began, lasted in runs:
            started = MORNING + timedelta(seconds=20 * began)
            outages.beat(tx, started, started + timedelta(seconds=20 * lasted))

    await store.run(live)
    before = await store.read(outages.list_outages)
    now = MORNING + 10 * DAY
    await store.run(lambda tx: retention.merge_runs(tx, now, ""))
    assert await store.read(outages.list_outages) == before
    rows = await store.read(lambda tx: tx.one("SELECT count(*) AS n FROM roster_heartbeats"))
    assert rows
    assert rows["n"] == len(before) + 1, "one row between two outages"


async def test_the_run_that_goes_on_is_left_alone(app: App, story: CoreDriver, clock: TurnedClock) -> None:
    await app.store.run(lambda tx: outages.beat(tx, MORNING - 5 * DAY, MORNING))
    await app._beat()
    assert (await app.tidy())["runs"] == 0
    clock.go(timedelta(minutes=1))
    await app._beat()
    assert await app.store.read(outages.list_outages) == ()
    assert await count(app, "roster_heartbeats") == 2


# --- when ----------------------------------------------------------------------------------------------


@pytest.fixture
def tidied(app: App, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    times: list[datetime] = []
    real = app.tidy

    async def noted() -> object:
        times.append(app.clock.now())
        return await real()

    monkeypatch.setattr(app, "tidy", noted)
    return times


async def test_it_happens_once_a_night(
    app: App, clock: TurnedClock, tidied: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every hour somebody looks; the machine's own time passes with the clock."""

    def passed() -> float:
        return (clock.now() - MORNING).total_seconds()

    monkeypatch.setattr(bot.app, "time", SimpleNamespace(monotonic=passed))
    await app._tidy_at_night()
    assert len(tidied) == 1, "a machine that is off by night tidies up after its start"
    for _ in range(5 * 24):
        clock.go(timedelta(hours=1))
        await app._tidy_at_night()
    assert [at.astimezone().hour for at in tidied[1:]] == [3] * 5


def test_no_two_tokens_of_one_person_are_alike() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    one, two = retention.erased("t", "ada", now), retention.erased("t", "ada", now + DAY)
    assert one.token != two.token
    assert stamp(one.at) not in one.token
