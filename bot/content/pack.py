"""A pack that has been read and found whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.content.kind import Entry
from bot.content.problems import Problem
from bot.content.shelf import Manifest, PatternFile, PlanFile, RubricFile, Taxonomy


@dataclass(frozen=True, slots=True)
class Pack:
    """
    ENTRIES are sorted by id. Only messages use FOLDER and PLAN_TWISTS: where the pack lies, and where in each session
    plan its own twists stand.
    """

    folder: Path
    manifest: Manifest
    taxonomy: Taxonomy
    rubrics: Mapping[str, RubricFile]
    patterns: Mapping[str, PatternFile]
    plans: Mapping[str, PlanFile]
    entries: tuple[Entry[Any], ...]
    plan_twists: Mapping[str, Problem] = field(default_factory=dict)
