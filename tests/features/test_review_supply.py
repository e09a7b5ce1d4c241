"""
Whatever members do, in groups of one, two, three, five and forty: nobody reviews themselves, nor a partner or in a
swap while anybody else could, and what is withdrawn, blocked, removed or erased is in nobody's hands.

The features are those that are shipped, with one more that says who is partnered.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.config import Config
from bot.engine import roster
from bot.engine.engine import Engine, Outcome
from bot.features import discover
from bot.kernel.action import Action
from bot.kernel.effect import Fact, Unenrol
from bot.kernel.event import Event, Person, Pressed, Scene, Submitted, Value, What
from bot.kernel.facts import MemberLeft
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import PartnersOf, TextFreed, TextHeld, TextRemoved, WeakAreas
from bot.kernel.ports import Tx
from bot.kernel.question import Question
from tests.features.mornings import GOOD, JOIN, NINE
from tests.quick_store import QuickStore
from tests.story import CoreDriver
from tests.world import CHANNEL, GROUP, TENANT, World, catalogue, travel, turned

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TASK = "2026-01-05"
SIZES = (1, 2, 3, 5, 40)
REVIEW: dict[str, Value] = {
    "level_1": "3", "level_2": "2", "passage": "1", "next": "Say what it costs with a million rows.", "question": "",
}  # fmt: skip


def partner_of(member: str) -> str:
    """m0 and m1 are partners, m2 and m3, and so on."""
    return f"m{int(member[1:]) ^ 1}"


def partners() -> Feature:
    feature = Feature("partnership")

    @feature.answers(PartnersOf)
    def partners_of(question: PartnersOf, scene: Scene, tx: Tx) -> tuple[str, ...]:
        return (partner_of(question.member),)

    return feature


FEATURES = [*(feature for feature in discover() if PartnersOf not in feature.questions), partners()]


class Group:
    """A group of so many members who have all answered Monday's problem, and what the test does to it."""

    def __init__(self, size: int, image: bytes = b"", messages: World | None = None) -> None:
        self.members = [f"m{n}" for n in range(size)]
        self.clock = turned(NINE) if image else turned()
        self.world = World(self.clock)
        if messages:
            self.world.messages, self.world._receipts = {**messages.messages}, count(10_000)
        self.store = QuickStore(image=image)
        self.app = App(Config(), self.store, Engine(self.store, FEATURES, catalogue()), {TENANT: self.world},
                       self.clock, "life")  # fmt: skip
        self._deliveries = count(10_000 if image else 1)
        self.here = set(self.members)
        self.erased: set[str] = set()
        self.texts: dict[str, int] = dict.fromkeys(self.members, 0)

    async def do(self, member: str, what: What) -> Outcome:
        delivery = f"supply-{next(self._deliveries)}"
        person = Person(member, member.title())
        done = await self.app.engine.handle(Event(delivery, TENANT, GROUP, CHANNEL, person, self.clock.now(), what))
        assert not (done.refused and "our side" in done.refused.because), f"{member} {what}"
        return done

    async def press(self, member: str, route: str, **args: str) -> Outcome:
        return await self.do(member, Pressed(Action.to(route, **args)))

    async def send(self, member: str, route: str, values: dict[str, Value], **args: str) -> Outcome:
        return await self.do(member, Submitted(Action.to(route, **args), values))

    async def hear(self, *facts: Fact | Unenrol) -> None:
        def unit(tx: Tx) -> None:
            scene = roster.group_scene(tx, GROUP, self.clock.now())
            scene = self.app.engine._for(tx, FEATURES[0], _asking(self.app, scene))
            self.app.engine._perform(tx, list(facts), scene, TENANT)

        await self.store.run(unit)

    async def erase(self, member: str) -> None:
        await self.store.run(lambda tx: self.app.engine.erase(tx, TENANT, member, self.clock.now()))

    async def ask(self, question: Question[Any]) -> Any:
        def query(tx: Tx) -> Any:
            return self.app.engine._asker(roster.group_scene(tx, GROUP, self.clock.now()))(question, tx)

        return await self.store.read(query)

    async def go(self, wait: timedelta) -> None:
        await travel(self.app, self.clock, self.clock.now() + wait)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.store.rows(f"SELECT * FROM {table}")  # noqa: S608 - a test's own words

    def at(self, row: dict[str, Any], column: str) -> datetime:
        return datetime.fromisoformat(row[column])

    def open_leases(self) -> list[dict[str, Any]]:
        now = self.clock.now()
        return [row for row in self.rows("reviews_leases") if row["state"] == "open" and self.at(row, "until") > now]

    def blocked(self) -> set[frozenset[str]]:
        return {frozenset((row["member"], row["blocked_member"])) for row in self.rows("safety_blocks")}

    def readable(self) -> dict[str, int]:
        """The number of each member's answer that others can read."""
        kept = self.rows("answers_kept")
        return {r["member"]: r["number"] for r in kept if r["task"] == TASK and r["state"] == "kept" and not r["held"]}


def _asking(app: App, scene: Scene) -> Scene:
    from dataclasses import replace

    scene = replace(scene, catalogue=app.engine.catalogue)
    return replace(scene, ask=app.engine._asker(scene))


@cache
def beginning(size: int) -> tuple[bytes, World]:
    """Rows and messages at Monday noon, made once for each size."""

    async def make() -> tuple[bytes, World]:
        group = Group(size)
        driver = CoreDriver(group.app, group.world, group.clock)
        await driver.found()
        for member in group.members:
            await driver.press(member, "Join the study group", JOIN)
        await driver.until(NINE)
        for member in group.members:
            await group.send(member, "answers.send", {"text": f"{GOOD} {member} says so.", "choices": ()}, task=TASK)
        await group.app.settle()
        return group.store.image, group.world

    with ThreadPoolExecutor(1) as pool:  # a loop may be running here already
        return pool.submit(asyncio.run, make()).result()


def living(size: int) -> Group:
    image, world = beginning(size)
    return Group(size, image, world)


# --- what may never be -----------------------------------------------------------------------------


def far(group: Group, reviewer: str, author: str, before: Sequence[dict[str, Any]]) -> int:
    """0 a stranger or somebody met, 2 a swap, 3 a partner; told from what happened, not from what the bot thinks."""
    if partner_of(reviewer) == author:
        return 3
    now = group.clock.now()
    returned = [
        row for row in group.rows("reviews_given")
        if (row["reviewer_member"], row["author_member"]) == (author, reviewer)
        and now - group.at(row, "finished_at") < 7 * DAY
    ]  # fmt: skip
    holds = [row for row in before if (row["member"], row["author_member"]) == (author, reviewer)]
    return 2 if returned or holds else 0


def could(group: Group, member: str, lease: dict[str, Any]) -> bool:
    """Could this member have reviewed the answer that was handed out?"""
    author = lease["author_member"]
    given = {r["reviewer_member"] for r in group.rows("reviews_given") if r["author_member"] == author
             and r["answer"] == lease["answer"]}  # fmt: skip
    just_declined = {
        r["member"] for r in group.rows("reviews_leases")
        if r["author_member"] == author and r["state"] == "returned"
        and group.clock.now() - group.at(r, "taken_at") < DAY
    }  # fmt: skip
    kept = {row["member"] for row in group.rows("answers_kept") if row["task"] == TASK and row["state"] == "kept"}
    closed = any(row["task"] == TASK and row["closed"] for row in group.rows("answers_tasks"))
    may_read = closed or member in kept
    tried = member in {row["member"] for row in group.rows("reviews_tried")}
    apart = frozenset((member, author)) in group.blocked()
    return member in group.here - {author} - given - just_declined and may_read and tried and not apart


def passed(group: Group, request: int) -> set[str]:
    """Who was asked for this request so long ago that nobody waits for them any more."""
    asked = [*group.rows("reviews_asked"), *group.rows("reviews_shown")]
    until = group.clock.now() - 36 * HOUR
    return {row["member"] for row in asked if row["request"] == request and group.at(row, "at") <= until}


def is_fair(group: Group, lease: dict[str, Any], before: Sequence[dict[str, Any]]) -> None:
    reviewer, author = lease["member"], lease["author_member"]
    assert reviewer != author
    mine = far(group, reviewer, author, before)
    assert could(group, reviewer, lease), f"{reviewer} could not review {author}"
    assert lease["distance"] == mine or (mine == 0 and lease["distance"] == 1)
    others = group.here - {reviewer} - passed(group, lease["request"])
    nearer = [m for m in others if could(group, m, lease) and far(group, m, author, before) < mine]
    assert mine == 0 or not nearer, f"{reviewer} took the answer of {author} though {nearer} could"


async def is_sound(group: Group) -> None:
    """What holds after every deed."""
    readable, apart = group.readable(), group.blocked()
    requests = {row["number"]: row for row in group.rows("reviews_requests")}
    holders = [row["member"] for row in group.open_leases()]
    assert len(holders) == len(set(holders)), "somebody holds two answers"
    for row in group.open_leases():
        assert row["member"] in group.here
        assert readable.get(row["author_member"]) == row["answer"], (
            "an answer that nobody may read is in somebody's hands"
        )
        assert frozenset((row["member"], row["author_member"])) not in apart
        assert requests[row["request"]]["state"] in ("waiting", "done", "withdrawn")  # what was begun may be sent
    for row in group.rows("reviews_given"):
        assert row["reviewer_member"] != row["author_member"] or not row["author_member"]
    for row in requests.values():
        if row["state"] == "waiting":
            assert row["member"] in group.here
            assert readable.get(row["member"]) == row["answer"]
    for row in (*group.rows("reviews_asked"), *group.rows("reviews_shown")):
        assert row["member"] != requests.get(row["request"], {}).get("member"), (
            "an author was asked for their own answer"
        )
    for table in ("requests", "leases", "given", "tried", "asked", "shown", "reached", "wishes"):
        for row in group.rows(f"reviews_{table}"):
            held = {str(value) for value in row.values()}
            assert not [m for m in group.erased if any(m == v or f'"{m}"' in v for v in held)], (
                f"{row} holds the erased"
            )
    await nothing_removed_counts(group)


async def nothing_removed_counts(group: Group) -> None:
    given = group.rows("reviews_given")
    for row in given:
        if row["held"] and row["author_member"] in group.here:
            read = await group.press(row["author_member"], "reviews.read", review=str(row["number"]))
            assert read.refused
    standing = {row["author_member"] for row in given if not row["held"]}
    for member in sorted({row["author_member"] for row in given if row["held"]} & group.here):
        assert bool(await group.ask(WeakAreas((member,)))) == (member in standing)


# --- what may happen ---------------------------------------------------------------------------------


def concerned(group: Group, number: int) -> tuple[str, str]:
    """Two members to whom something happens: most often those of the last answer that was handed out."""
    last = group.rows("reviews_leases")[-1:]
    pair = [who for row in last for who in (row["member"], row["author_member"]) if who in group.members]
    if len(pair) < 2 or number % 4 == 0:
        pair = [group.members[number % len(group.members)], group.members[(number // 7) % len(group.members)]]
    return (pair[0], pair[1]) if number % 2 else (pair[1], pair[0])


async def play(group: Group, deed: str, number: int) -> None:
    member = group.members[number % len(group.members)]
    if deed == "round":
        await group.press(member, "reviews.ask", task=TASK)
        await take_turns(group, group.members[(number // 7) % len(group.members)])
        return
    if deed in RARE and number % 3:  # most often while somebody is at work on it
        await group.press(member, "reviews.ask", task=TASK)
        await play(group, "pull", number // 7)
    before = group.open_leases()
    numbers = {row["number"] for row in group.rows("reviews_leases")}
    if deed in ("leave", "join", "erase", "block"):
        await come_or_go(group, deed, *concerned(group, number))
    elif deed in ("hold", "free", "remove"):
        await judge(group, deed, number)
    elif deed == "wait":
        await group.go((1, 7, 19, 37)[number % 4] * HOUR)
    else:
        await review(group, concerned(group, number)[0] if deed in DISTURBS else member, deed)
    for row in group.rows("reviews_leases"):
        if row["number"] not in numbers:
            is_fair(group, row, before)


async def take_turns(group: Group, reviewer: str) -> None:
    """Take whatever is handed out, and send a review of it."""
    await play(group, "pull", int(reviewer[1:]))
    await hand_in(group, reviewer, "send")


async def review(group: Group, member: str, deed: str) -> None:
    match deed:
        case "ask":
            await group.press(member, "reviews.ask", task=TASK)
        case "pull":
            await group.press(member, "reviews.pull")
        case "send" | "give_back":
            await hand_in(group, member, deed)
        case "edit":
            group.texts[member] += 1
            text = f"{GOOD} {member} says so for time {group.texts[member]}."
            await group.send(member, "answers.send", {"text": text, "choices": ()}, task=TASK)
        case "withdraw" | "restore":
            await group.press(member, f"answers.{deed}", task=TASK)
        case "take_back":
            mine = [r["number"] for r in group.rows("reviews_requests") if r["member"] == member]
            await group.press(member, "reviews.withdraw_ask", request=str(max(mine, default=1)))


async def come_or_go(group: Group, deed: str, member: str, other: str) -> None:
    match deed:
        case "leave" if member in group.here:
            await group.hear(Unenrol(member), MemberLeft(member))
            group.here -= {member}
        case "join":
            await group.press(member, "members.join")
            group.here |= {member}
            group.erased -= {member}
        case "erase":
            await group.erase(member)
            group.here -= {member}
            group.erased |= {member}
        case "block" if member != other:
            await group.send(member, "safety.send_block", {"person": other})


async def hand_in(group: Group, member: str, deed: str) -> None:
    """Send the review of what the member took last, lapsed or not; or give it back."""
    mine = [row["number"] for row in group.rows("reviews_leases") if row["member"] == member]
    lease = str(max(mine, default=1))
    if deed == "give_back":
        await group.press(member, "reviews.give_back", lease=lease)
    else:
        await group.send(member, "reviews.send", REVIEW, lease=lease)


async def judge(group: Group, deed: str, number: int) -> None:
    """An organiser's word on a review or on an answer; a text is removed for good."""
    given = group.rows("reviews_given")
    kind = {"hold": TextHeld, "free": TextFreed, "remove": TextRemoved}[deed]
    if number % 3 == 0:
        answers = [row for row in group.rows("answers_kept") if row["task"] == TASK]
        if answers:
            await group.hear(kind("answers", f"{TASK}/{answers[number % len(answers)]['number']}"))
    elif given:
        row = given[number % len(given)]
        if row["held"] != "removed":
            await group.hear(kind("reviews", f"{row['number']}/review"))


DISTURBS = ("edit", "withdraw", "restore", "take_back", "give_back")
COMMON = ("round", "round", "ask", "pull", "send", "wait")
RARE = (
    "edit",
    "withdraw",
    "restore",
    "take_back",
    "leave",
    "join",
    "erase",
    "block",
    "hold",
    "free",
    "remove",
    "give_back",
)
deeds = st.tuples(
    st.one_of(st.sampled_from(COMMON), st.sampled_from(COMMON), st.sampled_from(RARE)), st.integers(0, 999)
)


@pytest.mark.parametrize("size", SIZES)
def test_whatever_happens_nobody_is_handed_what_is_not_theirs_to_review(size: int) -> None:
    @settings(
        max_examples={1: 5, 40: 6}.get(size, 16), deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),  # a story takes a while, and shrinking tells hundreds
    )  # fmt: skip
    @given(st.lists(deeds, min_size=12, max_size=24))
    def lives(story: list[tuple[str, int]]) -> None:
        async def live() -> None:
            group = living(size)
            for deed, number in story:
                if group.clock.now() < NINE + 6 * DAY:  # after a week of silence nobody is counted on
                    await play(group, deed, number)
                    await is_sound(group)
            group.store.close()

        asyncio.run(live())

    lives()


async def test_over_thirty_days_nobody_is_asked_more_than_three_times_in_seven() -> None:
    group = living(5)
    for member in group.members:
        await group.do(member, Pressed(Action.to("nudges.hour"), "12:30"))  # whoever wants no reminders is not asked
    for day in range(30):
        for member in group.members:
            if day % 7 == 0:  # a new week, and nobody took anything in the last one
                await group.press(member, "reviews.ask", task=TASK)
            elif day % 7 == 6:
                mine = [row["number"] for row in group.rows("reviews_requests") if row["member"] == member]
                await group.press(member, "reviews.withdraw_ask", request=str(max(mine)))
            group.texts[member] += 1
            again = {"text": f"{GOOD} Version {group.texts[member]}.", "choices": ()}
            await group.send(member, "answers.send", again, task=TASK)  # a sign of life
        await group.go(DAY)
    asked: dict[str, list[datetime]] = {}
    for row in group.rows("reviews_asked"):
        asked.setdefault(row["member"], []).append(group.at(row, "at"))
    most = [max(sum(at <= other < at + 7 * DAY for other in times) for at in times) for times in asked.values()]
    assert len(asked) == 5
    assert max(most) == 3
