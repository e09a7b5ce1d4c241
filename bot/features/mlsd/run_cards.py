"""What members see of a run: the look before the clock, the prompt, the pause, the end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.content.catalogue import Passage
from bot.content.markdown import blocks
from bot.features.mlsd.run_rules import STAGE_LABELS, Cue
from bot.features.mlsd.stage_cards import EXAMPLE_CUE, bar, run_button
from bot.kernel.action import Action
from bot.kernel.card import Block, Button, Card, Facts, Form, Note, Option, Para, Select, block_words
from bot.kernel.text import Text, When, md, plural

PAGE = 3_000  # characters of a prompt on one card
TITLES = 70  # characters of a title in a menu


def look_card(title: str, minutes: int, week: int, plan: str, locks: datetime | None, *, practice: bool) -> Card:
    """What will happen, before the clock runs."""
    lines: list[Text] = [
        md("**{n} minutes**, from the moment you press Begin.", n=minutes),
        md("One pause of up to 10 minutes. You can close early: a part counts too."),
        md("The stages come at their minutes, ready or not. You can go back to each of them."),
        md("It is held in your private messages. Write there, or use the forms."),
    ]
    found: list[Block] = [Para(line) for line in lines]
    if practice:
        found.append(Note(md("This one is practice. Only you see it.")))
    elif locks:
        found.append(Note(md("Others read it after {at}, and you may hide your name.", at=When(locks))))
    begin = Button("Begin", Action.to("mlsd.begin", week=str(week), plan=plan), "primary")
    return Card(f"Ready? {title}"[:150], tuple(found), (begin,))


def choose_short_card(choices: Sequence[tuple[int, str, str]]) -> Card:
    """`choices` are (week, title, a few words beside it)."""
    if not choices:
        text = md("There is no prompt to run yet. The first one comes with the next system design week.")
        return Card("Short run: 20 minutes", (Para(text),))
    text = md("Four stages and one change, in 20 minutes. Choose a prompt.")
    options = tuple(Option(str(week), _short(title), beside) for week, title, beside in choices)
    menu = Select("Choose a prompt", Action.to("mlsd.short_look"), options)
    return Card("Short run: 20 minutes", (Para(text),), (), (menu,))


def _short(title: str) -> str:
    return title if len(title) <= TITLES else f"{title[: TITLES - 4].rstrip()} ..."


def begun_card() -> Card:
    text = md("It goes on in your private messages. If those are closed to me, look for a room of your own.")
    return Card("Your run has begun.", (Para(text),), tone="good")


def prompt_pages(statement: Sequence[Passage]) -> list[tuple[Block, ...]]:
    """The statement in pieces that each fit on a card."""
    pages: list[list[Block]] = [[]]
    room = PAGE
    for block in _statement(statement):
        size = len(block_words(block))
        if size > room and pages[-1]:
            pages.append([])
            room = PAGE
        pages[-1].append(block)
        room -= size
    return [tuple(page) for page in pages]


def _statement(statement: Sequence[Passage]) -> Iterator[Block]:
    for passage in statement:
        if passage.heading:
            yield Para(md("**{heading}**", heading=passage.heading))
        yield from blocks(passage.text)


def prompt_card(
    run: int, title: str, page: Sequence[Block], minutes: int, *, first: bool, last: bool, known: bool
) -> Card:
    """`known`: another prompt can be had for this one."""
    start = md("Your {n} minutes start now. You may pause once, for up to 10 minutes.", n=minutes)
    facts = md("I hold some facts back. Press “Ask for a fact” below, or type `/study ask labels`.")
    found = (*((Note(start),) if first else ()), *page, *((Note(facts),) if last else ()))
    other = (run_button("I know this prompt", "other", run),) if known else ()
    return Card(title[:150], found, other if last else ())


def paused_card(run: int, until: datetime) -> Card:
    text = md("It goes on by itself at {at}. What you write meanwhile is kept.", at=When(until))
    return Card("Your clock is stopped.", (Para(text),), (run_button("Go on", "resume", run, "primary"),))


def stopped_card() -> Card:
    """What stands of the pause in which a run was closed."""
    return Card("Your clock was stopped.", (Para(md("You closed your run then.")),))


def resumed_card(run: int, minutes: int) -> Card:
    text = md("You have {n} left.", n=plural(minutes, "minute"))
    return Card("Your clock runs again.", (Para(text),), (run_button("Ask for a fact", "ask", run),))


def end_card(run: int) -> Card:
    text = md("You have 5 minutes to finish the sentence you are in. Then I hand in what is there.")
    return Card("Time.", (Para(text),), (run_button("Close my run", "close_now", run, "primary"),))


def close_card(run: int, done: int, stages: int) -> Card:
    """Asked once before a run is closed early."""
    text = md("A part of a run counts as a run. Nothing can be added later.")
    if not done:
        text = md("Nothing is written yet, so nothing would be handed in.")
    go_on = run_button("Go on with it", "my_run", run)
    return Card(
        f"Close with {done} of {plural(stages, 'stage')}?",
        (Para(text),),
        (run_button("Close it", "close_now", run, "primary"), go_on),
    )


def closed_card() -> Card:
    return Card("Your run is closed.", (Para(md("Your private messages say what comes next.")),), tone="good")


@dataclass(frozen=True, slots=True)
class Done:
    """A finished run. `found` of `facts` that change the design were asked for; `until`: when reviews are drawn."""

    run: int
    done: int
    stages: tuple[str, ...]
    found: int
    facts: int
    redo: str = ""
    in_week: bool = False
    hide_name: bool = False
    until: datetime | None = None
    twists: bool = False
    task: str = ""
    spare: bool = False

    @property
    def is_practice(self) -> bool:
        """Nobody else reads it. A run with the week's own prompt has the week's task."""
        return self.task.startswith("design-run-") and not self.spare


def done_card(done: Done, *, given: bool = True) -> Card:
    if not given:
        return Card("Your run has ended.", (Para(_nothing(done)),))
    found: list[Block] = [Para(md("You wrote {n} of {all}.", n=done.done, all=plural(len(done.stages), "stage")))]
    if done.facts:
        all_ = plural(done.facts, "fact")
        verb = "changes" if done.facts == 1 else "change"
        found.append(Para(md(f"You asked for {{n}} of the {{all}} that {verb} the design.", n=done.found, all=all_)))
    if done.until:
        found.append(Note(md("Reviews are drawn after {at}.", at=When(done.until))))
    often = "" if done.is_practice else " The group reads how often."
    found.append(Note(md(f"Which stage would you redo tomorrow? Only you see it.{often}")))
    if done.is_practice:
        found.append(Note(md("Nobody else reads it. To see how others thought, read the runs of its week.")))
    elif done.spare:
        found.append(Note(md("It has another prompt, so only its reviewers read it.")))
    elif done.in_week:
        found.append(Note(md(_NAMES[done.hide_name])))
    menu = Select(
        "The stage I would redo",
        Action.to("mlsd.redo", run=str(done.run)),
        tuple(Option(stage, STAGE_LABELS.get(stage, stage)) for stage in done.stages),
        done.redo,
    )
    title = "Your practice is over." if done.is_practice else "Your run is in."
    return Card(title, tuple(found), tuple(_done_buttons(done)), (menu,), tone="good")


def _nothing(done: Done) -> Text:
    if done.twists and done.in_week:
        return md("Nothing was written, so nothing is handed in. After the reveal you can run it for practice.")
    return md("Nothing was written, so nothing is handed in. You can start another run when it suits you.")


_NAMES = {
    True: "Your name stays hidden at the reveal.",
    False: "Your name stands beside it from the reveal on, unless you hide it.",
}


def _done_buttons(done: Done) -> Iterator[Button]:
    if done.twists:
        yield run_button("What stood and what fell", "versions", done.run)
    if done.task:
        yield Button("Read my run", Action.to("answers.read", task=done.task))
    if done.in_week and not done.spare:
        label, on = ("Show my name", "0") if done.hide_name else ("Hide my name at the reveal", "1")
        yield Button(label, Action.to("mlsd.hide", run=str(done.run), on=on))


def redo_card(label: str) -> Card:
    return Card(f"Noted: “{label}”.", (Note(md("You can choose another one at any time.")),), tone="good")


def name_card(*, hidden: bool) -> Card:
    return Card("Done.", (Para(md(_NAMES[hidden])),), tone="good")


def down_card(run: int, minutes: int, *, restart: bool, waits: bool) -> Card:
    """After the bot was away. `restart`: another prompt can be had; `waits`: the clock stands until they carry on."""
    text = md("Your clock was stopped for that time. It runs again now.")
    if waits:
        text = md("Your clock is stopped. It goes on when you press “Carry on” or write something.")
    other = (run_button("Take another prompt", "other", run),) if restart else ()
    title = f"I was away for {plural(minutes, 'minute')} during your run."
    on = run_button("Carry on", "resume" if waits else "my_run", run, "primary")
    return Card(title, (Para(text),), (on, *other))


def back_card(run: int, title: str) -> Card:
    """For whoever left the group during a run and is here again."""
    text = md("Your run is still here: {title}. Your clock is stopped, and all you wrote is kept.", title=title)
    buttons = (run_button("Carry on", "resume", run, "primary"), run_button("Close my run", "close", run))
    return Card("Welcome back.", (Para(text),), buttons)


def other_card(run: int) -> Card:
    """Asked once before another prompt is taken."""
    text = md("Your clock begins anew. What you wrote so far is not handed in.")
    note = Note(md("You can do this once in 30 days."))
    return Card(
        "Take another prompt?",
        (Para(text), note),
        (run_button("Take another prompt", "other_now", run, "primary"), run_button("Go on with it", "my_run", run)),
    )


def swapped_card() -> Card:
    """What stands of a run that was exchanged for another one."""
    return Card("This run is closed.", (Para(md("Your new prompt is below. This one is not handed in.")),))


def gone_card() -> Card:
    text = md("This prompt was taken out of the group's packs. What you wrote is handed in.")
    return Card("Your run has ended.", (Para(text),))


def my_run_card(
    run: int,
    title: str,
    stage: Cue | None,
    minutes: int,
    done: int,
    stages: int,
    *,
    paused: bool,
    time_up: bool,
    pause: bool,
) -> Card:
    """Where the member is in their run. `pause`: the one pause is still there."""
    rows: list[tuple[str, Text]] = [
        (
            "Stage",
            md("{k} of {n}: {label}", k=stage.place if stage else 1, n=stages, label=stage.label if stage else ""),
        ),
        ("Written", md("{n} of {all}", n=done, all=plural(stages, "stage"))),
        ("Time", md("your clock is stopped") if paused else md("{n} left", n=plural(minutes, "minute"))),
    ]
    note = md("The messages of your run stand in your private messages.")
    if time_up:
        rows[2] = ("Time", md("over; finish your sentence"))
    first = (run_button("Go on", "resume", run, "primary"),) if paused else ()
    write = Action.to("mlsd.write", run=str(run), slot=stage.slot) if stage else None
    own = (Button("Write this stage", write, "plain" if paused else "primary"),) if write else ()
    others = bar(run, pause=pause and not paused)
    others = others[-1:] if paused or time_up else others  # no facts then
    return Card(f"Your run: {title}"[:150], (Facts(tuple(rows)), Note(note)), (*first, *own, *others))


def no_run_card() -> Card:
    text = md("When a system design week is open, its message has the button to start.")
    return Card("You have no run going.", (Para(text),), (Button("Short run", Action.to("mlsd.short")),))


_AT = datetime(2026, 1, 12, 9, tzinfo=UTC)
_STAGES = tuple(STAGE_LABELS)
_TITLE = "Stop scams in a marketplace chat"
_PAGE = blocks("Your company runs a marketplace. **1.2 million** messages a day are sent.\n\nDesign the system.")
EXAMPLES: dict[str, Card | Form] = {
    "look_card": look_card(_TITLE, 45, 3, "mlsd-45", _AT, practice=False),
    "look_practice_card": look_card(_TITLE, 20, 2, "mlsd-20", None, practice=True),
    "choose_short_card": choose_short_card([(3, _TITLE, "this week"), (2, "Rank a recipe feed", "practice")]),
    "choose_short_empty_card": choose_short_card([]),
    "begun_card": begun_card(),
    "prompt_card": prompt_card(3, _TITLE, _PAGE, 45, first=True, last=True, known=True),
    "paused_card": paused_card(3, _AT),
    "stopped_card": stopped_card(),
    "resumed_card": resumed_card(3, 31),
    "end_card": end_card(3),
    "close_card": close_card(3, 5, 8),
    "close_empty_card": close_card(3, 0, 8),
    "closed_card": closed_card(),
    "done_card": done_card(Done(3, 5, _STAGES, 2, 5, in_week=True, until=_AT, twists=True, task="design-4")),
    "done_practice_card": done_card(Done(3, 4, _STAGES[:4], 2, 5, task="design-run-3")),
    "done_spare_card": done_card(Done(3, 8, _STAGES, 2, 5, in_week=True, task="design-run-3", spare=True)),
    "done_hidden_card": done_card(Done(3, 8, _STAGES, 1, 1, "data", in_week=True, hide_name=True)),
    "done_empty_card": done_card(Done(3, 0, _STAGES, 0, 5), given=False),
    "redo_card": redo_card("Data"),
    "name_card": name_card(hidden=True),
    "done_empty_known_card": done_card(Done(3, 0, _STAGES, 0, 5, in_week=True, twists=True), given=False),
    "down_card": down_card(3, 12, restart=True, waits=False),
    "down_long_card": down_card(3, 600, restart=True, waits=True),
    "back_card": back_card(3, _TITLE),
    "other_card": other_card(3),
    "swapped_card": swapped_card(),
    "gone_card": gone_card(),
    "my_run_card": my_run_card(3, _TITLE, EXAMPLE_CUE, 31, 1, 8, paused=False, time_up=False, pause=True),
    "my_run_paused_card": my_run_card(3, _TITLE, EXAMPLE_CUE, 31, 1, 8, paused=True, time_up=False, pause=False),
    "no_run_card": no_run_card(),
}
