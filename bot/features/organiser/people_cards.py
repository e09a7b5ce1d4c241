"""What is shown about who organises the group."""

from collections.abc import Sequence

from bot.kernel.action import Action
from bot.kernel.card import OPTION_LABEL, OPTIONS, Bullets, Button, Card, Form, Note, Option, Para, PersonField, Select
from bot.kernel.text import Mention, md

DESK = Action.to("organiser.desk")
PEOPLE = Action.to("organiser.people")


def people_card(organisers: Sequence[str], names: Sequence[str]) -> Card:
    """`names` are theirs, in the same order, for the menu; empty for somebody whom the platform has not named yet."""
    shown = tuple(organisers[:OPTIONS])
    lines = tuple(md("{n}. {who}", n=number, who=Mention(member)) for number, member in enumerate(shown, 1))
    listed = (Bullets(lines),) if lines else (Para(md("Nobody yet, except those who may set the group up.")),)
    note = Note(md("Organisers have the desk, and I tell them when something fails."))
    buttons = (
        Button("Add an organiser", Action.to("organiser.ask_person"), "primary"),
        Button("Back to the desk", DESK),
    )
    if len(shown) < 2:
        return Card("Who organises this group", (*listed, note), buttons)
    labels = [name[:OPTION_LABEL] or f"Number {number}" for number, name in enumerate(names, 1)]
    options = tuple(Option(member, label) for member, label in zip(shown, labels, strict=False))
    select = Select("Remove an organiser", Action.to("organiser.remove_person"), options)
    return Card("Who organises this group", (*listed, note), buttons, (select,))


def person_form() -> Form:
    person = PersonField("person", "New organiser", help="A member of this study group")
    return Form("Add an organiser", Action.to("organiser.add_person"), (person,), "Add")


def hand_over_form() -> Form:
    person = PersonField("person", "Who takes over?", help="A member of this study group")
    return Form("Hand the group over", Action.to("organiser.keep_hand_over"), (person,), "Hand over")


def added_card(member: str, undo: Action) -> Card:
    text = md("{who} is an organiser now, and has a message from me.", who=Mention(member))
    return Card(
        "There is one more organiser.", (Para(text),), (Button("Undo", undo), Button("Organisers", PEOPLE)), tone="good"
    )


def removed_card(member: str, undo: Action) -> Card:
    text = md("{who} is no organiser any more. Their answers and their place in the group stay.", who=Mention(member))
    return Card("Removed.", (Para(text),), (Button("Undo", undo), Button("Organisers", PEOPLE)), tone="good")


def handed_over_card(member: str) -> Card:
    text = md("{who} is an organiser now, and has a message from me.", who=Mention(member))
    leave = Button("Leave the group", Action.to("members.leave"))
    return Card("Now you can leave.", (Para(text),), (leave, Button("I stay", DESK)), tone="good")


def appointed_card() -> Card:
    """A private message to a new organiser."""
    text = md("You can change days and times, give days off, and see what was sent.")
    note = Note(md("You do not have to do anything now. Problems come by themselves."))
    return Card(
        "You are an organiser of the study group now.", (Para(text), note), (Button("Open the desk", DESK, "primary"),)
    )


def dismissed_card() -> Card:
    """A private message to somebody who was an organiser."""
    text = md("Another organiser changed this. You are still in the group, and nothing of yours is lost.")
    return Card("You are no organiser of the study group any more.", (Para(text),))


def vacancy_card() -> Card:
    text = md("Problems still come by themselves. Somebody should look after the group now and then.")
    take = Button("I will do it", Action.to("organiser.take_over"), "primary")
    return Card("This group has no organiser now.", (Para(text),), (take,))


def filled_card() -> Card:
    text = md("Somebody looks after the group. Type `/study help` to see what you can do.")
    return Card("This group has an organiser again.", (Para(text),))


def taken_over_card() -> Card:
    text = md("Thank you. Here you can change days and times, and give days off.")
    return Card("You are the organiser now.", (Para(text),), (Button("Open the desk", DESK, "primary"),), tone="good")


def filled_already_card() -> Card:
    text = md("Somebody was here before you. Thank you all the same.")
    return Card("There is an organiser already.", (Para(text),))


_UNDO = Action.to("organiser.undo", n="5")
EXAMPLES: dict[str, Card | Form] = {
    "people_card": people_card(("olga", "ada"), ("Olga", "")),
    "people_alone_card": people_card(("olga",), ("Olga",)),
    "person_form": person_form(),
    "hand_over_form": hand_over_form(),
    "added_card": added_card("ada", _UNDO),
    "removed_card": removed_card("ada", _UNDO),
    "handed_over_card": handed_over_card("ada"),
    "appointed_card": appointed_card(),
    "dismissed_card": dismissed_card(),
    "vacancy_card": vacancy_card(),
    "filled_card": filled_card(),
    "taken_over_card": taken_over_card(),
    "filled_already_card": filled_already_card(),
}
