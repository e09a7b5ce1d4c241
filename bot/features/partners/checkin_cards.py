"""What partners see of a check-in."""

from dataclasses import replace
from datetime import date

from bot.features.partners.checkin_rules import LINE, Answer, CheckIn, Line
from bot.features.partners.plan_cards import day_words, plan_button, report_menu, words_of
from bot.features.partners.plan_rules import Held, Plan, Work
from bot.kernel.action import Action
from bot.kernel.card import Block, Button, Card, Form, Note, Para, TextField
from bot.kernel.text import Mention, Text, md

ANSWERS = {
    Answer.SAW: "{who} saw it.",
    Answer.WELL: "{who} says: well done.",
    Answer.TALK: "{who} would like to talk.",
}


def checkin_card(checkin: CheckIn) -> Card:
    """In the room. Who has neither planned nor logged nor said anything is not in it."""
    blocks: list[Block] = []
    for line in checkin.lines:
        blocks += _of_one(line)
    if not blocks:
        blocks.append(Para(md("How does the week go? A short word to each other is enough.")))
    blocks += [Note(md(ANSWERS[answer], who=Mention(member))) for member, answer in checkin.answers]
    if not any(line.said for line in checkin.lines):
        blocks.append(Note(md("I filled this in from what was logged. One press says that your part is right.")))
    texts = [(f"line/{one.number}", one.line) for one in checkin.lines if one.line and one.held is Held.NO]
    return Card(f"Check-in, {day_words(checkin.day)}", tuple(blocks), _buttons(checkin), report_menu(texts))


def _of_one(line: Line) -> list[Block]:
    if not line.words and not line.said:
        return []
    who = Mention(line.member)
    if not line.words:
        said = Para(md("{who} is here.", who=who))
    elif line.said:
        said = Para(md("{who} confirmed: {words}.", who=who, words=line.words))
    else:
        said = Para(md("{who}: {words}.", who=who, words=line.words))
    return [said, *words_of(line.line, line.member, line.held)]


def _buttons(checkin: CheckIn) -> tuple[Button, ...]:
    return (
        Button("My part is right", _action("partners.confirm", checkin), "primary"),
        Button("Add a line", _action("partners.line", checkin)),
        Button("Saw it", _action("partners.react", checkin, say=Answer.SAW.value)),
        Button("Well done", _action("partners.react", checkin, say=Answer.WELL.value)),
        Button("Talk?", _action("partners.react", checkin, say=Answer.TALK.value)),
    )


def _action(route: str, checkin: CheckIn, **args: str) -> Action:
    return Action.to(route, pair=str(checkin.pair), day=str(checkin.day), **args)


def line_form(checkin: CheckIn, words: str) -> Form:
    label = "One thing that you learned" if checkin.is_last else "What comes next, or is in the way"
    line = TextField("line", label, words, help="One or two sentences. Your partners read it.", long=True, limit=LINE)
    return Form("A line", _action("partners.keep_line", checkin), (line,))


def confirmed_card(checkin: CheckIn, line: Line) -> Card:
    """To the member. All that was planned is done, or they hear no number."""
    words = "You did what you planned." if line.is_done else "Your partners see it in your room."
    buttons = [Button("Add a line" if not line.line else "Change my line", _action("partners.line", checkin))]
    if checkin.is_last:
        buttons.append(plan_button("Plan the next week") if checkin.day != checkin.week else plan_button())
    buttons.append(Button("Take it back", _action("partners.unconfirm", checkin)))
    return Card("Thank you.", (Para(md(words)),), tuple(buttons), tone="good")


def taken_back_card(checkin: CheckIn) -> Card:
    again = Button("My part is right", _action("partners.confirm", checkin), "primary")
    return Card("It is taken back.", (Note(md("Your line is gone from the room, too.")),), (again,))


def answered_card(checkin: CheckIn, answer: Answer) -> Card:
    """To the member who pressed it."""
    back = Button("Take it back", _action("partners.react", checkin, say="nothing"))
    if answer is Answer.TALK:
        text = md("I tell your partners that you would like to talk.")
        return Card("Talk?", (Para(text),), (Button("Suggest a time", Action.to("partners.slot"), "primary"), back))
    return Card("Good.", (Para(md("Your partners see it in your room.")),), (back,), tone="good")


def unanswered_card() -> Card:
    return Card("It is taken back.")


def talk_line(member: str) -> Text:
    """A reminder."""
    return md("{who} would like to talk with you.", who=Mention(member))


_WEEK = date(2026, 1, 5)
_PLAN = Plan("ada", _WEEK, 3, 1, "", 4, 7)
_ADA = Line("ada", Work(2, 0, 1), _PLAN, said=True, line="The proof of the second part is in the way.", number=12)
_BEN = Line("ben", Work(0, 1), Plan("ben", _WEEK, 5, 1, "", 4, 8), number=13)
_NEW = CheckIn(4, date(2026, 1, 8), _WEEK, (replace(_ADA, said=False, line=""), _BEN))
_THURSDAY = CheckIn(4, date(2026, 1, 8), _WEEK, (_ADA, _BEN), (("ben", Answer.WELL),))
_SUNDAY = replace(_THURSDAY, day=date(2026, 1, 11))
EXAMPLES: dict[str, Card | Form] = {
    "checkin_card": checkin_card(_NEW),
    "checkin_said_card": checkin_card(_THURSDAY),
    "checkin_held_card": checkin_card(replace(_THURSDAY, lines=(replace(_ADA, held=Held.REPORTED),))),
    "checkin_empty_card": checkin_card(CheckIn(4, date(2026, 1, 8), _WEEK, (Line("ada", Work()),))),
    "checkin_talk_card": checkin_card(replace(_SUNDAY, answers=(("ben", Answer.TALK),))),
    "line_form": line_form(_THURSDAY, ""),
    "line_sunday_form": line_form(_SUNDAY, ""),
    "confirmed_card": confirmed_card(_THURSDAY, _ADA),
    "confirmed_done_card": confirmed_card(_SUNDAY, replace(_ADA, work=Work(3, 1), line="")),
    "taken_back_card": taken_back_card(_THURSDAY),
    "answered_card": answered_card(_THURSDAY, Answer.SAW),
    "answered_talk_card": answered_card(_THURSDAY, Answer.TALK),
    "unanswered_card": unanswered_card(),
}
