"""Packs for the tests: a copy of a good one, with something in it changed."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bot.content.lint import Finding, lint
from bot.content.loader import PackError, load_pack

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "content" / "starter"
DATA_ENGINEERING = Path(__file__).parent / "packs" / "data-engineering"
TODAY = dt.date(2026, 11, 21)
LATE = "items/data_engineering/late-events-in-a-daily-count.yaml"
BACKFILL = "items/data_engineering/backfill-without-double-rows.yaml"

# One finished item of each kind; the lint tests damage them.
GOOD = {
    "algorithm": ("items/algorithm/binary-search.yaml", "algo-lc1011-smallest-capacity"),
    "lld": ("items/lld/lld-feature-cache-staleness.yaml", "lld-feature-cache-staleness"),
    "mlsd": ("items/mlsd/mlsd-marketplace-chat-scams.yaml", "mlsd-marketplace-chat-scams"),
    "ml_coding": ("items/ml_coding/mlc-debug-softmax-trainer/item.yaml", "mlc-debug-softmax-trainer"),
    "fundamentals": ("items/fundamentals/fund-likelihood-to-cross-entropy.yaml", "fund-likelihood-to-cross-entropy"),
    "behavioural": ("items/behavioural/behav-model-made-it-worse.yaml", "behav-model-made-it-worse"),
}

Change = Callable[[dict[str, Any], dict[str, Any]], object]  # (the item, its file)


def small_pack(folder: Path) -> Path:
    """A copy of the data-engineering pack that a test may spoil."""
    return shutil.copytree(DATA_ENGINEERING, folder / "pack")


def messages(folder: Path) -> list[str]:
    """What is wrong with the pack in FOLDER, as 'file:line: message'; empty when it loads."""
    try:
        load_pack(folder)
    except PackError as error:
        return [str(problem) for problem in error.problems]
    return []


def one_item_pack(folder: Path, kind: str, change: Change | None = None) -> Path:
    """The starter pack with the good item of KIND alone in it, and CHANGE made to that item."""
    pack = folder / "pack"
    for shelf in ("rubrics", "sessions", "taxonomy"):
        shutil.copytree(STARTER / shelf, pack / shelf)
    manifest = yaml.safe_load((STARTER / "pack.yaml").read_text())
    del manifest["first"]
    (pack / "pack.yaml").write_text(yaml.safe_dump(manifest))
    name, id_ = GOOD[kind]
    shutil.copytree((STARTER / name).parent, (pack / name).parent)
    for other in (pack / name).parent.rglob("*.yaml"):
        if other != pack / name:
            other.unlink()
    document = yaml.safe_load((pack / name).read_text())
    document["items"] = [item for item in document["items"] if item["id"] == id_]
    if change is not None:
        change(document["items"][0], document)
    (pack / name).write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    return pack


def findings(pack: Path, today: dt.date = TODAY) -> tuple[Finding, ...]:
    return lint(load_pack(pack), today)


def put(path: str, value: Any) -> Change:
    """A change that sets one key: put('twists.0.text', '...')."""

    def change(item: dict[str, Any], _document: dict[str, Any]) -> None:
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        part: Any = item
        for step in way:
            part = part[step]
        part[last] = value

    return change
