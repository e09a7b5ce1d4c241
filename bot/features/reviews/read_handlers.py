"""What happens when a review is read and replied to."""

from collections.abc import Sequence
from dataclasses import replace

from bot.features.reviews import cards, given_records, given_rules, read_cards, reading_rules
from bot.features.reviews.given_rules import Held, Review, Stance
from bot.features.reviews.handlers import FEATURE, number_in
from bot.features.reviews.rules import WEEK
from bot.kernel.action import Action
from bot.kernel.card import Button
from bot.kernel.effect import Ask, Effect, Reply
from bot.kernel.event import Pressed, Scene, Submitted
from bot.kernel.facts import Nudge
from bot.kernel.peer_facts import AnswerText, AnswerTo, BlockedWith, ReviewAnswered, Unread, UnreadBy
from bot.kernel.ports import Tx


@FEATURE.on_press("read", reads=True)
def read_review(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    review = _readable(tx, scene, press.value or press.action.get("review"))
    blocked: tuple[str, ...] = scene.ask(BlockedWith(scene.member), tx)
    unread: Unread = scene.ask(UnreadBy(scene.member), tx)
    if review.author != scene.member:
        seen = given_rules.as_reviewer_reads(review, unread)
        return [Reply(read_cards.given_card(seen, given_rules.author_shown(seen, scene.now, blocked)))]
    beside = given_records.list_of_answer(tx, scene.group, review.task, review.answer, review.author)
    others = [
        other
        for other in beside
        if other.held is Held.NO and other.number != review.number and not given_rules.is_left_out(other, unread)
    ]
    reviewer = given_rules.reviewer_shown(review, scene.now, blocked)
    return [Reply(read_cards.read_card(review, reviewer, others, can_write=_can_write(scene, tx, review)))]


def _can_write(scene: Scene, tx: Tx, review: Review) -> bool:
    """What a feature handed in is not written anew."""
    answer: AnswerText | None = scene.ask(AnswerTo(review.task, review.author), tx)
    return answer is None or not answer.handed_in


@FEATURE.on_press("keep")
def keep_it(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _reply(scene, tx, press.action, Stance.KEPT)


@FEATURE.on_press("changed")
def changed_it(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _reply(scene, tx, press.action, Stance.CHANGED)


@FEATURE.on_press("disagree", reads=True)
def open_reply(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(read_cards.disagree_form(_replied_to(scene, tx, press.action)))]


@FEATURE.on_submit("tell_disagree", opened_by="disagree")
def tell_why(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _reply(scene, tx, form.action, Stance.DISAGREE, reading_rules.accept_because(form.text("because")))


def _reply(scene: Scene, tx: Tx, action: Action, stance: Stance, because: str = "") -> list[Effect]:
    """To somebody blocked nothing is told; the card is the same, as a refusal would tell of the block."""
    review = _replied_to(scene, tx, action)
    apart = review.reviewer in scene.ask(BlockedWith(scene.member), tx)
    replied = replace(review, stance=stance, because=because, kept_back=apart)
    given_records.keep_reply(tx, scene.group, replied, scene.now)
    told = [_told(review, scene)] if review.reviewer and review.stance is Stance.NONE and not apart else []
    card = read_cards.replied_card(replied, can_write=_can_write(scene, tx, review))
    return [Reply(card), *told, ReviewAnswered(review.author, str(review.number))]


def _told(review: Review, scene: Scene) -> Nudge:
    read = Button("Read it", Action.to("reviews.read", review=str(review.number)), "primary")
    line = cards.replied_line(review.title)
    return Nudge(review.reviewer, "review", f"reply/{review.number}", line, read, scene.now + WEEK)


def _replied_to(scene: Scene, tx: Tx, action: Action) -> Review:
    return given_rules.may_reply(_readable(tx, scene, action.get("review")), scene.member)


def _readable(tx: Tx, scene: Scene, number: str) -> Review:
    review = given_records.find_review(tx, scene.group, number_in(number))
    unread: Unread = scene.ask(UnreadBy(scene.member), tx)
    gone = review is not None and review.author == scene.member and given_rules.is_left_out(review, unread)
    return given_rules.may_read(None if gone else review, scene.member)
