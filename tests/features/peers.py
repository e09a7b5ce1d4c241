"""What other features know and tell of members' texts, for stories in which those features play no part."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, TypeVar

from bot.app import App
from bot.engine import roster
from bot.features.answers import FEATURE
from bot.kernel.effect import Fact
from bot.kernel.peer_facts import BlockedWith, MemberText, TextAt, Unread, UnreadBy
from bot.kernel.ports import Tx
from bot.kernel.question import Question
from tests.world import GROUP

R = TypeVar("R")


async def tell(app: App, *facts: Fact) -> None:
    """As if a feature had told these, one after another."""
    now = app.clock.now()
    for fact in facts:
        await app.store.run(lambda tx, fact=fact: app.engine.hear(tx, GROUP, fact, now))  # type: ignore[misc]


async def ask(app: App, question: Question[R]) -> R:
    """What the features answer."""

    def query(tx: Tx) -> R:
        scene = replace(roster.group_scene(tx, GROUP, app.clock.now()), catalogue=app.engine.catalogue)
        found: R = app.engine._asker(scene)(question, tx)
        return found

    return await app.store.read(query)


def answer_with(app: App, question: type[Question[Any]], answer: Callable[[Any], object]) -> None:
    """From now on this is what anybody hears who asks."""
    app.engine.knowledge.questions[question] = FEATURE, lambda asked, _scene, _tx: answer(asked)


def apart(app: App, *members: str) -> None:
    """One of these two has blocked the other."""

    def others(asked: BlockedWith) -> Collection[str]:
        return tuple(member for member in members if member != asked.member) if asked.member in members else ()

    answer_with(app, BlockedWith, others)
    answer_with(app, UnreadBy, lambda asked: Unread(tuple(others(BlockedWith(asked.member)))))


async def text_at(app: App, place: str, reader: str = "", feature: str = "answers") -> MemberText | None:
    return await ask(app, TextAt(feature, place, reader))
