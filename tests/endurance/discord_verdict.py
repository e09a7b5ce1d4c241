"""What people have in the end on Discord, against what they were told and what was promised."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.discord.servers import hello_card
from adapters.discord.translate import card_payload, component_id
from bot.kernel import codec
from tests.discord_fake.town import Message
from tests.endurance.discord_day import DayPlan

if TYPE_CHECKING:
    from tests.endurance.discord_harness import Day
    from tests.endurance.harness import Figures


def judge(data: Path, plan: DayPlan, day: "Day", figures: "Figures") -> None:
    """Add to `figures` what stands twice, what was promised and does not stand, and which answers are gone."""
    with closing(sqlite3.connect(data / "whetstone.db")) as db:
        db.row_factory = sqlite3.Row
        rows = db.execute("SELECT group_id, task, member, text, state FROM answers_kept").fetchall()
        wishes = db.execute("SELECT * FROM outbox").fetchall()
    answers = {(row["group_id"], row["task"], row["member"]): _said(row) for row in rows}
    figures.answers += len(day.truth.may_be)
    for key, allowed in sorted(day.truth.may_be.items()):
        if answers.get(key) not in allowed:
            figures.lost_answers.append(f"{'/'.join(key)}: {answers.get(key)!r} is there, not {allowed}")

    fake = day.platform.fake
    standing = {number: seen for number, seen in fake.standing.items() if not seen.deleted}
    wanted = {row["name"]: row for row in wishes if row["card"] is not None and not _was_too_late(row)}
    promised = {*plan.posts(day.studies), *wanted}
    figures.posts += len(promised)
    figures.doubles += [f"twice: {words}" for words in (*fake.doubles, *fake.told_twice)]
    for name in sorted(promised):
        seen = standing.pop(component_id(name), None)
        if name not in wanted:
            figures.lost_posts.append(f"{name} is not even wanted")
        elif seen is None:
            figures.lost_posts.append(f"{name} does not stand ({wanted[name]['state']} {wanted[name]['fix']})")
        else:
            figures.lost_posts += _faults(name, wanted[name], seen, fake.town.channels)
    greeted: set[str] = set()  # a server is greeted once, without a wish of the outbox
    for seen in standing.values():
        place = seen.receipt.partition("/")[0]
        if place in greeted or not seen.text.startswith(f"## {hello_card().title}"):
            figures.doubles.append(f"“{seen.text[:40]}” stands and nobody wants it")
        greeted.add(place)
    figures.mistakes += [str(verdict) for verdict in fake.verdicts]


def _faults(name: str, row: sqlite3.Row, seen: Message, channels: object) -> list[str]:
    found = []
    if seen.components != card_payload([codec.load(row["card"])], name=name).json["components"]:
        found.append(f"{name} shows something old")
    needs_thread = row["thread"] is not None and seen.channel.type == 0
    if needs_thread and seen.id not in channels:  # type: ignore[operator]
        found.append(f"{name} has no thread")
    return found


def _was_too_late(row: sqlite3.Row) -> bool:
    """A reminder whose time was over before it could be sent."""
    return row["until"] is not None and row["receipt"] is None and row["shown"] == row["revision"]


def _said(row: sqlite3.Row) -> str | None:
    return str(row["text"]) if row["state"] == "kept" else None
