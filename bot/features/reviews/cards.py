"""What members see before and after a review: what waits, what they may ask for, and that it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.features.reviews.rules import Lease, Request, Rights, State, waiting_words
from bot.kernel.action import Action
from bot.kernel.card import OPTION_LABEL, OPTIONS, Block, Button, Card, Facts, Form, Note, Option, Para, Select
from bot.kernel.engine_facts import DeskLine
from bot.kernel.text import Text, When, md, plural

SHOWN = 5  # requests listed by name
QUEUE = 10  # answers that wait are counted so far


@dataclass(frozen=True, slots=True)
class Board:
    """
    What a member's page of reviews shows.

    `queue` is how many answers wait that this member may take, `mine` the member's own requests that wait; `answers`
    those for which they could ask, as (task, title); `got` and `gave` are reviews, as (number, title, is
    there something new: a review without a reply, or the reply to one). `lapsed` can still be finished;
    `is_wanted`: the member was chosen to be asked for a review. `drawn`: so many were drawn for them, until then.
    """

    rights: Rights
    queue: int
    mine: tuple[Request, ...] = ()
    usual: timedelta | None = None
    lease: Lease | None = None
    answers: tuple[tuple[str, str], ...] = ()
    got: tuple[tuple[int, str, bool], ...] = ()
    gave: tuple[tuple[int, str, bool], ...] = ()
    hides_name: bool = False
    barred_until: datetime | None = None
    lapsed: Lease | None = None
    is_wanted: bool = False
    drawn: tuple[int, datetime] | None = None


def board_card(board: Board) -> Card:
    blocks: list[Block] = []
    if fresh := [number for number, _, new in board.got if new]:
        blocks.append(Para(_to_answer(len(fresh))))
    if board.mine:
        blocks.append(Facts(tuple(_waiting(request, board.usual) for request in board.mine[:SHOWN])))
        if len(board.mine) > SHOWN:
            blocks.append(Note(md("And {n} more.", n=len(board.mine) - SHOWN)))
    blocks.append(Para(drawn_line(*board.drawn) if board.drawn else _queue(board.queue)))
    if board.barred_until:
        blocks.append(Note(md("An organiser has paused reviews for you until {at}.", at=When(board.barred_until))))
    else:
        blocks.append(Note(_may_ask(board)))
    return Card("Reviews", tuple(blocks), (*_board_buttons(board),), tuple(_menus(board)))


def _waiting(request: Request, usual: timedelta | None) -> tuple[str, Text]:
    words = "is being looked at" if request.state is State.HIDDEN else waiting_words(request, usual)
    return request.title, md("{words}", words=words)


def _to_answer(reviews: int) -> Text:
    return md("{n} for your reply.", n=plural(reviews, "review of your answers waits", "reviews of your answers wait"))


def _queue(queue: int) -> Text:
    if not queue:
        return md("Nobody waits for a review from you now.")
    if queue > QUEUE:
        return md("Over {n} answers wait for a review.", n=QUEUE)
    return md("{n} for a review.", n=plural(queue, "answer waits", "answers wait"))


def _may_ask(board: Board) -> Text:
    if not board.rights.left:
        return md("Give one review, and you can ask for one more. On Monday a free one comes.")
    if not board.answers:
        other = "another" if board.mine else "a"
        return md("Answer {other} problem, and you can ask for a review of it.", other=other)
    return md("You can ask for {n} now.", n=plural(board.rights.left, "review"))


def _board_buttons(board: Board) -> list[Button]:
    buttons = []
    if board.lease:
        go_on = Action.to("reviews.open", lease=str(board.lease.number))
        buttons.append(Button("Go on with my review", go_on, "primary"))
    elif not board.barred_until:
        buttons.append(pull_button() if board.queue else replace(pull_button(), style="plain"))
    if board.lapsed and not board.barred_until:
        buttons.append(Button("Finish my last review", Action.to("reviews.open", lease=str(board.lapsed.number))))
    if board.hides_name:
        buttons.append(Button("Show my name", Action.to("reviews.names", hide="0")))
    else:
        buttons.append(Button("Keep my name hidden", Action.to("reviews.names", hide="1")))
    return buttons


def _menus(board: Board) -> list[Select]:
    menus = []
    if board.got:
        menus.append(Select("Read a review", Action.to("reviews.read"), _reviews(board.got, "New")))
    if board.answers and board.rights.left and not board.barred_until:
        options = tuple(Option(task, short(title)) for task, title in board.answers[:OPTIONS])
        menus.append(Select("Ask for a review of", Action.to("reviews.ask"), options))
    if board.gave:
        menus.append(Select("Reviews you gave", Action.to("reviews.read"), _reviews(board.gave, "Replied")))
    own = [request for request in board.mine if not request.drawn_until]
    if own:
        asked = tuple(Option(str(request.number), short(request.title)) for request in own[:OPTIONS])
        menus.append(Select("Take back a request", Action.to("reviews.withdraw_ask"), asked))
    return menus


def _reviews(found: Sequence[tuple[int, str, bool]], marked: str) -> tuple[Option, ...]:
    return tuple(Option(str(n), short(f"{marked} · {title}" if mark else title)) for n, title, mark in found[:OPTIONS])


def short(title: str, room: int = OPTION_LABEL) -> str:
    """A title for a menu, cut with a sign where it is too long."""
    return title if len(title) <= room else f"{title[: room - 4].rstrip()} ..."


def pull_button() -> Button:
    return Button("Give me one to review", Action.to("reviews.pull"), "primary")


def asked_card(request: Request, usual: timedelta | None, *, left: int, hides_name: bool = False) -> Card:
    number = str(request.number)
    hide = Button("Keep my name hidden", Action.to("reviews.hide_ask", request=number))
    back = Button("Take it back", Action.to("reviews.withdraw_ask", request=str(request.number)))
    left_words = md("You can ask for {n} more.", n=left) if left else md("Give one review to ask for another.")
    names = (
        "Your name stays hidden."
        if hides_name
        else "The reviewer learns your name when you reply, or after three days."
    )
    return Card(
        "Your answer waits for a review.",
        (Facts((_waiting(request, usual),)), Note(md(names)), Note(left_words)),
        (pull_button(), *(() if request.drawn_until else (back,)), *(() if hides_name else (hide,)), all_button()),
        tone="good",
    )


def taken_back_card(request: Request, *, given_back: bool) -> Card:
    begun = "Somebody had begun, so it counts for this week. You still get what they send."
    words = "You can ask again this week." if given_back else begun
    again = Button("Ask again", Action.to("reviews.ask", task=request.task))
    return Card("Your request is taken back.", (Note(md(words)),), (*((again,) if given_back else ()), all_button()))


def no_rights_card() -> Card:
    """Nothing is left to ask with: how to get one more, and the button for it."""
    text = md("You have asked for your reviews of this week. Give one review, and you can ask again.")
    return Card("One review for one review", (Para(text),), (pull_button(), all_button()))


def nothing_card() -> Card:
    """Whether something waits for others is not said: it could tell of a block."""
    tip = "You can review problems of the kinds that you have answered."
    return Card(
        "Nothing to review right now", (Para(md("No answer waits for you now.")), Note(md(tip))), (all_button(),)
    )


def names_card(*, hidden: bool) -> Card:
    title = "Your name stays hidden." if hidden else "Your name is shown later."
    words = (
        "Authors and reviewers do not learn who you are, in what you have given and asked for either."
        if hidden
        else "From now on names are shown after a reply, or after three days. What was hidden stays hidden."
    )
    other = Button("Show my name", Action.to("reviews.names", hide="0"))
    hide = Button("Keep my name hidden", Action.to("reviews.names", hide="1"))
    return Card(title, (Note(md(words)),), (other if hidden else hide, all_button()))


def home_card(board: Board) -> Card | None:
    """One short card, or none when there is nothing to do."""
    fresh = [n for n, _, new in board.got if new]
    blocks: list[Block] = []
    buttons: list[Button] = []
    if board.lease:
        blocks.append(Para(md("You are reviewing an answer until {at}.", at=When(board.lease.until))))
        buttons.append(Button("Go on with my review", Action.to("reviews.open", lease=str(board.lease.number))))
    if fresh:
        blocks.append(Para(_to_answer(len(fresh))))
        buttons.append(Button("Read it", Action.to("reviews.read", review=str(fresh[0])), "primary"))
    if board.mine:
        blocks.append(Facts(tuple(_waiting(request, board.usual) for request in board.mine[:SHOWN])))
    if board.queue and not board.lease and not board.barred_until:
        waiting = volunteer_line() if board.is_wanted else _queue(board.queue)
        blocks.append(Para(drawn_line(*board.drawn) if board.drawn else waiting))
        buttons.append(replace(pull_button(), style="plain"))
    return Card("Reviews", tuple(blocks), (*buttons, all_button())) if blocks else None


def desk_line(waiting: int, *, can_take: bool) -> DeskLine:
    """How many answers nobody took in two days; no names. An organiser who is a member can take one."""
    words = plural(waiting, "answer has", "answers have")
    todo = "Ask the group, or take one yourself." if can_take else "Ask the group who can take one."
    line = md("{words} waited over two days for a review. {todo}", words=words, todo=todo)
    return DeskLine(line, replace(pull_button(), style="plain") if can_take else None)


def volunteer_line() -> Text:
    return md("An answer waits for a review. Can you take one?")


def drawn_line(count: int, until: datetime) -> Text:
    words = plural(count, "run waits", "runs wait")
    return md("{words} for your review, until {at}.", words=words[0].upper() + words[1:], at=When(until))


def nothing_left_line(until: datetime) -> Text:
    return md("Others review all the runs of this week. The runs open {at}.", at=When(until))


def replied_line(title: str) -> Text:
    return md("The author replied to your review of “{title}”.", title=short(title, 60))


def all_button() -> Button:
    return Button("All reviews", Action.to("reviews.board"))


_MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
_REQUEST = Request(
    3, "ada", "2026-01-05", 1, "When accuracy misleads", "statistics", free=True, wanted=1, spent=True,
    state=State.WAITING, rounds=0, asked_at=_MONDAY, since=_MONDAY,
)  # fmt: skip
_FULL = Board(
    Rights(free=True, earned=1), 4, (_REQUEST, replace(_REQUEST, number=4, state=State.HIDDEN, title="Two counters")),
    timedelta(hours=14), None, (("2026-01-06", "The busiest hour"),), ((7, "The smallest gap", True),),
    ((5, "Heavy tails", False),),
)  # fmt: skip
_HOME = home_card(_FULL)
EXAMPLES: dict[str, Card | Form] = {
    "board_card": board_card(_FULL),
    "board_empty_card": board_card(Board(Rights(free=True, earned=0), 0)),
    "board_used_card": board_card(Board(Rights(free=False, earned=0), 1, hides_name=True)),
    "board_drawn_card": board_card(Board(Rights(free=True, earned=0), 2, drawn=(2, _MONDAY))),
    "board_barred_card": board_card(Board(Rights(free=True, earned=0), 1, barred_until=_MONDAY)),
    "asked_card": asked_card(_REQUEST, timedelta(hours=14), left=0),
    "asked_first_card": asked_card(_REQUEST, None, left=1, hides_name=True),
    "asked_taken_card": asked_card(replace(_REQUEST, leased=1), None, left=1),
    "taken_back_card": taken_back_card(_REQUEST, given_back=True),
    "taken_back_late_card": taken_back_card(_REQUEST, given_back=False),
    "no_rights_card": no_rights_card(),
    "nothing_card": nothing_card(),
    "names_card": names_card(hidden=True),
    "names_shown_card": names_card(hidden=False),
    **({"home_card": _HOME} if _HOME else {}),
}
