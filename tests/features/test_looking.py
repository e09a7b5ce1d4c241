"""Whoever only looks leaves no trace: not in one row of one table."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bot.app import App
from bot.kernel.action import Action
from bot.kernel.event import Opened, Pressed, Suggest, Typed, What
from tests.features.mornings import MONDAY
from tests.features.test_my_data import dump, event_of
from tests.story import CoreDriver
from tests.test_member_columns import ADA, BEN, OLGA, live

TASK = MONDAY.rpartition("/")[2]
ARGS = {"task": TASK, "round": TASK, "page": "0", "n": "1", "sure": "1", "number": "1", "day": "2026-01-06"}


def reading(app: App) -> Iterator[tuple[str, What]]:
    """Every route that only looks, with and without what it may be about: a new one is tested by being there."""
    for route, (_, kept) in app.engine.routes.presses.items():
        if kept.reads:
            yield route, Pressed(Action.to(route))
            yield route, Pressed(Action(route, tuple(sorted(ARGS.items()))), ADA)
    for word, (_, command) in app.engine.routes.commands.items():
        if command.route.reads:
            yield f"/study {word}", Typed(word)


async def test_looking_changes_no_row(story: CoreDriver, app: App) -> None:
    await live(story)
    await story.wait(timedelta(minutes=1))
    before, looked = await dump(app), set()
    for member in (ADA, BEN, OLGA, "a stranger"):
        for name, what in reading(app):
            event = event_of(app, member, what)
            event = replace(event, person=replace(event.person, manages=member == OLGA))
            outcome = await app.engine.handle(event)
            because = outcome.refused.because if outcome.refused else ""
            assert "our side" not in because, f"{name} does more than look"
            if not because:
                looked.add(name)
        await app.engine.home(event_of(app, member, Opened()))
        for source in app.engine.routes.suggests:
            await app.engine.suggest(event_of(app, member, Suggest(source, "ber")))
        after = await dump(app)
        assert {table: found for table, found in after.items() if found != before[table]} == {}
    assert {"members.data", "members.export", "members.erase", "members.pause", "/study me", "answers.read"} <= looked
