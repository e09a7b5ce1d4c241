"""
A column that holds a member is called `member` or ends in `_member`.

Erasing and exporting walk over those names, so a member in a column of another name would be forgotten there. Whoever
adds a feature adds its deeds to this story.
"""

from bot.app import App
from bot.kernel.ports import Row, Tx
from tests.features.mornings import JOIN, MONDAY, NINE, answer
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


async def test_a_member_stands_only_in_columns_that_say_so(story: Driver, app: App) -> None:
    await live(story)
    held: set[str] = set()

    def look(tx: Tx) -> None:
        tables: list[Row] = list(tx.all("SELECT name FROM sqlite_master WHERE type = 'table'"))
        for table in (row["name"] for row in tables):
            for row in tx.all(f"SELECT * FROM {table}"):  # noqa: S608 - our own tables
                held.update(f"{table}.{column}" for column, value in row.items() if value in (ADA, BEN, OLGA))

    await app.store.read(look)
    assert {"inbox.member", "outbox.member", "drafts.member", "roster_members.member", "answers_kept.member"} <= held
    strange = {place for place in held if not place.endswith((".member", "_member"))}
    assert not strange, f"erasing would forget {strange}"
