"""Lint rules of system design: each keeps out one way in which such questions are usually bad."""

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from bot.content.fields import Probe, Stage
from bot.content.kind import Entry, Remark
from bot.content.prose import REDERIVE, numbers, runs, telling_words, words
from bot.content.shelf import PlanFile, Shelf
from bot.content.system_design import SystemDesign

BARE: Final = re.compile(r"^\s*(please )?(design|build|create|how would you (build|design))\b.{0,110}$", re.IGNORECASE)
STOCK: Final = re.compile(
    r"\b(class imbalance|hyper-?parameters?|overfit\w*|label noise|missing data|cross-?entropy|neural network"
    r"|feature engineering|softmax|monitor\w*|A/B test\w*|data drift"
    r"|scal\w+|deploy\w*|accuracy|precision|recall|latency)\b",
    re.IGNORECASE,
)
COMMON_NOUNS: Final = telling_words(
    "design system model data machine learning user people company product number service build predict"
)
AREAS: Final = {
    "objective": "goal",
    "data": "data",
    "features_labels": "data",
    "model_loss": "model",
    "evaluation": "evaluation",
    "experiment_scaling": "evaluation",
    "deployment": "operation",
    "monitoring": "operation",
}
HARMFUL: Final = ("fraud", "moderation", "vision", "reinforcement")
UNKNOWN: Final = re.compile(r"find out|never (seen|worked)|in two days|how would you learn|unfamiliar", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One item with the facts and nouns that belong to this prompt alone."""

    item: SystemDesign
    shelf: Shelf
    facts: frozenset[str]
    nouns: frozenset[str]

    def specific(self, text: str) -> bool:
        """Whether TEXT uses a number or two particular nouns of this prompt."""
        return bool(numbers(text) & self.facts) or len(telling_words(text) & self.nouns) >= 2


def asked(item: SystemDesign) -> str:
    return "\n".join((item.statement, *(twist.text for twist in item.twists)))


def review(entry: Entry[SystemDesign], shelf: Shelf) -> Iterator[Remark]:
    item = entry.fields
    told = " ".join(
        (item.statement, *(fact.fact for fact in item.clarifications), *(c.limit for c in item.constraints))
    )
    scale = {f"{fact.value:,.10g}" for fact in item.scale} | {f"{fact.value:.10g}" for fact in item.scale}
    nouns = frozenset(telling_words(item.statement) - COMMON_NOUNS)
    reading = _Reading(item, shelf, frozenset(numbers(told) | scale), nouns)
    for rule in RULES:
        yield from rule(reading)


def _error(rule: str, message: str, *at: str | int) -> Remark:
    return Remark(rule, "error", message, at)


def _context(r: _Reading) -> Iterator[Remark]:
    b = r.item.business
    costs = (b.cost_of_error.false_positive, b.cost_of_error.false_negative)
    count = sum(len(words(text)) for text in (b.objective, b.decision, b.surface, *costs))
    if count < 45:
        yield _error("M01", f"objective, decision, surface and both costs have {count} words; say more, 45", "business")
    if not any(numbers(cost) for cost in costs):
        yield _error("M01", "neither kind of error has a price in numbers", "business", "cost_of_error")


def _statement(r: _Reading) -> Iterator[Remark]:
    statement = r.item.statement
    count = len(words(statement))
    if not 110 <= count <= 280:
        yield _error("M02", f"the statement has {count} words; give 110 to 280", "statement")
    if BARE.match(statement.split("\n")[0]) and count < 110:
        yield _error("M02", "the statement opens with a bare 'design X'; say who decides what", "statement")
    units = {fact.unit for fact in r.item.scale}
    if len(r.item.scale) < 4 or len(units) < 2:
        yield _error("M03", f"{len(r.item.scale)} scale facts in {len(units)} units; give 4 in at least 2", "scale")
    if len(numbers(statement)) < 4:
        yield _error("M03", "the statement has fewer than 4 numbers", "statement")


def _constraints(r: _Reading) -> Iterator[Remark]:
    if len(r.item.constraints) < 2:
        yield _error("M04", "give at least 2 constraints", "constraints")
    for index, constraint in enumerate(r.item.constraints):
        if not numbers(constraint.limit):
            yield _error("M04", "a constraint needs a limit with a number", "constraints", index, "limit")


def _probes(r: _Reading) -> Iterator[Remark]:
    probes = r.item.probes
    if len(probes) < 3:
        yield _error("M05", "give at least 3 probes", "probes")
    for index, probe in enumerate(probes):
        if probe.stage is None:
            yield _error("M05", "this probe names no stage", "probes", index)
    covered = {AREAS[probe.stage] for probe in probes if probe.stage}
    if len(covered) < 4:
        yield _error(
            "M05", f"the probes cover {len(covered)} of the five areas from goal to operation; need 4", "probes"
        )
    if not any(UNKNOWN.search(probe.ask) for probe in probes):
        yield Remark("M19", "warning", "no probe asks how to find out something unknown", ("probes",))
    if len(probes) + len(r.item.twists) > 13:
        yield Remark("M21", "warning", "probes and twists together are more than 13", ("probes",))


def _buzzwords(r: _Reading) -> Iterator[Remark]:
    points = r.item.rubric.checkpoints
    texts = [_whole(probe) for probe in r.item.probes] + points
    share = sum(map(r.specific, texts)) / len(texts)
    if share < 0.6:
        yield _error("M06", f"only {share:.0%} of probes and checkpoints use a fact of this prompt; need 60%", "probes")
    for index, point in enumerate(points):
        if len(STOCK.findall(point)) >= 2 and not r.specific(point):
            yield _error("M06", "stock words alone meet this checkpoint", "rubric", "checkpoints", index)


def _whole(probe: Probe) -> str:
    return f"{probe.ask} {probe.looks_for}"


def _modelling(r: _Reading) -> Iterator[Remark]:
    if len(words(r.item.why_ml)) < 15:
        yield _error("M07", "say in at least 15 words what rules cannot do", "why_ml")
    if len(words(r.item.non_ml_baseline)) < 8:
        yield _error("M07", "describe a baseline without machine learning in at least 8 words", "non_ml_baseline")
    if not any(probe.stage in ("model_loss", "features_labels") for probe in r.item.probes):
        yield _error("M07", "no probe reaches features or model", "probes")


def _twists(r: _Reading) -> Iterator[Remark]:
    if not r.item.twists:
        yield _error("M08", "give at least one twist", "twists")
    for index, twist in enumerate(r.item.twists):
        if len(words(twist.trigger)) < 5:
            yield _error("M08", "a twist needs a business reason of at least 5 words", "twists", index, "trigger")
        if not r.specific(f"{twist.text} {twist.looks_for}"):
            yield _error("M08", "this twist fits any prompt; tie it to a fact of this one", "twists", index, "text")
    plan = r.shelf.plans.get(r.item.session_plan)
    if plan and plan.twists is not None:
        return  # the plan has minutes of its own, and they are judged where they stand
    for number, fault in twist_faults([twist.drop_at_min for twist in r.item.twists], plan):
        yield _error("M09", fault, "twists", *(() if number is None else (number, "drop_at_min")))


def twist_faults(minutes: Sequence[int], plan: PlanFile | None) -> Iterator[tuple[int | None, str]]:
    """M09: what is wrong with twists at these minutes, as (which of them, what); None for all together."""
    work = [phase for phase in plan.phases if phase.stage] if plan else []
    for index, minute in enumerate(minutes):
        if work and minute > work[-1].end - 5:
            yield index, "the twist leaves under 5 minutes of the plan"
        if work and minute < work[0].start:
            yield index, "the twist comes before the first stage of the plan"
    if any(later - earlier < 6 for earlier, later in itertools.pairwise(minutes)):
        yield None, "twists must be in order and at least 6 minutes apart"


def _words(r: _Reading) -> Iterator[Remark]:
    item = r.item
    places: list[tuple[tuple[str | int, ...], str]] = [(("statement",), item.statement)]
    places += [(("probes", index, "ask"), probe.ask) for index, probe in enumerate(item.probes)]
    places += [(("twists", index, "text"), twist.text) for index, twist in enumerate(item.twists)]
    for at, text in places:
        if found := REDERIVE.search(text):
            yield Remark("M10", "error", f"this asks to rederive: '{found.group(0)}'", at)
    known = {*r.shelf.taxonomy.plain_terms, *item.glossary}
    short = set(re.findall(r"\b[A-Z][A-Z0-9]{1,5}\b", "\n".join([text for _, text in places] + item.hints)))
    if short - known:
        yield _error("M11", f"explain these in the glossary: {', '.join(sorted(short - known))}", "glossary")


def _outline(r: _Reading) -> Iterator[Remark]:
    stages: tuple[Stage, ...] = get_args(Stage)
    if missing := [stage for stage in stages if not r.item.model_answer.outline.get(stage)]:
        yield _error("M12", f"the outline says nothing on: {', '.join(missing)}", "model_answer", "outline")
    probes = r.item.probes
    for stage in stages:
        if sum(probe.stage == stage for probe in probes) > max(2, len(probes) // 2):
            yield _error("M12", f"more than half of the probes ask about one stage, {stage}", "probes")
    if len(r.item.model_answer.alternatives) < 2:
        yield _error("M17", "give at least 2 designs that are also acceptable", "model_answer", "alternatives")


def _era(r: _Reading) -> Iterator[Remark]:
    newest = max((source.published for source in r.item.sources), default="")
    if newest and _months_since(newest, r.shelf.today) > 36:
        yield _error("M13", f"the newest source is of {newest}; one must be younger than 36 months", "sources")
    if len(words(r.item.era_check.still_hard)) < 12 or len(words(r.item.era_check.changed)) < 10:
        yield _error("M13", "say in 10 words what became easy and in 12 what is still hard", "era_check")


def _months_since(published: str, today: dt.date) -> int:
    year, _, month = published.partition("-")
    return (today.year - int(year)) * 12 + today.month - int(month or 12)


def _held_back(r: _Reading) -> Iterator[Remark]:
    facts = r.item.clarifications
    if len(facts) < 6 or sum(fact.changes_design for fact in facts) < 2:
        yield _error("M14", "hold back at least 6 facts, 2 of them with changes_design: true", "clarifications")
    for index, fact in enumerate(facts):
        if runs(fact.fact, 5) & runs(r.item.statement, 5):
            yield Remark("M14", "warning", "the statement already tells this fact", ("clarifications", index))


def _data_and_operation(r: _Reading) -> Iterator[Remark]:
    labels = r.item.data_reality.labels
    if not numbers(labels.delay) or not numbers(labels.coverage):
        yield _error("M15", "delay and coverage of the labels need numbers", "data_reality", "labels")
    if len(r.item.data_reality.flaws) < 2:
        yield _error("M15", "name at least two flaws of the data", "data_reality", "flaws")
    if len(words(r.item.evaluation.offline_online_gap)) < 12:
        yield _error("M16", "say in 12 words why offline and online may disagree", "evaluation", "offline_online_gap")
    operations = r.item.operations
    for key, text in (("fallback", operations.fallback), ("rollback", operations.rollback)):
        if len(words(text)) < 6:
            yield _error("M18", f"the {key} must be concrete, at least 6 words", "operations", key)
    if r.item.category not in r.shelf.taxonomy.strands.get(r.item.domain, []):
        yield _error("L06", f"category '{r.item.category}' is not in the taxonomy", "category")
    if r.item.category in HARMFUL and not r.item.safety_note:
        yield _error("M20", "people can be harmed here: a safety_note is needed", "category")


RULES: Final[tuple[Callable[[_Reading], Iterator[Remark]], ...]] = (
    _context,
    _statement,
    _constraints,
    _probes,
    _buzzwords,
    _modelling,
    _twists,
    _words,
    _outline,
    _era,
    _held_back,
    _data_and_operation,
)
