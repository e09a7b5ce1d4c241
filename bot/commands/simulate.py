"""
What `whetstone simulate ...` does: plays a policy many times with invented members, beside a plain one.

A study is a module of its own beside this file, with `simulate(setup) -> Sequence[Figure]`; it is imported when it is
asked for. Add it to STUDIES.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Final

from bot.kernel.text import plural

FINE: Final = 0
MOST_MEMBERS, MOST_WEEKS, MOST_RUNS = 2_000, 104, 1_000


@dataclass(frozen=True, slots=True)
class Setup:
    """How much is played. The same numbers give the same figures. `shares`: what the study can vary besides."""

    members: int
    weeks: int
    seed: int
    runs: int
    shares: Mapping[str, float] = field(default_factory=dict)


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
    """
    `model` says what is assumed, for `--help`; `module` has the function `simulate`.

    `options` describes each share of `usual` that can be varied, a number from 0 to 1.
    """

    word: str
    help: str
    model: str
    module: str
    usual: Setup
    options: Mapping[str, str] = field(default_factory=dict)


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
    Study(
        "reviews",
        "reviews among members: how long a request waits, and who is handed what",
        """\
Plays weeks of reviews on the bot's own engine, with all its features, a silent platform and a clock that is turned.

What is assumed of the members:
  they come once a day on 3 to 5 days a week, about the same hour, in four zones; in one week of twenty not at all
  on a visit they answer the open problem with a chance of 0.85
  each week they ask for one review (--requests: the share of weeks in which they do)
  who has just asked for a review takes an answer with a chance of 0.5
  on another visit they take one unasked with a chance of 0.2 (--unasked), after a review one more with 0.1
  who reads that they are wanted takes one with a chance of 0.5: six of ten want reminders, all look at their page
  of the answers that are taken 0.75 come back with a review (--delivery): seven of ten of these within half an hour,
  the others within 22 hours; of the rest one third is given back, and two thirds lapse after 24 hours
  members are partnered two and two, which the simulation says itself

The baseline has the same members, visits and requests: one other member is drawn for each request and told at once,
begins at their next visit, delivers as often and as fast, and the answer is offered to nobody else. All figures are
simulated: they hold inside these assumptions only.""",
        "bot.commands.simulate_reviews",
        Setup(members=40, weeks=6, seed=7, runs=2, shares={"requests": 1.0, "delivery": 0.75, "unasked": 0.2}),
        {
            "requests": "share of the weekly free request that is used",
            "delivery": "share of the answers that are taken and come back with a review",
            "unasked": "chance to take an answer on a visit without being asked",
        },
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
        for name, help_ in study.options.items():
            part = usual.shares[name]
            one.add_argument(f"--{name}", type=_share, default=part, metavar="P", help=f"{help_} (default {part})")
        one.add_argument("--json", action="store_true", help="as JSON, for programs")
        one.set_defaults(run=lambda options, study=study: show(*simulate(study, options)))


def simulate(study: Study, options: argparse.Namespace) -> tuple[int, str]:
    """Play it. The code is always 0: a goal that is missed is said, and is no failure."""
    shares = {name: getattr(options, name) for name in study.options}
    setup = Setup(options.members, options.weeks, options.seed, options.runs, shares)
    figures: Sequence[Figure] = import_module(study.module).simulate(setup)
    return FINE, report(study, setup, figures, as_json=options.json)


def report(study: Study, setup: Setup, figures: Sequence[Figure], *, as_json: bool) -> str:
    """The figures for people, or for programs: an object by key, with the setup under "simulated"."""
    if as_json:
        by_key = {one.key: {k: v for k, v in asdict(one).items() if k != "key"} for one in figures}
        numbers = {k: v for k, v in asdict(setup).items() if k != "shares"} | dict(setup.shares)
        return json.dumps({"simulated": {"study": study.word, **numbers}, **by_key}, indent=1)
    played = f"{setup.members} members, {setup.weeks} weeks, seed {setup.seed}, mean of {plural(setup.runs, 'run')}"
    played += "".join(f", {name} {share:g}" for name, share in setup.shares.items())
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


def _share(word: str) -> float:
    try:
        share = float(word)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{word} is not a number from 0 to 1")
    return share
