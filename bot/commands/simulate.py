"""
What `whetstone simulate ...` does: plays a policy many times with invented members, beside a plain one.

A study is a module of its own beside this file, with `simulate(setup) -> Sequence[Figure]`; it is imported when it is
asked for. Add it to STUDIES.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Final

FINE: Final = 0
MOST_MEMBERS, MOST_WEEKS, MOST_RUNS = 2_000, 104, 1_000


@dataclass(frozen=True, slots=True)
class Setup:
    """How much is played. The same numbers give the same figures."""

    members: int
    weeks: int
    seed: int
    runs: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over the runs. `baseline`: the same with the plain policy; `goal` is what should be true of `value`."""

    key: str
    value: float
    baseline: float
    means: str
    goal: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """`model` says what is assumed, for `--help`; `module` has the function `simulate`."""

    word: str
    help: str
    model: str
    module: str
    usual: Setup


STUDIES: Final = (
    Study(
        "partners",
        "accountability partners: who meets somebody, with silent partners among them",
        """\
Plays weeks of accountability partners with the rules and the matching that the bot itself uses.

What is assumed of the members:
  three quarters are reliable: each week they turn up with a chance of 0.80
  one quarter is flaky: each week they turn up with a chance of 0.26
  who turns up does so some hours after Monday 08:30 (12 on average, five days at most);
  each week is drawn for itself, and all members are new in the first one
  left alone, 7 of 10 say nothing, and one each wants a third place, another partner, nobody
  a parked member comes back in the week in which they turn up

The baseline is played with the same members and the same turn-ups: random pairs (and one trio when their number
is odd) for two weeks, without any repair. All figures are simulated: they hold inside these assumptions only.""",
        "bot.commands.simulate_partners",
        Setup(members=60, weeks=12, seed=7, runs=20),
    ),
)


def add_simulate(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", show: Callable[[int, str], int]
) -> None:
    """Teach the command line `simulate`; `show` prints a text and gives the exit code."""
    parser = commands.add_parser("simulate", help="play weeks with invented members, to see what a policy does")
    kinds = parser.add_subparsers(title="studies", metavar="STUDY", required=True)
    for study in STUDIES:
        raw = argparse.RawDescriptionHelpFormatter
        one = kinds.add_parser(study.word, help=study.help, description=study.model, formatter_class=raw)
        usual = study.usual
        for name, kind, default, help_ in (
            ("members", _number(2, MOST_MEMBERS), usual.members, "members of the group"),
            ("weeks", _number(2, MOST_WEEKS), usual.weeks, "weeks that are played"),
            ("seed", _number(0, 2**31), usual.seed, "another number draws other members"),
            ("runs", _number(1, MOST_RUNS), usual.runs, "how often it is played; figures are means"),
        ):
            one.add_argument(f"--{name}", type=kind, default=default, metavar="N", help=f"{help_} (default {default})")
        one.add_argument("--json", action="store_true", help="as JSON, for programs")
        one.set_defaults(run=lambda options, study=study: show(*simulate(study, options)))


def simulate(study: Study, options: argparse.Namespace) -> tuple[int, str]:
    """Play it. The code is always 0: a goal that is missed is said, and is no failure."""
    setup = Setup(options.members, options.weeks, options.seed, options.runs)
    figures: Sequence[Figure] = import_module(study.module).simulate(setup)
    return FINE, report(study, setup, figures, as_json=options.json)


def report(study: Study, setup: Setup, figures: Sequence[Figure], *, as_json: bool) -> str:
    """The figures for people, or for programs: an object by key, with the setup under "simulated"."""
    if as_json:
        by_key = {one.key: {k: v for k, v in asdict(one).items() if k != "key"} for one in figures}
        return json.dumps({"simulated": {"study": study.word, **asdict(setup)}, **by_key}, indent=1)
    played = f"{setup.members} members, {setup.weeks} weeks, seed {setup.seed}, mean of {setup.runs} runs"
    lines = [f"Simulated: {study.word}, {played}.", "", f"{'':<40}{'value':>8}{'baseline':>10}  goal"]
    for one in figures:
        verdict = "" if one.met is None else ": reached" if one.met else ": MISSED"
        lines.append(f"{one.key:<40}{one.value:>8.3f}{one.baseline:>10.3f}  {one.goal}{verdict}")
        lines.append(f"    {one.means}")
    return "\n".join((*lines, "", f"What is assumed: whetstone simulate {study.word} --help"))


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(word: str) -> int:
        if not word.isdecimal() or not low <= int(word) <= high:
            raise argparse.ArgumentTypeError(f"{word} is not a whole number from {low} to {high}")
        return int(word)

    return read
