"""
How the simulated members take part in a system design week, and when. Pure: the same seed gives the same deeds.

A run's clock is the story's own, so the plan of a run is known from the moment at which its member begins.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from adapters.web.demo.design_texts import DesignLibrary, Seat, Way
from adapters.web.demo.habits import Board, Deed
from bot.content.catalogue import Item, SessionPlan
from bot.features.mlsd import run_rules, twist_rules
from bot.features.mlsd.rules import OPEN_FOR, REVIEW_FOR
from bot.features.mlsd.run_rules import Cue

WEEK = "mlsd.week/"  # how the names of the weeks' messages begin
REVIEWS = 2  # that a member writes when a week closes for runs
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OPENED = HOUR  # so long after the reveal the first one looks at it
VOTES = ("3 · it could be asked", "4 · just like a real one", "2 · some of it is off")


def week_number(board: Board) -> int:
    return int(board.name.rpartition("/")[2])


def plan_week(board: Board, seats: Sequence[Seat], library: DesignLibrary) -> list[Deed]:
    """Everything that the members will do in this week, in order. Nothing where nobody knows its prompt."""
    number = week_number(board)
    taking = [seat for seat in seats if seat.takes(number)]
    item = library.item(board.title.partition(": ")[2])
    if item is None:
        return []
    deeds: list[Deed] = []
    for place, seat in enumerate(taking):
        session = library.session(run_rules.SHORT if seat.way == "short" else run_rules.WHOLE)
        if seat.way == "reviews":
            deeds.append(Deed(board.opens + seat.wait, seat.who, "mlsd.review_only", board.name, board.receipt))
        elif session:
            cues = run_rules.cues(item, session)
            hand = _Hand(board, seat, place, item, session, cues, library, board.opens + seat.wait)
            deeds += _WAYS[seat.way](hand)
        deeds += [*_reviews(board, seat, place, library), *_talk(board, seat, place)]
    return sorted(deeds, key=lambda deed: deed.at)  # stable: at one instant in the order of the cast


@dataclass(frozen=True, slots=True)
class _Hand:
    """One member in one run, which begins at `begin`. `stood` is how long their clock has stood still."""

    board: Board
    seat: Seat
    place: int
    item: Item
    session: SessionPlan
    cues: tuple[Cue, ...]
    library: DesignLibrary
    begin: datetime
    stood: timedelta = field(default=timedelta())

    @property
    def stages(self) -> list[Cue]:
        return [cue for cue in self.cues if cue.turn is None]

    @property
    def changes(self) -> list[Cue]:
        return [cue for cue in self.cues if cue.turn is not None]

    def at(self, minute: float) -> datetime:
        """The instant of this minute of the run."""
        return self.begin + self.stood + minute * MINUTE

    def start(self, route: str = "mlsd.start", option: str = "") -> Deed:
        then = ("mlsd.begin",)
        about = self.board.name
        return Deed(self.begin, self.seat.who, route, about, self.board.receipt, then=then, option=option)

    def press(self, minute: float, route: str, *then: str, option: str = "", **fields: str | tuple[str, ...]) -> Deed:
        """Press a button in one's private messages."""
        return Deed(
            self.at(minute), self.seat.who, route, self.board.name, fields=fields, then=then, option=option,
            in_private=True,
        )  # fmt: skip

    def write(self, cue: Cue, after: float) -> Deed:
        """Fill in the form of a stage or of a change."""
        return self._form(cue, after, self.library.stage(self.item, cue.slot, week_number(self.board), self.place))

    def change(self, cue: Cue, after: float) -> Deed:
        text = self.library.change(self.item, cue, week_number(self.board), self.place)
        touched = cue.turn.stages if cue.turn else ()
        fell = [stage for stage in twist_rules.came_before(self.cues, cue.slot) if stage in touched]
        # Every second member holds on to all that they have decided: designs differ.
        return self._form(cue, after, text, () if self.place % 2 else tuple(fell))

    def _form(self, cue: Cue, after: float, text: str, fell: tuple[str, ...] = ()) -> Deed:
        route = f"mlsd.write?slot={cue.slot}"
        deed = self.press(cue.minute + after, route, text=text)
        return replace(deed, fields={**deed.fields, "fell": fell}) if cue.turn else deed

    def tell(self, cue: Cue, after: float) -> Deed:
        """Write the stage as a private message."""
        text = self.library.stage(self.item, cue.slot, week_number(self.board), self.place)
        return replace(self.press(cue.minute + after, ""), tell=text)

    def redo(self, minute: float) -> Deed:
        """Say which stage one would do again tomorrow."""
        stage = self.stages[(self.place // 2 + week_number(self.board)) % len(self.stages)]
        return self.press(minute, "mlsd.redo", option=stage.label)


Plan = Iterator[Deed]


def _forms(hand: _Hand) -> Plan:
    """Every stage and every change by form; asks for two facts; closes when the time is over."""
    yield hand.start()
    for cue in hand.cues:
        yield hand.change(cue, 3) if cue.turn else hand.write(cue, 2)
    for minute, words in zip((1, 9), hand.library.asks(hand.place), strict=False):
        yield hand.press(minute, "mlsd.ask", words=words)
    yield hand.press(hand.session.minutes + 1, "mlsd.close_now")
    yield hand.redo(hand.session.minutes + 2)
    yield hand.press(hand.session.minutes + 3, "mlsd.versions")


def _pauses(hand: _Hand) -> Plan:
    """The door bell rings in the third stage."""
    yield hand.start()
    rings = hand.stages[2].minute + 4
    yield hand.press(rings, "mlsd.pause")
    late = replace(hand, stood=6 * MINUTE)
    yield late.press(rings, "mlsd.resume")
    for cue in hand.cues:
        now = late if cue.minute >= rings else hand
        yield now.change(cue, 2) if cue.turn else now.write(cue, 3)
    yield late.redo(hand.session.minutes + 7)  # five minutes after the time the run was over by itself


def _messages(hand: _Hand) -> Plan:
    """Types as in a chat. Only the changes go by form."""
    yield hand.start()
    for cue in hand.cues:
        yield hand.change(cue, 2) if cue.turn else hand.tell(cue, 3)
    yield hand.redo(hand.session.minutes + 8)


def _part(hand: _Hand) -> Plan:
    """Has to go in the sixth stage, and does not want to be named."""
    yield hand.start()
    goes = hand.stages[5].minute + 2
    for cue in hand.cues:
        if cue.minute < hand.stages[5].minute:
            yield hand.change(cue, 3) if cue.turn else hand.write(cue, 3)
    yield hand.press(goes, "mlsd.close", "mlsd.close_now")
    yield hand.press(goes + 1, "mlsd.hide")
    yield hand.redo(goes + 1)


def _hints(hand: _Hand) -> Plan:
    """Is quiet for long in the first stage, and opens the hint that comes then."""
    yield hand.start()
    yield hand.press(4.5, "mlsd.hint")
    first, *others = hand.cues
    yield hand.write(first, 6)
    for cue in others:
        if cue is not hand.stages[-1]:
            yield hand.change(cue, 3) if cue.turn else hand.write(cue, 3)
    yield hand.redo(hand.session.minutes + 9)


def _short(hand: _Hand) -> Plan:
    """Twenty minutes, when the children sleep."""
    yield hand.start("mlsd.short", hand.item.title)
    for cue in hand.cues:
        yield hand.change(cue, 3) if cue.turn else hand.write(cue, 3)
    yield hand.press(hand.session.minutes + 1, "mlsd.close_now")
    yield hand.redo(hand.session.minutes + 2)


_WAYS: Mapping[Way, Callable[[_Hand], Plan]] = {
    "forms": _forms, "pauses": _pauses, "messages": _messages, "part": _part, "hints": _hints, "short": _short,
}  # fmt: skip


def _reviews(board: Board, seat: Seat, place: int, library: DesignLibrary) -> Plan:
    """What was drawn for this member, one after the other, at the hour at which they have time."""
    for number in range(REVIEWS):
        words = library.review(week_number(board), place, number)
        at = board.opens + OPEN_FOR + seat.reviews + number * 25 * MINUTE
        if at < board.opens + OPEN_FOR + REVIEW_FOR:
            yield Deed(
                at, seat.who, "reviews.pull", board.name, board.receipt, words, then=("reviews.write",), if_any=True
            )


def _talk(board: Board, seat: Seat, place: int) -> Plan:
    """After the reveal: a vote about the prompt, and a reply to the review that one got."""
    at = board.opens + OPEN_FOR + REVIEW_FOR + OPENED + seat.reviews / 2
    vote = VOTES[(place + week_number(board)) % len(VOTES)]
    yield Deed(at, seat.who, "mlsd.realism", board.name, board.receipt, option=vote)
    if seat.way != "reviews":
        reply = "reviews.keep" if place % 2 else "reviews.changed"
        replied = at + 5 * MINUTE
        yield Deed(replied, seat.who, "reviews.read", board.name, then=(reply,), in_private=True, if_any=True)
