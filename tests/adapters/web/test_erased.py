"""Whoever is erased leaves nothing in the replies that the page keeps for people."""

from pathlib import Path

from bot.clock import TurnedClock
from tests.features.mornings import MONDAY, answer, monday
from tests.web_story import web_story
from tests.world import CHANNEL

WORDS = "Quince and marmalade, because both are easy to find."


async def test_nobodys_replies_show_them_any_more(tmp_path: Path, clock: TurnedClock) -> None:
    async with web_story(tmp_path / "data", clock) as story:
        await monday(story, "ada", "ben", "cem")
        await answer(story, "ada")
        await answer(story, "ben", WORDS)
        await answer(story, "cem")
        for reader in ("ada", "ben"):
            await story.press(reader, "Read answers", MONDAY)
        await story.type("cem", "/study streak")

        async def shown(person: str) -> str:
            return str([aside.content for aside in await story.chat.asides.replies(person, CHANNEL)])

        assert "marmalade" in await shown("ada")
        cems = await shown("cem")
        await story.type("ben", "/study privacy")
        await story.press("ben", "Download my data")
        await story.type("ben", "/study privacy")
        await story.press("ben", "Erase my data")
        await story.press("ben", "Erase my data")
        await story.press("ben", "Yes, erase everything")
        assert "marmalade" not in await shown("ada")
        assert "marmalade" not in await shown("ben")
        assert "my-data.json" not in await shown("ben")
        assert await shown("cem") == cems
