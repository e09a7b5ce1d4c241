"""Reviews that are drawn when a window closes: who gets which, until when, and what others learn of them."""

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.clock import TurnedClock
from bot.content.catalogue import Criterion, Rubric
from bot.features.reviews import drawn_rules, reading_rules
from bot.features.reviews.drawn_rules import LOAD, Price, pair_up, price
from bot.features.reviews.lease_cards import _LEASE
from bot.features.reviews.rules import Meeting
from bot.kernel.action import Action
from bot.kernel.calendar import draw
from bot.kernel.card import card_words
from bot.kernel.design_facts import AnswerGiven, Drawn, ReviewGot, ReviewsOf, ReviewsWanted
from bot.kernel.effect import Reply
from bot.kernel.engine_facts import EverythingAbout
from bot.kernel.event import Event, Person, Pressed, Submitted, What
from bot.kernel.facts import MemberLeft, TaskOpened
from bot.kernel.peer_facts import AnswerHidden, AnswerShown, MembersBlocked, NoReviewsUntil, TextRemoved
from tests.features.mornings import JOIN, NINE
from tests.features.peers import answer_with, apart, ask, tell
from tests.story import CoreDriver
from tests.world import CHANNEL, GROUP, TENANT, World, hours, travel

TASK = "design-1"
LOCK = NINE + hours(96)
UNTIL = LOCK + hours(48)
TEXT = "Goal: fewer useless sprays for each farm, because the pilot tripled them. We count them by field and week."
REVIEW: Mapping[str, str | tuple[str, ...]] = {
    "level_1": "3", "level_2": "2", "passage": "1", "next": "Say what it costs with a million rows.", "question": "",
}  # fmt: skip


# --- the circle ------------------------------------------------------------------------------------------


def names(count: int) -> list[str]:
    return [f"m{n}" for n in range(count)]


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 40),
    readers=st.integers(0, 5),
    seed=st.integers(0, 999),
    bars=st.sets(st.integers(0, 1600), max_size=12),
)
def test_nobody_reviews_themselves_nor_who_is_barred_and_nobody_more_than_two(
    count: int, readers: int, seed: int, bars: set[int]
) -> None:  # fmt: skip
    authors, others = names(count), [f"r{n}" for n in range(readers)]
    barred = {(authors[bar % count], authors[bar // count % count]) for bar in bars}

    def cost(reviewer: str, author: str) -> int:
        apart_ = reviewer == author or (reviewer, author) in barred or (author, reviewer) in barred
        return Price.NEVER if apart_ else Price.NONE

    pairs = pair_up(authors, authors, others, 2, cost, draw(str(seed)))
    assert set(pairs) == set(authors)
    for author, reviewers in pairs.items():
        assert len(set(reviewers)) == len(reviewers) <= 3
        assert all(cost(reviewer, author) == Price.NONE for reviewer in reviewers)
    load = Counter(itertools.chain.from_iterable(pairs.values()))
    spare = {one for found in pairs.values() if len(found) > 1 for one in found}
    spare |= {one for one in (*authors, *others) if load[one] < LOAD}
    for author, reviewers in pairs.items():
        could = [one for one in spare if cost(one, author) == Price.NONE]
        assert reviewers or not could, "somebody is left without a review though there is somebody who could"
    assert max(load.values(), default=0) <= LOAD
    if not barred and count >= 3:
        assert all(len(reviewers) >= 2 for reviewers in pairs.values())
        assert all(load[author] == 2 for author in authors)


@pytest.mark.parametrize("count", [3, 4, 5, 6])
def test_one_blocked_pair_costs_nobody_a_review_where_others_can_take_it(count: int) -> None:
    authors = names(count)
    for seed in range(20):

        def cost(reviewer: str, author: str) -> int:
            return Price.NEVER if reviewer == author or {reviewer, author} == {"m0", "m1"} else Price.NONE

        pairs = pair_up(authors, authors, (), 2, cost, draw(str(seed)))
        assert all(len(pairs[author]) == 2 for author in authors) or count == 3


@pytest.mark.parametrize("count", [4, 5, 6])
def test_who_met_last_week_is_avoided_wherever_that_is_possible(count: int) -> None:
    """Whoever reviewed the next two last week gets others: looked for by hand in every circle."""
    authors = names(count)
    met = {(authors[n], authors[(n + 1) % count]) for n in range(count)}

    def cost(reviewer: str, author: str) -> int:
        return Price.NEVER if reviewer == author else Price.OFTEN if (reviewer, author) in met else Price.NONE

    for seed in range(20):
        pairs = pair_up(authors, authors, (), 2, cost, draw(str(seed)))
        assert sum(cost(reviewer, author) for author, all_ in pairs.items() for reviewer in all_) == 0


def test_two_read_each_other_and_readers_go_where_somebody_has_too_few() -> None:
    def cost(reviewer: str, author: str) -> int:
        return Price.NEVER if reviewer == author else Price.NONE

    assert pair_up(["a", "b"], ["a", "b"], (), 2, cost, draw("x")) == {"a": ("b",), "b": ("a",)}
    two = pair_up(["a", "b"], ["a", "b"], ["r"], 2, cost, draw("x"))
    assert {author: set(found) for author, found in two.items()} == {"a": {"b", "r"}, "b": {"a", "r"}}
    assert pair_up(["a"], ["a"], ["r"], drawn_rules.wanted_for(1, 2), cost, draw("x")) == {"a": ("r",)}
    assert pair_up([], [], ["r"], 2, cost, draw("x")) == {}
    apart_ = pair_up(names(3), names(3), ["r"], 2, lambda one, _: Price.NONE if one == "r" else Price.NEVER, draw("x"))
    assert sum(found == ("r",) for found in apart_.values()) == LOAD, "a reader has two hands"
    rests = pair_up(["a", "b", "c"], ["b", "c"], ["r"], 2, cost, draw("x"))
    assert "a" not in {one for found in rests.values() for one in found}
    assert all(len(found) == 2 for found in rests.values())


def test_partners_and_who_met_often_or_lately_cost_more_than_strangers() -> None:
    def cost(*met: tuple[str, str, int], partners: tuple[str, ...] = ()) -> Price:
        meetings = [Meeting(one, other, LOCK - timedelta(days=days)) for one, other, days in met]
        return price("ben", "ada", {"eve"}, partners, meetings, LOCK)

    assert cost() == cost(("ben", "cleo", 1)) == cost(("ben", "ada", 29)) == Price.NONE
    assert cost(("ada", "ben", 20)) == Price.MET
    assert cost(("ada", "ben", 7)) == Price.LAST_WEEK
    assert cost(("ben", "ada", 10), ("ben", "ada", 20)) == cost(partners=("ben",)) == Price.OFTEN
    assert price("eve", "ada", {"eve"}, (), (), LOCK) == price("ada", "ada", (), (), (), LOCK) == Price.NEVER


def test_one_of_the_two_levels_is_always_the_same_and_the_other_takes_turns() -> None:
    parts = tuple(Criterion(f"c{n}", f"C{n}", 25, "Is it?", ("a", "b", "c", "d")) for n in range(4))
    rubric = Rubric("r", "mlsd", 1, "Ready.", parts, "c3")
    assert [reading_rules.criteria(None, rubric, turn)[1].id for turn in range(4)] == ["c3"] * 4
    assert {reading_rules.criteria(None, rubric, turn)[0].id for turn in range(4)} == {"c0", "c1", "c2"}
    assert reading_rules.criteria(None, replace(rubric, always="")) == parts[:2]
    assert _LEASE.turn == 0


# --- a group ------------------------------------------------------------------------------------------------


class Group:
    """A group whose members handed in a run, and what they press."""

    def __init__(self, app: App, story: CoreDriver) -> None:
        self.app, self.story = app, story
        self._deliveries = itertools.count()

    async def begin(self, *members: str, runs: tuple[str, ...]) -> None:
        await self.story.found()
        for member in members:
            await self.story.press(member, "Join the study group", JOIN)
            await self.do(member, Pressed(Action.to("nudges.hour"), "12:30"))
        await tell(self.app, TaskOpened(TASK, "Leaf diseases", NINE, LOCK, handed_in=True))
        await self.story.until(LOCK)
        await tell(self.app, *(AnswerGiven(TASK, member, f"{TEXT} So says {member}.") for member in runs))

    async def draw(self, *runs: str, readers: tuple[str, ...] = ()) -> None:
        await tell(self.app, ReviewsWanted(tuple(Drawn(TASK, one) for one in runs), readers, 2, UNTIL))

    async def do(self, member: str, what: What) -> str:
        delivery = f"drawn-{next(self._deliveries)}"
        event = Event(delivery, TENANT, GROUP, CHANNEL, Person(member), self.app.clock.now(), what)
        outcome = await self.app.engine.handle(event)
        await self.app.settle()
        if outcome.refused:
            return outcome.refused.because
        return "\n".join(card_words(answer.card) for answer in outcome.answers if isinstance(answer, Reply))

    async def pull(self, member: str) -> str:
        """What they read, and whose answer it is."""
        read = await self.do(member, Pressed(Action.to("reviews.pull")))
        return read.partition("So says ")[2].partition(".")[0] if "So says" in read else read

    async def send(self, member: str) -> str:
        rows = await self.rows("reviews_leases")
        lease = max(row["number"] for row in rows if row["member"] == member)
        return await self.do(member, Submitted(Action.to("reviews.send", lease=str(lease)), dict(REVIEW)))

    async def rows(self, table: str) -> list[dict[str, Any]]:
        return await self.app.store.read(lambda tx: [dict(row) for row in tx.all(f"SELECT * FROM {table}")])  # noqa: S608

    async def kept_for(self, member: str) -> int:
        return sum(row["member"] == member for row in await self.rows("reviews_drawn"))

    async def go(self, n: float) -> None:
        await travel(self.app, self.story.clock, self.app.clock.now() + hours(n))


async def reviews_of(app: App, member: str) -> tuple[ReviewGot, ...]:
    found: tuple[ReviewGot, ...] = await ask(app, ReviewsOf(TASK, member))
    return found


@pytest.fixture
def group(app: App, world: World, clock: TurnedClock) -> Group:
    return Group(app, CoreDriver(app, world, clock))


RUNNERS = ("ada", "ben", "cleo", "dan")


async def test_everybody_reviews_two_and_is_reviewed_by_two_without_spending_a_right(group: Group, app: App) -> None:
    await group.begin(*RUNNERS, runs=RUNNERS)
    await group.draw(*RUNNERS)
    await group.draw(*RUNNERS)  # told again it changes nothing
    assert len(await group.rows("reviews_requests")) == 4
    read: list[tuple[str, str]] = []
    for member in RUNNERS:
        for _ in range(2):
            read.append((member, await group.pull(member)))
            assert "Sent" in await group.send(member)
        assert "Nothing to review" in await group.pull(member)
    assert {author for _, author in read} == set(RUNNERS)
    assert len(set(read)) == 8
    assert all(reviewer != author for reviewer, author in read)
    assert all(row["state"] == "done" for row in await group.rows("reviews_requests"))
    got = await reviews_of(app, "ada")
    assert [(one.next_step, [mark[1] for mark in one.marks]) for one in got] == [(REVIEW["next"], [3, 2])] * 2
    assert [one.reviewer_member for one in got] == ["", ""]
    assert all(not row["spent"] for row in await group.rows("reviews_requests"))
    board = await group.do("ada", Pressed(Action.to("reviews.board")))
    assert "take back a request" not in board.lower()


async def test_who_was_drawn_reads_one_line_and_finds_it_first(group: Group, app: App) -> None:
    await group.begin(*RUNNERS, runs=RUNNERS)
    await group.draw(*RUNNERS)
    assert "2 runs wait for your review, until" in await group.do("ada", Pressed(Action.to("reviews.board")))
    await group.go(24)
    lines = [seen.words for seen in await group.story.read("ada", "private") if "wait for your review" in seen.words]
    assert len(lines) == 1
    await group.pull("ada")
    await group.send("ada")
    assert "1 run waits for your review, until" in await group.do("ada", Pressed(Action.to("reviews.board")))


async def test_what_is_drawn_for_somebody_is_handed_to_nobody_else_for_36_hours(group: Group, app: App) -> None:
    await group.begin(*RUNNERS, "eve", runs=RUNNERS)
    await group.draw(*RUNNERS)
    assert "Nothing to review" in await group.pull("eve")
    await group.go(37)
    assert await group.pull("eve") in RUNNERS, "then whoever wants to may take it"


async def test_two_runs_read_each_other_and_a_volunteer_is_asked_at_once(group: Group, app: App) -> None:
    await group.begin("ada", "ben", "cleo", runs=("ada", "ben"))
    await group.draw("ada", "ben")
    assert await group.pull("ada") == "ben"
    assert await group.pull("ben") == "ada"
    await group.go(24)
    words = " ".join(seen.words for seen in await group.story.read("cleo", "private"))
    assert "An answer waits for a review" in words
    assert await group.pull("cleo") in ("ada", "ben")


async def test_one_run_is_read_by_one_reader_who_has_never_run_one(group: Group, app: App) -> None:
    await group.begin("ada", "ben", runs=("ada",))
    await group.draw("ada", readers=("ben",))
    assert await group.pull("ben") == "ada"
    assert "Sent" in await group.send("ben")


async def test_whoever_is_alone_waits_for_whoever_comes(group: Group, app: App) -> None:
    await group.begin("ada", "ben", runs=("ada",))
    await group.draw("ada")
    assert await group.pull("ben") == "ada"
    await group.draw()
    assert len(await group.rows("reviews_requests")) == 1


async def test_a_reader_whom_nobody_needs_reads_as_a_third(group: Group, app: App) -> None:
    await group.begin(*RUNNERS, "eve", runs=RUNNERS)
    await group.draw(*RUNNERS, readers=("eve", "ada"))
    assert await group.pull("eve") in RUNNERS
    assert [await group.kept_for(member) for member in RUNNERS] == [2, 2, 2, 2]


async def test_blocked_members_are_not_drawn_for_each_other_and_part_when_they_block_later(
    group: Group, app: App
) -> None:
    apart(app, "ada", "ben")
    await group.begin("ada", "ben", "cleo", "dan", runs=RUNNERS)
    await group.draw(*RUNNERS)
    rows = await group.rows("reviews_requests")
    of = {row["number"]: row["member"] for row in rows}
    drawn = {(row["member"], of[row["request"]]) for row in await group.rows("reviews_drawn")}
    assert not drawn & {("ada", "ben"), ("ben", "ada")}
    assert len(drawn) == 8
    apart(app, "ada", "cleo")
    await tell(app, MembersBlocked("cleo", "ada"))
    drawn = {(row["member"], of[row["request"]]) for row in await group.rows("reviews_drawn")}
    assert not drawn & {("ada", "cleo"), ("cleo", "ada")}
    assert await group.pull("ada") != "cleo"


async def test_whoever_leaves_or_gives_back_keeps_nobody_waiting(group: Group, app: App) -> None:
    await group.begin(*RUNNERS, "eve", "finn", runs=RUNNERS)
    await group.draw(*RUNNERS)
    await tell(app, MemberLeft("ada"))
    assert await group.kept_for("ada") == 0
    assert await group.pull("eve") in {"ben", "cleo", "dan"}
    first = await group.pull("ben")
    leases = await group.rows("reviews_leases")
    mine = max(row["number"] for row in leases if row["member"] == "ben")
    await group.do("ben", Pressed(Action.to("reviews.give_back", lease=str(mine))))
    assert await group.pull("ben") != first


async def test_a_withdrawn_or_hidden_run_is_read_by_nobody_and_comes_back(group: Group, app: App) -> None:
    await group.begin("ada", "ben", runs=("ada",))
    await group.draw("ada", readers=("ben",))
    await tell(app, AnswerHidden(TASK, "ada"))
    assert "Nothing to review" in await group.pull("ben")
    await tell(app, AnswerShown(TASK, "ada"))
    assert await group.pull("ben") == "ada"
    await group.do("ada", Pressed(Action.to("answers.withdraw", task=TASK)))
    assert "cannot be reviewed any more" in await group.send("ben")
    await group.do("ada", Pressed(Action.to("answers.restore", task=TASK)))
    assert await group.pull("ben") == "ada"


async def test_after_its_time_only_a_run_that_nobody_read_waits_on(group: Group, app: App) -> None:
    await group.begin(*RUNNERS, "eve", runs=RUNNERS)
    await group.draw(*RUNNERS)
    author = await group.pull("ada")
    await group.send("ada")
    await group.go(60)
    for _ in range(3):
        assert await group.pull("eve") in set(RUNNERS) - {author}
        assert "Sent" in await group.send("eve")
    assert "Nothing to review" in await group.pull("eve"), "each has one by now, and the time is over"
    assert [len(await reviews_of(app, member)) for member in RUNNERS] == [1, 1, 1, 1]


async def test_an_author_is_never_handed_a_way_to_take_a_drawn_request_back(group: Group, app: App) -> None:
    await group.begin("ada", "ben", runs=("ada", "ben"))
    await group.draw("ada", "ben")
    mine = next(row["number"] for row in await group.rows("reviews_requests") if row["member"] == "ada")
    assert "was drawn" in await group.do("ada", Pressed(Action.to("reviews.withdraw_ask", request=str(mine))))
    card = await group.do("ada", Pressed(Action.to("reviews.ask", task=TASK)))
    assert "waits for a review" in card
    assert "Take it back" not in card


async def test_a_removed_review_is_not_among_those_of_the_author_and_is_sought_again(group: Group, app: App) -> None:
    await group.begin("ada", "ben", "cleo", runs=("ada",))
    await group.draw("ada", readers=("ben",))
    await group.pull("ben")
    await group.send("ben")
    assert len(await reviews_of(app, "ada")) == 1
    await tell(app, TextRemoved("reviews", "1/review"))
    assert await reviews_of(app, "ada") == ()
    assert not any(row["spent"] for row in await group.rows("reviews_requests"))
    assert await group.pull("cleo") == "ada"


async def test_whoever_is_barred_neither_reviews_nor_is_reviewed(group: Group, app: App) -> None:
    await group.begin(*RUNNERS, runs=RUNNERS)
    answer_with(app, NoReviewsUntil, lambda asked: LOCK + hours(99) if asked.member == "dan" else None)
    await group.draw(*RUNNERS)
    assert {row["member"] for row in await group.rows("reviews_requests")} == {"ada", "ben", "cleo"}
    assert await group.kept_for("dan") == 0


async def test_the_export_of_somebody_tells_nobody_who_reads_their_run(group: Group, app: App) -> None:
    await group.begin("ada", "ben", runs=("ada", "ben"))
    await group.draw("ada", "ben")
    told = await ask(app, EverythingAbout("ada"))
    assert all(row.get("member") != "ben" for rows in told.values() for row in rows)


def test_what_a_volunteer_may_take_is_more_than_what_was_drawn() -> None:
    assert timedelta(hours=48) > drawn_rules.KEPT_FOR, "volunteers need time before the reveal"
