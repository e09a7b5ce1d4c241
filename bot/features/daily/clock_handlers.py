"""The private clock: a timed run on one problem, with two rings."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.content.catalogue import Item
from bot.features.daily import cards, records, rules
from bot.features.daily.handlers import FEATURE, catalogue_of, round_of
from bot.features.daily.records import Run
from bot.features.daily.rules import Round
from bot.kernel.card import Card
from bot.kernel.effect import Direct, Effect, Post, Reply, Unwake, Wake
from bot.kernel.engine_facts import WhoIsHere
from bot.kernel.errors import Refusal
from bot.kernel.event import Due, Pressed, Scene
from bot.kernel.facts import AnswerKept, HasAnswered, MemberLeft, TimedRunFinished
from bot.kernel.ports import Tx

RINGS = ("solution", "whole")


@FEATURE.on_press("clock")
def start_clock(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = round_of(scene, tx, press.action.get("round"))
    run = records.find_run(tx, round_, scene.member)
    if run is None or not rules.runs(run.started_at, run.finished_at, scene.now):
        run = Run(scene.now, None)
        records.keep_run(tx, round_, scene.member, run)
    solution, whole = run.started_at + rules.SOLUTION, run.started_at + rules.WHOLE
    return [
        Reply(cards.clock_card(round_, run.started_at, solution, whole)),
        Wake(_ring(scene.group, round_.name, scene.member, "solution", run), "daily.ring_solution", solution),
        Wake(_ring(scene.group, round_.name, scene.member, "whole", run), "daily.ring_whole", whole),
    ]


def _ring(group: str, round_: str, member: str, which: str, run: Run) -> str:
    """The wake's name carries the start, so that a second run rings again."""
    start = f"{run.started_at:%Y%m%dT%H%M%S%f}"
    return f"daily.{which}/{group}/{start}/{rules.token(member)}/{round_}"


@FEATURE.on_wake("ring_solution")
def ring_solution(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _rung(due, scene, tx, cards.solution_time_card)


@FEATURE.on_wake("ring_whole")
def ring_whole(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _rung(due, scene, tx, cards.whole_time_card)


def _rung(due: Due, scene: Scene, tx: Tx, card: Callable[[Round, Item], Card]) -> list[Effect]:
    *_, who, name = due.name.split("/")
    here = scene.ask(WhoIsHere(), tx)
    round_ = records.find_round(tx, scene.group, name)
    item = catalogue_of(scene).item(round_.item) if round_ else None
    if round_ is None or item is None or scene.now - due.at > rules.STALE:
        return []
    running = [member for member, run in records.list_runs(tx, round_) if run.finished_at is None]
    until = due.at + rules.STALE
    return [
        Post(due.name, Direct(member), card(round_, item), until=until)
        for member in running
        if rules.token(member) == who and member in here
    ]


@FEATURE.on_press("clock_done")
def finish_clock(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = round_of(scene, tx, press.action.get("round"))
    run = _running(tx, round_, scene)
    records.keep_run(tx, round_, scene.member, replace(run, finished_at=scene.now))
    spent = scene.now - run.started_at
    answered = scene.ask(HasAnswered(round_.name, scene.member), tx)
    return [
        Reply(cards.clock_done_card(round_, rules.minutes(spent), answered=answered)),
        TimedRunFinished(round_.name, scene.member, int(spent.total_seconds())),
        *_silence(scene, round_.name, scene.member, run),
    ]


@FEATURE.on_press("clock_stop")
def stop_clock(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = round_of(scene, tx, press.action.get("round"))
    run = _running(tx, round_, scene)
    records.forget_run(tx, scene.group, round_.name, scene.member)
    return [Reply(cards.clock_stopped_card(round_)), *_silence(scene, round_.name, scene.member, run)]


@FEATURE.on_fact(AnswerKept)
def hush_clock(fact: AnswerKept, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Nobody is told to send what they have sent. The run itself goes on until "I'm done"."""
    round_ = records.find_round(tx, scene.group, fact.task)
    run = records.find_run(tx, round_, fact.member) if round_ else None
    return _silence(scene, fact.task, fact.member, run) if run and run.finished_at is None else []


@FEATURE.on_fact(MemberLeft)
def stop_clocks(fact: MemberLeft, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Nobody gets private messages from a group that they have left."""
    running = records.list_running_of(tx, scene.group, fact.member)
    for round_, _ in running:
        records.forget_run(tx, scene.group, round_, fact.member)
    return [unwake for round_, run in running for unwake in _silence(scene, round_, fact.member, run)]


def _running(tx: Tx, round_: Round, scene: Scene) -> Run:
    run = records.find_run(tx, round_, scene.member)
    if run is None or not rules.runs(run.started_at, run.finished_at, scene.now):
        raise Refusal("No clock of yours is running here.", hint="Press “Start the clock” to begin.")
    return run


def _silence(scene: Scene, round_: str, member: str, run: Run) -> list[Effect]:
    return [Unwake(_ring(scene.group, round_, member, which, run)) for which in RINGS]
