"""What people have at the end of a day, against what they were told and what was promised."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.endurance.day_harness import Day
    from tests.endurance.harness import Figures

Faults = Callable[[str, sqlite3.Row, Any], Iterator[str]]  # what is wrong with a post that stands


def judge_answers(day: "Day", figures: "Figures") -> None:
    """Add to `figures` which answers are gone or are not what people were told."""
    rows = day.read("SELECT group_id, task, member, text, state FROM answers_kept")
    kept = {(row["group_id"], row["task"], row["member"]): row for row in rows}
    figures.answers += len(day.truth.may_be)
    for key, allowed in sorted(day.truth.may_be.items()):
        row = kept.get(key)
        said = str(row["text"]) if row and row["state"] == "kept" else None
        if said not in allowed:
            figures.lost_answers.append(f"{'/'.join(key)}: {said!r} is there, not {allowed}")


def judge_posts(day: "Day", find: Callable[[str], Any], faults: Faults, figures: "Figures") -> set[str]:
    """
    The same for posts; `find` gives what stands under a name, or None. Gives all names that may stand.

    A reminder that ended in doubt when its time was over may stand or not.
    """
    wished = {row["name"]: row for row in day.read("SELECT * FROM outbox") if row["card"] is not None}
    wanted = {name: row for name, row in wished.items() if not _was_too_late(row)}
    promised = {*day.plan.posts(day.studies), *wanted}
    figures.posts += len(promised)
    for name in sorted(promised):
        seen = find(name)
        if name not in wanted:
            figures.lost_posts.append(f"{name} is not even wanted")
        elif seen is None:
            figures.lost_posts.append(f"{name} does not stand ({wanted[name]['state']} {wanted[name]['fix']})")
        else:
            figures.lost_posts += faults(name, wanted[name], seen)
    return promised | set(wished)


def _was_too_late(row: sqlite3.Row) -> bool:
    """A reminder whose time was over before it could be sent."""
    return row["until"] is not None and row["receipt"] is None and row["shown"] == row["revision"]
