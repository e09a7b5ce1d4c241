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
from bot.kernel.peer_facts import BlockedWith
from bot.kernel.ports import Tx


@FEATURE.on_press("read", reads=True)
def read_review(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    found = _review(tx, scene, press.value or press.action.get("review"))
    review = given_rules.may_read(found, scene.member)
    blocked = _blocked(scene, tx)
    if review.author != scene.member:
        return [Reply(read_cards.given_card(review, given_rules.author_shown(review, scene.now, blocked)))]
    beside = given_records.list_of_answer(tx, scene.group, review.task, review.answer, review.author)
    others = [other for other in beside if other.held is Held.NO and other.number != review.number]
    return [Reply(read_cards.read_card(review, given_rules.reviewer_shown(review, scene.now, blocked), others))]


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
    review = _replied_to(scene, tx, action)
    given_records.keep_reply(tx, scene.group, review, stance, because, scene.now)
    told = [_told(review, scene)] if review.reviewer and review.stance is Stance.NONE else []
    return [Reply(read_cards.replied_card(replace(review, stance=stance, because=because))), *told]


def _told(review: Review, scene: Scene) -> Nudge:
    read = Button("Read it", Action.to("reviews.read", review=str(review.number)), "primary")
    line = cards.replied_line(review.title)
    return Nudge(review.reviewer, "review", f"reply/{review.number}", line, read, scene.now + WEEK)


def _replied_to(scene: Scene, tx: Tx, action: Action) -> Review:
    return given_rules.may_reply(_review(tx, scene, action.get("review")), scene.member, _blocked(scene, tx))


def _review(tx: Tx, scene: Scene, number: str) -> Review | None:
    return given_records.find_review(tx, scene.group, number_in(number))


def _blocked(scene: Scene, tx: Tx) -> tuple[str, ...]:
    blocked: tuple[str, ...] = scene.ask(BlockedWith(scene.member), tx)
    return blocked
