"""What reviews do when an answer, a text or a member changes, and what they answer other features."""

from collections.abc import Sequence

from bot.features.reviews import estimate_rules, given_records, given_rules, records, rules
from bot.features.reviews.given_rules import Held, Review
from bot.features.reviews.handlers import (
    FEATURE,
    answer_to,
    barred_until,
    domain_of,
    end_lease,
    end_request,
    is_pending,
    lapse_name,
    number_in,
    plan_round,
)
from bot.features.reviews.lease_handlers import delivery_name
from bot.features.reviews.rules import Lease, Request, State
from bot.kernel.effect import Effect, Unpost, Wake
from bot.kernel.engine_facts import IsHere, MemberErased
from bot.kernel.event import Scene
from bot.kernel.facts import AnswerKept, AnswerWithdrawn, MemberLeft
from bot.kernel.peer_facts import (
    AnswerHidden,
    AnswerShown,
    BlockedWith,
    MembersBlocked,
    MemberText,
    ReviewDiscarded,
    ReviewGiven,
    ReviewsBarred,
    TextAt,
    TextFreed,
    TextHeld,
    TextRemoved,
    WeakAreas,
)
from bot.kernel.ports import Tx

# --- an answer changes --------------------------------------------------------------------------------


@FEATURE.on_fact(AnswerKept)
def note_tried(fact: AnswerKept, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Whoever has answered a kind of problem can review it. An answer that was put back waits again."""
    given_records.keep_tried(tx, scene.group, fact.member, [domain_of(scene, tx, fact.task)])
    effects: list[Effect] = []
    answer = answer_to(scene, tx, fact.task, fact.member)
    if answer and answer.hide_name:
        given_records.hide_author(tx, scene.group, fact.task, fact.member)
    for request in records.list_requests_of(tx, scene.group, fact.member, scene.now, fact.task)[-1:]:
        right = request.spent or request.drawn_until
        again = request.state is State.GONE and right and not barred_until(scene, tx, fact.member)
        if again and answer and answer.number == request.answer:
            records.keep_state(tx, scene.group, request.number, State.WAITING, spent=request.spent)
            effects.append(_seek(scene, tx, request))
    return effects


def _seek(scene: Scene, tx: Tx, request: Request) -> Effect:
    """Volunteers are asked when it has waited long enough, and not all at once after a pause."""
    return plan_round(scene, tx, request.number, max(request.since + rules.ASK_AFTER, scene.now + rules.ASK_AGAIN))


@FEATURE.on_fact(AnswerWithdrawn)
def end_with_answer(fact: AnswerWithdrawn, scene: Scene, tx: Tx) -> Sequence[Effect]:
    effects: list[Effect] = []
    for request in records.list_requests_of(tx, scene.group, fact.member, scene.now, fact.task):
        if is_pending(request):
            effects += end_request(scene, tx, request, State.GONE)
    for lease in records.list_leases_on(tx, scene.group, fact.task, fact.member):
        effects += end_lease(scene, tx, lease.number, lease.state)
        records.forget_words(tx, scene.group, lease.number)
    return effects


@FEATURE.on_fact(AnswerHidden)
def hide_with_answer(fact: AnswerHidden, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The words that were handed out stay until an organiser has decided: the report may be about them."""
    effects: list[Effect] = []
    for request in records.list_requests_of(tx, scene.group, fact.member, scene.now, fact.task):
        if request.waits:
            records.keep_state(tx, scene.group, request.number, State.HIDDEN, spent=request.spent)
    for lease in records.list_leases_on(tx, scene.group, fact.task, fact.member):
        effects += end_lease(scene, tx, lease.number, lease.state)
    return effects


@FEATURE.on_fact(AnswerShown)
def show_with_answer(fact: AnswerShown, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Whoever was reviewing it goes on."""
    effects: list[Effect] = []
    for request in records.list_requests_of(tx, scene.group, fact.member, scene.now, fact.task):
        if request.state is State.HIDDEN:
            records.keep_state(tx, scene.group, request.number, State.WAITING, spent=request.spent)
            effects.append(_seek(scene, tx, request))
    for lease in records.list_leases_on(tx, scene.group, fact.task, fact.member):
        if lease.state == "ended" and lease.text:
            effects += _reopen(scene, tx, lease)
    return effects


def _reopen(scene: Scene, tx: Tx, lease: Lease) -> list[Effect]:
    """A lease that ended because its answer was hidden. What ended for another reason has lost its words."""
    taken_another = records.find_open_lease(tx, scene.group, lease.reviewer, scene.now) is not None
    runs = scene.now < lease.until and not taken_another
    records.close_lease(tx, scene.group, lease.number, "open" if runs else "lapsed")
    return [Wake(lapse_name(scene, lease.number), "reviews.lapse", lease.until)] if runs else []


# --- a member goes, or is kept apart ----------------------------------------------------------------------


@FEATURE.on_fact(MemberLeft)
def end_with_member(fact: MemberLeft, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [*_end_requests(scene, tx, fact.member, State.GONE), *_end_leases(scene, tx, fact.member)]


@FEATURE.on_fact(ReviewsBarred)
def end_with_bar(fact: ReviewsBarred, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [*_end_requests(scene, tx, fact.member, State.WITHDRAWN), *_end_leases(scene, tx, fact.member)]


def _end_requests(scene: Scene, tx: Tx, member: str, state: State) -> list[Effect]:
    pending = [r for r in records.list_requests_of(tx, scene.group, member, scene.now) if is_pending(r)]
    return [effect for request in pending for effect in end_request(scene, tx, request, state)]


def _end_leases(scene: Scene, tx: Tx, *members: str) -> list[Effect]:
    """What this member reviews, and what others review of theirs; or with two, what they review of each other."""
    effects: list[Effect] = []
    for lease in records.list_kept_leases(tx, scene.group):
        if set(members) <= {lease.reviewer, lease.author}:
            records.forget_words(tx, scene.group, lease.number)
            effects += end_lease(scene, tx, lease.number, lease.state)
    return effects


@FEATURE.on_fact(MembersBlocked)
def part(fact: MembersBlocked, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What each of the two knew of the other by then decides what they still read."""
    for review in given_records.list_between(tx, scene.group, fact.member, fact.other_member):
        reviewer = review.reviewer_seen or bool(given_rules.reviewer_shown(review, scene.now, ()))
        author = review.author_seen or bool(given_rules.author_shown(review, scene.now, ()))
        given_records.keep_parted(tx, scene.group, review, reviewer_seen=reviewer, author_seen=author)
    return _end_leases(scene, tx, fact.member, fact.other_member)


@FEATURE.on_fact(MemberErased)
def forget_member(fact: MemberErased, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Rows of their own go afterwards; what others hold of their words goes now."""
    effects = [*_end_requests(scene, tx, fact.member, State.GONE), *_end_leases(scene, tx, fact.member)]
    for review in given_records.list_held(tx, scene.group, fact.member):  # its case closes: nobody will decide
        effects += _remove(review, scene, tx)
    given_records.forget_reviewer(tx, scene.group, fact.member)
    given_records.forget_author(tx, scene.group, fact.member)
    records.forget_leases_on(tx, scene.group, fact.member)
    return effects


# --- a text is reported --------------------------------------------------------------------------------------


@FEATURE.answers(TextAt)
def text_at(question: TextAt, scene: Scene, tx: Tx) -> MemberText | None:
    """Places: "7/review", "7/reply", and "lease/12": the answer as it was handed out."""
    which, _, part = question.place.partition("/")
    if which == "lease":
        lease = records.find_lease(tx, scene.group, number_in(part))
        held = lease is not None and lease.state in ("open", "lapsed")
        if lease is None or not lease.text or (question.reader and not (held and question.reader == lease.reviewer)):
            return None
        where, stands_at = f'Answer to "{lease.title}"', f"answers:{lease.task}/{lease.answer}"
        return MemberText(lease.text, lease.author, where, stands_at=stands_at)
    review = given_records.find_review(tx, scene.group, number_in(which))
    if review is None or question.reader not in ("", review.author, review.reviewer):
        return None
    if part == "review" and review.words and _reads(review.held, question):
        shown = bool(given_rules.reviewer_shown(review, scene.now, scene.ask(BlockedWith(review.author), tx)))
        where = f"Review of an answer to “{review.title}”"
        return MemberText(review.words, review.reviewer, where, author_shown=shown)
    if part == "reply" and review.because and _reads(review.reply_held, question):
        shown = bool(given_rules.author_shown(review, scene.now, scene.ask(BlockedWith(review.reviewer), tx)))
        where = f"Reply to a review of “{review.title}”"
        return MemberText(review.because, review.author, where, author_shown=shown)
    return None


def _reads(held: Held, question: TextAt) -> bool:
    """A text that is held is still an organiser's to decide about, and nobody else's to read."""
    return held is Held.NO or (held is Held.REPORTED and not question.reader)


@FEATURE.on_fact(TextHeld)
def hold_text(fact: TextHeld, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _judge(fact, scene, tx, Held.REPORTED)


@FEATURE.on_fact(TextFreed)
def free_text(fact: TextFreed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _judge(fact, scene, tx, Held.NO)


@FEATURE.on_fact(TextRemoved)
def remove_text(fact: TextRemoved, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _judge(fact, scene, tx, Held.REMOVED)


def _judge(fact: TextHeld | TextFreed | TextRemoved, scene: Scene, tx: Tx, held: Held) -> list[Effect]:
    if fact.feature != "reviews":
        return []
    which, _, part = fact.place.partition("/")
    if which == "lease":  # the words are the author's answer, and so is what becomes of them
        lease = records.find_lease(tx, scene.group, number_in(part))
        return [type(fact)("answers", f"{lease.task}/{lease.answer}")] if lease else []
    review = given_records.find_review(tx, scene.group, number_in(which))
    if review is None or part not in ("review", "reply"):
        return []
    if part == "reply":
        given_records.keep_reply_held(tx, scene.group, review.number, held)
        return []
    if held is Held.REMOVED:
        return _remove(review, scene, tx) if review.held is not held else []
    given_records.keep_held(tx, scene.group, review.number, held)
    back = held is Held.NO and review.held is Held.REMOVED and review.reviewer
    return [ReviewGiven(review.reviewer, str(review.number))] if back else []


def _remove(review: Review, scene: Scene, tx: Tx) -> list[Effect]:
    """Its author has no message about it any more."""
    given_records.keep_held(tx, scene.group, review.number, Held.REMOVED)
    return [Unpost(delivery_name(scene, review.number)), *_discard(review, scene, tx)]


def _discard(review: Review, scene: Scene, tx: Tx) -> list[Effect]:
    """It counts nowhere. The answer waits for another one, or its author may ask for another answer."""
    effects: list[Effect] = [ReviewDiscarded(review.reviewer, str(review.number))] if review.reviewer else []
    request = records.find_request(tx, scene.group, review.request, scene.now)
    if request is None:
        return effects
    answer = answer_to(scene, tx, request.task, request.author)
    still = answer is not None and answer.number == request.answer and scene.ask(IsHere(request.author), tx)
    if still and request.state is State.DONE and request.finished < request.wanted:
        records.keep_waiting_again(tx, scene.group, request.number, scene.now)
        return [*effects, plan_round(scene, tx, request.number, scene.now + rules.ASK_AFTER)]
    if request.state in (State.DONE, State.GONE, State.WITHDRAWN):
        records.keep_state(tx, scene.group, request.number, request.state, spent=False)
    return effects


# --- what to practise next -------------------------------------------------------------------------------------


@FEATURE.answers(WeakAreas)
def weak_areas(question: WeakAreas, scene: Scene, tx: Tx) -> dict[str, tuple[str, ...]]:
    about = {member: given_records.list_levels_about(tx, scene.group, member) for member in question.members}
    everybody = given_records.sum_levels(tx, scene.group) if any(about.values()) else {}
    return {who: estimate_rules.weakest(levels, everybody, who) for who, levels in about.items() if levels}
