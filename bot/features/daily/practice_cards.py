"""What members see when they practise alone."""

from base64 import b64decode
from dataclasses import replace
from datetime import date

from bot.content.catalogue import Figure, Item
from bot.features.daily.cards import EXAMPLE_ITEM, EXAMPLE_ROUND, problem_blocks, problem_files
from bot.features.daily.plan_rules import day_words, shorten
from bot.features.daily.practice_rules import Choice, Past
from bot.features.daily.rules import Round
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, Form, Note, Option, Para, Select
from bot.kernel.text import md, plural

START = Action.to("daily.practice_start")


def practice_card(choice: Choice) -> Card:
    """What can be practised now, and what was begun."""
    menus = []
    if choice.going:
        going = tuple(Option(item.id, shorten(item.title), _time(item)) for item in choice.going)
        menus.append(Select("Go on", START, going))
    if choice.past:
        past = tuple(_past(one) for one in choice.past)
        menus.append(Select("A problem we had", START, past))
    if choice.fresh:
        fresh = tuple(
            Option(item.id, shorten(f"{item.domain_label}: {item.title}"), _time(item)) for item in choice.fresh
        )
        menus.append(Select("Something new", START, fresh))
    if not menus:
        text = md("There is nothing to choose yet. Each problem of the group comes here after its close.")
        return Card("Practise now", (Para(text),), (Button("See today's problem", Action.to("daily.open_today")),))
    first = md("Your reviews suggest more practice in {area}, so it comes first.", area=choice.weakest)
    notes = (
        *((Note(first),) if choice.weakest else ()),
        Note(md("Only you see it, and you can use the clock. The outline comes with your answer. It counts.")),
        *(() if choice.fresh else (Note(md("New ones are kept for the group at the moment.")),)),
    )
    return Card("Practise now", (Para(md("Choose a problem.")), *notes), (), tuple(menus))


def practice_named_card(item: Item) -> Card:
    """The one problem whose title was typed, to be started or not."""
    text = md("{domain}, {time}.", domain=item.domain_label, time=_time(item))
    start = Button("Start", Action.to("daily.practice_start", item=item.id), "primary")
    others = Button("See other problems", Action.to("daily.practice"))
    return Card(item.title, (Para(text), Note(md("Practice: only you see it."))), (start, others))


def _past(one: Past) -> Option:
    return Option(
        one.item.id, shorten(one.item.title), f"{day_words(one.day)}, {'answered' if one.done else 'not answered yet'}"
    )


def _time(item: Item) -> str:
    return f"about {plural(item.minutes_solve, 'minute')}"


def practice_problem_card(round_: Round, item: Item) -> Card:
    """The problem for one member alone."""

    def button(label: str, verb: str) -> Button:
        return Button(label, Action.to(f"daily.{verb}", round=round_.name))

    hint = (button("Hint", "hint"),) if item.hints else ()
    buttons = (
        Button("Answer", Action.to("answers.write", task=round_.name), "primary"),
        *hint,
        button("I'm stuck", "stuck"),
        button("Start the clock", "clock"),
    )
    note = Note(md("Practice: only you see it. About {time}.", time=plural(item.minutes_solve, "minute")))
    return Card(item.title, (*problem_blocks(item), note), buttons, files=problem_files(item))


_PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAIAAAABQAQAAAAD5e0BJAAAA/0lEQVR42sXTMY7CMBAF0G8rWltCCnRLQZEjULpMySEoOAJlOlzmOnuD"
    "lFtyhEhcIHRBQvoUiaPwt0BaIeEuTxmPPTM2xPOy+AfEN+zxDmgU2pchnUJQKBTuCrmCV6BCFgVsoydtBcyfuxwVwsuKbRRyBRcFskbA"
    "tgKm07SVwl5hlreHxVPeFSyArynvtUIGwJwTfA8hUxpTAeCJvJAk2TmSFgDymALGeiyaKWAI4ZIkHJlC8OOvxvWzEm5vq/EbGQBgeZpG"
    "fgAUB6n6TtuwjtqXQmGnsC61lbVCKLXZtcL4y2wcaoXgdWB6rxPU+zLdNsmvzlj41NvXF+YMP3KOB1qcQ209ePv6AAAAAElFTkSuQmCC"
)
_FIGURE = Figure("curves.png", _PNG, "Validation loss falls to 0.6 at epoch 8, then rises. Training loss falls to 0.1.")
EXAMPLES: dict[str, Card | Form] = {
    "practice_card": practice_card(
        Choice((EXAMPLE_ITEM,), (Past(EXAMPLE_ITEM, date(2026, 1, 5), done=False),), (EXAMPLE_ITEM,)),
    ),
    "practice_weak_card": practice_card(Choice((), (), (EXAMPLE_ITEM,), EXAMPLE_ITEM.domain_label)),
    "practice_empty_card": practice_card(Choice((), (), ())),
    "practice_named_card": practice_named_card(EXAMPLE_ITEM),
    "practice_problem_card": practice_problem_card(EXAMPLE_ROUND, EXAMPLE_ITEM),
    "practice_figure_card": practice_problem_card(EXAMPLE_ROUND, replace(EXAMPLE_ITEM, figure=_FIGURE)),
}
