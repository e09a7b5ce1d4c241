"""What the whole process costs: its start, its memory, and its CPU while nothing happens."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import SystemClock
from tests.bench.lines import Line, Sizes, slope, under
from tests.bench.town import grow

__all__ = ["idle", "memory", "start"]

QUIET_HOUR = 12  # of the groups: long after the morning's wakes, long before the evening's


def quiet_zone(now: datetime) -> str:
    """A zone in which it is about noon."""
    east = (QUIET_HOUR - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"  # in these names east is minus


def big(folder: Path, groups: int, members: int) -> Path:
    """A folder with so many groups, founded a moment ago in real time."""
    now = SystemClock().now()
    return grow(
        folder / f"town-{groups}-{members}", groups, members, members, now - timedelta(minutes=1), quiet_zone(now)
    )


def life(what: str, folder: Path, seconds: float = 0) -> tuple[dict[str, float], float]:
    """(what it measured, how many seconds it took in all)."""
    words = [sys.executable, "-m", "tests.bench.living", what, str(folder), str(seconds)]
    began = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    took = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout), took


def start(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """Seconds from nothing to the opened app (and its end), with the most groups."""
    groups = sizes.groups[-1]
    at = big(folder, groups, sizes.people)
    opened, bare = [], []
    for _ in range(sizes.starts):
        bare.append(life("modules", at)[1])
        opened.append(life("open", at)[1])
    size = (at / "whetstone.db").stat().st_size / 1e6
    note = f"{groups} groups of {sizes.people} members, {size:.0f} MB"
    yield Line("start", statistics.median(opened), "s", statistics.median(bare), note=note)


def memory(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """MB of the running bot after somebody in each group has looked at something."""
    points = []
    for groups in sizes.groups:
        at = big(folder, groups, sizes.people)
        anchor = life("modules", at)[0]["memory"]
        found = life("memory", at)[0]["memory"]
        points.append((float(groups), found * 1000))
        yield Line(f"memory.{groups}", found, "MB", anchor)
    yield Line("memory.slope", slope(points), "kB a group")


def idle(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """CPU of the running app with the most groups while nobody does anything."""
    found, _ = life("idle", big(folder, sizes.groups[-1], sizes.people), sizes.idle)
    yield under(Line("idle", found["share"] * 100, "% of a core"), 0.5)
