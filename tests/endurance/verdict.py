"""What people have in the end, against what they were told and what was promised."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bot.kernel import codec
from tests.endurance.platform import PretendPlatform
from tests.endurance.week import Plan, Said, Truth

if TYPE_CHECKING:
    from tests.endurance.harness import Figures


def judge(data: Path, plan: Plan, platform: PretendPlatform, truth: Truth, figures: "Figures") -> None:
    """Add to `figures` what stands twice, what was promised and does not stand, and which answers are gone."""
    with closing(sqlite3.connect(data / "whetstone.db")) as db:
        db.row_factory = sqlite3.Row
        rows = db.execute("SELECT group_id, task, member, text, state FROM answers_kept").fetchall()
        wishes = db.execute("SELECT * FROM outbox").fetchall()
    answers = {(row["group_id"], row["task"], row["member"]): _said(row) for row in rows}

    figures.answers += len(truth.may_be)
    for key, allowed in sorted(truth.may_be.items()):
        if answers.get(key) not in allowed:
            figures.lost_answers.append(f"{'/'.join(key)}: {answers.get(key)!r} is there, not {allowed}")

    standing = {seen.posting.name: seen for seen in platform.standing.values()}
    wanted = {row["name"]: row for row in wishes if row["card"] is not None}
    figures.doubles += platform.doubles
    figures.posts += len({*plan.posts(), *wanted})
    for name in sorted({*plan.posts(), *wanted} - set(standing)):
        why = f"{wanted[name]['state']} {wanted[name]['reason']}" if name in wanted else "not even wanted"
        figures.lost_posts.append(f"{name} does not stand ({why})")
    for name in sorted(set(wanted) & set(standing)):
        if codec.dump(standing[name].card) != wanted[name]["card"]:
            figures.lost_posts.append(f"{name} shows something old")
    figures.doubles += [f"{name} stands and nobody wants it" for name in sorted(set(standing) - set(wanted))]


def _said(row: sqlite3.Row) -> Said:
    return str(row["text"]) if row["state"] == "kept" else None
