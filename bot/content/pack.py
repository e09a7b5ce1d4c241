"""A pack that has been read and found whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.kind import Entry
from bot.content.shelf import Manifest, PatternFile, PlanFile, RubricFile, Taxonomy


@dataclass(frozen=True, slots=True)
class Pack:
    """ENTRIES are sorted by id. FOLDER is where the pack lies; only messages use it."""

    folder: Path
    manifest: Manifest
    taxonomy: Taxonomy
    rubrics: Mapping[str, RubricFile]
    patterns: Mapping[str, PatternFile]
    plans: Mapping[str, PlanFile]
    entries: tuple[Entry[Any], ...]
