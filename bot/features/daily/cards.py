"""What members see of daily problems."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.content.catalogue import Item, Link, Passage
from bot.content.markdown import blocks, bullets, spans
from bot.features.daily.rules import TRIED, Round, Stuck
from bot.kernel.action import Action
from bot.kernel.card import (
    THREAD_TITLE,
    Block,
    Button,
    Card,
    Facts,
    File,
    Form,
    Note,
    Option,
    Para,
    Quote,
    Select,
    TextField,
)
from bot.kernel.facts import Shown
from bot.kernel.text import Link as Hyperlink
from bot.kernel.text import Mention, Plain, Text, When, md, plural

PIECE = 1_500  # characters of one quote
AROUND = 350  # characters of the line above a quote: a name, and the name of a file
SHOWN = 3_000  # characters of members' answers on one card
REPORT = "Report or block"
PRACTISE = Button("Practise now", Action.to("daily.practice"))
REPLIES = "Replies in the thread are answers here. All can read them."


def board_card(round_: Round, item: Item, answers: int, *, open_threads: bool) -> Card:
    """The group's message: the problem, what can be done with it, how many have answered."""
    rows: list[tuple[str, Text]] = [
        ("Answers", md("{n}", n=answers)),
        ("Time", md("about {n} minutes", n=item.minutes_solve)),
    ]
    if round_.closes:
        rows.append(("Closed" if round_.closed else "Open until", (When(round_.closes),)))
    notes = [Note(md("Posted late today. You have the full time."))] if round_.late else []
    notes += [Note(md(REPLIES))] if open_threads else []
    return Card(
        item.title,
        (*problem_blocks(item), Facts(tuple(rows)), *notes),
        _board_buttons(round_, item),
        files=problem_files(item),
    )


def _board_buttons(round_: Round, item: Item, *, answered: bool = False) -> tuple[Button, ...]:
    hint = (_button("Hint", "hint", round_),) if item.hints else ()
    write = Action.to("answers.write", task=round_.name)
    return (
        Button("Change my answer", write) if answered else Button("Answer", write, "primary"),
        *hint,
        *(() if answered else (_button("I'm stuck", "stuck", round_), _button("Start the clock", "clock", round_))),
        Button("Read answers", Action.to("answers.read", task=round_.name)),
        _button("How it works", "why", round_),
    )


def first_card(round_: Round, item: Item) -> Card:
    """A newcomer's first problem: few words, two buttons. It says so where the group has another one."""
    answer = Button("Answer", Action.to("answers.write", task=round_.name), "primary")
    hint = (_button("Hint", "hint", round_),) if item.hints else ()
    note = Note(md(("Yours alone, to begin. " if round_.only_member else "") + "Three sentences are enough."))
    return Card(item.title, (*problem_blocks(item), note), (answer, *hint), files=problem_files(item))


def today_card(round_: Round, item: Item, answers: int, *, answered: bool) -> Card:
    """The same problem for one member, with what to do next."""
    state = "You have answered." if answered else "You have not answered yet."
    rows: list[tuple[str, Text]] = [("Answers", md("{n}", n=answers))]
    if not answered:
        rows.append(("Time", md("about {n} minutes", n=item.minutes_solve)))
    if round_.closes:
        rows.append(("Open until", (When(round_.closes),)))
    more = (Button("Ask for a review", Action.to("reviews.ask", task=round_.name)), PRACTISE) if answered else ()
    buttons = (*_board_buttons(round_, item, answered=answered), *more)
    blocks = (*problem_blocks(item), Facts(tuple(rows)), Note(md(state)))
    return Card(item.title, blocks, buttons, files=problem_files(item))


def reminder(item: Item, *, today: bool) -> Text:
    """One line for whoever has not answered yet."""
    lead = "Today's problem is open" if today else "A problem is still open"
    time = plural(item.minutes_solve, "minute")
    return md(lead + ": **{title}**. About {time}.", title=item.title, time=time)


def problem_blocks(item: Item) -> tuple[Block, ...]:
    """What is put to the members. Difficulty and tags stay hidden until they have answered."""
    found: list[Block] = [] if item.statement else [Para(spans(item.summary))]
    for passage in item.statement:
        if passage.heading:
            found.append(Para(md("**{heading}**", heading=passage.heading)))
        found.extend(blocks(passage.text))
    if item.figure:
        found.append(item.figure.picture)
    if item.link:
        found.append(Para((Plain("Read it here: "), Hyperlink(item.link.title, item.link.url))))
    return tuple(found)


def problem_files(item: Item) -> tuple[File, ...]:
    kinds = {".py": "text/x-python", ".md": "text/markdown"}
    return tuple(File(file.name, kinds.get(file.name[-3:], "text/plain"), file.text) for file in item.files)


def thread_title(item: Item) -> str:
    return item.title[:THREAD_TITLE]


def about_card(item: Item) -> Card:
    """What was hidden until the answer was in."""
    tags = ", ".join(tag.replace("-", " ") for tag in item.tags)
    rows = (
        ("Kind", md("{x}", x=item.domain_label)),
        ("Difficulty", md("{x}", x=item.difficulty)),
        ("About", md("{x}", x=tags)),
    )
    return Card("What this problem was about", (Facts(rows),))


def outline_later_card(round_: Round) -> Card:
    """After an answer in private to a problem that the group has open."""
    closes = md(" That is on {at}.", at=When(round_.closes)) if round_.closes else ()
    text = md("The outline comes when the group's round closes, because the group works on this problem now.")
    return Card("The group has this problem now.", (Para((*text, *closes)),), (_button("How it works", "why", round_),))


def hint_card(round_: Round, item: Item, number: int) -> Card:
    more = Button("Next hint", Action.to("daily.hint", round=round_.name, n=str(number + 1)))
    answer = Button("Answer", Action.to("answers.write", task=round_.name))
    buttons = (*((more,) if number < len(item.hints) else ()), answer, *_problem(round_))
    return Card(f"Hint {number} of {len(item.hints)}", (Para(spans(item.hints[number - 1])),), buttons)


def _problem(round_: Round) -> tuple[Button, ...]:
    """The way back to a problem that stands in no channel: a reply takes the place of the card that was pressed."""
    return (_button("See the problem", "problem", round_),) if round_.only_member else ()


def stuck_form(round_: Round) -> Form:
    help_ = "Shown in the thread without your name. Whoever offers help learns it."
    return Form(
        "I'm stuck",
        Action.to("daily.tell_stuck", round=round_.name),
        (TextField("tried", "What I tried, in one line", help="" if round_.only_member else help_, limit=TRIED),),
    )


def all_hints_card(round_: Round, item: Item, *, asked: bool) -> Card:
    """After "I'm stuck": every hint at once."""
    lead = "Everybody is stuck sometimes. Your words are in the thread." if asked else "Everybody is stuck sometimes."
    points = tuple(bullets([spans(hint) for hint in item.hints]))
    answer = Button("Answer", Action.to("answers.write", task=round_.name), "primary")
    title = "Here are all hints." if points else "Thank you for saying so."
    return Card(title, (Note(md(lead)), *points), (answer, *_problem(round_)))


def help_wanted_card(round_: Round, stuck: Stuck) -> Card:
    offer = Button("Offer help", Action.to("daily.help", round=round_.name, who=stuck.number))
    about = Button(REPORT, Action.to("safety.about", text=f"daily:{round_.name}/{stuck.number}"))
    return Card("Somebody is stuck here.", (Quote(stuck.tried, stuck.member),), (offer, about))


def held_card() -> Card:
    """In the place of words that somebody reported."""
    return Card("These words are being looked at.", (Note(md("An organiser decides whether they stay.")),))


def helper_card(member: str) -> Card:
    return Card(
        "Thank you.",
        (Para(md("{who} now knows that you offer help. Write to them.", who=Mention(member))),),
        tone="good",
    )


def help_offered_card(item: Item, member: str) -> Card:
    text = md("{who} offers help with **{title}**. Write to them.", who=Mention(member), title=item.title)
    return Card("Somebody offers help.", (Para(text),), tone="good")


def clock_card(round_: Round, started: datetime, solution: datetime, whole: datetime) -> Card:
    rows = (("Started", (When(started),)), ("Solution by", (When(solution),)), ("Explained by", (When(whole),)))
    done = _button("I'm done", "clock_done", round_, primary=True)
    answer = Button("Answer", Action.to("answers.write", task=round_.name))
    return Card(
        "Your clock runs.",
        (Facts(rows), Note(md("Only you can see it. I write to you twice."))),
        (done, answer, _stop(round_), *_problem(round_)),
    )


def _stop(round_: Round) -> Button:
    return _button("Stop the clock", "clock_stop", round_)


def solution_time_card(round_: Round, item: Item) -> Card:
    text = md(
        "25 minutes have passed on **{title}**. Write down what you have. 20 minutes are left to explain it.",
        title=item.title,
    )
    done = _button("I'm done", "clock_done", round_, primary=True)
    return Card("Time for your solution", (Para(text),), (done, _stop(round_)))


def whole_time_card(round_: Round, item: Item) -> Card:
    text = md("45 minutes have passed on **{title}**. Send what you have. Unfinished is fine.", title=item.title)
    return Card(
        "Time is up", (Para(text),), (Button("Answer", Action.to("answers.write", task=round_.name), "primary"),)
    )


def clock_done_card(round_: Round, spent: int, *, answered: bool) -> Card:
    answer = Button("Answer", Action.to("answers.write", task=round_.name), "primary")
    took = Para(md("You took {time}.", time=plural(spent, "minute")))
    return Card("Your clock has stopped.", (took,), () if answered else (answer, *_problem(round_)), tone="good")


def clock_stopped_card(round_: Round) -> Card:
    note = Note(md("This run does not count. You can start again."))
    return Card("Your clock has stopped.", (note,), _problem(round_))


def why_card(*, open_threads: bool) -> Card:
    answers = (
        REPLIES
        if open_threads
        else "Answers are closed at first, so that everybody thinks for themselves. They open once you have sent yours."
    )
    rules = (
        answers,
        "You can answer late. Late answers are marked, and they count.",
        "At the close I post an outline, and the answers whose authors allow it.",
        "Difficulty and topic are hidden until you have answered.",
        "Hints are private. Nobody sees how many you opened.",
    )
    return Card("How a daily problem works", tuple(bullets([md(rule) for rule in rules])))


def nothing_open_card() -> Card:
    note = Note(md("The next one comes on the group's days. You can practise at any time."))
    return Card("No problem is open now.", (note,), (PRACTISE,))


def posted_card(*, again: bool) -> Card:
    return Card("Today's problem is there already." if again else "The problem is on its way to the channel.")


def empty_card() -> Card:
    return Card(
        "There was no problem to post today.",
        (Para(md("The group has met every problem of its packs. Add a pack to go on. I never post one twice.")),),
        tone="warning",
    )


# --- the close ----------------------------------------------------------------------------


def outline_cards(item: Item) -> list[Card]:
    """The outline, and on a second card other ways and common mistakes."""
    cards = [Card(f"Outline: {item.title}", (*bullets([spans(point) for point in item.outline]), _checks(item)))]
    more: list[Block] = []
    for heading, points in (("Other ways", item.alternatives), ("Common mistakes", item.mistakes)):
        if points:
            more.extend((Para(md("**{heading}**", heading=heading)), *bullets([spans(point) for point in points])))
    return [*cards, Card("Also worth knowing", tuple(more))] if more else cards


def _checks(item: Item) -> Note:
    tags = ", ".join(tag.replace("-", " ") for tag in item.tags)
    return Note(
        md("{label}, {difficulty}. About: {tags}.", label=item.domain_label, difficulty=item.difficulty, tags=tags)
    )


def summary_card(answers: int, shown: int, stuck: int, runs: int) -> Card:
    """How the round went, without names."""
    parts = [plural(answers, "answer")]
    parts += [f"{shown} of them shown here"] if shown else []
    parts += [f"{stuck} stuck and said so"] if stuck else []
    parts += [plural(runs, "timed run")] if runs else []
    return Card(
        "This round is closed.", (Para(md("{parts}.", parts=", ".join(parts))), Note(md("Late answers are welcome.")))
    )


def shown_cards(answers: Sequence[Shown]) -> Iterator[Card]:
    """The answers whose authors allow it, as many to a card as fit."""
    page: list[Block] = []
    places: list[str] = []
    room = SHOWN
    for answer in answers:
        who = Mention(answer.member) if answer.member else Plain("A member")
        about = ", ".join(filter(None, (answer.beside, "late" if answer.late else "")))
        for at in range(0, len(answer.text), PIECE):
            piece = answer.text[at : at + PIECE]
            if page and (len(piece) + AROUND > room or len(page) > 20):
                yield _shown_card(page, places)
                page, places, room = [], [], SHOWN
            note = md("{number} · {who} · {about}" if about else "{number} · {who}",
                      number=_number(answer.place), who=who, about=about)  # fmt: skip
            page += [Note(note), Quote(piece, answer.author_member)]
            places.append(answer.place)
            room -= len(piece) + AROUND
    if page:
        yield _shown_card(page, places)


def _shown_card(page: Sequence[Block], places: Sequence[str]) -> Card:
    """Its menu has numbers only: it stands for long, and holds nobody's name or words that may be taken back."""
    options = tuple(Option(f"answers:{place}", f"Answer {_number(place)}") for place in dict.fromkeys(places))
    return Card("Answers", tuple(page), (), (Select(REPORT, Action.to("safety.about"), options),))


def _number(place: str) -> str:
    return place.rpartition("/")[2]


def _button(label: str, verb: str, round_: Round, *, primary: bool = False) -> Button:
    return Button(label, Action.to(f"daily.{verb}", round=round_.name), "primary" if primary else "plain")


_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
EXAMPLE_ROUND = Round("web:demo", "2026-01-05", "example", _AT, datetime(2026, 1, 6, 20, tzinfo=UTC))
_CODE = "Here is a list:\n\n- **one**\n- `two`\n\n```python\ndef f(x):\n    return x\n```"
EXAMPLE_ITEM = Item(
    id="example",
    revision=1,
    pack="starter",
    domain="fundamentals",
    domain_label="ML fundamentals",
    kind="fundamentals",
    status="active",
    title="When accuracy misleads",
    summary="Say why a high score can hide a useless model.",
    difficulty="easy",
    levels=("mid",),
    tags=("evaluation", "base-rate"),
    strand="evaluation",
    minutes_solve=10,
    minutes_explain=3,
    statement=(Passage("Explain", "Why can 99% be useless?"), Passage("", _CODE)),
    link=Link("A page with more", "https://example.com/more"),
    hints=("Which answer is always right?", "Count them."),
    outline=("Say what the model claims.", "Compare it with `always no`."),
    alternatives=("Argue from costs.",),
    mistakes=("Only naming a metric.",),
    reveal="on_close",
    checkpoints=("Names the base rate.",),
    rubric="fundamentals",
    focus=(),
    questions=(),
    files=(),
    timed=None,
    self_contained=True,
)
_SHOWN = (
    Shown("Because the frauds are rare.", "ada", "ada", late=False, place="2026-01-05/1"),
    Shown("It always says no.", "", "ben", late=True, place="2026-01-05/3"),
)
EXAMPLES: dict[str, Card | Form] = {
    "board_card": board_card(EXAMPLE_ROUND, EXAMPLE_ITEM, 3, open_threads=False),
    "board_open_card": board_card(EXAMPLE_ROUND, EXAMPLE_ITEM, 3, open_threads=True),
    "first_card": first_card(replace(EXAMPLE_ROUND, only_member="ada", closes=None), EXAMPLE_ITEM),
    "today_card": today_card(EXAMPLE_ROUND, EXAMPLE_ITEM, 1, answered=True),
    "about_card": about_card(EXAMPLE_ITEM),
    "outline_later_card": outline_later_card(EXAMPLE_ROUND),
    "hint_card": hint_card(EXAMPLE_ROUND, EXAMPLE_ITEM, 1),
    "stuck_form": stuck_form(EXAMPLE_ROUND),
    "all_hints_card": all_hints_card(EXAMPLE_ROUND, EXAMPLE_ITEM, asked=True),
    "help_wanted_card": help_wanted_card(EXAMPLE_ROUND, Stuck("1", "ada", "I tried precision @everyone <!channel>")),
    "held_card": held_card(),
    "helper_card": helper_card("ada"),
    "help_offered_card": help_offered_card(EXAMPLE_ITEM, "ben"),
    "clock_card": clock_card(EXAMPLE_ROUND, _AT, _AT, _AT),
    "solution_time_card": solution_time_card(EXAMPLE_ROUND, EXAMPLE_ITEM),
    "whole_time_card": whole_time_card(EXAMPLE_ROUND, EXAMPLE_ITEM),
    "clock_done_card": clock_done_card(EXAMPLE_ROUND, 24, answered=False),
    "clock_stopped_card": clock_stopped_card(EXAMPLE_ROUND),
    "why_card": why_card(open_threads=False),
    "nothing_open_card": nothing_open_card(),
    "posted_card": posted_card(again=False),
    "empty_card": empty_card(),
    "outline_card": outline_cards(EXAMPLE_ITEM)[0],
    "more_card": outline_cards(EXAMPLE_ITEM)[1],
    "summary_card": summary_card(3, 2, 1, 1),
    "shown_card": next(shown_cards(_SHOWN)),
}
