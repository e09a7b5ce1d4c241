"""What members see of their plans for the week."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.features.partners.plan_rules import (
    LINE,
    MOST_ANSWERS,
    MOST_DESIGNS,
    MOST_REVIEWS,
    Held,
    Plan,
    Work,
    plan_words,
    work_words,
)
from bot.kernel.action import Action
from bot.kernel.card import (
    OPTION_LABEL,
    Block,
    Button,
    Card,
    ChoiceField,
    Form,
    Note,
    Option,
    Para,
    Quote,
    Select,
    TextField,
)
from bot.kernel.text import Mention, Text, md, plural

REPORT = "Report or block"
LOOKED_AT = "These words are being looked at."
USUAL_ANSWERS, USUAL_REVIEWS = 3, 1  # what the first plan proposes


def plan_button(label: str = "My plan", week: date | None = None) -> Button:
    """For the week that they plan now, or for the one from this Monday."""
    return Button(label, Action.to("partners.plan", **({"week": str(week)} if week else {})), "primary")


def plan_form(last: Plan | None, week: str = "", *, design_weeks: bool = False) -> Form:
    """With what the member planned last, so that one press is enough. `design_weeks`: the group holds them."""
    answers, reviews = (last.answers, last.reviews) if last else (USUAL_ANSWERS, USUAL_REVIEWS)
    line = last.line if last and last.held is Held.NO else ""
    designs = ChoiceField(
        "designs", "Design runs", _numbers(MOST_DESIGNS, "design run"), str(last.designs if last else 0)
    )
    return Form(
        "My plan of the week",
        Action.to("partners.keep_plan", **({"week": week} if week else {})),
        (
            ChoiceField("answers", "Answers", _numbers(MOST_ANSWERS, "answer"), str(answers)),
            ChoiceField("reviews", "Reviews", _numbers(MOST_REVIEWS, "review"), str(reviews)),
            *((designs,) if design_weeks else ()),
            TextField(
                "line",
                "When and where",
                line,
                help="For example: when it is Tuesday 18:00 and I am at my desk, I begin.",
                required=False,
                limit=LINE,
            ),
        ),
        "Confirm",
    )


def _numbers(most: int, what: str) -> tuple[Option, ...]:
    return tuple(Option(str(number), plural(number, what)) for number in range(most + 1))


def planned_card(plan: Plan, *, ahead: bool = False) -> Card:
    """To the member who confirmed it. `ahead`: it is for the week that comes."""
    when = "Next week" if ahead else "This week"
    said = Para(md("{when}: {words}.", when=when, words=plan_words(plan)))
    note = Note(md("It stands in your room. I count what you do; you can change the plan at any time."))
    change = plan_button("Change it", plan.week if ahead else None)
    return Card("Your plan is set.", (said, note), (change,), tone="good")


def week_card(week: date, plans: Sequence[Plan]) -> Card:
    """In the room: what each of them plans."""
    blocks: list[Block] = []
    for plan in plans:
        blocks.append(Para(md("{who}: {words}.", who=Mention(plan.member), words=plan_words(plan))))
        blocks += words_of(plan.line, plan.member, plan.held)
    blocks.append(Note(md("On Thursday and Sunday I fill in what is done.")))
    menu = report_menu([(f"plan/{plan.number}", plan.line) for plan in plans if plan.line and plan.held is Held.NO])
    return Card(f"The week from {day_words(week)}", tuple(blocks), (plan_button(),), menu)


def words_of(line: str, member: str, held: Held) -> list[Block]:
    """A member's own words, where they can be read."""
    if held is Held.REPORTED:
        return [Note(md(LOOKED_AT))]
    return [Quote(line, member)] if line and held is Held.NO else []


def report_menu(texts: Sequence[tuple[str, str]]) -> tuple[Select, ...]:
    """Of these (place, words) one can be reported. Whoever chooses their own reads that it is theirs."""
    options = tuple(Option(f"partners:{place}", _short(words)) for place, words in texts)
    return (Select(REPORT, Action.to("safety.about"), options),) if options else ()


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= OPTION_LABEL else f"{line[: OPTION_LABEL - 1]}…"


def day_words(day: date) -> str:
    """'Monday 5 January'."""
    return f"{day:%A} {day.day} {day:%B}"


def home_week_card(plan: Plan | None, work: Work) -> Card:
    """On the member's own page."""
    if plan is None:
        done = work_words(work, None)
        text = md("So far: {words}.", words=done) if done else md("A plan takes less than a minute.")
        return Card("No plan for this week yet", (Para(text),), (plan_button(),))
    planned = Para(md("Planned: {words}.", words=plan_words(plan)))
    said = Para(md("So far: {words}.", words=work_words(work, plan))) if work.any else planned
    return Card("Your week", (said,), (plan_button("Change my plan"),))


def plan_line() -> Text:
    """A reminder."""
    return md("A new week: say what you plan. It takes a minute.")


_PLAN = Plan("ada", date(2026, 1, 5), 3, 1, "When it is Tuesday 18:00 and I am at my desk, I begin.", 4, 7)
_BEN = Plan("ben", date(2026, 1, 5), 5, 0, pair=4, number=8)
EXAMPLES: dict[str, Card | Form] = {
    "plan_form": plan_form(None),
    "plan_again_form": plan_form(_PLAN),
    "plan_designs_form": plan_form(_PLAN, design_weeks=True),
    "planned_card": planned_card(_PLAN),
    "planned_ahead_card": planned_card(_PLAN, ahead=True),
    "week_card": week_card(_PLAN.week, (_PLAN, _BEN)),
    "week_held_card": week_card(_PLAN.week, (replace(_PLAN, held=Held.REPORTED), _BEN)),
    "home_week_card": home_week_card(_PLAN, Work(2, 0, 1)),
    "home_no_plan_card": home_week_card(None, Work()),
}
