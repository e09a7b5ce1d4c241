"""
make bench
make bench ARGS="--json --only unit"

Measures what the bot costs and prints one line a measure: id, value, unit, anchor, ratio. Each measure runs in a
process of its own. A goal that is missed is said, and is no failure: a busy machine can miss any of them.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

from tests.bench.lines import FULL, HEAD, TINY, Line, Sizes, dump, load, row

Measure = Callable[[Path, Sizes], Iterator[Line]]

# Where each is made: a module of this package, which is imported where it is measured and nowhere else.
MEASURES: Mapping[str, str] = {
    "unit": "bare.units",
    "cpu": "deeds.cpu",
    "edits": "deeds.edits",
    "page": "pages.pages",
    "memory": "processes.memory",
    "start": "processes.start",
    "idle": "processes.idle",
    "growth": "days.growth",
    "month": "days.month",
    "discord": "discord.deeds",
    "servers": "discord.memory",
    "slack": "slack.deeds",
    "matching": "matching.matching",
}


def measure(name: str) -> Measure:
    """Yields its lines where it is called."""
    module, _, function = MEASURES[name].partition(".")
    found: Measure = getattr(import_module(f"tests.bench.{module}"), function)
    return found


def apart(name: str, folder: Path, *, tiny: bool) -> Iterator[Line]:
    """The same from a process of its own, so that no measure feels what another left behind."""
    words = [sys.executable, "-m", "tests.bench", "--here", name, "--folder", str(folder), *(["--tiny"] * tiny)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ourselves
        assert process.stdout
        for text in process.stdout:
            yield load(text)
    if process.returncode:
        raise SystemExit(f"the measure {name} failed")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    parser.add_argument("--only", action="append", choices=MEASURES, help="one measure; may be given several times")
    parser.add_argument("--tiny", action="store_true", help="with very small numbers, to see that it works")
    parser.add_argument("--folder", type=Path, help="where the databases are made; their disk is measured too")
    parser.add_argument("--here", choices=MEASURES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        for line in measure(options.here)(options.folder, TINY if options.tiny else FULL):
            print(dump(line), flush=True)  # noqa: T201 - it is a command
        return 0
    if not options.json:
        print(HEAD)  # noqa: T201 - it is a command
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as folder:
        for name in options.only or MEASURES:
            for line in apart(name, Path(folder), tiny=options.tiny):
                print(dump(line) if options.json else row(line), flush=True)  # noqa: T201 - it is a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
