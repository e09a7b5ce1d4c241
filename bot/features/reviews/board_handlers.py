"""What a member reads of reviews: the board, their home page, and the line on the organisers' desk."""

from collections.abc import Sequence
from itertools import islice

from bot.features.reviews import cards, given_records, given_rules, records, rules, volunteer_records
from bot.features.reviews.cards import Board
from bot.features.reviews.handlers import FEATURE, answer_to, barred_until, drawn_for, is_pending, rights_of, takeable
from bot.features.reviews.rules import Lease
from bot.kernel.card import Card
from bot.kernel.effect import Effect, Reply
from bot.kernel.engine_facts import DeskLine
from bot.kernel.event import Pressed, Scene, Typed
from bot.kernel.peer_facts import AnswersOf, AnswerText, BlockedWith, MayReadAnswers, Unread, UnreadBy
from bot.kernel.ports import Tx


def lapsed_of(scene: Scene, tx: Tx) -> Lease | None:
    """The newest review that this member did not finish in time and can still send."""
    blocked = scene.ask(BlockedWith(scene.member), tx)
    for lease in records.list_lapsed(tx, scene.group, scene.member, scene.now - rules.FINISH_LATE, scene.now):
        answer = answer_to(scene, tx, lease.task, lease.author)
        if answer and answer.number == lease.answer and lease.author not in blocked:
            return lease
    return None


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
    answers: tuple[AnswerText, ...] = scene.ask(AnswersOf(member), tx)
    own = [one for one in answers if not one.handed_in or scene.ask(MayReadAnswers(one.task, member), tx)]
    queue = sum(1 for _ in islice(takeable(scene, tx), cards.QUEUE + 1))
    drawn = [request.drawn_until for request, _ in drawn_for(scene, tx) if request.drawn_until]
    unread: Unread = scene.ask(UnreadBy(member), tx)
    got = [r for r in given_records.list_got(tx, group, member) if not given_rules.is_left_out(r, unread)]
    gave = [given_rules.as_reviewer_reads(r, unread) for r in given_records.list_gave(tx, group, member)]
    return Board(
        rights_of(scene, tx, member),
        queue,
        mine,
        rules.usual_wait(records.list_waits(tx, group)),
        records.find_open_lease(tx, group, member, now),
        tuple((answer.task, answer.title) for answer in own if answer.task not in asked),
        tuple((review.number, review.title, review.is_unanswered) for review in got),
        tuple((review.number, review.title, not review.is_unanswered) for review in gave),
        given_records.find_wish(tx, group, member),
        barred_until(scene, tx, member),
        lapsed_of(scene, tx),
        is_wanted=volunteer_records.is_shown(tx, group, member, now - rules.LEASE),
        drawn=(len(drawn), max(drawn)) if drawn else None,
    )


@FEATURE.on_press("names")
def choose_name(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Hiding counts for everything; showing only for what comes: who was promised to stay unnamed stays so."""
    hide = press.action.get("hide") == "1"
    given_records.keep_wish(tx, scene.group, scene.member, hide_name=hide)
    if hide:
        given_records.hide_reviewer(tx, scene.group, scene.member)
        records.hide_author(tx, scene.group, scene.member)
    return [Reply(cards.names_card(hidden=hide))]


@FEATURE.on_desk
def tell_organisers(scene: Scene, tx: Tx) -> Sequence[DeskLine]:
    waiting = [r for r in records.list_waiting(tx, scene.group, scene.now) if rules.is_for_desk(r, scene.now)]
    return [cards.desk_line(len(waiting), can_take=scene.is_member)] if waiting else []
