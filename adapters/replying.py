"""What is said to whoever acted, on every platform on which an answer can be a form. Pure."""

from bot.engine.outcome import Outcome
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, Form, Note, Para
from bot.kernel.effect import Ask, Reply
from bot.kernel.event import Event, group_mark
from bot.kernel.text import md


def parts(outcome: Outcome) -> tuple[list[Card], Form | None]:
    """What is shown of it, a refusal last, and the form that it asks for."""
    cards = [answer.card for answer in outcome.answers if isinstance(answer, Reply)]
    if outcome.refused:
        cards.append(outcome.refused.card)
    return cards, next((answer.form for answer in outcome.answers if isinstance(answer, Ask)), None)


def mark_of(event: Event, outcome: Outcome) -> str:
    """In a group's own place, that says which group it is about: then this is empty. Elsewhere each card says it."""
    if event.group:
        return ""
    return group_mark(outcome.group) if outcome.group else event.of


def form_card(form: Form, opens: Action) -> Card:
    """Stands for a form that could not be opened at once."""
    return Card(form.title, (Note(md("The form is ready.")),), (Button("Open the form", opens, "primary"),))


def one_file_card() -> Card:
    """Beside the answer to a message with several files."""
    words = "Your message has several files, and I take one from each message."
    return Card("I took one file.", (Para(md(words)), Note(md("You can send another file in a message of its own."))))
