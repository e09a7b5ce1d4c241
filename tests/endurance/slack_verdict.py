"""What stands in the end on Slack."""

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

from adapters.slack.markup import digest, mentioned, with_names
from adapters.slack.talk import PRESSED
from adapters.slack.translate import card_message
from bot.kernel import codec
from tests.endurance.day_verdict import judge_answers, judge_posts
from tests.endurance.slack_side import channels_of, name_of
from tests.slack_fake.town import IM, Message

if TYPE_CHECKING:
    from tests.endurance.harness import Figures
    from tests.endurance.slack_harness import SlackDay


def judge(day: "SlackDay", figures: "Figures") -> None:
    """
    Add to `figures` what stands twice, what was promised and does not stand, and which answers are gone.

    Without history a double counts as one in doubt only where nobody could tell the bot that the first one stood. So
    does what still stands after it was taken back, because the bot could not know of it.
    """
    judge_answers(day, figures)
    fake = day.platform.fake

    def count(words: str, *, in_doubt: bool) -> None:
        (figures.doubles_in_doubt if in_doubt and not day.history else figures.doubles).append(words)

    for double in fake.doubles:
        count(f"twice: {double.words}", in_doubt=double.in_doubt)

    def standing(name: str) -> Message | None:
        seen = fake.standing.get(name)
        return None if seen is None or seen.deleted else seen

    def faults(name: str, row: sqlite3.Row, seen: Message) -> Iterator[str]:
        card = codec.load(row["card"])
        if seen.channel.kind != IM:  # a post mentions nobody: it shows their names
            card = with_names(card, {one: fake.town.users[one].name for one in mentioned(card)})
        files = {digest(one.content): one.id for one in fake.town.files.values() if one.complete}
        if seen.blocks != card_message([card], name=name, pictures=files)["blocks"]:
            yield f"{name} shows something old"

    may_stand = judge_posts(day, standing, faults, figures)
    for message in fake.town.written():
        name = name_of(message)
        is_answer = name.startswith(("reply/", f"{PRESSED}/")) if name else message.channel not in channels_of(fake)
        if name not in may_stand and not is_answer:
            words = f"{message.receipt} {name} “{message.words[:40]}” stands and nobody wants it"
            count(words, in_doubt=message.receipt in fake.in_doubt and message.channel.kind != IM)
    figures.mistakes += [str(verdict) for verdict in fake.verdicts]
