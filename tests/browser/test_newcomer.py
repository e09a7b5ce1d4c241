"""What joining costs: the presses and the words between the invitation and the first answer that is sent."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.clock import TurnedClock
from bot.config import STARTER, Config
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, ChoiceField, ChoicesField, Form, Note, Option, Select, TextField, card_words
from bot.kernel.effect import Ask, Reply
from bot.kernel.event import Event, Person, Pressed, Submitted, What
from bot.kernel.text import md
from tests.features.mornings import CLOSE, GOOD, JOIN, NINE
from tests.story import CoreDriver
from tests.world import BERLIN, CHANNEL, GROUP, TENANT, World, hours

PRESSES = 4
WORDS = 120


@dataclass
class Newcomer:
    """Somebody who reads everything that is put before them. `seen` holds it, `presses` counts theirs."""

    app: App
    person: Person
    seen: list[Card | Form] = field(default_factory=list)
    presses: int = 0

    async def press(self, label: str) -> None:
        """Press the newest button with this label."""
        cards = [shown for shown in self.seen if isinstance(shown, Card)]
        action = next(button.action for card in reversed(cards) for button in card.buttons if button.label == label)
        await self._do(Pressed(action))

    async def send(self, **values: str) -> None:
        form = self.seen[-1]
        assert isinstance(form, Form)
        await self._do(Submitted(Action.decode(form.action.encode()), dict(values)))

    @property
    def words(self) -> int:
        return sum(count_words(shown) for shown in self.seen)

    async def _do(self, what: What) -> None:
        self.presses += 1
        name = f"newcomer/{self.presses}"
        event = Event(name, TENANT, GROUP, CHANNEL, self.person, self.app.clock.now(), what, "")
        outcome = await self.app.engine.handle(event)
        await self.app.settle()
        assert outcome.refused is None, outcome.refused
        if isinstance(what, Submitted):
            self.answered = [answer.card.title for answer in outcome.answers if isinstance(answer, Reply)]
            return
        for answer in outcome.answers:
            self.seen.append(answer.form if isinstance(answer, Ask) else answer.card)


def count_words(shown: Card | Form) -> int:
    """Everything that can be read: titles, labels, helps, buttons, options. A word has a letter or a digit."""
    lines: list[str] = []
    if isinstance(shown, Card):
        lines = [card_words(shown)]
        lines += [f"{option.label} {option.help}" for menu in shown.selects for option in menu.options]
    else:
        lines = [shown.title, shown.send]
        for part in shown.fields:
            lines += [part.label, part.help]
            if isinstance(part, ChoiceField | ChoicesField):
                lines += [f"{option.label} {option.help}" for option in part.options]
    return sum(any(letter.isalnum() for letter in word) for line in lines for word in line.split())


@pytest.fixture
async def shipped(tmp_path: Path, world: World, clock: TurnedClock) -> AsyncIterator[CoreDriver]:
    """A group that is set up, on the pack that is shipped."""
    config = Config(data=tmp_path, packs=(STARTER,))
    async with await open_app(config, {TENANT: world.platform}, clock) as app:
        story = CoreDriver(app, world, clock)
        await story.found()
        yield story


@pytest.mark.parametrize("zone", ["", BERLIN], ids=["zone unknown", "zone known"])
@pytest.mark.parametrize("day", ["no problem is open", "the first problem is open", "the first problem is closed"])
async def test_a_newcomer_answers_after_four_presses_and_120_words_at_most(
    shipped: CoreDriver, world: World, day: str, zone: str
) -> None:
    if day != "no problem is open":
        await shipped.until(NINE if day == "the first problem is open" else CLOSE + hours(1))
    newcomer = Newcomer(shipped.app, Person("ada", "Ada", zone), [world.named(JOIN).card])
    await newcomer.press("Join the study group")
    await newcomer.press("Answer")
    await newcomer.send(text=GOOD)
    assert "Your answer is kept." in newcomer.answered
    assert newcomer.presses <= PRESSES
    assert newcomer.words <= WORDS, [(shown.title, count_words(shown)) for shown in newcomer.seen]


def test_every_word_of_a_card_and_of_a_form_is_counted() -> None:
    go = Action.to("toy.go")
    menu = Select("Level of it", go, (Option("1", "Not hard", "at all"),))
    assert count_words(Card("One, two ...", (Note(md("three!")),), (Button("4", go),), (menu,))) == 11
    fields = (TextField("a", "One", help="two ..."), ChoicesField("b", "Three", (Option("1", "four", "five"),)))
    assert count_words(Form("The form", go, fields, "Send it")) == 9
