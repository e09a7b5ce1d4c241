"""
make endure N=200
make endure N=200 ARGS="--platform discord"

Kills the running bot N times over busy simulated weeks, or days on a pretended Discord, and prints what people lost by
it. Exit code 1 if anything was.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.endurance.discord_harness import endure_discord
from tests.endurance.harness import Figures, endure

RUNS = {"page": (endure, "week"), "discord": (endure_discord, "day")}


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
    if not figures.wrong and figures.kills:
        bound = 3 / figures.kills  # the rule of three, for none in so many
        lines.append(f"nothing went wrong; 95 % upper bound of each, per kill: {bound:.2%}")
    return "\n".join([*lines, *figures.wrong[:50]])


def main() -> int:
    parser = argparse.ArgumentParser(prog="make endure", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--platform", choices=RUNS, default="page")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a new folder that keeps databases and logs")
    parser.add_argument(
        "--mutant", default="", help="a mistake of mutants.py or discord_mutants.py that must be noticed"
    )
    options = parser.parse_args()

    run, span = RUNS[options.platform]

    def tell(figures: Figures) -> None:
        say(f"{span} {figures.weeks}: {figures.kills} kills, {len(figures.wrong)} wrong")

    with tempfile.TemporaryDirectory(prefix="endure-") as folder:
        place, mutant = options.keep or Path(folder), options.mutant
        figures = asyncio.run(run(place, options.seed, options.kills, mutant=mutant, tell=tell))
    say(show(figures, span))
    return 1 if figures.wrong else 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
