"""
What each simulated member does about a problem, and when. Pure: the same seed gives the same deeds.

A deed is what a person does with their hands: press the button of a route, and fill in the form if one opens.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from adapters.web.demo.design_texts import Review
from adapters.web.demo.texts import Actor, Cast, Habit, Kind, Library
from bot.kernel.calendar import Draw, draw

CHANNEL = "daily"  # where the group is set up
SHOW, HIDE = "show", "hide"
WRITE = "answers.write"  # the route of a board's Answer button
SECONDS = (70, 170)  # how long a recording lasts
GETS_UP = time(7)  # on the local clock; nobody begins a problem between midnight and then


@dataclass(frozen=True, slots=True)
class Board:
    """A problem in the channel, as a reader sees it. `opens` is when it was posted."""

    name: str
    receipt: str
    title: str
    opens: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """
    At `at`, `who` presses the button of `route` and fills in `fields`.

    The button is on the message `receipt`, in a reply about it or in its thread. With `tell` they first send that to
    the bot in private, with `type` they type that command, and the button is on the reply. `option` is what they then
    choose from a menu, `then` the buttons that they press on the replies, in order; with `if_any` it is no matter that
    there is none. `seconds` is the length of a recording to upload, or 0. `about` names what it is about. With
    `in_private` the button, or the menu of `option`, is the newest in their private messages. A menu without `then` is
    in the thread of `receipt`. `spot` is where the message stands.
    """

    at: datetime
    who: str
    route: str
    about: str
    receipt: str = ""
    fields: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    tell: str = ""
    type: str = ""
    option: str = ""
    seconds: int = 0
    then: tuple[str, ...] = ()
    in_private: bool = False
    if_any: bool = False
    spot: str = CHANNEL


def run_errands(cast: Cast, begin: datetime) -> list[Deed]:
    """What the cast sets for itself in the whole story, in order."""
    deeds = [
        Deed(e.instant(begin), e.who, e.route, "errand", fields=e.fields, type=e.type, option=e.option, then=e.then)
        for e in cast.errands
    ]
    return sorted(deeds, key=lambda deed: deed.at)


def plan(board: Board, cast: Cast, begin: datetime, library: Library, seed: int) -> list[Deed]:
    """Everything that the members will do about this problem, in order."""
    deeds: list[Deed] = []
    for place, actor in enumerate(cast.members):
        die = draw(f"demo/{seed}/{board.name}/{actor.id}")
        numbers = {kind: _rank(kind, cast.members[:place]) for kind in _KINDS[actor.habit]}
        hand = _Hand(board, actor.id, die, partial(_text, library, board.title, numbers), cast.reviews)
        wished = [deed for deed in _HABITS[actor.habit](hand) if deed is not None]
        wait = _until_awake(wished, _zone(actor, cast, begin, board.opens), die)
        lived = (replace(deed, at=deed.at + wait) for deed in wished)
        deeds += [deed for deed in lived if not _is_away(actor, begin, deed.at)]
    return sorted(deeds, key=lambda deed: deed.at)  # stable: at one instant in the order of the cast


def _zone(actor: Actor, cast: Cast, begin: datetime, at: datetime) -> ZoneInfo:
    """Where this member is then: at home, or where their last journey led."""
    led = [e for e in cast.errands if e.who == actor.id and e.zone and e.instant(begin) <= at]
    return ZoneInfo(max(led, key=lambda e: e.instant(begin)).zone if led else actor.zone)


def _until_awake(deeds: Sequence[Deed], zone: ZoneInfo, die: Draw) -> timedelta:
    """How long this member sleeps on when their first deed would come in the night."""
    first = min((deed.at for deed in deeds), default=None)
    if first is None or (local := first.astimezone(zone)).time() >= GETS_UP:
        return timedelta()
    return datetime.combine(local.date(), GETS_UP, zone) - first + timedelta(minutes=die.randint(0, 45))


def _is_away(actor: Actor, begin: datetime, at: datetime) -> bool:
    day = (at.astimezone(begin.tzinfo).date() - begin.date()).days + 1
    return actor.away[0] <= day <= actor.away[1]


def _text(library: Library, title: str, numbers: Mapping[Kind, int], kind: Kind) -> str:
    return library.say(title, kind, numbers[kind])


def _rank(kind: Kind, before: Sequence[Actor]) -> int:
    """How many of the members before this one write texts of this kind: no two hand in the same words."""
    return sum(kind in _KINDS[actor.habit] for actor in before)


@dataclass(frozen=True, slots=True)
class _Hand:
    """One member at one problem: their die, their texts, and the few things they can do."""

    board: Board
    who: str
    die: Draw
    say: Callable[[Kind], str]
    reviews: Sequence[Review] = ()

    def press(self, after: timedelta, route: str, **fields: str | tuple[str, ...]) -> Deed:
        return Deed(self.board.opens + after, self.who, route, self.board.name, self.board.receipt, fields)

    def answer(self, after: timedelta, text: str, *choices: str, claim: str = "") -> Deed | None:
        """None where this member has no words for this problem."""
        if not text:
            return None
        return self.press(after, WRITE, text=text, claim=claim, choices=choices)

    def review(self, after: timedelta) -> Deed | None:
        """Take an answer that waits for a review, if one does, and write it."""
        if not self.reviews:
            return None
        words = self.die.choice(self.reviews).fields
        deed = self.press(after, "reviews.pull", **words)
        return replace(deed, receipt="", type="/study review", then=("reviews.write",), if_any=True)

    def minutes(self, least: int, most: int) -> timedelta:
        return timedelta(minutes=self.die.randint(least, most))


Plan = Iterator[Deed | None]


def _keen(hand: _Hand) -> Plan:
    first = hand.minutes(4, 12)
    yield hand.answer(first, hand.say("good"), SHOW)
    yield hand.press(first + timedelta(minutes=1), "answers.read")
    yield hand.review(timedelta(hours=2, minutes=30))
    yield hand.press(timedelta(hours=4, minutes=40), "daily.help")
    yield hand.review(timedelta(hours=7, minutes=10))


def _short(hand: _Hand) -> Plan:
    after, text = hand.minutes(180, 215), hand.say("short")
    if hand.die.random() < 0.5 and text:
        yield replace(hand.press(after, "answers.use"), tell=text)
    else:
        yield hand.answer(after, text, SHOW)


def _wrong(hand: _Hand) -> Plan:
    after = hand.minutes(35, 100)
    yield hand.answer(after, hand.say("wrong"))
    yield hand.press(after + timedelta(minutes=2), "answers.read")


def _stuck(hand: _Hand) -> Plan:
    after = hand.minutes(60, 110)
    yield hand.press(after, "daily.hint")
    tried = hand.say("tried")
    if tried and hand.die.random() < 0.7:
        yield hand.press(after + timedelta(minutes=10), "daily.stuck", tried=tried)
    if hand.die.random() < 0.6:
        yield hand.answer(timedelta(hours=8) + hand.minutes(0, 60), hand.say("good"))


def _late(hand: _Hand) -> Plan:
    if hand.die.random() < 0.8:
        yield hand.answer(timedelta(hours=37) + hand.minutes(0, 100), hand.say("short"), SHOW)


def _edits(hand: _Hand) -> Plan:
    after, better = hand.minutes(110, 160), hand.say("better")
    yield hand.answer(after, hand.say("good"), SHOW)
    yield replace(hand.press(after + timedelta(minutes=1), "reviews.ask"), if_any=True)
    if better:
        yield hand.answer(after + timedelta(hours=9), better, SHOW)


def _withdraws(hand: _Hand) -> Plan:
    after = hand.minutes(230, 270)
    yield hand.answer(after, hand.say("short"))
    if hand.die.random() < 0.5:
        yield hand.press(after + timedelta(minutes=25), "answers.withdraw")
        if hand.die.random() < 0.5:
            yield hand.press(after + timedelta(hours=2), "answers.restore")


def _hides(hand: _Hand) -> Plan:
    after = hand.minutes(290, 330)
    yield hand.press(after - timedelta(minutes=28), "daily.clock")
    yield hand.answer(after, hand.say("good"), SHOW, HIDE)
    yield hand.press(after + timedelta(minutes=3), "daily.clock_done")


def _recording(hand: _Hand) -> Plan:
    after, point = hand.minutes(80, 100), hand.say("point")
    if not point:
        return
    deed = hand.press(after, WRITE, text="", claim=point, choices=(SHOW,))
    if hand.die.random() < 0.3:
        link = f"https://notes.example.org/{hand.who}/{hand.board.opens.date()}"
        yield hand.press(after, WRITE, text=link, claim=point, choices=(SHOW,))
    else:
        yield replace(deed, seconds=hand.die.randint(*SECONDS))


def _quiet(hand: _Hand) -> Plan:
    yield hand.press(timedelta(hours=10, minutes=30), "daily.hint")
    if hand.die.random() < 0.3:
        yield hand.answer(timedelta(hours=11), hand.say("good"))


_HABITS: Mapping[Habit, Callable[[_Hand], Plan]] = {
    "keen": _keen, "short": _short, "wrong": _wrong, "stuck": _stuck, "late": _late, "edits": _edits,
    "withdraws": _withdraws, "hides": _hides, "recording": _recording, "quiet": _quiet,
}  # fmt: skip
_KINDS: Mapping[Habit, tuple[Kind, ...]] = {
    "keen": ("good",), "short": ("short",), "wrong": ("wrong",), "stuck": ("tried", "good"), "late": ("short",),
    "edits": ("good", "better"), "withdraws": ("short",), "hides": ("good",), "recording": ("point",),
    "quiet": ("good",),
}  # fmt: skip
