"""What a member sees of their own wish for partners. Nobody else sees any of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.features.partners.wish_rules import LIVE, STAGES, TALKS, TIMES, WRITING, Wish, stage_key
from bot.kernel.action import Action
from bot.kernel.card import (
    Block,
    Bullets,
    Button,
    Card,
    ChoiceField,
    ChoicesField,
    Form,
    Note,
    Option,
    Para,
)
from bot.kernel.engine_facts import DeskLine
from bot.kernel.text import Mention, Span, Text, When, md, plural


@dataclass(frozen=True, slots=True)
class Board:
    """
    Where a member stands. `partners` are those who sit with them, until `until`.

    `state`: none (never asked, or wants none), off_here (the group has none), paired, choice (left alone, may choose),
    parked, resting, solo or waits. `next_round` is when the next one is; `votes`: the end is near, and they can say how
    it was. `wish` is what they said of themselves. `pair` is the number of the pair that they sit in, or 0.
    """

    state: str
    partners: tuple[str, ...] = ()
    until: datetime | None = None
    next_round: datetime | None = None
    votes: bool = False
    wish: Wish | None = None
    pair: int = 0


# --- the wish ----------------------------------------------------------------------------------------


def wish_form(wish: Wish | None) -> Form:
    """Asked when somebody wants a partner, and not before."""
    stages = tuple(Option(key, label) for key, label in STAGES)
    times = tuple(Option(key, label) for key, (label, _) in TIMES.items())
    talks = tuple(Option(key, label) for key, label in TALKS)
    return Form(
        "Find me a partner",
        Action.to("partners.send"),
        (
            ChoiceField(
                "stage", "Your situation", stages, stage_key(wish) if wish else "", help="Only the matching reads it."
            ),
            ChoicesField(
                "times", "When you have time, on your own clock", times, wish.times if wish else (),
                help="Tick some, unless you only write. Partners see only which hours you share.",
            ),
            ChoiceField("talk", "How you like to talk", talks, (WRITING if wish.in_writing else LIVE) if wish else ""),
        ),
    )  # fmt: skip


def kept_card(board: Board, *, was: str = "", reminded: bool = True) -> Card:
    """
    `was`: what they said before, for an undo; empty where this is the first time. `reminded`: they want reminders.

    Whoever does not is told what they miss: nothing private reaches them, and partners wait for them.
    """
    stop = Button("Undo", Action.to("partners.stop", pair=str(board.pair)))
    undo = Button("Undo", Action.to("partners.restore", was=was)) if was else stop
    blocks: tuple[Block, ...] = (*_state(board), Note(md("Nobody else reads your answers.")))
    if reminded:
        return Card("Your answers are kept.", blocks, (undo, all_button()), tone="good")
    offer = Note(md("I can tell you in private when a partner waits for you, with the reminder of the day."))
    remind = Button("Remind me", Action.to("nudges.on"), "primary")
    return Card("Your answers are kept.", (*blocks, offer), (remind, undo, all_button()), tone="good")


def stopped_card(partners: int) -> Card:
    """`partners`: how many sat with them."""
    told = (Note(md("Whoever was with you sees that you are gone. They are not told why.")),) if partners else ()
    return Card("You have no partner from now on.", told, (Button("Undo", Action.to("partners.again")), all_button()))


# --- the board ------------------------------------------------------------------------------------------


def board_card(board: Board) -> Card:
    return Card("Partners", _state(board), _buttons(board))


def _state(board: Board) -> tuple[Block, ...]:
    match board.state:
        case "paired":
            return (Para(_with(board)), Note(md("What you agree on stands in your room.")))
        case "choice":
            return (
                Para(md("You are alone at present. What would you like?")),
                Note(md("If you say nothing for half a day, I bring you to a pair.")),
            )
        case "parked":
            return (
                Para(md("You are parked: I wait for you. Press I'm back when you like.")),
                Note(md("You are in no round until then. You have lost nothing.")),
            )
        case "resting":
            return (Para(md("You take a break. I look for partners when it is over.")),)
        case "solo":
            return (Para(md("You are on your own until the next round, as you wished.")), *_round(board))
        case "waits":
            return (
                Para(md("You wait for a partner. Nobody is free just now.")),
                Note(md("As soon as somebody is, you two are put together.")),
                *_round(board),
            )
        case "off_here":
            return (Para(md("Partners are switched off in this group.")),)
    return (
        Para(md("Two or three of you tell each other each week what you will do.")),
        Bullets(
            (
                md("Two weeks at a time, and you can stop at any time."),
                md("I fill in what you did, so nobody has to ask."),
                md("Only your partners see it."),
            )
        ),
    )


def _with(board: Board) -> Text:
    words = ("You are with {a}", "You are with {a} and {b}")[len(board.partners) > 1]
    if board.until:
        return md(f"{words} until {{until}}.", until=When(board.until), **_named(board.partners))
    return md(f"{words}.", **_named(board.partners))


def _named(partners: Sequence[str]) -> dict[str, str | int | Span]:
    return {key: Mention(member) for key, member in zip("ab", partners, strict=False)}


def _round(board: Board) -> tuple[Block, ...]:
    if board.next_round is None:
        return ()
    return (Note(md("The next round is on {at}.", at=When(board.next_round))),)


def _buttons(board: Board) -> tuple[Button, ...]:
    change = Button("Change my answers", Action.to("partners.find"))
    stop = stop_button("I want no partner any more")
    match board.state:
        case "paired":
            vote = (Button("How was it?", Action.to("partners.close"), "primary"),) if board.votes else ()
            plan = Button("My plan", Action.to("partners.plan"), "plain" if vote else "primary")
            slot = Button("Suggest a time", Action.to("partners.slot"))
            return (*vote, plan, slot, here_button(), wrong_button(), change, stop)
        case "choice":
            return (*choice_buttons(), change, stop)
        case "parked":
            return (back_button(), change, stop)
        case "solo":
            return (Button("Find me a partner now", Action.to("partners.again"), "primary"), change, stop)
        case "resting" | "waits":
            return (change, stop)
        case "off_here":
            return (stop,) if board.wish else ()
    if board.wish:
        return (Button("Find me a partner again", Action.to("partners.again"), "primary"), change)
    return (Button("Find me a partner", Action.to("partners.find"), "primary"),)


def choice_buttons() -> tuple[Button, ...]:
    return (
        Button("Join a pair", Action.to("partners.choose", what="third"), "primary"),
        Button("Another partner", Action.to("partners.choose", what="another")),
        Button("Stay alone for now", Action.to("partners.choose", what="solo")),
    )


def home_card(board: Board) -> Card | None:
    """One short card on the home page; nothing where there is nothing to say."""
    if board.state == "off_here":
        return None
    return Card("Partners", _state(board)[:1], _buttons(board)[:3])


def here_card(board: Board) -> Card:
    who = "Your partners know" if len(board.partners) > 1 else "Your partner knows"
    return Card(f"{who} that you are here.", (Para(_with(board)),), (all_button(),), tone="good")


def back_card(board: Board) -> Card:
    return Card("Welcome back.", _state(board), (all_button(),), tone="good")


def chosen_card(board: Board) -> Card:
    title = {"paired": "You have partners again.", "solo": "You stay alone for now."}.get(
        board.state, "I keep looking."
    )
    return Card(title, _state(board), (all_button(),), tone="good" if board.state == "paired" else "plain")


# --- the end of a term -------------------------------------------------------------------------------------


def close_card(pair: int, partners: Sequence[str], ends: datetime) -> Card:
    """`pair` is the number of the one that is asked about."""
    words = ("Your time with {a} ends at {at}.", "Your time with {a} and {b} ends at {at}.")[len(partners) > 1]
    return Card(
        "How was it?",
        (
            Para(md(words, at=When(ends), **_named(partners))),
            Note(md("Nobody sees what you choose. You go on together if all of you want to.")),
            Note(md("Who blocks somebody leaves at once, and I look for others.")),
        ),
        (
            Button("Again, please", Action.to("partners.vote", what="again", pair=str(pair)), "primary"),
            Button("It was fine", Action.to("partners.vote", what="fine", pair=str(pair))),
            Button("Somebody else next", Action.to("partners.vote", what="else", pair=str(pair))),
            Button("Block somebody", Action.to("safety.ask_block")),
        ),
    )


def voted_card(vote: str) -> Card:
    words = {
        "again": "If all of you want to, you go on together.",
        "fine": "In the next round you can meet again, or somebody new.",
        "else": "In the next round you sit with somebody else.",
    }[vote]
    change = Button("Change it", Action.to("partners.close"))
    return Card(
        "Thank you.", (Para(md(words)), Note(md("Nobody else sees this."))), (change, all_button()), tone="good"
    )


def sure_card(pair: int) -> Card:
    return Card(
        "Somebody else?",
        (
            Para(md("You leave this pair now, and I look for other partners for you.")),
            Note(md("The others see that you are gone. They do not read why.")),
        ),
        (Button("Yes, somebody else", Action.to("partners.move", pair=str(pair)), "danger"), all_button("No, stay")),
    )


def moved_card(board: Board) -> Card:
    return Card("You have left this pair.", _state(board), (all_button(),))


# --- buttons, and a line of the desk --------------------------------------------------------------------------------


def here_button() -> Button:
    return Button("I'm here", Action.to("partners.here"))


def back_button() -> Button:
    return Button("I'm back", Action.to("partners.back"), "primary")


def wrong_button() -> Button:
    return Button("Something is wrong", Action.to("partners.wrong"))


def stop_button(label: str) -> Button:
    return Button(label, Action.to("partners.stop"))


def board_button(label: str) -> Button:
    return Button(label, Action.to("partners.board"))


def vote_button() -> Button:
    return Button("How was it?", Action.to("partners.close"))


def all_button(label: str = "Your partners") -> Button:
    return board_button(label)


def desk_line(waiting: int) -> DeskLine:
    """How many wait for longer than a day; no names."""
    return DeskLine(md("{n} for a partner.", n=plural(waiting, "member waits", "members wait")))


_AT = datetime(2026, 1, 19, 3, tzinfo=UTC)
_WISH = Wish(1, ("mon", "sat"), in_writing=False)
_PAIRED = Board("paired", ("ben",), _AT, votes=True, wish=_WISH)
_WAITS = Board("waits", next_round=_AT, wish=_WISH)
_HOME = home_card(_PAIRED)
EXAMPLES: dict[str, Card | Form] = {
    "wish_form": wish_form(None),
    "wish_again_form": wish_form(_WISH),
    "kept_card": kept_card(_WAITS),
    "kept_offer_card": kept_card(_WAITS, reminded=False),
    "kept_again_card": kept_card(_PAIRED, was="1-3ff-0"),
    "stopped_card": stopped_card(1),
    "board_card": board_card(_PAIRED),
    "board_trio_card": board_card(Board("paired", ("ben", "cleo"), _AT)),
    "board_first_card": board_card(Board("none")),
    "board_again_card": board_card(Board("none", wish=_WISH)),
    "board_choice_card": board_card(Board("choice", wish=_WISH)),
    "board_parked_card": board_card(Board("parked", wish=_WISH)),
    "board_resting_card": board_card(Board("resting", wish=_WISH)),
    "board_solo_card": board_card(Board("solo", next_round=_AT, wish=_WISH)),
    "board_waits_card": board_card(_WAITS),
    "board_off_card": board_card(Board("off_here")),
    "board_off_wish_card": board_card(Board("off_here", wish=_WISH)),
    **({"home_card": _HOME} if _HOME else {}),
    "here_card": here_card(_PAIRED),
    "back_card": back_card(_PAIRED),
    "chosen_card": chosen_card(_PAIRED),
    "chosen_solo_card": chosen_card(Board("solo", next_round=_AT)),
    "close_card": close_card(4, ("ben", "cleo"), _AT),
    "voted_card": voted_card("again"),
    "sure_card": sure_card(4),
    "moved_card": moved_card(_WAITS),
}
