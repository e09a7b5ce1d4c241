"""
make endure N=200
make endure N=200 ARGS="--platform discord"
make endure N=200 ARGS="--platform slack --no-history"
make endure N=100 ARGS="--story runs"

Kills the running bot N times over busy simulated weeks, over runs of a system design, or over days on a pretended
Discord or Slack, and prints what people lost by it. Exit code 1 if anything was.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from tests.endurance.discord_harness import endure_discord
from tests.endurance.harness import Figures, endure
from tests.endurance.run_harness import RunFigures, endure_runs
from tests.endurance.slack_harness import endure_slack

RUNS: Mapping[tuple[str, str], tuple[Callable[..., Coroutine[Any, Any, Figures]], str]] = {
    ("page", "week"): (endure, "week"), ("page", "runs"): (endure_runs, "session"),
    ("discord", "week"): (endure_discord, "day"), ("slack", "week"): (endure_slack, "day"),
}  # fmt: skip


def show(figures: Figures, span: str = "week") -> str:
    """The figures for people; what went wrong, by name. `span` is what one folder lived through."""
    dropped = figures.dropped / max(1, figures.calls)
    kills = f"{figures.kills} kills, {figures.in_call} of them at an exact moment of a call"
    calls = f"{figures.calls} calls to the platform, {figures.dropped} of them ({dropped:.1%}) without an answer"
    deeds = f"{figures.answers} answers after {figures.acknowledged} acknowledged deeds"
    lines = [
        f"{kills}; {figures.frozen} times frozen past the lease; {figures.weeks} {span}s",
        calls,
        f"{figures.posts} posts that must stand: {len(figures.doubles)} double, {len(figures.lost_posts)} lost",
        f"{deeds}: {len(figures.lost_answers)} lost",
    ]
    if figures.doubles_in_doubt:
        lines.append(f"{len(figures.doubles_in_doubt)} posts in doubt stand twice, or after they were taken back")
    if isinstance(figures, RunFigures):
        lines += show_runs(figures)
    if not figures.wrong and figures.kills:
        bound = 3 / figures.kills  # the rule of three, for none in so many
        lines.append(f"nothing went wrong; 95 % upper bound of each, per kill: {bound:.2%}")
    return "\n".join([*lines, *figures.wrong[:50]])


def show_runs(figures: RunFigures) -> list[str]:
    minutes = round(figures.away.total_seconds() / 60)
    return [
        f"{figures.cues} stages and twists; the bot was away {figures.downtimes} times, for {minutes} minutes of runs",
        f"{len(figures.swapped)} pairs of one minute stand in the other order, the first of them was in doubt",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make endure", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--platform", choices=("page", "discord", "slack"), default="page")
    parser.add_argument("--story", choices=("week", "runs"), default="week", help="runs of a system design")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a new folder that keeps databases and logs")
    parser.add_argument("--no-history", action="store_true", help="Slack without the scopes of history")
    parser.add_argument("--mutant", default="", help="a mistake of the platform's mutants.py that must be noticed")
    options = parser.parse_args()
    if options.no_history and options.platform != "slack":
        parser.error("--no-history is for --platform slack")

    if (options.platform, options.story) not in RUNS:
        parser.error("--story runs is for --platform page")
    run, span = RUNS[options.platform, options.story]

    told: set[str] = set()

    def tell(figures: Figures) -> None:
        say(f"{span} {figures.weeks}: {figures.kills} kills, {len(figures.wrong)} wrong")
        for line in dict.fromkeys(figures.wrong):
            if line not in told:
                say(f"  {line}")
        told.update(figures.wrong)

    with tempfile.TemporaryDirectory(prefix="endure-") as folder:
        knobs: dict[str, Any] = {"mutant": options.mutant, "tell": tell}
        if options.no_history:
            knobs["history"] = False
        figures = asyncio.run(run(options.keep or Path(folder), options.seed, options.kills, **knobs))
    say(show(figures, span))
    return 1 if figures.wrong else 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
