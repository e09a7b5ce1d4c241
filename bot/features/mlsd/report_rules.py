"""What the reviews of a run say together, criterion by criterion. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from bot.kernel.design_facts import ReviewGot

CHANGING = "adaptability-communication"
SHOWN_IN: Mapping[str, Set[str]] = {
    "problem-framing": {"objective"},
    "data-labels": {"data", "features_labels"},
    "modelling": {"model_loss"},
    "evaluation-experiment": {"evaluation", "experiment_scaling"},
    "operation": {"deployment", "monitoring"},
}
"""The stages in which a run shows these criteria of its rubric; the last of all needs a change."""
SPREAD = 2  # levels between two reviewers that are worth a word


@dataclass(frozen=True, slots=True)
class Levels:
    """What the reviewers found of one criterion: (level, the sentence that describes it), lowest first."""

    criterion: str
    found: tuple[tuple[int, str], ...]

    @property
    def each(self) -> tuple[tuple[int, int, str], ...]:
        """(level, how many found it, its sentence), lowest first."""
        count = Counter(level for level, _ in self.found)
        return tuple((level, count[level], said) for level, said in dict(self.found).items())

    @property
    def middle(self) -> str:
        """“3”, or “2 to 3” where the middle lies between two."""
        levels = [level for level, _ in self.found]
        low, high = levels[(len(levels) - 1) // 2], levels[len(levels) // 2]
        return str(low) if low == high else f"{low} to {high}"

    @property
    def is_wide(self) -> bool:
        return self.found[-1][0] - self.found[0][0] >= SPREAD


def levels(reviews: Sequence[ReviewGot]) -> tuple[Levels, ...]:
    """In the order in which the criteria were first read."""
    marks: dict[str, list[tuple[int, str]]] = {}
    for review in reviews:
        for criterion, level, sentence in review.marks:
            marks.setdefault(criterion, []).append((level, sentence))
    return tuple(Levels(criterion, tuple(sorted(found))) for criterion, found in marks.items())


def not_shown(stages: Set[str], *, changed: bool) -> tuple[str, ...]:
    """The criteria that a run had no place to show: of its stages only these came, and no change unless `changed`."""
    if not stages:
        return ()
    left = tuple(criterion for criterion, places in SHOWN_IN.items() if not places & stages)
    return left if changed else (*left, CHANGING)
