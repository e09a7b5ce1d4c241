"""A new feature is one folder and no edit elsewhere: here a book club, written by the test itself."""

import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest

import bot.features
from tests.story import Driver
from tests.world import GROUP

CLUB = {
    "__init__.py": '''
        """Reading together: once a week everybody says which page they reached."""

        from bot.features.bookclub.handlers import FEATURE

        __all__ = ["FEATURE"]
        ''',
    "rules.py": """
        from bot.kernel.errors import Refusal


        def accept(page: str) -> int:
            if not page.isdecimal():
                raise Refusal("That is no page number.", hint="Write digits only.", field="page")
            return int(page)
        """,
    "cards.py": """
        from bot.kernel.action import Action
        from bot.kernel.card import Button, Card, Facts, Form, Para, TextField
        from bot.kernel.text import Mention, Text, md, plural


        def week_card(week: str, pages: tuple[tuple[str, int], ...]) -> Card:
            so_far = tuple(md("{who}: page {page}", who=Mention(who), page=page) for who, page in pages)
            lines = tuple(Para(line) for line in so_far)
            read = Facts((("Readers", md("{n}", n=len(pages))),))
            return Card("Which page did you reach?", (read, *lines), (Button("Log my page", _log(week), "primary"),))


        def log_form(week: str) -> Form:
            return Form("Log my page", Action.to("bookclub.keep", week=week), (TextField("page", "Page"),))


        def saved_card(page: int) -> Card:
            return Card(f"Kept: page {page}.")


        def open_card() -> Card:
            return Card("The book club is open.")


        def _log(week: str) -> Action:
            return Action.to("bookclub.log", week=week)


        EXAMPLES = {
            "week_card": week_card("2026-01-05", (("ada", 12),)),
            "log_form": log_form("2026-01-05"),
            "saved_card": saved_card(12),
            "open_card": open_card(),
        }
        """,
    "records.py": '''
        from bot.kernel.ports import Tx


        def keep_page(tx: Tx, group: str, week: str, member: str, page: int) -> None:
            tx.run(
                """INSERT INTO bookclub_pages (group_id, week, member, page) VALUES (:group, :week, :member, :page)
                   ON CONFLICT (group_id, week, member) DO UPDATE SET page = excluded.page""",
                group=group, week=week, member=member, page=page,
            )


        def list_pages(tx: Tx, group: str, week: str) -> tuple[tuple[str, int], ...]:
            rows = tx.all(
                "SELECT member, page FROM bookclub_pages WHERE group_id = :group AND week = :week ORDER BY member",
                group=group, week=week,
            )
            return tuple((row["member"], row["page"]) for row in rows)
        ''',
    "handlers.py": """
        from collections.abc import Sequence
        from dataclasses import dataclass, field
        from datetime import time, timedelta

        from bot.features.bookclub import cards, records, rules
        from bot.kernel.calendar import Rhythm
        from bot.kernel.effect import Ask, Channel, Effect, Enrol, FoundGroup, Late, Missed, Post, Reply
        from bot.kernel.event import Due, Pressed, Scene, Submitted, Typed
        from bot.kernel.feature import Feature, Who
        from bot.kernel.ports import Tx


        @dataclass(frozen=True)
        class ClubSettings:
            rhythm: Rhythm = field(default=Rhythm((0,), time(19, 0)), metadata={"label": "When"})


        FEATURE = Feature("bookclub", ClubSettings, title="Book club")


        @FEATURE.on_command("club", "open the book club here", Who.ORGANISER, before_ready=True)
        def open_club(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
            reader = Enrol(scene.member)
            return [FoundGroup(scene.person.zone, {"main": scene.spot}), reader, Reply(cards.open_card())]


        @FEATURE.on_command("read", "read along", Who.ANYONE)
        def join(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
            return [Enrol(scene.member)]


        @FEATURE.every("ask", lambda settings: settings.rhythm, Late(timedelta(days=2), Missed.LATEST), "Book question")
        def ask_for_pages(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
            return [_post(str(due.at.astimezone(scene.zone).date()), scene, tx)]


        @FEATURE.on_press("log")
        def open_form(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
            return [Ask(cards.log_form(pressed.action.get("week")))]


        @FEATURE.on_submit("keep", opened_by="log")
        def keep_page(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
            week, page = form.action.get("week"), rules.accept(form.text("page"))
            records.keep_page(tx, scene.group, week, scene.member, page)
            return [_post(week, scene, tx), Reply(cards.saved_card(page))]


        def _post(week: str, scene: Scene, tx: Tx) -> Post:
            card = cards.week_card(week, records.list_pages(tx, scene.group, week))
            return Post(f"bookclub.week/{scene.group}/{week}", Channel("club"), card)
        """,
    "sql/bookclub-0001.sql": """
        CREATE TABLE bookclub_pages (
          group_id TEXT NOT NULL, week TEXT NOT NULL, member TEXT NOT NULL, page INTEGER NOT NULL,
          PRIMARY KEY (group_id, week, member)
        );
        """,
}


@pytest.fixture
def features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A second folder in which features are found; the book club is the only one in it."""
    folder = tmp_path / "more" / "bookclub"
    for name, text in CLUB.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(text).lstrip())
    monkeypatch.setattr(bot.features, "__path__", [*bot.features.__path__, str(folder.parent)])
    yield folder
    for module in [name for name in sys.modules if name.startswith("bot.features.bookclub")]:
        del sys.modules[module]


@pytest.fixture
def kept_in(migrated: Path, tmp_path: Path) -> Path:
    """Real files: the tables of the club are made in them when the bot starts."""
    return Path(shutil.copytree(migrated, tmp_path / "data"))


async def test_a_book_club_works_by_being_in_one_folder(features: Path, story: Driver) -> None:
    """On every platform, and no other file is touched."""
    story.person("olga", zone="Europe/Berlin", manages=True)
    assert "open" in (await story.type("olga", "/study club")).words
    await story.type("ada", "/study read")
    await story.wait(timedelta(hours=12))
    week = f"bookclub.week/{GROUP}/2026-01-05"
    assert (await story.press("ada", "Log my page", on=week)).form
    refused = await story.fill("ada", {"page": "twelve"})
    assert (refused.field, refused.handed_back) == ("page", ("twelve",))
    again = await story.press("ada", "Open it again")
    assert again.form
    assert again.form.values == {"page": "twelve"}
    assert "page 12" in (await story.fill("ada", {"page": "12"})).words
    assert (await story.press("cem", "Log my page", on=week)).refused
    assert "@ada: page 12" in (await story.read("ben"))[-1].words
    await story.wait(timedelta(days=7))
    names = [seen.name for seen in await story.read("ada")]
    assert [name for name in names if name.startswith("bookclub")] == [week, f"bookclub.week/{GROUP}/2026-01-12"]
