"""Mistakes in the runs of a system design that must be noticed. Each is made in the bot's process and nowhere else."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.app import App
from bot.features.mlsd import run_handlers, run_records, run_rules, start_handlers
from bot.features.mlsd.run_rules import Gaps, Run
from bot.kernel.ports import Tx
from tests.endurance.mutants import MUTANTS as COMMON


def _beats_without_a_number() -> None:
    def name(group: str, run: Run) -> str:
        return f"mlsd.beat/{group}/{run.number}/next"

    for module in (run_handlers, start_handlers):
        vars(module)["beat_name"] = name


def _takes_downtime_from_the_run() -> None:
    stopped = run_rules.stopped

    def careless(run: Run, gaps: Gaps, since: datetime, until: datetime) -> timedelta:
        return stopped(run, (), since, until)

    run_rules.stopped = careless


def _takes_each_delivery_for_a_new_message() -> None:
    def find(tx: Tx, group: str, run: int, source: str) -> None:
        return None

    run_records.find_piece = find


def _keeps_its_beats_in_memory() -> None:
    start = App.start

    async def forgetful(self: App) -> None:
        await self.store.run(lambda tx: tx.run("DELETE FROM wakes WHERE route = 'mlsd.beat' AND state = 'due'"))
        await start(self)

    App.start = forgetful  # type: ignore[method-assign]


MUTANTS: Mapping[str, Callable[[], Any]] = {
    **COMMON,
    "beats without a number": _beats_without_a_number,
    "takes downtime from the run": _takes_downtime_from_the_run,
    "takes each delivery for a new message": _takes_each_delivery_for_a_new_message,
    "keeps its beats in memory": _keeps_its_beats_in_memory,
}
