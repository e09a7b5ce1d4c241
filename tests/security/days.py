"""What happened in the town, from its first Monday to the end of its second week."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from bot.app import App
from bot.clock import TurnedClock
from bot.config import Config
from bot.content.catalogue import Catalogue, Item
from bot.content.loader import load_pack
from bot.engine.engine import Engine
from bot.engine.outcome import Outcome
from bot.features import discover
from bot.features.answers.cards import DRAFT, HIDE, SHOW
from bot.features.mlsd import ask_rules
from bot.kernel.action import Action
from bot.kernel.effect import Reply
from bot.kernel.event import Chosen, Pressed, Submitted, Told, Typed, Value, What
from bot.kernel.ports import Clock
from tests.security.town import (
    ACCUSED,
    ADA,
    BEN,
    CARA,
    CHECKED_IN,
    CLOSED,
    DESIGNED,
    DORA,
    DRAFTED,
    ELSEWHERE,
    FIRST,
    GROUP_OF_FIVE,
    GUS,
    HIDDEN,
    LEE,
    MAY_READ,
    MONDAY,
    OLGA,
    OTHER,
    OTTO,
    PLANNED,
    REFUSED,
    RELIABLE,
    REVIEWED,
    RUNNING,
    STUCK,
    TAKEN_BACK,
    TASK,
    TOLD,
    TUESDAY,
    UMA,
    Moment,
    StandingClock,
    Town,
    Visitor,
    WatchedStore,
)  # fmt: skip
from tests.story import CoreDriver
from tests.world import BERLIN, GROUP, PACK, TENANT, World, travel, turned

WORDS = "These are words of more than ten letters, because short ones are refused."
RUDE = "Whoever finds this hard should not study at all. " * 40  # organisers turn pages to read all of it
DAY = timedelta(days=1)
SET_UP = Action.to("organiser.keep_zone")
ME = {member: Visitor(member, member) for member in (ADA, BEN, CARA, DORA, GUS, LEE, OLGA)}


def january(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


@cache
def packs() -> Catalogue:
    """The items of the test bench, and system designs."""
    return Catalogue.of([load_pack(PACK), load_pack(Path(__file__).parents[2] / "content" / "starter")])


def town() -> Town:
    """The same town each time; the story that leads to it is told once. It shows its first moment."""
    moments, world = _told()
    store, clock = WatchedStore(moments[0].image), StandingClock(moments[0].at)
    return _inhabited(store, world, clock, list(moments))


def _inhabited(store: WatchedStore, world: World, clock: Clock, moments: list[Moment]) -> Town:
    engine = Engine(store, discover(), packs())
    app = App(Config(), store, engine, {TENANT: world}, clock, "town")
    return Town(store, world, clock, app, moments, _number=1_000 if moments else 0)


@cache
def _told() -> tuple[tuple[Moment, ...], World]:
    async def tell() -> tuple[tuple[Moment, ...], World]:
        clock = turned()
        days = Days(_inhabited(WatchedStore(), World(clock), clock, []), clock)
        await days.begin()
        await days.monday()
        await days.wednesday()
        await days.friday()
        await days.second_week()
        return tuple(days.moments), days.here.world

    with ThreadPoolExecutor(1) as pool:  # a loop is running here already
        return pool.submit(asyncio.run, tell()).result()


class Days:
    """The town while its story is told."""

    def __init__(self, here: Town, clock: TurnedClock) -> None:
        self.here, self.clock = here, clock
        self.moments: list[Moment] = []
        self.may_read: Mapping[str, frozenset[str]] = MAY_READ

    # --- how it is told -----------------------------------------------------------------------------

    async def until(self, at: datetime) -> None:
        await travel(self.here.app, self.clock, at)

    async def do(self, who: str | Visitor, what: What) -> Outcome:
        who = who if isinstance(who, Visitor) else ME[who]
        outcome = await self.here.do(who, what)
        assert not outcome.refused, f"{who.id} {what}: {outcome.refused}"
        return outcome

    async def press(self, who: str | Visitor, route: str, value: str = "", **args: str) -> Outcome:
        return await self.do(who, Pressed(Action.to(route, **args), value))

    async def send(self, who: str | Visitor, route: str, values: Mapping[str, Value], **args: str) -> Outcome:
        return await self.do(who, Submitted(Action.to(route, **args), values))

    async def answer(self, who: str | Visitor, task: str, text: str, *choices: str) -> None:
        await self.send(who, "answers.send", {"text": text, "choices": choices}, task=task)

    async def report(self, who: str, author: str, text: str, line: str) -> None:
        """A chat message, from its menu."""
        about = await self.do(who, Chosen("safety.report_message", text, f"chat-{author}", author))
        found = [button.action for one in about.answers if isinstance(one, Reply) for button in one.card.buttons]
        action = next(action for action in found if action.route == "safety.report")
        await self.do(who, Pressed(action))
        await self.do(who, Submitted(replace(action, route="safety.send_report"), {"reason": "unkind", "line": line}))

    async def wish(self, who: str, stage: str, *times: str) -> None:
        await self.send(who, "partners.send", {"stage": stage, "times": times, "talk": "live"})
        await travel(self.here.app, self.clock, self.clock.now() + timedelta(minutes=1))

    async def remember(
        self, name: str, may_read: Mapping[str, frozenset[str]], who: tuple[str, ...] = (), *deeds: What
    ) -> None:
        """Everything as it is now, with a reliability of Ada's that would be known anywhere."""
        await self.here.store.run(
            lambda tx: tx.run(f"UPDATE partners_seats SET kept = {RELIABLE} WHERE member = :ada", ada=ADA)  # noqa: S608
        )
        world = self.here.world
        stands = tuple(replace(message) for message in world.messages.values())
        self.moments.append(
            Moment(name, self.clock.now(), self.here.store.image, stands, dict(world.rooms), may_read, who, deeds)
        )

    # --- what is told ----------------------------------------------------------------------------------

    async def begin(self) -> None:
        driver = CoreDriver(self.here.app, self.here.world, self.clock)
        driver.person(OLGA, zone=BERLIN, manages=True)
        await driver.type(OLGA, "/study")
        await driver.press(OLGA, "organiser.setup")
        driver.person(OLGA, zone=BERLIN)  # she manages no server any more, and is its organiser all the same
        for member in (OLGA, ADA, BEN, CARA, DORA, LEE, GUS):
            await driver.press(member, "members.join", f"members.join/{GROUP}")
        first = self.here.store.rows("SELECT task FROM answers_tasks WHERE only_member = :ada", ada=ADA)[0]["task"]
        await self.answer(ADA, str(first), f"{FIRST} is what I think about my first problem.")
        await self.press(LEE, "members.leave")
        otto = Visitor("", OTTO, OTHER, manages=True)
        await self.do(otto, Typed("", ""))
        await self.do(otto, Submitted(SET_UP, {"city": "Berlin"}))
        for member in (OTTO, UMA):
            await self.press(Visitor("", member, OTHER), "members.join")

    async def monday(self) -> None:
        """Somebody is removed, somebody is reported and blocked, an answer is reviewed, and four want partners."""
        await self.until(january(5, 12))
        await self.answer(OLGA, MONDAY, "Olga thinks that a queue is enough here, because nobody has to wait.", SHOW)
        await self.answer(DORA, MONDAY, "Dora thinks that a stack is enough here, because the last one matters.", SHOW)
        await self.answer(CARA, MONDAY, "Cara thinks that a heap is enough here, because only the first counts.", SHOW)
        await self.press(OLGA, "reviews.ask", task=MONDAY)
        await self.press(DORA, "reviews.names", hide="1")
        await self.press(DORA, "reviews.pull")
        said = {"level_1": "3", "level_2": "2", "passage": "1", "next": f"{REVIEWED}: say what would fail.",
                "question": "Why is the order not important here?"}  # fmt: skip
        await self.send(DORA, "reviews.send", said, lease="1")
        await self.report(ADA, GUS, RUDE, "He always does this.")
        await self.press(OLGA, "safety.expel", case="1", sure="1")
        await self.report(ADA, BEN, RUDE, f"{ACCUSED}: he says so every day.")
        await self.send(ADA, "safety.send_block", {"person": BEN})
        await self.until(january(6, 18))
        await self.wish(ADA, "interviewing", "mon", "wed", "fri", "late")
        await self.wish(DORA, "starting", "mon", "wed", "fri", "sat")
        await self.wish(BEN, "employed", "tue", "thu", "sat")
        await self.wish(CARA, "starting", "tue", "thu", "sat")
        await self.press(CARA, "partners.here")
        await self.press(ADA, "partners.here")
        await self.press(DORA, "partners.here")

    async def wednesday(self) -> None:
        """Drafts, answers and a cry for help."""
        await self.until(january(7, 10))
        await self.answer(ADA, TASK, f"{DRAFTED} is not finished yet, so I keep it.", DRAFT)
        await self.do(Visitor("", ADA, ""), Told(f"{TOLD} is what I wrote to the bot.", "chat-ada"))
        short = Submitted(Action.to("answers.send", task=MONDAY), {"text": REFUSED, "choices": ()})
        refused = await self.here.do(ME[ADA], short)
        assert refused.refused, "too short, so it is a draft of the engine's"
        await self.answer(CARA, TASK, f"{CLOSED} is what Cara thinks, because order helps.", SHOW)
        await self.answer(DORA, TASK, f"{HIDDEN} is my answer, and nobody shall know whose.", HIDE)
        await self.answer(DORA, TUESDAY, f"{TAKEN_BACK} was my answer, and I take it back.")
        await self.press(DORA, "answers.withdraw", task=TUESDAY)
        await self.answer(CARA, TUESDAY, "Cara thinks that a heap is enough, because few count.")
        await self.send(BEN, "daily.tell_stuck", {"tried": f"{STUCK}: I sorted it, and then?"}, round=TASK)
        await self.answer(Visitor("", UMA, OTHER), TASK, f"{ELSEWHERE} is what another group's member thinks.")
        await self.press(CARA, "reviews.ask", task=MONDAY)
        await self.press(DORA, "reviews.pull")
        await self.until(january(7, 10))
        await self.remember("Wednesday", MAY_READ)

    async def friday(self) -> None:
        """A run is handed in, another one goes on; a plan, a check-in, a time to talk; and Ben has long been silent."""
        await self.until(january(7, 19, 30))
        await self.press(CARA, "partners.here")
        await self.send(ADA, "partners.keep_plan", {"answers": "2", "reviews": "1", "line": f"{PLANNED}: Tuesday."})
        await self.until(january(8, 12))
        await self.press(CARA, "mlsd.count_in", week="1")
        await self.press(BEN, "mlsd.review_only", week="1")
        await self.run(DORA, "1", f"{DESIGNED}: answer or hand over, and 310 against 7 decides.")
        await self.press(DORA, "mlsd.close_now", run="1")
        await self.press(DORA, "mlsd.hide", run="1", on="1")
        await self.press(DORA, "mlsd.redo", "objective", run="1")
        await self.until(january(8, 17, 30))
        line = {"line": f"{CHECKED_IN} is in the way."}
        await self.send(DORA, "partners.keep_line", line, pair="1", day="2026-01-08")
        await self.press(ADA, "partners.slot")
        for member in (ADA, DORA):
            await self.press(member, "partners.slot_take", talk="1", n="1", round="1")
        await self.until(january(9, 17))
        await self.press(CARA, "partners.here")
        await self.until(january(9, 19, 35))
        await self.run(ADA, "2", f"{RUNNING}: a mistake costs more than a question.")
        item = self.item()
        assert item.timed
        facts, turns = item.timed.held_back, item.timed.turns
        asked = Typed("ask", facts[0].words[0])
        await self.do(ADA, asked)
        await self.until(january(9, 20))
        untouched = next(f for n, f in enumerate(facts) if n and ask_rules.find_fact(WORDS, (f,), frozenset()) is None)
        secrets = {
            _part(item.statement[0].text): GROUP_OF_FIVE,  # whoever begins a run
            _part(facts[0].fact): frozenset({ADA}), _part(untouched.fact): frozenset[str](),
            _part(turns[0].text): frozenset({ADA}), _part(turns[1].text): frozenset[str](),
        }  # fmt: skip
        closed = dict.fromkeys((CLOSED, HIDDEN), GROUP_OF_FIVE | {""})  # by now they stand in the channel
        self.may_read = {**MAY_READ, **closed}
        await self.remember("Friday", {**self.may_read, **secrets}, (ADA, BEN, CARA, OLGA), asked)

    async def run(self, who: str, number: str, words: str) -> None:
        """Begin a run of the week's prompt, and write its first stage."""
        await self.press(who, "mlsd.begin", week="1", plan="mlsd-45")
        await self.send(who, "mlsd.save", {"text": words}, run=number, slot="objective")

    def item(self) -> Item:
        (week,) = self.here.store.rows("SELECT item FROM mlsd_weeks WHERE group_id = :group", group=GROUP)
        item = packs().item(str(week["item"]))
        assert item
        return item

    async def second_week(self) -> None:
        """The runs were read and are open to the group. At its end partners say how it was."""
        for day in (10, 11):
            await self.until(january(day, 19))
            await self.here_are(ADA, DORA)
        await self.until(january(12, 12))
        await self.press(ADA, "reviews.pull")
        await self.until(january(12, 19))
        await self.here_are(ADA, DORA)
        await self.until(january(13, 19))
        await self.here_are(ADA, DORA)
        await self.until(january(14, 11))
        await self.press(DORA, "partners.slot")  # their first time has passed
        await self.until(january(14, 12))
        opened = {RUNNING: GROUP_OF_FIVE, DESIGNED: GROUP_OF_FIVE}
        opened |= dict.fromkeys((PLANNED, CHECKED_IN), frozenset({ADA, DORA, CARA}))  # she was a third for some days
        await self.remember("after the reveal", {**self.may_read, **opened}, (ADA, BEN, OLGA))
        await self.here_are(ADA, DORA)
        await self.until(january(15, 19))
        await self.here_are(ADA, DORA)
        await self.until(january(16, 12))
        await self.remember("the end of a term", {**self.may_read, **opened}, (ADA, BEN))

    async def here_are(self, *members: str) -> None:
        for member in members:
            await self.press(member, "partners.here")


def _part(text: str) -> str:
    """Enough of a text to know it again, without what is written in another way elsewhere."""
    return max(text.replace('"', "\n").replace("\\", "\n").replace("*", "\n").splitlines(), key=len)[:50].strip()
