"""
A column that holds a member is called `member` or ends in `_member`. One that ends in `_person` outlives erasing.

Erasing and exporting walk over those names, so a member in a column of another name would be forgotten there. Whoever
adds a feature adds its deeds to this story.
"""

from datetime import timedelta

from bot.app import App
from bot.kernel.ports import Row, Tx
from tests.features.mornings import JOIN, MONDAY, NINE, answer
from tests.features.test_plan import press_action
from tests.story import Driver

ADA, BEN, OLGA = "mem-ada-5d1", "mem-ben-9f2", "mem-olga-3c7"


async def live(story: Driver) -> None:
    """Everything that a member can do, once."""
    story.person(OLGA, zone="Europe/Berlin", manages=True)
    await story.type(OLGA, "/study")
    await story.press(OLGA, "organiser.setup")
    for member in (ADA, BEN):
        await story.press(member, "Join the study group", JOIN)
    await story.until(NINE)
    await answer(story, ADA)
    await story.press(BEN, "Hint", MONDAY)
    await story.press(BEN, "I'm stuck", MONDAY)
    await story.fill(BEN, {"tried": "I sorted it and then I did not know what to do."})
    await story.press(ADA, "Offer help", (await story.read(ADA, MONDAY))[-1].name)
    await story.press(ADA, "Start the clock", MONDAY)
    await story.tell(BEN, "I think that a heap is enough, because only the smallest count.")
    await story.press(BEN, "Use as my answer")
    await story.press(BEN, "Withdraw it")
    await story.say(ADA, MONDAY, "A word in the thread.")
    await story.press(BEN, "Answer", MONDAY)
    await story.fill(BEN, {"text": "no"})


async def live_on(story: Driver) -> None:
    """Habits and the desk: what members set for themselves, and what an organiser does."""
    await story.type(ADA, "/study reminders")
    await story.press(ADA, "nudges.on")
    await story.type(ADA, "/study reminders")
    await story.choose(ADA, "18:00")
    await story.type(ADA, "/study streak")
    await story.press(ADA, "streaks.rest")
    await story.fill(ADA, {"days": ("5", "6")})
    practice = await story.type(ADA, "/study practice")
    await story.choose(ADA, practice.replies[0].options[0][0])
    await story.type(BEN, "/study pause")
    await story.choose(BEN, "3 days")
    await story.type(OLGA, "/study organise")
    await story.press(OLGA, "Settings")
    opened = await story.press(OLGA, "organiser.set")
    assert opened.form
    assert not (await story.fill(OLGA, {"rhythm": "10:00"})).refused
    await story.type(OLGA, "/study organise")
    await story.press(OLGA, "More tools")
    await story.press(OLGA, "Organisers")
    await story.press(OLGA, "Add an organiser")
    assert not (await story.fill(OLGA, {"person": ADA})).refused
    await story.type(OLGA, "/study organise")
    await story.press(OLGA, "More tools")
    await story.press(OLGA, "Corrections")
    await story.press(OLGA, "streaks.correct")
    days = await story.fill(OLGA, {"member": ADA})
    await story.choose(OLGA, days.replies[0].options[0][0])
    await story.fill(OLGA, {"kind": "excuse", "reason": "She was ill."})
    await story.wait(timedelta(days=2))


async def live_together(story: Driver) -> None:
    """Texts of others: reviewed, reported, blocked; and an organiser removes somebody."""
    await press_action(story, ADA, "reviews.ask", task="2026-01-05")
    pulled = await press_action(story, BEN, "reviews.pull")
    assert not pulled.refused, pulled.refused
    await press_action(story, BEN, "safety.block", text="daily:2026-01-05/1")
    cry = {"text": "daily:2026-01-05/1"}
    await press_action(story, ADA, "safety.block", **cry)
    assert (await press_action(story, ADA, "safety.report", **cry)).form
    assert not (await story.fill(ADA, {"reason": "unkind"})).refused
    removed = await press_action(story, OLGA, "safety.expel", case="1", sure="1")
    assert not removed.refused, removed.refused


async def test_a_member_stands_only_in_columns_that_say_so(story: Driver, app: App) -> None:
    await live(story)
    await live_on(story)
    await live_together(story)
    held: set[str] = set()

    def look(tx: Tx) -> None:
        tables: list[Row] = list(tx.all("SELECT name FROM sqlite_master WHERE type = 'table'"))
        for table in (row["name"] for row in tables):
            for row in tx.all(f"SELECT * FROM {table}"):  # noqa: S608 - our own tables
                held.update(f"{table}.{column}" for column, value in row.items() if value in (ADA, BEN, OLGA))

    await app.store.read(look)
    assert {"inbox.member", "outbox.member", "drafts.member", "roster_members.member", "answers_kept.member"} <= held
    assert {"organiser_changes.by_member", "streaks_corrections.by_member", "roster_organisers.member"} <= held
    assert {"reviews_leases.author_member", "safety_reports.reporter_member", "safety_blocks.blocked_member"} <= held
    strange = {place for place in held if not place.endswith((".member", "_member"))}
    assert strange == {"safety_removed.removed_person"}, "erasing would forget it"
