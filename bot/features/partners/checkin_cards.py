"""What partners see of a check-in."""

from dataclasses import replace
from datetime import date, timedelta

from bot.features.partners.checkin_rules import LINE, Answer, CheckIn, Line
from bot.features.partners.plan_cards import day_words, plan_button, report_menu, words_of
from bot.features.partners.plan_rules import Held, Plan, Work, plan_words
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
    blocks += [_answer(checkin, member, answer) for member, answer in checkin.answers]
    if not any(line.said for line in checkin.lines):
        blocks.append(Note(md("I filled this in from what was logged. One press says that your part is right.")))
    texts = [(f"line/{one.number}", one.line) for one in checkin.lines if one.said and one.line and one.held is Held.NO]
    return Card(f"Check-in, {day_words(checkin.day)}", tuple(blocks), _buttons(checkin), report_menu(texts))


def _answer(checkin: CheckIn, member: str, answer: Answer) -> Note:
    """With one partner it says to whom."""
    others = [line.member for line in checkin.lines if line.member != member]
    if answer is Answer.WELL and len(others) == 1:
        return Note(md("{who} says to {other}: well done.", who=Mention(member), other=Mention(others[0])))
    return Note(md(ANSWERS[answer], who=Mention(member)))


def _of_one(line: Line) -> list[Block]:
    if not line.words and not line.said:
        return []
    who = Mention(line.member)
    plans = plan_words(line.plan) if line.plan and line.words and not line.work.any else ""
    if plans and line.said:
        said = Para(md("{who} is here, and plans {plans}.", who=who, plans=plans))
    elif plans:
        said = Para(md("{who} plans {plans}.", who=who, plans=plans))
    elif not line.words:
        said = Para(md("{who} is here.", who=who))
    elif line.said:
        said = Para(md("{who} confirmed: {words}.", who=who, words=line.words))
    else:
        said = Para(md("{who}: {words}.", who=who, words=line.words))
    return [said, *(words_of(line.line, line.member, line.held) if line.said else [])]


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
    help_ = "One or two sentences. Whoever is in your room reads it."
    line = TextField("line", label, words, help=help_, required=not words, long=True, limit=LINE)
    return Form("A line", _action("partners.keep_line", checkin), (line,))


def confirmed_card(checkin: CheckIn, line: Line, *, go_on: bool = False) -> Card:
    """To the member. All that was planned is done, or they hear no number. `go_on`: there is a next week for them."""
    words = "You did what you planned." if line.is_done else "It stands in your room."
    buttons = [Button("Add a line" if not line.line else "Change my line", _action("partners.line", checkin))]
    if checkin.is_last and go_on:
        buttons.append(plan_button("Plan the next week", checkin.week + timedelta(weeks=1)))
    buttons.append(Button("Take it back", _action("partners.unconfirm", checkin)))
    return Card("Thank you.", (Para(md(words)),), tuple(buttons), tone="good")


def taken_back_card(checkin: CheckIn, line: Line) -> Card:
    again = Button("My part is right", _action("partners.confirm", checkin), "primary")
    kept = (Note(md("Your line is hidden, too. It is kept until you press this again.")),) if line.line else ()
    return Card("It is taken back.", kept, (again,))


def answered_card(checkin: CheckIn, answer: Answer) -> Card:
    """To the member who pressed it."""
    back = Button("Take it back", _action("partners.react", checkin, say="nothing"))
    if answer is Answer.TALK:
        text = md("I say in your room, and in private, that you would like to talk.")
        return Card("Talk?", (Para(text),), (Button("Suggest a time", Action.to("partners.slot"), "primary"), back))
    return Card("Good.", (Para(md("It stands in your room.")),), (back,), tone="good")


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
    "confirmed_done_card": confirmed_card(_SUNDAY, replace(_ADA, work=Work(3, 1), line=""), go_on=True),
    "taken_back_card": taken_back_card(_THURSDAY, _ADA),
    "answered_card": answered_card(_THURSDAY, Answer.SAW),
    "answered_talk_card": answered_card(_THURSDAY, Answer.TALK),
    "unanswered_card": unanswered_card(),
}
