"""What stands in the end on Discord."""

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

from adapters.discord.servers import hello_card
from adapters.discord.translate import card_payload, component_id
from bot.kernel import codec
from tests.discord_fake.town import Message
from tests.endurance.day_verdict import judge_answers, judge_posts

if TYPE_CHECKING:
    from tests.endurance.discord_harness import DiscordDay
    from tests.endurance.harness import Figures


def judge(day: "DiscordDay", figures: "Figures") -> None:
    """Add to `figures` what stands twice, what was promised and does not stand, and which answers are gone."""
    judge_answers(day, figures)
    fake = day.platform.fake
    standing = {number: seen for number, seen in fake.standing.items() if not seen.deleted}
    figures.doubles += [f"twice: {words}" for words in (*fake.doubles, *fake.told_twice)]

    def faults(name: str, row: sqlite3.Row, seen: Message) -> Iterator[str]:
        if seen.components != card_payload([codec.load(row["card"])], name=name).json["components"]:
            yield f"{name} shows something old"
        if row["thread"] is not None and seen.channel.type == 0 and seen.id not in fake.town.channels:
            yield f"{name} has no thread"

    may_stand = judge_posts(day, lambda name: standing.get(component_id(name)), faults, figures)
    for name in may_stand:
        standing.pop(component_id(name), None)
    greeted: set[str] = set()  # a server is greeted once, without a wish of the outbox
    for seen in standing.values():
        place = seen.receipt.partition("/")[0]
        if place in greeted or not seen.text.startswith(f"## {hello_card().title}"):
            figures.doubles.append(f"“{seen.text[:40]}” stands and nobody wants it")
        greeted.add(place)
    figures.mistakes += [str(verdict) for verdict in fake.verdicts]
