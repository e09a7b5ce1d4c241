"""
make endure N=200

Kills the running bot N times over busy simulated weeks and prints what people lost by it. Exit code 1 if anything was.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.endurance.harness import Figures, endure


def show(figures: Figures) -> str:
    """The figures for people; what went wrong, by name."""
    dropped = figures.dropped / max(1, figures.calls)
    kills = f"{figures.kills} kills, {figures.in_call} of them at an exact moment of a call"
    calls = f"{figures.calls} calls to the platform, {figures.dropped} of them ({dropped:.1%}) without an answer"
    deeds = f"{figures.answers} answers after {figures.acknowledged} acknowledged deeds"
    lines = [
        f"{kills}; {figures.frozen} times frozen past the lease; {figures.weeks} weeks",
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
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a new folder that keeps databases and logs")
    options = parser.parse_args()

    def tell(figures: Figures) -> None:
        say(f"week {figures.weeks}: {figures.kills} kills, {len(figures.wrong)} wrong")

    with tempfile.TemporaryDirectory(prefix="endure-") as folder:
        figures = asyncio.run(endure(options.keep or Path(folder), options.seed, options.kills, tell=tell))
    say(show(figures))
    return 1 if figures.wrong else 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
