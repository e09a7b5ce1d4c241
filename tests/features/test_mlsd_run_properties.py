"""
Whatever three members do in their runs, in any order, and however often the bot is away meanwhile: laws that hold.

A model beside it counts each run's minutes by hand. The bot must agree with it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.config import Config
from bot.engine.engine import Engine
from bot.features import discover
from bot.features.mlsd import run_records, run_rules
from bot.features.mlsd.run_rules import Cue, Run
from bot.kernel.action import Action
from bot.kernel.event import Event, Person, Pressed, Submitted, Told, What
from bot.kernel.ports import Tx
from tests.features.mornings import JOIN
from tests.features.test_mlsd_runs import BOTH, SECOND, T0
from tests.quick_store import QuickStore
from tests.story import CoreDriver
from tests.world import CHANNEL, GROUP, TENANT, Crash, Fuse, World, travel, turned

MEMBERS = ("ada", "ben", "cem")
MINUTE = timedelta(minutes=1)
FEATURES = discover()


@cache
def thursday() -> tuple[bytes, datetime, World]:
    """Rows at ten on Thursday, and what people see: the week is open, three members are in the group."""

    async def make() -> tuple[bytes, datetime, World]:
        clock = turned()
        store, world = QuickStore(), World(clock)
        app = App(Config(), store, Engine(store, FEATURES, BOTH), {TENANT: world}, clock, "thursday")
        story = CoreDriver(app, world, clock)
        await story.found()
        for member in MEMBERS:
            await story.press(member, "Join the study group", JOIN)
        await story.until(T0 + SECOND)
        return store.image, clock.now(), world

    with ThreadPoolExecutor(1) as pool:  # a loop is running here already
        return pool.submit(asyncio.run, make()).result()


@dataclass
class Counted:
    """A run as the model sees it: whole minutes of work, the pause, and all words that were accepted."""

    number: int
    whole: int
    worked: int = 0
    paused: int = 0  # minutes of the pause that are over
    in_pause: bool = False
    words: list[str] = field(default_factory=list)
    live: bool = True
    given_up: bool = False  # for another prompt

    def pass_(self, minutes: int, *, away: bool) -> None:
        if not self.live:
            return
        if self.in_pause:
            spent = min(minutes, 10 - self.paused)
            self.paused += spent
            minutes -= spent
            self.in_pause = self.paused < 10
        if not away:
            self.worked = min(self.worked + minutes, self.whole + 5)


class Bench:
    """Three members, a bot that can be away, and the model."""

    def __init__(self, fuse: Fuse | None = None) -> None:
        image, at, seen = thursday()
        self.clock = turned(at)
        self.fuse = fuse or Fuse()
        self.store, self.world = QuickStore(self.fuse, image), World(self.clock, self.fuse)
        # The messages so far stand with their receipts, and none of these is given again: the rows know them.
        self.world.crowd("elsewhere", len(seen.created))
        self.world.messages = {receipt: replace(message) for receipt, message in seen.messages.items()}
        self.app = self.process()
        self.runs: dict[str, Counted] = {}
        self.over: list[tuple[str, Counted]] = []
        self.deliveries = count(1)
        self.last: dict[str, tuple[str, str]] = {}  # member: receipt and text of their last message
        self.lost = timedelta()  # while no process lived

    def process(self) -> App:
        engine = Engine(self.store, FEATURES, BOTH)
        return App(Config(), self.store, engine, {TENANT: self.world}, self.clock, f"life-{len(self.fuse.log)}")

    async def outlive(self, deed: Callable[[], Awaitable[str]], down: timedelta) -> str:
        """Do it; where the process dies over it, the next one starts `down` later, as `App.start` does, and does it."""
        starts = False
        while True:
            try:
                if starts:
                    await self.app._beat()
                return await deed()
            except Crash:
                self.fuse.revive()
                self.clock.set(self.clock.now() + down)
                self.lost += down
                self.app, starts = self.process(), True

    async def do(self, member: str, what: What, delivery: str = "") -> str:
        """What was refused; empty when it was allowed."""
        spot = "" if isinstance(what, Told) else GROUP
        delivery = delivery or f"e{next(self.deliveries)}"
        event = Event(delivery, TENANT, spot, CHANNEL, Person(member, member), self.clock.now(), what)
        outcome = await self.app.engine.handle(event)
        await self.app.settle()
        no = outcome.refused.because if outcome.refused else ""
        assert "on our side" not in no, f"{member}: {what}"
        return no

    def press(self, verb: str, **args: str) -> Pressed:
        return Pressed(Action.to(f"mlsd.{verb}", **args))

    async def wait(self, minutes: int) -> None:
        await self.app._beat()
        await travel(self.app, self.clock, self.clock.now() + minutes * MINUTE)
        await self.app._beat()
        self._pass(minutes, away=False)

    async def be_away(self, minutes: int) -> None:
        await self.app._beat()
        self.clock.set(self.clock.now() + minutes * MINUTE)
        self.app._started = self.clock.now()
        await self.app._beat()
        await self.app.settle()
        self._pass(minutes, away=True)

    def _pass(self, minutes: int, *, away: bool) -> None:
        for run in self.runs.values():
            run.pass_(minutes, away=away)
            run.live = run.live and run.worked < run.whole + 5

    async def run_of(self, number: int) -> Run:
        found = await self.app.store.read(lambda tx: run_records.find_run(tx, GROUP, number))
        assert found
        return found

    async def told(self, number: int) -> tuple[str, ...]:
        return await self.app.store.read(lambda tx: run_records.list_told(tx, GROUP, number))


def cues_of(run: Run) -> tuple[Cue, ...]:
    item, plan = BOTH.item(run.item), BOTH.session(run.plan)
    assert item
    assert plan
    return run_rules.cues(item, plan)


async def begin(bench: Bench, member: str, plan: str, _: int) -> None:
    before = bench.runs.get(member)
    no = await bench.do(member, bench.press("begin", week="1", plan=plan))
    if not no and (before is None or not before.live):
        bench.over += [(member, before)] if before else []
        rows = bench.store.rows("SELECT max(number) AS n FROM mlsd_runs WHERE member = :m", m=member)
        bench.runs[member] = Counted(int(str(rows[0]["n"])), int(plan[-2:]))


async def take_other(bench: Bench, member: str, run: Counted, _: int) -> None:
    if not await bench.do(member, bench.press("other_now", run=str(run.number))):
        run.live, run.given_up = False, True
        bench.over.append((member, run))
        rows = bench.store.rows("SELECT max(number) AS n FROM mlsd_runs WHERE member = :m", m=member)
        bench.runs[member] = Counted(int(str(rows[0]["n"])), run.whole)


async def pause(bench: Bench, member: str, run: Counted, _: int) -> None:
    if not await bench.do(member, bench.press("pause", run=str(run.number))):
        run.in_pause = True


async def resume(bench: Bench, member: str, run: Counted, _: int) -> None:
    if not await bench.do(member, bench.press("resume", run=str(run.number))):
        run.in_pause = False


async def close(bench: Bench, member: str, run: Counted, _: int) -> None:
    if not await bench.do(member, bench.press("close_now", run=str(run.number))):
        run.live = False


async def ask(bench: Bench, member: str, run: Counted, _: int) -> None:
    await bench.do(member, Submitted(Action.to("mlsd.asked", run=str(run.number)), {"words": "labels"}))


async def write(bench: Bench, member: str, run: Counted, n: int) -> None:
    """A stage or a twist that has come, by its form: it stands for all that was there."""
    told = await bench.told(run.number)
    slots = [cue.slot for cue in cues_of(await bench.run_of(run.number)) if cue.slot in told]
    slot, text = slots[n % len(slots)], f"form {next(bench.deliveries)}: {n} a second"
    action = Action.to("mlsd.save", run=str(run.number), slot=slot)
    if not await bench.do(member, Submitted(action, {"text": text, "fell": ("data", "objective")})):
        run.words = [*(one for one in run.words if not one.startswith(f"{slot}|")), f"{slot}|{text}"]


async def tell(bench: Bench, member: str, run: Counted, _: int) -> None:
    await _say(bench, member, run, f"r{next(bench.deliveries)}", "")


async def edit(bench: Bench, member: str, run: Counted, _: int) -> None:
    """Their last message, with other words."""
    receipt, old = bench.last.get(member, ("", ""))
    await _say(bench, member, run, receipt or f"r{next(bench.deliveries)}", old)


async def _say(bench: Bench, member: str, run: Counted, receipt: str, old: str) -> None:
    text = f"message {next(bench.deliveries)}."
    if run.live and not await bench.do(member, Told(text, receipt)):
        kept = [one for one in run.words if not (old and one.endswith(f"|{old}"))]
        run.words = [*kept, f"{await where(bench, run.number, text)}|{text}"]
        bench.last[member] = receipt, text


async def where(bench: Bench, number: int, text: str) -> str:
    """The part of the run under which these words stand."""
    written = await bench.app.store.read(lambda tx: run_records.list_written(tx, GROUP, number))
    found = [one.slot for one in written if text in one.text]
    assert len(found) == 1, f"“{text}” stands {len(found)} times"
    return found[0]


async def check(bench: Bench) -> None:
    """The laws, after every deed."""
    assert bench.world.doubles() == []
    for member, run in [*bench.runs.items(), *bench.over]:
        kept, told = await bench.run_of(run.number), await bench.told(run.number)
        gaps = await bench.app.store.read(_gaps)
        assert kept.is_live == run.live, f"{member} {kept} {run}"
        if run.live:
            gone = run_rules.elapsed(run_rules.settled(kept, bench.clock.now()), gaps, bench.clock.now())
            assert abs(gone - run.worked * MINUTE) < SECOND, f"{gone} is not {run.worked} minutes"
            assert gone <= (run.whole + 5) * MINUTE
        ends = run_rules.pause_ends(kept)
        assert kept.paused_at is None or (ends and ends - kept.paused_at <= run_rules.PAUSE)
        cues = cues_of(kept)
        come = [cue.slot for cue in cues if cue.minute <= run.worked and cue.minute < run.whole]
        slots = {cue.slot for cue in cues}
        assert sorted(slots.intersection(told)) == sorted(come), "each at its minute"
        shown = [name for name in bench.world.created if name.startswith(f"mlsd.run/{GROUP}/{run.number}/")]
        shown = [name.rpartition("/")[2] for name in shown if "/stage/" in name or "/change/" in name]
        assert shown == come, "each once, in order"
        written = await bench.app.store.read(lambda tx, n=run.number: run_records.list_written(tx, GROUP, n))  # type: ignore[misc]
        for one in run.words:
            slot, _, text = one.partition("|")
            assert any(part.slot == slot and text in part.text for part in written), f"“{text}” is lost"


def _gaps(tx: Tx) -> Sequence[tuple[datetime, datetime]]:
    from bot.engine.outages import list_outages

    return list_outages(tx)


DEEDS = {
    "pause": pause, "resume": resume, "write": write, "tell": tell, "edit": edit, "ask": ask, "close": close,
    "other": take_other,
}  # fmt: skip
PLANS = {"begin": "mlsd-45", "begin short": "mlsd-20"}
WHAT = sorted([*DEEDS, *PLANS, "write", "tell"])
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from(MEMBERS), st.integers(1, 14)),
    st.tuples(st.just("away"), st.sampled_from(MEMBERS), st.integers(2, 40)),
    st.tuples(st.sampled_from(WHAT), st.sampled_from(MEMBERS), st.integers(0, 9)),
    st.tuples(st.sampled_from(WHAT), st.sampled_from(MEMBERS), st.integers(0, 9)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=6, max_size=30))
async def test_any_order_of_deeds_pauses_and_outages_keeps_the_laws_of_a_run(steps: list[tuple[str, str, int]]) -> None:
    bench = Bench()
    await bench.app._beat()
    for member in MEMBERS[:2]:
        await begin(bench, member, "mlsd-45", 0)
    for deed, member, n in steps:
        if deed == "wait":
            await bench.wait(n)
        elif deed == "away":
            await bench.be_away(n)
        elif deed in PLANS:
            await begin(bench, member, PLANS[deed], n)
        elif member in bench.runs:
            await DEEDS[deed](bench, member, bench.runs[member], n)
        await check(bench)
    await bench.wait(61)
    await check(bench)
    for member, run in [*bench.runs.items(), *bench.over]:
        kept = await bench.run_of(run.number)
        assert not kept.is_live, f"{member}'s run does not end"
        assert kept.handed_in == (bool(run.words) and not run.given_up)
        if kept.handed_in:
            rows = bench.store.rows(
                "SELECT text FROM answers_kept WHERE task = :t AND member = :m", t=kept.task, m=member
            )
            assert all(one.partition("|")[2] in str(rows[0]["text"]) for one in run.words)
    bench.store.close()


# --- the process dies ------------------------------------------------------------------------------

BEGINNINGS = {"ada": 0, "ben": 4, "cem": 11}  # the minute at which each of them begins


async def minute(bench: Bench, n: int) -> str:
    """One minute of the bot's life: signs of life, and whatever is due. While it is dead no minute passes."""
    await bench.app._beat()
    await travel(bench.app, bench.clock, max(bench.clock.now(), T0 + SECOND + n * MINUTE + bench.lost))
    await bench.app._beat()
    return ""


async def deed(bench: Bench, member: str, n: int) -> str:
    """What this member does in minute N, under a name that a repeat has as well."""
    number = next((one.number for who, one in bench.runs.items() if who == member), 0)
    what: What = Told(f"{member} in minute {n}.", f"{member}-{n}")
    if n == BEGINNINGS[member]:
        what = bench.press("begin", week="1", plan="mlsd-45")
    elif n % 5 == 2 and number:
        action = Action.to("mlsd.save", run=str(number), slot="objective")
        what = Submitted(action, {"text": f"{member}'s form in minute {n}."})
    elif n == 20:
        what = bench.press("pause", run=str(number))
    no = await bench.do(member, what, f"{member}/{n}")
    rows = bench.store.rows("SELECT number FROM mlsd_runs WHERE member = :m", m=member)
    if member not in bench.runs and rows:
        bench.runs[member] = Counted(int(str(rows[0]["number"])), 45)
    return no


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.integers(1, 1_500), min_size=1, max_size=8, unique=True),
    st.sampled_from([0, 5, 59, 61, 600, 4_000]),
)
async def test_a_process_that_dies_anywhere_loses_no_stage_and_no_word_and_says_nothing_twice(
    steps: list[int], down: int
) -> None:
    bench = Bench(Fuse(dict.fromkeys(steps, "crash")))
    wait, forms = timedelta(seconds=down), {}
    await bench.outlive(lambda: minute(bench, 0), wait)
    for n in range(75):
        for member, begins in BEGINNINGS.items():
            if n < begins or (n - begins) % 3 > 1:
                continue
            no = await bench.outlive(lambda m=member, n=n: deed(bench, m, n), wait)  # type: ignore[misc]
            if not no and n % 5 == 2 and n > begins:
                forms[member] = f"{member}'s form in minute {n}."
        await bench.outlive(lambda n=n: minute(bench, n + 1), wait)  # type: ignore[misc]
    late = int((bench.clock.now() - T0) / MINUTE) + 120
    await bench.outlive(lambda: minute(bench, late), wait)
    assert bench.world.doubles() == []
    for member, counted in bench.runs.items():
        run = await bench.run_of(counted.number)
        assert not run.is_live
        assert run.handed_in
        names = [name for name in bench.world.created if name.startswith(f"mlsd.run/{GROUP}/{run.number}/")]
        shown = [name.rpartition("/")[2] for name in names if "/stage/" in name or "/change/" in name]
        assert shown == [cue.slot for cue in cues_of(run)], "each once, in order"
        (row,) = bench.store.rows("SELECT text FROM answers_kept WHERE member = :m", m=member)
        assert forms.get(member, "") in str(row["text"])
        pieces = bench.store.rows("SELECT text, source FROM mlsd_pieces WHERE run = :n", n=run.number)
        told = [str(one["text"]) for one in pieces if one["source"]]
        assert len(told) == len(set(told)), "a repeated message is one message"
    bench.store.close()
