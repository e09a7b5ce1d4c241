"""How most stories begin: a group that is set up, members who joined, a problem that is open."""

from datetime import UTC, datetime

from tests.story import Driver
from tests.world import GROUP

NINE = datetime(2026, 1, 5, 8, 0, 5, tzinfo=UTC)  # Monday, a few seconds after 09:00 in Berlin
CLOSE = datetime(2026, 1, 6, 20, 0, 5, tzinfo=UTC)  # 36 hours later
MONDAY = f"daily/{GROUP}/2026-01-05"
JOIN = f"members.join/{GROUP}"
GOOD = "I think we sort first, because order makes the rest easy. It fails when it must be online."


async def joined(story: Driver, *members: str) -> None:
    """The group is set up and these members are in it."""
    await story.found()
    for member in members:
        await story.press(member, "Join the study group", JOIN)


async def monday(story: Driver, *members: str) -> None:
    """... and Monday's problem is open."""
    await joined(story, *members)
    await story.until(NINE)


async def answer(story: Driver, member: str, text: str = GOOD, *choices: str) -> str:
    """Answer Monday's problem by the form; what the member reads then."""
    await story.press(member, "Answer", MONDAY)
    answered = await story.fill(member, {"text": text, "choices": choices})
    assert not answered.refused, answered.refused
    return answered.words
