"""System design: a timed run from the goal to the experiment, with twists and facts that must be asked for."""

from collections.abc import Mapping
from typing import Final

from bot.content.fields import Stage
from bot.content.kind import HeldBack, Kind, Passage, Shown, Timed, Turn
from bot.content.showing import shown
from bot.content.system_design import SystemDesign
from bot.content.system_design_rules import asked, review

STAGE_LABELS: Final[Mapping[Stage, str]] = {
    "objective": "Goal",
    "data": "Data",
    "features_labels": "Features and labels",
    "model_loss": "Model and loss",
    "evaluation": "Evaluation",
    "deployment": "Deployment",
    "monitoring": "Monitoring",
    "experiment_scaling": "Experiment and scaling",
}


def _show(item: SystemDesign, _texts: Mapping[str, str]) -> Shown:
    written = item.model_answer.outline
    outline = [f"**{label}.** {' '.join(written[stage])}" for stage, label in STAGE_LABELS.items() if stage in written]
    turns = tuple(
        Turn(
            twist.id, twist.kind, twist.drop_at_min, twist.text, twist.trigger, twist.looks_for,
            tuple(twist.must_revisit),
        )
        for twist in item.twists
    )  # fmt: skip
    facts = tuple(HeldBack(tuple(fact.keys), fact.fact, fact.changes_design) for fact in item.clarifications)
    timed = Timed(item.session_plan, turns, facts)
    return shown(item, [Passage("", item.statement)], item.category, outline, timed=timed)


KIND = Kind("mlsd", SystemDesign, "mlsd", (45, 60), _show, review, asked)
