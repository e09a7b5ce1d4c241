"""What members see of answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.features.answers.rules import CLAIM, Entry, Task, Words, menu_of
from bot.kernel.action import Action
from bot.kernel.card import (
    Block,
    Button,
    Card,
    ChoicesField,
    Form,
    Note,
    Option,
    Para,
    Quote,
    Select,
    TextField,
    UploadField,
)
from bot.kernel.text import Mention, Plain, When, md, plural

SHOW, HIDE, DRAFT = "show", "hide", "draft"


def answer_form(task: Task, words: Words, choices: tuple[str, ...], *, open_threads: bool) -> Form:
    """What is answered alone is not shown at any close; a reviewer may still learn the name."""
    show = () if task.only_member else (Option(SHOW, "Show at the close"),)
    offered = (*show, Option(HIDE, "Hide my name"), Option(DRAFT, "Save as draft"))
    return Form(
        "Your answer",
        Action.to("answers.send", task=task.name),
        (
            TextField(
                "text",
                "Answer",
                words.text,
                help="I think ... because ... It fails when ...",
                long=True,
                required=False,
            ),
            UploadField("upload", "Recording or file"),
            TextField("claim", "Its point, in one line", words.claim, required=False, limit=CLAIM),
            ChoicesField(
                "choices",
                "Choices",
                offered,
                tuple(one.value for one in offered if one.value in choices),
                help=_who_reads(task, open_threads=open_threads),
            ),
        ),
    )


def _who_reads(task: Task, *, open_threads: bool) -> str:
    if task.only_member:
        return "Only for you and reviewers."
    return "All members can read it." if open_threads else "Members can read it after answering."


def kept_card(task: Task, *, first: bool, late: bool) -> Card:
    title = "Your answer is kept." if first else "Your answer is changed."
    if late:
        note = md("It came after the close and is marked late. It counts.")
    elif task.closes:
        note = md("You can change it until {at}.", at=When(task.closes))
    else:
        note = md("You can change it at any time.")
    # A problem of one's own, such as a newcomer's first: the group's is elsewhere.
    today = (Button("See today's problem", Action.to("daily.open_today"), "primary"),) if task.only_member else ()
    return Card(title, (Note(note),), (*today, *_own_buttons(task)), tone="good")


def _own_buttons(task: Task) -> tuple[Button, ...]:
    if task.handed_in:
        return (Button("Read it", Action.to("answers.read", task=task.name)),)
    read = () if task.only_member else (Button("Read answers", Action.to("answers.read", task=task.name), "primary"),)
    return (
        *read,
        Button("Ask for a review", Action.to("reviews.ask", task=task.name)),
        Button("Change it", Action.to("answers.write", task=task.name)),
        Button("Withdraw it", Action.to("answers.withdraw", task=task.name)),
    )


def draft_card(task: Task, *, upload: bool) -> Card:
    go_on = Button("Go on writing", Action.to("answers.write", task=task.name), "primary")
    notes = [Note(md("Only you can see it. It is not an answer yet."))]
    if upload:
        notes.append(Note(md("A draft keeps no file. Add it again when you send.")))
    return Card("Your draft is saved.", tuple(notes), (go_on,))


def withdrawn_card(task: Task) -> Card:
    undo = Button("Put it back", Action.to("answers.restore", task=task.name))
    return Card(f"Your {_what(task)} is withdrawn.", (Note(md("Nobody can read it any more.")),), (undo,))


def restored_card(task: Task) -> Card:
    return Card(f"Your {_what(task)} is back.", (), _own_buttons(task), tone="good")


def _what(task: Task) -> str:
    return "run" if task.handed_in else "answer"


def told_card(told: str, tasks: Sequence[Task], *, answered: bool, open_threads: bool) -> Card:
    """What shall become of a private message? `tasks`: the likeliest first."""
    task = tasks[0]
    use = Button("Use as my answer", Action.to("answers.use", told=told, task=task.name), "primary")
    hide = Button("Use without my name", Action.to("answers.use", told=told, task=task.name, hide="1"))
    add = Button("Add to my answer", Action.to("answers.add", told=told, task=task.name))
    drop = Button("Not an answer", Action.to("answers.drop", told=told))
    blocks: list[Block] = [Para(md("Is this your answer to **{title}**?", title=task.title))]
    if answered:
        blocks.append(Note(md("“Use” replaces the answer that you gave before.")))
    else:
        name = "" if task.only_member else " Your name is shown, unless you hide it."
        blocks.append(Note(md("{rule}" + name, rule=_who_reads(task, open_threads=open_threads))))
    others = tuple(Option(other.name, other.title[:75]) for other in tasks[1:10])
    selects = (Select("Or to another problem", Action.to("answers.use", told=told), others),) if others else ()
    return Card("I have your message.", tuple(blocks), (use, hide, *((add,) if answered else ()), drop), selects)


def dropped_card() -> Card:
    return Card("Good. I have forgotten that message.")


def claim_form(told: str, task: Task, *, hide: bool) -> Form:
    return Form(
        "One line about it",
        Action.to("answers.use_with_claim", told=told, task=task.name, **({"hide": "1"} if hide else {})),
        (TextField("claim", "Its point, in one line", limit=CLAIM),),
    )


def page_card(task: Task, entries: Sequence[Entry], page: int, pages: int, total: int) -> Card:
    blocks: list[Block] = []
    for entry in entries:
        who = Mention(entry.member) if entry.member else Plain("A member")
        line = "{number} · {who} · {note}" if entry.note else "{number} · {who}"
        blocks.append(Note(md(line, number=entry.nth, who=who, note=entry.note)))
        blocks.extend(entry.quotes)
    buttons = []
    if page > 0:
        buttons.append(Button("Back", Action.to("answers.read", task=task.name, page=str(page - 1))))
    if page + 1 < pages:
        more = "More runs" if task.handed_in else "More answers"
        buttons.append(Button(more, Action.to("answers.read", task=task.name, page=str(page + 1)), "primary"))
    if task.handed_in and any(entry.own for entry in entries):
        buttons.append(Button("Withdraw my run", Action.to("answers.withdraw", task=task.name)))
    others = tuple(Option(f"answers:{task.name}/{n}", words) for n, words in menu_of(entries).items())
    menus = (Select("Report or block", Action.to("safety.about"), others),) if others else ()
    count = plural(total, "run" if task.handed_in else "answer")
    return Card(f"{count}: {task.title}", tuple(blocks), tuple(buttons), menus)


def no_answers_card(task: Task) -> Card:
    if task.handed_in:
        return Card(f"No runs: {task.title}", (Note(md("None stands here at present.")),))
    return Card(f"No answers yet: {task.title}", (Note(md("Yours can be the first.")),))


_TASK = Task(
    "2026-01-05", "When accuracy misleads", datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 1, 6, 20, tzinfo=UTC),
    "daily/web:demo/2026-01-05", "", closed=False,
)  # fmt: skip
_OTHER = Task("2026-01-06", "Two counters", _TASK.opens, _TASK.closes, "", "", closed=False)
_ALONE = replace(_TASK, closes=None, only_member="ada")
_RUN = Task("design-3", "System design week 3", _TASK.opens, _TASK.closes, "", "", closed=False, handed_in=True)
_LONG = Entry(
    "ada", "late", (Quote("I think recall matters more, because the frauds are rare.", "ada"),), 3, own=True, nth=3
)
EXAMPLES: dict[str, Card | Form] = {
    "answer_form": answer_form(_TASK, Words("I think ..."), (SHOW,), open_threads=False),
    "answer_alone_form": answer_form(_ALONE, Words(""), (SHOW, HIDE), open_threads=False),
    "kept_card": kept_card(_TASK, first=True, late=False),
    "kept_first_card": kept_card(_ALONE, first=True, late=False),
    "changed_late_card": kept_card(_TASK, first=False, late=True),
    "draft_card": draft_card(_TASK, upload=True),
    "withdrawn_card": withdrawn_card(_TASK),
    "restored_card": restored_card(_TASK),
    "told_card": told_card("a1b2c3", (_TASK, _OTHER), answered=False, open_threads=False),
    "told_again_card": told_card("a1b2c3", (_TASK,), answered=True, open_threads=True),
    "dropped_card": dropped_card(),
    "claim_form": claim_form("a1b2c3", _TASK, hide=False),
    "page_card": page_card(_TASK, (_LONG, Entry("", "", _LONG.quotes, 5, nth=4)), 1, 3, 7),
    "page_run_card": page_card(_RUN, (_LONG,), 0, 1, 1),
    "withdrawn_run_card": withdrawn_card(_RUN),
    "no_answers_card": no_answers_card(_TASK),
    "no_runs_card": no_answers_card(_RUN),
}
