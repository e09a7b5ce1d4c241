"""What happens when a member takes an answer to review, sends the review, or nobody takes it."""

from collections.abc import Sequence

from bot.content.catalogue import Criterion
from bot.features.reviews import cards, given_records, lease_cards, read_cards, reading_rules, records, rules
from bot.features.reviews.given_rules import Review
from bot.features.reviews.handlers import (
    FEATURE,
    answer_to,
    call_off,
    close_request,
    end_lease,
    item_of,
    lapse_name,
    number_in,
    own_kinds,
    refuse_barred,
    seek_for_drawn,
    take_drawn,
    takeable,
    urged,
)
from bot.features.reviews.rules import Distance, Lease, Request, State
from bot.kernel.action import Action
from bot.kernel.card import Card
from bot.kernel.design_facts import NotShown
from bot.kernel.effect import Ask, Direct, Effect, Post, Reply, Wake
from bot.kernel.engine_facts import IsHere
from bot.kernel.errors import Refusal
from bot.kernel.event import Due, Pressed, Scene, Submitted
from bot.kernel.peer_facts import BlockedWith, ReviewGiven
from bot.kernel.ports import Tx

# --- taking one ----------------------------------------------------------------------------------------


@FEATURE.on_press("pull")
def take_answer(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    held = records.find_open_lease(tx, scene.group, scene.member, scene.now)
    if held:
        return [Reply(_page(scene, tx, held, 0))]
    refuse_barred(scene, tx)
    given_records.keep_tried(tx, scene.group, scene.member, sorted(own_kinds(scene, tx)))
    lease = _choose(scene, tx)
    if lease is None:
        return [Reply(cards.nothing_card())]
    records.keep_lease(tx, scene.group, lease)
    return [
        Reply(_page(scene, tx, lease, 0)),
        Wake(lapse_name(scene, lease.number), "reviews.lapse", lease.until),
        urged(scene.member, scene.now),
        *take_drawn(scene, tx, lease.request),
        *call_off(scene, tx, lease.request),
    ]


def _choose(scene: Scene, tx: Tx) -> Lease | None:
    """The first answer that this member may be handed."""
    me = scene.member
    for request, far, answer in takeable(scene, tx):
        unnamed = answer.hide_name or request.hide_author or _is_secret_swap(scene, tx, request, far)
        return Lease(
            records.next_number(tx, scene.group, "lease"), me, request.author, request.number, request.task,
            request.answer, request.title, request.domain, item_of(scene, tx, request.task), answer.text,
            reading_rules.nameless(answer.beside), unnamed, far, scene.now, scene.now + rules.LEASE, "open",
            request.number + request.finished + request.leased,
        )  # fmt: skip
    return None


def _is_secret_swap(scene: Scene, tx: Tx, request: Request, far: Distance) -> bool:
    """The card says that its author reviewed this member, who must then not learn the author's name either."""
    between = given_records.list_between(tx, scene.group, request.author, scene.member)
    return far is Distance.SWAPPED and any(one.reviewer == request.author and one.hide_reviewer for one in between)


# --- reading it ------------------------------------------------------------------------------------------


@FEATURE.on_press("open", reads=True)
def show_page(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    lease = _held(scene, tx, press.action)
    return [Reply(_page(scene, tx, lease, max(0, number_in(press.action.get("page")))))]


@FEATURE.on_press("rubric", reads=True)
def show_rubric(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    lease = _held(scene, tx, press.action)
    _, rubric = reading_rules.rubric_of(scene.catalogue, lease.item)
    criteria = rubric.criteria if rubric else reading_rules.PLAIN
    return [Reply(lease_cards.rubric_card(lease, criteria, max(0, number_in(press.action.get("page")))))]


def _page(scene: Scene, tx: Tx, lease: Lease, page: int) -> Card:
    hides, drawn = given_records.find_wish(tx, scene.group, scene.member), _is_drawn(scene, tx, lease)
    looked_at = _looked_at(scene, tx, lease)
    return lease_cards.lease_card(lease, looked_at, page, scene.now, hides_name=hides, drawn=drawn)


def _is_drawn(scene: Scene, tx: Tx, lease: Lease) -> bool:
    request = records.find_request(tx, scene.group, lease.request, scene.now)
    return request is not None and request.drawn_until is not None


def _looked_at(scene: Scene, tx: Tx, lease: Lease) -> tuple[Criterion, ...]:
    not_shown: tuple[str, ...] = scene.ask(NotShown(lease.task, lease.author), tx)
    return reading_rules.criteria(*reading_rules.rubric_of(scene.catalogue, lease.item), lease.turn, not_shown)


def _held(scene: Scene, tx: Tx, action: Action) -> Lease:
    """The answer in this member's own hands. One that has lapsed stays theirs to finish."""
    lease = records.find_lease(tx, scene.group, number_in(action.get("lease")))
    if lease is None or lease.reviewer != scene.member:
        raise Refusal("This is not an answer that you are reviewing.", "Type /study review to get one.")
    if lease.state == "done":
        raise Refusal("You have sent your review of this answer.", "Type /study review to get another one.")
    refuse_barred(scene, tx)
    if lease.state == "returned":
        raise Refusal("You gave this answer back.", "Type /study review to get another one.")
    if lease.state == "ended" or lease.author in scene.ask(BlockedWith(scene.member), tx):
        raise Refusal("This answer cannot be reviewed any more.", "Type /study review to get another one.")
    return lease


@FEATURE.on_press("give_back")
def give_back(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    lease = _held(scene, tx, press.action)
    records.forget_words(tx, scene.group, lease.number)
    effects = end_lease(scene, tx, lease.number, lease.state, "returned")
    return [Reply(lease_cards.given_back_card()), *effects, *seek_for_drawn(scene, tx, [lease.request])]


@FEATURE.on_wake("lapse")
def let_lapse(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Nobody is told: what they have written by then still counts when they send it."""
    lease = records.find_lease(tx, scene.group, number_in(due.name.rpartition("/")[2]))
    if lease and lease.state == "open":
        records.close_lease(tx, scene.group, lease.number, "lapsed")
    return []


# --- writing it -------------------------------------------------------------------------------------------


@FEATURE.on_press("write", reads=True)
def open_form(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    lease = _held(scene, tx, press.action)
    return [Ask(lease_cards.review_form(lease, _looked_at(scene, tx, lease), reading_rules.passages(lease.text)))]


@FEATURE.on_submit("send", opened_by="write")
def keep_review(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    lease = _held(scene, tx, form.action)
    group, author = scene.group, lease.author
    answer = answer_to(scene, tx, lease.task, author)
    if answer is None or answer.number != lease.answer or not scene.ask(IsHere(author), tx):
        raise Refusal("This answer cannot be reviewed any more.", "Your words are below. Type /study review.")
    if scene.member in given_records.list_reviewers(tx, group, lease.task, lease.answer, author):
        raise Refusal("You have reviewed this answer before.", "Type /study review to get another one.")
    looked_at = _looked_at(scene, tx, lease)
    levels = [form.text(f"level_{n}") for n in range(1, len(looked_at) + 1)]
    found = reading_rules.passages(lease.text)
    words = form.text("next"), form.text("question")
    verdict = reading_rules.accept(looked_at, found, levels, form.text("passage"), *words)
    review = Review(
        records.next_number(tx, group, "review"), lease.request, lease.task, lease.answer, lease.title, lease.domain,
        scene.member, author, verdict, answer.text != lease.text, scene.now,
        hide_reviewer=given_records.find_wish(tx, group, scene.member),
        hide_author=answer.hide_name or lease.hide_author,
    )  # fmt: skip
    given_records.keep_review(tx, group, review)
    drawn, hides = _is_drawn(scene, tx, lease), review.hide_reviewer
    return [
        Reply(lease_cards.sent_card(lease.title, earlier=review.earlier, hides_name=hides, drawn=drawn)),
        *_finish(scene, tx, lease),
        ReviewGiven(scene.member, str(review.number)),
        delivered(review, scene),
    ]


def _finish(scene: Scene, tx: Tx, lease: Lease) -> list[Effect]:
    """
    The answer leaves the reviewer's hands, and the queue when it has what was asked for.

    Whoever took it again after the 24 hours and sends the older form has finished with both.
    """
    effects: list[Effect] = []
    for one in records.list_leases_on(tx, scene.group, lease.task, lease.author):
        if one.reviewer == scene.member:
            effects += end_lease(scene, tx, one.number, one.state)
            records.forget_words(tx, scene.group, one.number)
    records.close_lease(tx, scene.group, lease.number, "done")
    records.keep_served(tx, scene.group, lease.request, scene.now)
    request = records.find_request(tx, scene.group, lease.request, scene.now)
    if request and request.state is State.WAITING and not request.waits:
        effects += close_request(scene, tx, request, State.DONE)
    return effects


def delivered(review: Review, scene: Scene) -> Post:
    """The author asked for it, so they hear of it whether they want reminders or not."""
    name = delivery_name(scene, review.number)
    return Post(name, Direct(review.author), read_cards.delivered_card(review.title, review.number))


def delivery_name(scene: Scene, review: int) -> str:
    return f"reviews.given/{scene.group}/{review}"
