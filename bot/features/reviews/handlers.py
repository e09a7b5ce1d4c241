"""What happens when a member asks for a review or looks at what is there."""

from collections.abc import Sequence
from datetime import datetime

from bot.features.reviews import cards, given_records, records, rules
from bot.features.reviews.cards import Board
from bot.features.reviews.rules import Request, Rights, State
from bot.kernel.card import Card
from bot.kernel.effect import Effect, Reply, Unwake, Wake
from bot.kernel.engine_facts import DeskLine
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene, Typed
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import AnswersOf, AnswerText, AnswerTo, ItemsOf, NoReviewsUntil
from bot.kernel.ports import Tx

FEATURE = Feature(
    "reviews",
    stores=(
        ("Which answers you asked to have reviewed, and when", "Only you; reviewers read the answer without your name"),
        ("An answer that you are reviewing, as it was handed to you", "Only you and its author"),
        ("The reviews that you write", "The author of the answer, and the organisers when one is reported"),
        ("The reviews of your answers, and your replies", "You and the reviewer; the organisers when one is reported"),
        ("Who reviewed whom", "The two of you after the reply or three days, unless one keeps their name hidden"),
        ("Which kinds of problem you have answered, to choose what you can review", "Only you"),
        ("When you were asked to review", "Only you"),
    ),
)  # fmt: skip
WANTED = 1  # reviews of an answer


# --- asking ------------------------------------------------------------------------------------------


@FEATURE.on_press("ask")
def ask_for_review(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = press.value or press.action.get("task")
    refuse_barred(scene, tx)
    answer = answer_to(scene, tx, task, scene.member)
    if answer is None:
        raise Refusal("There is no answer of yours that others can read.", "Answer the problem first, then ask.")
    earlier = [r for r in records.list_requests_of(tx, scene.group, scene.member, scene.now, task) if is_pending(r)]
    usual = rules.usual_wait(records.list_waits(tx, scene.group))
    now = rights_of(scene, tx, scene.member)
    if earlier:
        return [Reply(cards.asked_card(earlier[-1], usual, left=now.left))]
    if not now.left:
        return [Reply(cards.no_rights_card())]
    request = Request(
        records.next_number(tx, scene.group, "request"), scene.member, task, answer.number, answer.title,
        domain_of(scene, tx, task), now.free, WANTED, spent=True, taken=False, state=State.WAITING, rounds=0,
        asked_at=scene.now, since=scene.now,
    )  # fmt: skip
    records.keep_request(tx, scene.group, request, rules.week_of(scene.now, scene.zone))
    given_records.keep_tried(tx, scene.group, scene.member, [request.domain])
    wake = plan_round(scene, tx, request.number, scene.now + rules.ASK_AFTER)
    return [Reply(cards.asked_card(request, usual, left=now.left - 1)), wake]


def is_pending(request: Request) -> bool:
    return request.waits or request.state is State.HIDDEN


def rights_of(scene: Scene, tx: Tx, member: str) -> Rights:
    return rules.rights(
        records.count_free(tx, scene.group, member, rules.week_of(scene.now, scene.zone)),
        records.count_earned(tx, scene.group, member),
        given_records.count_gave(tx, scene.group, member),
    )


def refuse_barred(scene: Scene, tx: Tx) -> None:
    until = barred_until(scene, tx, scene.member)
    if until:
        day = f"{until.astimezone(scene.my_zone):%A %d %B, %H:%M}"
        raise Refusal(f"An organiser has paused reviews for you until {day}.", "You can still answer and practise.")


def barred_until(scene: Scene, tx: Tx, member: str) -> datetime | None:
    until: datetime | None = scene.ask(NoReviewsUntil(member), tx)
    return until if until and until > scene.now else None


def answer_to(scene: Scene, tx: Tx, task: str, member: str) -> AnswerText | None:
    answer: AnswerText | None = scene.ask(AnswerTo(task, member), tx)
    return answer


def item_of(scene: Scene, tx: Tx, task: str) -> str:
    return str(scene.ask(ItemsOf((task,)), tx).get(task, ""))


def domain_of(scene: Scene, tx: Tx, task: str) -> str:
    """The kind of problem; empty where the task is about no item that is installed."""
    item = scene.catalogue.item(item_of(scene, tx, task)) if scene.catalogue else None
    return str(item.domain) if item else ""


def plan_round(scene: Scene, tx: Tx, request: int, at: datetime) -> Wake:
    """Look for volunteers then, if it still waits. An earlier plan for it counts no more."""
    round_ = records.keep_round(tx, scene.group, request)
    return Wake(f"reviews.volunteers/{scene.group}/{request}/{round_}", "reviews.volunteers", at)


@FEATURE.on_press("withdraw_ask")
def take_back(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    request = records.find_request(tx, scene.group, number_in(press.value or press.action.get("request")), scene.now)
    if request is None or request.author != scene.member:
        raise Refusal("I do not find this request.", "Type /study review to see yours.")
    if not is_pending(request):
        raise Refusal("This request does not wait any more.", "Type /study review to see your reviews.")
    return [
        *end_request(scene, tx, request, State.WITHDRAWN),
        Reply(cards.taken_back_card(request, given_back=rules.gives_back(request))),
    ]


def end_request(scene: Scene, tx: Tx, request: Request, state: State) -> list[Effect]:
    """Nobody is handed this answer any more, and whoever holds it cannot send a review of it."""
    records.keep_state(tx, scene.group, request.number, state, spent=request.spent and not rules.gives_back(request))
    effects: list[Effect] = [Unwake(f"reviews.volunteers/{scene.group}/{request.number}/{request.rounds}")]
    for lease in records.list_leases_on(tx, scene.group, request.task, request.author):
        if lease.request == request.number:
            effects += end_lease(scene, tx, lease.number, lease.state)
            records.forget_words(tx, scene.group, lease.number)
    return effects


def end_lease(scene: Scene, tx: Tx, number: int, was: str, to: str = "ended") -> list[Effect]:
    if was not in ("open", "lapsed"):
        return []
    records.close_lease(tx, scene.group, number, to)
    return [Unwake(lapse_name(scene, number))]


def lapse_name(scene: Scene, lease: int) -> str:
    return f"reviews.lapse/{scene.group}/{lease}"


def number_in(text: str) -> int:
    """A number out of an action, which may be forged; -1 names nothing."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


# --- looking --------------------------------------------------------------------------------------------


@FEATURE.on_command("review", "give or get a review", reads=True)
def type_review(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.board_card(board_of(scene, tx)))]


@FEATURE.on_press("board", reads=True)
def show_board(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.board_card(board_of(scene, tx)))]


@FEATURE.on_home
def home_reviews(scene: Scene, tx: Tx) -> Sequence[Card]:
    card = cards.home_card(board_of(scene, tx)) if scene.is_member else None
    return [card] if card else []


def board_of(scene: Scene, tx: Tx) -> Board:
    group, member, now = scene.group, scene.member, scene.now
    mine = tuple(request for request in records.list_requests_of(tx, group, member, now) if is_pending(request))
    asked = {request.task for request in mine}
    own: tuple[AnswerText, ...] = scene.ask(AnswersOf(member), tx)
    waiting = [r for r in records.list_waiting(tx, group, now) if r.is_free_to_take and r.author != member]
    return Board(
        rights_of(scene, tx, member),
        len(waiting),
        mine,
        rules.usual_wait(records.list_waits(tx, group)),
        records.find_open_lease(tx, group, member, now),
        tuple((answer.task, answer.title) for answer in own if answer.task not in asked),
        tuple(
            (review.number, review.title, review.is_unanswered) for review in given_records.list_got(tx, group, member)
        ),
        tuple(
            (review.number, review.title, not review.is_unanswered)
            for review in given_records.list_gave(tx, group, member)
        ),
        given_records.find_wish(tx, group, member),
        barred_until(scene, tx, member),
    )


@FEATURE.on_press("names")
def choose_name(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    hide = press.action.get("hide") == "1"
    given_records.keep_wish(tx, scene.group, scene.member, hide_name=hide)
    given_records.hide_reviewer(tx, scene.group, scene.member, hide=hide)
    return [Reply(cards.names_card(hidden=hide))]


@FEATURE.on_desk
def tell_organisers(scene: Scene, tx: Tx) -> Sequence[DeskLine]:
    waiting = [r for r in records.list_waiting(tx, scene.group, scene.now) if rules.is_for_desk(r, scene.now)]
    return [cards.desk_line(len(waiting))] if waiting else []
