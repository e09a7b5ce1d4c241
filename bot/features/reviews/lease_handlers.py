"""What happens when a member takes an answer to review, sends the review, or nobody takes it."""

from collections.abc import Mapping, Sequence

from bot.content.catalogue import Criterion
from bot.features.reviews import cards, given_records, lease_cards, reading_rules, records, rules
from bot.features.reviews.given_rules import Review
from bot.features.reviews.handlers import (
    FEATURE,
    answer_to,
    barred_until,
    domain_of,
    end_lease,
    item_of,
    lapse_name,
    number_in,
    plan_round,
    refuse_barred,
)
from bot.features.reviews.rules import Distance, Lease, Request, State
from bot.kernel.action import Action
from bot.kernel.calendar import draw
from bot.kernel.card import Button, Card
from bot.kernel.effect import Ask, Effect, Reply, Unwake, Wake
from bot.kernel.engine_facts import IsHere, WhoIsHere
from bot.kernel.errors import Refusal
from bot.kernel.event import Due, Pressed, Scene, Submitted
from bot.kernel.facts import Nudge, PausedUntil, WhoIsQuiet
from bot.kernel.peer_facts import AnswersOf, BlockedWith, MayReadAnswers, PartnersOf, ReviewGiven
from bot.kernel.ports import Tx

NUDGE = "review"  # what reminders about reviews are called


# --- taking one ----------------------------------------------------------------------------------------


@FEATURE.on_press("pull")
def take_answer(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    held = records.find_open_lease(tx, scene.group, scene.member, scene.now)
    if held:
        return [Reply(_page(scene, held, 0))]
    refuse_barred(scene, tx)
    _learn(scene, tx)
    waiting = [r for r in records.list_waiting(tx, scene.group, scene.now) if r.author != scene.member]
    lease = _choose(scene, tx, waiting)
    if lease is None:
        return [Reply(cards.nothing_card(queue=sum(request.is_free_to_take for request in waiting)))]
    records.keep_lease(tx, scene.group, lease)
    records.keep_taken(tx, scene.group, lease.request)
    none_left = Nudge(scene.member, NUDGE, "volunteer", cards.volunteer_line(), cards.pull_button(), scene.now)
    return [
        Reply(_page(scene, lease, 0)),
        Wake(lapse_name(scene, lease.number), "reviews.lapse", lease.until),
        none_left,
    ]


def _learn(scene: Scene, tx: Tx) -> None:
    """Answers that are older than this feature count as tried, too."""
    found = {domain_of(scene, tx, answer.task) for answer in scene.ask(AnswersOf(scene.member), tx)}
    given_records.keep_tried(tx, scene.group, scene.member, sorted(found))


def _choose(scene: Scene, tx: Tx, waiting: Sequence[Request]) -> Lease | None:
    """The first answer that this member may be handed."""
    me = scene.member
    tried = given_records.list_tried_by(tx, scene.group, me)
    known = [request for request in waiting if request.domain in tried]

    def how_far(request: Request) -> Distance | None:
        return _distances(scene, tx, request, [me]).get(me)

    for request, far in rules.in_order(known, me, how_far, lambda one: able_members(scene, tx, one)):
        answer = answer_to(scene, tx, request.task, request.author)
        if answer and answer.number == request.answer:
            return Lease(
                records.next_number(tx, scene.group, "lease"), me, request.author, request.number, request.task,
                request.answer, request.title, request.domain, item_of(scene, tx, request.task), answer.text,
                reading_rules.nameless(answer.beside), answer.hide_name, far, scene.now, scene.now + rules.LEASE,
                "open",
            )  # fmt: skip
    return None


def able_members(scene: Scene, tx: Tx, request: Request) -> Mapping[str, Distance]:
    """Everybody who can be counted on to review this answer: here, not resting, not silent for a week."""
    quiet = {member for member, _ in scene.ask(WhoIsQuiet(scene.now - rules.QUIET), tx)}
    here = [m for m in scene.ask(WhoIsHere(), tx) if m not in quiet and not scene.ask(PausedUntil(m), tx)]
    return _distances(scene, tx, request, here)


def _distances(scene: Scene, tx: Tx, request: Request, members: Sequence[str]) -> dict[str, Distance]:
    """How far each of these stands from the author; whoever cannot review this answer is left out."""
    group, author, now = scene.group, request.author, scene.now
    tried = given_records.list_tried(tx, group, request.domain)
    out = {author, *scene.ask(BlockedWith(author), tx)}
    out |= given_records.list_reviewers(tx, group, request.task, request.answer, author)
    out |= {
        lease.reviewer
        for lease in records.list_leases_on(tx, group, request.task, author)
        if lease.state == "returned" and now - lease.taken_at < rules.LEASE
    }
    able = [member for member in members if member in tried and member not in out]
    able = [m for m in able if not barred_until(scene, tx, m) and scene.ask(MayReadAnswers(request.task, m), tx)]
    if not able:
        return {}
    partners = set(scene.ask(PartnersOf(author), tx))
    meetings = given_records.list_meetings(tx, group, author, now - rules.MET, now)
    return {member: rules.distance(member, author, partners, meetings, now) for member in able}


# --- reading it ------------------------------------------------------------------------------------------


@FEATURE.on_press("open", reads=True)
def show_page(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    lease = _held(scene, tx, press.action)
    return [Reply(_page(scene, lease, max(0, number_in(press.action.get("page")))))]


@FEATURE.on_press("rubric", reads=True)
def show_rubric(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    lease = _held(scene, tx, press.action)
    _, rubric = reading_rules.rubric_of(scene.catalogue, lease.item)
    criteria = rubric.criteria if rubric else reading_rules.PLAIN
    return [Reply(lease_cards.rubric_card(lease, criteria, max(0, number_in(press.action.get("page")))))]


def _page(scene: Scene, lease: Lease, page: int) -> Card:
    return lease_cards.lease_card(lease, _looked_at(scene, lease), page, scene.now)


def _looked_at(scene: Scene, lease: Lease) -> tuple[Criterion, ...]:
    return reading_rules.criteria(*reading_rules.rubric_of(scene.catalogue, lease.item))


def _held(scene: Scene, tx: Tx, action: Action) -> Lease:
    """The answer in this member's own hands. One that has lapsed stays theirs to finish."""
    lease = records.find_lease(tx, scene.group, number_in(action.get("lease")))
    if lease is None or lease.reviewer != scene.member:
        raise Refusal("This is not an answer that you are reviewing.", "Type /study review to get one.")
    if lease.state == "done":
        raise Refusal("You have sent your review of this answer.", "Type /study review to get another one.")
    if lease.state == "returned":
        raise Refusal("You gave this answer back.", "Type /study review to get another one.")
    if lease.state == "ended" or lease.author in scene.ask(BlockedWith(scene.member), tx):
        raise Refusal("This answer cannot be reviewed any more.", "Type /study review to get another one.")
    return lease


@FEATURE.on_press("give_back")
def give_back(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    lease = _held(scene, tx, press.action)
    records.forget_words(tx, scene.group, lease.number)
    return [Reply(lease_cards.given_back_card()), *end_lease(scene, tx, lease.number, lease.state, "returned")]


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
    return [Ask(lease_cards.review_form(lease, _looked_at(scene, lease), reading_rules.passages(lease.text)))]


@FEATURE.on_submit("send", opened_by="write")
def keep_review(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    lease = _held(scene, tx, form.action)
    refuse_barred(scene, tx)
    group, author = scene.group, lease.author
    answer = answer_to(scene, tx, lease.task, author)
    if answer is None or answer.number != lease.answer or not scene.ask(IsHere(author), tx):
        raise Refusal("This answer cannot be reviewed any more.", "Your words are below. Type /study review.")
    if scene.member in given_records.list_reviewers(tx, group, lease.task, lease.answer, author):
        raise Refusal("You have reviewed this answer before.", "Type /study review to get another one.")
    looked_at = _looked_at(scene, lease)
    levels = [form.text(f"level_{n}") for n in range(1, len(looked_at) + 1)]
    found = reading_rules.passages(lease.text)
    words = form.text("next"), form.text("question")
    verdict = reading_rules.accept(looked_at, found, levels, form.text("passage"), *words)
    review = Review(
        records.next_number(tx, group, "review"), lease.request, lease.task, lease.answer, lease.title, lease.domain,
        scene.member, author, verdict, answer.text != lease.text, scene.now,
        hide_reviewer=given_records.find_wish(tx, group, scene.member), hide_author=answer.hide_name,
    )  # fmt: skip
    given_records.keep_review(tx, group, review)
    return [
        Reply(lease_cards.sent_card(lease.title, earlier=review.earlier)),
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
        records.keep_state(tx, scene.group, request.number, State.DONE, spent=request.spent)
        effects.append(Unwake(f"reviews.volunteers/{scene.group}/{request.number}/{request.rounds}"))
    return effects


def delivered(review: Review, scene: Scene, *, gone: bool = False) -> Nudge:
    """The author's reminder of it; `gone` takes it back."""
    read = Button("Read it", Action.to("reviews.read", review=str(review.number)), "primary")
    until = scene.now if gone else scene.now + rules.WEEK
    return Nudge(review.author, NUDGE, f"given/{review.number}", cards.delivered_line(review.title), read, until)


# --- when nobody takes it ------------------------------------------------------------------------------------


@FEATURE.on_wake("volunteers")
def seek_volunteers(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Ask up to three who could take it, in private, and look again later."""
    *_, number, round_ = due.name.split("/")
    request = records.find_request(tx, scene.group, number_in(number), scene.now)
    if request is None or not request.waits or request.rounds != number_in(round_):
        return []
    onward = plan_round(scene, tx, request.number, scene.now + rules.ASK_AGAIN)
    if not request.is_free_to_take:
        return [onward]
    busy = {lease.reviewer for lease in records.list_open_leases(tx, scene.group) if lease.is_open(scene.now)}
    asked, die = given_records.list_asked(tx, scene.group), draw(due.name)
    chosen = rules.volunteers(able_members(scene, tx, request), busy, asked, scene.now, die)
    given_records.keep_asked(tx, scene.group, chosen, request.number, scene.now)
    line, button, until = cards.volunteer_line(), cards.pull_button(), scene.now + rules.LEASE
    return [onward, *(Nudge(member, NUDGE, "volunteer", line, button, until) for member in chosen)]
