"""What the runs of a week have in common and where they differ: counts, and nothing that tells who. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from bot.content.catalogue import HeldBack

FEW = 3  # fewer runs would tell who wrote what
HARDLY = 3  # a fact that one in so many asked for is one that hardly anyone asked for
REAL = 2.5  # a prompt whose votes have a lower mean is told to the organisers


@dataclass(frozen=True, slots=True)
class Held:
    """
    One run. `redo`: the stage that its member would do again; `asked`: the facts that they asked for, by place.

    `fell` are the stages that fall, by twist, for each twist that has an answer; `stood` those that had words by then.
    """

    redo: str = ""
    asked: frozenset[int] = frozenset()
    fell: Mapping[str, Set[str]] = field(default_factory=dict)
    stood: Mapping[str, Set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Split:
    """After this twist `fell` members let this stage fall, and `kept` kept it."""

    twist: str
    stage: str
    fell: int
    kept: int


@dataclass(frozen=True, slots=True)
class Synthesis:
    """
    `redo` are the stages that most would do again, and how many; `fact` the place of the one that the fewest asked for.

    All of it is empty where there are too few runs, or where there is nothing to say.
    """

    runs: int
    redo: tuple[str, ...] = ()
    redo_count: int = 0
    chose: int = 0  # how many said what they would do again
    fact: int | None = None
    fact_count: int = 0
    split: Split | None = None


def gather(runs: Sequence[Held], facts: Sequence[HeldBack], stages: Sequence[str], twists: Sequence[str]) -> Synthesis:
    """`stages` and `twists` give the order in which equals come."""
    if len(runs) < FEW:
        return Synthesis(len(runs))
    redo = Counter(run.redo for run in runs if run.redo)
    most = max(redo.values(), default=0)
    named = tuple(stage for stage in stages if most > 1 and redo[stage] == most)
    fact, count = _least_asked(runs, facts)
    return Synthesis(
        len(runs), named if len(named) <= 2 else (), most, redo.total(), fact, count, _split(runs, stages, twists)
    )


def _least_asked(runs: Sequence[Held], facts: Sequence[HeldBack]) -> tuple[int | None, int]:
    """Of the facts that change the design."""
    asked = Counter(place for run in runs for place in run.asked)
    deciding = [place for place, fact in enumerate(facts) if fact.changes_design]
    least = min(deciding, key=lambda place: asked[place], default=None)
    if least is None or asked[least] * HARDLY > len(runs):
        return None, 0
    return least, asked[least]


def _split(runs: Sequence[Held], stages: Sequence[str], twists: Sequence[str]) -> Split | None:
    """Where the two sides come nearest to each other; at least three must have decided, and one on each side."""
    found = []
    for twist in twists:
        for stage in stages:
            decided = [run for run in runs if _decided(run, twist, stage)]
            fell = sum(stage in run.fell[twist] for run in decided)
            if len(decided) >= FEW and 0 < fell < len(decided):
                found.append(Split(twist, stage, fell, len(decided) - fell))
    return max(found, key=lambda one: (min(one.fell, one.kept), -abs(one.fell - one.kept)), default=None)


def _decided(run: Held, twist: str, stage: str) -> bool:
    """It falls, or it had words and does not."""
    return twist in run.fell and stage in run.fell[twist] | run.stood.get(twist, set())


def is_doubted(votes: Sequence[int]) -> bool:
    """Do members find the prompt unreal? A mean of fewer than three votes would tell who voted what."""
    return len(votes) >= FEW and mean(votes) < REAL


def mean(votes: Sequence[int]) -> float:
    return sum(votes) / len(votes)
