"""The keys of a system design: what is asked, what is held back, and how the task changes on the way."""

from typing import Annotated, Literal

from pydantic import Field

from bot.content.fields import Answer, Block, ProbedFields, Slug, Stage, Text


class CostOfError(Block):
    false_positive: Text
    false_negative: Text


class Business(Block):
    company_shape: Text
    objective: Text
    decision: Text  # what the model's output changes
    surface: Text  # where a person meets it
    stakeholders: Annotated[list[str], Field(min_length=2)]
    cost_of_error: CostOfError


class ScaleFact(Block):
    what: Annotated[str, Field(min_length=3)]
    value: float
    unit: str
    per: str | None = None


class Constraint(Block):
    kind: Literal["latency", "privacy", "budget", "labelling", "regulation", "team", "device", "operations"]
    text: Text
    limit: str  # holds a number


class Labels(Block):
    source: Text
    delay: str
    coverage: str
    noise: Text


class DataReality(Block):
    available: Annotated[list[Text], Field(min_length=2)]
    labels: Labels
    flaws: Annotated[list[Text], Field(min_length=1)]


class Clarification(Block):
    """A fact held back until somebody asks; KEYS are the words that find it."""

    keys: Annotated[list[str], Field(min_length=1)]
    fact: Text
    changes_design: bool = False


class Twist(Block):
    """A change of the task, DROP_AT_MIN minutes after the start; TRIGGER is the business reason."""

    id: Slug
    kind: Literal[
        "scale-100m",
        "realtime",
        "on-device",
        "data-quality",
        "latency",
        "regulation",
        "cost-cut",
        "feedback-loop",
        "cold-start",
        "adversary",
    ]
    trigger: Text
    drop_at_min: Annotated[int, Field(ge=1, le=60)]
    text: Text
    must_revisit: Annotated[list[Stage], Field(min_length=1)]
    looks_for: Text


class EraCheck(Block):
    changed: Text  # what became easy lately
    still_hard: Text  # why the question is still worth the time


class Evaluation(Block):
    offline: Annotated[list[Text], Field(min_length=1)]
    online: Annotated[list[Text], Field(min_length=1)]
    guardrails: Annotated[list[Text], Field(min_length=1)]
    offline_online_gap: Text


class Operations(Block):
    drift: Annotated[list[Text], Field(min_length=1)]
    quality: Annotated[list[Text], Field(min_length=1)]
    system: Annotated[list[Text], Field(min_length=1)]
    fallback: Text
    rollback: Text


class StagedAnswer(Answer):
    """The outline of a system design goes stage by stage."""

    outline: dict[Stage, list[Text]]


class SystemDesign(ProbedFields):
    kind: Literal["mlsd"] | None = None
    category: Slug
    industry: Slug
    statement: Text
    business: Business
    scale: list[ScaleFact]
    constraints: list[Constraint]
    data_reality: DataReality
    why_ml: Text
    non_ml_baseline: Text
    era_check: EraCheck
    glossary: dict[str, str] = Field(default_factory=dict)
    clarifications: list[Clarification]
    twists: list[Twist]
    session_plan: Slug
    evaluation: Evaluation
    operations: Operations
    safety_note: str | None = None
    model_answer: StagedAnswer
