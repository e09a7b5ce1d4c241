"""What members see when they ask for a fact."""

from bot.content.markdown import spans
from bot.features.mlsd.ask_rules import ASKED_TEXT
from bot.features.mlsd.stage_cards import run_button
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, Form, Note, Para, TextField
from bot.kernel.text import md


def ask_form(run: int) -> Form:
    help_ = "One thing at a time, in a word or two."
    field = TextField("words", "What do you want to know?", "", help_, limit=ASKED_TEXT)
    return Form("Ask for a fact", Action.to("mlsd.asked", run=str(run)), (field,), send="Ask")


def fact_card(run: int, words: str, fact: str, *, known: bool) -> Card:
    note = (Note(md("You have asked for this one before.")),) if known else ()
    title = f"You asked: {words}"
    return Card(title if len(title) <= 150 else title[:146] + " ...", (Para(spans(fact)), *note), (_more(run),))


def no_fact_card(run: int, words: str) -> Card:
    text = md("Nothing on that. Say your assumption and carry on, as you would in the room.")
    title = f"You asked: {words}"
    return Card(title if len(title) <= 150 else title[:146] + " ...", (Para(text),), (_more(run),))


def _more(run: int) -> Button:
    return run_button("Ask for a fact", "ask", run)


EXAMPLES: dict[str, Card | Form] = {
    "ask_form": ask_form(3),
    "fact_card": fact_card(3, "labels", "Only 15% of wrong answers are ever reported.", known=False),
    "fact_known_card": fact_card(3, "labels", "Only 15% of wrong answers are ever reported.", known=True),
    "no_fact_card": no_fact_card(3, "the weather"),
}
