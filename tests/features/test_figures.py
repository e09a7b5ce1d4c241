"""A problem with a figure, as members meet it on every platform."""

import pytest

from tests.adapters.pictures import ALT, give_figures
from tests.features.mornings import MONDAY, monday
from tests.story import Driver


@pytest.fixture(autouse=True)
def _figures(monkeypatch: pytest.MonkeyPatch) -> None:
    give_figures(monkeypatch)


async def test_the_board_today_practice_and_home_show_the_figure_with_its_words(story: Driver) -> None:
    await monday(story, "ada")
    [board] = [sight for sight in await story.read("ada") if sight.name == MONDAY]
    assert ALT in board.words
    assert ALT in (await story.type("ada", "/study today")).words
    assert any(ALT in sight.words for sight in await story.open("ada"))
    shown = await story.type("ada", "/study practice")
    begun = await story.choose("ada", shown.replies[0].options[0][0])
    assert "only you see it" in begun.words
    assert ALT in begun.words
