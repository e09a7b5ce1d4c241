"""What happens when reviews are drawn instead of asked for, and what others learn of them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.features.reviews import drawn_records, drawn_rules, given_records, given_rules, records, rules
from bot.features.reviews.given_rules import Held
from bot.features.reviews.handlers import (
    FEATURE,
    answer_to,
    barred_until,
    domain_of,
    drawn_nudge,
    nothing_left_nudge,
    plan_round,
    seek_for_drawn,
)
from bot.features.reviews.rules import Request, State
from bot.kernel.calendar import draw
from bot.kernel.design_facts import Drawn, ReviewGot, ReviewsOf, ReviewsWanted
from bot.kernel.effect import Effect
from bot.kernel.engine_facts import IsHere, MemberErased
from bot.kernel.event import Scene
from bot.kernel.facts import MemberLeft, PausedUntil
from bot.kernel.peer_facts import AnswerText, BlockedWith, MembersBlocked, PartnersOf, ReviewsBarred, Unread, UnreadBy
from bot.kernel.ports import Tx

# --- the draw ----------------------------------------------------------------------------------------


@FEATURE.on_fact(ReviewsWanted)
def draw_reviews(fact: ReviewsWanted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Told again it changes until when; what has come in since is drawn among all."""
    new: dict[str, AnswerText] = {}
    old: list[str] = []
    loads: Counter[str] = Counter()
    for drawn in fact.answers:
        known = _drawn(scene, tx, drawn)
        answer = None if known else answer_to(scene, tx, drawn.task, drawn.author_member)
        if known:
            drawn_records.keep_until(tx, scene.group, known.number, fact.until)
            old.append(drawn.author_member)
            loads.update(_hands(scene, tx, known))
        elif answer and scene.ask(IsHere(drawn.author_member), tx):
            new.setdefault(drawn.author_member, answer)
    if not new:
        return []
    wanted = drawn_rules.wanted_for(len(new) + len(old), fact.wanted)
    pairs = _pair_up(scene, tx, new, [*fact.reader_members, *old], wanted, loads)
    told = [*_tell(pairs, fact.until), *_tell_left(scene, tx, fact, pairs, loads)]
    return [*_keep_requests(scene, tx, new, pairs, wanted, fact.until), *told]


def _hands(scene: Scene, tx: Tx, request: Request) -> set[str]:
    """Who got this one by the draw before, reviews it, or has done so."""
    group = scene.group
    taken = {one.reviewer for one in records.list_leases_on(tx, group, request.task, request.author)}
    given = given_records.list_reviewers(tx, group, request.task, request.answer, request.author)
    return drawn_records.list_hands(tx, group, request.number) | taken | given


def _drawn(scene: Scene, tx: Tx, drawn: Drawn) -> Request | None:
    """The request that was drawn for this answer before."""
    requests = records.list_requests_of(tx, scene.group, drawn.author_member, scene.now, drawn.task)
    return next((request for request in requests if request.drawn_until), None)


def _pair_up(
    scene: Scene,
    tx: Tx,
    answers: Mapping[str, AnswerText],
    readers: Sequence[str],
    wanted: int,
    loads: Mapping[str, int],
) -> drawn_rules.Pairs:
    authors = [author for author in answers if not barred_until(scene, tx, author)]
    able = [author for author in authors if _can_review(scene, tx, author)]
    others = [one for one in dict.fromkeys(readers) if one not in answers and _can_review(scene, tx, one)]
    since = scene.now - rules.MET
    never = {author: scene.ask(BlockedWith(author), tx) for author in authors}
    partners = {author: scene.ask(PartnersOf(author), tx) for author in authors}
    met = {author: given_records.list_meetings(tx, scene.group, author, since, scene.now) for author in authors}

    def cost(reviewer: str, author: str) -> int:
        return drawn_rules.price(reviewer, author, never[author], partners[author], met[author], scene.now)

    die = draw(f"reviews.drawn/{scene.group}/{'/'.join(sorted({answer.task for answer in answers.values()}))}")
    return drawn_rules.pair_up(authors, able, others, wanted, cost, die, loads)


def _can_review(scene: Scene, tx: Tx, member: str) -> bool:
    here = scene.ask(IsHere(member), tx) and not scene.ask(PausedUntil(member), tx)
    return here and barred_until(scene, tx, member) is None


def _keep_requests(
    scene: Scene, tx: Tx, answers: Mapping[str, AnswerText], pairs: drawn_rules.Pairs, wanted: int, until: datetime
) -> list[Effect]:
    group, now = scene.group, scene.now
    kept_until = min(now + drawn_rules.KEPT_FOR, until)
    effects: list[Effect] = []
    for author in (one for one in answers if one in pairs):
        answer, reviewers = answers[author], pairs[author]
        request = Request(
            records.next_number(tx, group, "request"), author, answer.task, answer.number, answer.title,
            domain_of(scene, tx, answer.task), free=True, wanted=max(wanted, len(reviewers)), spent=False,
            state=State.WAITING, rounds=0, asked_at=now, since=now,
            hide_author=answer.hide_name or given_records.find_wish(tx, group, author), drawn_until=until,
        )  # fmt: skip
        records.keep_request(tx, group, request, rules.week_of(now, scene.zone))
        for reviewer in reviewers:
            drawn_records.keep_drawn(tx, group, request.number, reviewer, kept_until)
        seek_at = now if len(reviewers) < wanted else kept_until
        effects.append(plan_round(scene, tx, request.number, seek_at))
    return effects


def _tell(pairs: drawn_rules.Pairs, until: datetime) -> list[Effect]:
    """One line to everybody who was drawn, however much it is."""
    load = [reviewer for reviewers in pairs.values() for reviewer in reviewers]
    return [drawn_nudge(reviewer, load.count(reviewer), until) for reviewer in dict.fromkeys(load)]


def _tell_left(
    scene: Scene, tx: Tx, fact: ReviewsWanted, pairs: drawn_rules.Pairs, loads: Mapping[str, int]
) -> list[Effect]:
    """Who only wanted to review and gets nothing hears why nothing comes."""
    load = {reviewer for reviewers in pairs.values() for reviewer in reviewers} | loads.keys()
    left = [one for one in dict.fromkeys(fact.reader_members) if one not in load and _can_review(scene, tx, one)]
    return [nothing_left_nudge(reader, fact.until) for reader in left]


# --- somebody who was drawn does not come ----------------------------------------------------------------


@FEATURE.on_fact(MemberLeft)
def free_of_left(fact: MemberLeft, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _free(scene, tx, fact.member)


@FEATURE.on_fact(ReviewsBarred)
def free_of_barred(fact: ReviewsBarred, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _free(scene, tx, fact.member)


@FEATURE.on_fact(MemberErased)
def free_of_erased(fact: MemberErased, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _free(scene, tx, fact.member)


@FEATURE.on_fact(MembersBlocked)
def part_drawn(fact: MembersBlocked, scene: Scene, tx: Tx) -> Sequence[Effect]:
    pair = fact.member, fact.other_member
    return [*_free(scene, tx, *pair), *_free(scene, tx, *reversed(pair))]


def _free(scene: Scene, tx: Tx, reviewer: str, *authors: str) -> list[Effect]:
    """This member reviews nothing that was drawn for them, or nothing of these authors."""
    freed = []
    for number in drawn_records.list_all_drawn_to(tx, scene.group, reviewer):
        request = records.find_request(tx, scene.group, number, scene.now)
        if not authors or (request and request.author in authors):
            drawn_records.forget_drawn(tx, scene.group, number, reviewer)
            freed.append(number)
    return seek_for_drawn(scene, tx, freed)


# --- what others ask ---------------------------------------------------------------------------------------


@FEATURE.answers(ReviewsOf)
def reviews_of(question: ReviewsOf, scene: Scene, tx: Tx) -> tuple[ReviewGot, ...]:
    blocked: Collection[str] = scene.ask(BlockedWith(question.member), tx)
    unread: Unread = scene.ask(UnreadBy(question.member), tx)
    return tuple(
        ReviewGot(
            review.number,
            tuple((mark.criterion, mark.level, mark.anchor) for mark in review.verdict.marks),
            review.verdict.passage,
            review.verdict.next_step,
            review.verdict.question,
            given_rules.reviewer_shown(review, scene.now, blocked),
            review.stance.value,
        )
        for review in given_records.list_of_task(tx, scene.group, question.task, question.member)
        if review.held is Held.NO and not given_rules.is_left_out(review, unread)
    )
