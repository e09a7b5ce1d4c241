"""What happens when a member asks for a review or looks at what is there."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.features.reviews import (
    cards,
    drawn_records,
    given_records,
    records,
    rules,
    volunteer_records,
)
from bot.features.reviews.rules import Able, Distance, Request, Rights, State
from bot.kernel.card import Card
from bot.kernel.effect import Effect, Reply, Unwake, Wake
from bot.kernel.engine_facts import WhoIsHere
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene
from bot.kernel.facts import Nudge, PausedUntil, WhoIsQuiet
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import (
    AnswersOf,
    AnswerText,
    AnswerTo,
    BlockedWith,
    ItemsOf,
    MayReadAnswers,
    NoReviewsUntil,
    PartnersOf,
)
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
        ("Which answers were drawn for you to review", "Only you"),
        ("When you were asked to review, and when a reminder last reached you", "Only you"),
    ),
)  # fmt: skip
WANTED = 1  # reviews of an answer
NUDGE = "review"  # what reminders about reviews are called


# --- asking ------------------------------------------------------------------------------------------


@FEATURE.on_press("ask")
def ask_for_review(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = press.value or press.action.get("task")
    refuse_barred(scene, tx)
    answer = answer_to(scene, tx, task, scene.member)
    if answer is None:
        raise Refusal("There is no answer of yours that others can read.", "Answer the problem first, then ask.")
    earlier = [r for r in records.list_requests_of(tx, scene.group, scene.member, scene.now, task) if is_pending(r)]
    if earlier:
        return [Reply(_asked(scene, tx, earlier[-1], answer))]
    if answer.handed_in and not scene.ask(MayReadAnswers(task, scene.member), tx):
        raise Refusal("Nobody may read runs of this week yet.", "When its window closes, reviews come by themselves.")
    rules.accept_answer(answer.text)
    now = rights_of(scene, tx, scene.member)
    request = Request(
        0, scene.member, task, answer.number, answer.title, domain_of(scene, tx, task), now.free, WANTED, spent=True,
        state=State.WAITING, rounds=0, asked_at=scene.now, since=scene.now,
        hide_author=given_records.find_wish(tx, scene.group, scene.member),
    )  # fmt: skip
    if not could_come(scene, tx, request):
        raise Refusal("Nobody here can review this yet.", "Ask for a review of another answer, or ask again later.")
    if not now.left:
        return [Reply(cards.no_rights_card())]
    request = replace(request, number=records.next_number(tx, scene.group, "request"))
    records.keep_request(tx, scene.group, request, rules.week_of(scene.now, scene.zone))
    given_records.keep_tried(tx, scene.group, scene.member, [request.domain])
    wake = plan_round(scene, tx, request.number, scene.now + rules.ASK_AFTER)
    return [Reply(_asked(scene, tx, request, answer)), wake]


def _asked(scene: Scene, tx: Tx, request: Request, answer: AnswerText) -> Card:
    hidden = request.hide_author or answer.hide_name
    left = rights_of(scene, tx, scene.member).left
    return cards.asked_card(
        request, rules.usual_wait(records.list_waits(tx, scene.group)), left=left, hides_name=hidden
    )


@FEATURE.on_press("hide_ask")
def hide_at_request(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The author stays unnamed, at this request only."""
    request = _own_request(scene, tx, press)
    answer = answer_to(scene, tx, request.task, scene.member)
    if answer is None or not is_pending(request):
        raise Refusal("This request does not wait any more.", "Type /study review to see your reviews.")
    records.hide_author(tx, scene.group, scene.member, request.number)
    return [Reply(_asked(scene, tx, replace(request, hide_author=True), answer))]


def _own_request(scene: Scene, tx: Tx, press: Pressed) -> Request:
    request = records.find_request(tx, scene.group, number_in(press.value or press.action.get("request")), scene.now)
    if request is None or request.author != scene.member:
        raise Refusal("I do not find this request.", "Type /study review to see yours.")
    return request


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
    """Nobody is handed it from now on. Whoever is writing about it may still send what they write."""
    request = _own_request(scene, tx, press)
    if not is_pending(request):
        raise Refusal("This request does not wait any more.", "Type /study review to see your reviews.")
    if request.drawn_until:
        raise Refusal("This review was drawn, you did not ask for it.", "Withdraw the answer, and nobody reads it.")
    return [
        *close_request(scene, tx, request, State.WITHDRAWN),
        Reply(cards.taken_back_card(request, given_back=rules.gives_back(request))),
    ]


def close_request(scene: Scene, tx: Tx, request: Request, state: State) -> list[Effect]:
    """Nobody is handed this answer any more."""
    spent = request.spent and (state is State.DONE or not rules.gives_back(request))
    records.keep_state(tx, scene.group, request.number, state, spent=spent)
    wake = Unwake(f"reviews.volunteers/{scene.group}/{request.number}/{request.rounds}")
    return [wake, *call_off(scene, tx, request.number)]


def call_off(scene: Scene, tx: Tx, request: int) -> list[Effect]:
    """Those who were asked for it lately are reminded no more, unless they were asked for another one that waits."""
    recent = volunteer_records.list_recent(tx, scene.group, scene.now - rules.LEASE)
    waiting = {r.number for r in records.list_waiting(tx, scene.group, scene.now) if r.is_free_to_take} - {request}
    others = {member for member, number in recent if number in waiting}
    gone = {member for member, number in recent if number == request} - others
    return [urged(member, scene.now) for member in sorted(gone)]


def urged(member: str, until: datetime) -> Nudge:
    """Somebody is asked to take an answer; one that is of no use any more takes it back."""
    return Nudge(member, NUDGE, "volunteer", cards.volunteer_line(), cards.pull_button(), until)


def end_request(scene: Scene, tx: Tx, request: Request, state: State) -> list[Effect]:
    """Nobody is handed this answer any more, and whoever holds it cannot send a review of it."""
    effects = close_request(scene, tx, request, state)
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


# --- who can take what -----------------------------------------------------------------------------------


def takeable(scene: Scene, tx: Tx) -> Iterator[tuple[Request, Distance, AnswerText]]:
    """
    What this member may be handed, the first first. What waits for others only is not in it.

    What was drawn for them comes first. Other drawn runs are for everybody; who has not run one finds them last.
    """
    me, now = scene.member, scene.now
    tried = given_records.list_tried_by(tx, scene.group, me) | own_kinds(scene, tx)
    mine = drawn_for(scene, tx)
    yield from ((request, Distance.NONE, answer) for request, answer in mine)  # whoever was drawn learns no name by it
    numbers = {request.number for request, _ in mine}
    waiting = [r for r in records.list_waiting(tx, scene.group, now) if r.author != me and r.number not in numbers]
    lapsed = {lease.request for lease in records.list_lapsed(tx, scene.group, me, scene.now - rules.MET, now)}

    def how_far(request: Request) -> Distance | None:
        return _distances(scene, tx, request, [me], {me}).get(me)

    known = [request for request in waiting if request.domain in tried]
    new = [request for request in waiting if request.drawn_until and request.domain not in tried]
    for some in (known, new):
        for request, far in rules.in_order(some, me, how_far, lambda one: able_members(scene, tx, one), lapsed):
            answer = answer_to(scene, tx, request.task, request.author)
            if answer and answer.number == request.answer:
                yield request, far, answer


def drawn_for(scene: Scene, tx: Tx) -> list[tuple[Request, AnswerText]]:
    """What was drawn for this member and is kept for them, the first first."""
    me, found = scene.member, []
    for number in drawn_records.list_drawn_to(tx, scene.group, me, scene.now):
        request = records.find_request(tx, scene.group, number, scene.now)
        if request is None or not request.waits or me not in _distances(scene, tx, request, [me], {me}):
            continue
        answer = answer_to(scene, tx, request.task, request.author)
        if answer and answer.number == request.answer:
            found.append((request, answer))
    return found


def take_drawn(scene: Scene, tx: Tx, request: int) -> list[Effect]:
    """The reminder of what was drawn goes with the last of it."""
    mine = drawn_records.forget_drawn(tx, scene.group, request, scene.member)
    return [drawn_nudge(scene.member, 1, scene.now)] if mine and not drawn_for(scene, tx) else []


def drawn_nudge(member: str, count: int, until: datetime) -> Nudge:
    return Nudge(member, NUDGE, "drawn", cards.drawn_line(count, until), cards.pull_button(), until)


def nothing_left_nudge(member: str, until: datetime) -> Nudge:
    return Nudge(member, NUDGE, "drawn", cards.nothing_left_line(until), cards.all_button(), until)


def seek_for_drawn(scene: Scene, tx: Tx, requests: Iterable[int]) -> list[Effect]:
    """Who was drawn for these does not review them: others are asked at once."""
    found = (records.find_request(tx, scene.group, number, scene.now) for number in requests)
    return [plan_round(scene, tx, r.number, scene.now) for r in found if r and r.drawn_until and r.waits]


def _know_kind(scene: Scene, tx: Tx, request: Request) -> set[str]:
    """
    Who has answered this kind of problem.

    For what was drawn it is everybody where nobody who has is left: nobody's run is without a reader.
    """
    group = scene.group
    tried = given_records.list_tried(tx, group, request.domain)
    if not request.drawn_until:
        return tried
    out = {request.author, *drawn_records.list_hands(tx, group, request.number)}
    out |= given_records.list_reviewers(tx, group, request.task, request.answer, request.author)
    out |= {lease.reviewer for lease in records.list_leases_on(tx, group, request.task, request.author)}
    return tried if tried - out else {*scene.ask(WhoIsHere(), tx)}


def own_kinds(scene: Scene, tx: Tx) -> set[str]:
    """Answers that are older than this feature count as tried, too."""
    return {domain_of(scene, tx, answer.task) for answer in scene.ask(AnswersOf(scene.member), tx)}


def able_members(scene: Scene, tx: Tx, request: Request) -> Able:
    """Everybody who can be counted on to review this answer: here, not resting, not silent for a week."""
    quiet = {member for member, _ in scene.ask(WhoIsQuiet(scene.now - rules.QUIET), tx)}
    here = [m for m in scene.ask(WhoIsHere(), tx) if m not in quiet and not scene.ask(PausedUntil(m), tx)]
    distances = _distances(scene, tx, request, here, _know_kind(scene, tx, request))
    called = volunteer_records.list_called(
        tx, scene.group, request.number, request.since, scene.now - rules.PASSED
    )  # fmt: skip
    leases = records.list_leases_on(tx, scene.group, request.task, request.author)
    lapsed = {one.reviewer for one in leases if one.request == request.number and one.has_lapsed(scene.now)}
    return Able(distances, called, lapsed)


def _distances(
    scene: Scene, tx: Tx, request: Request, members: Sequence[str], tried: Collection[str]
) -> Mapping[str, Distance]:
    """How far each of these stands from the author; whoever cannot review this answer is left out."""
    group, author, now = scene.group, request.author, scene.now
    out = {author, *scene.ask(BlockedWith(author), tx)}
    out |= given_records.list_reviewers(tx, group, request.task, request.answer, author)
    out |= {
        lease.reviewer
        for lease in records.list_leases_on(tx, group, request.task, author)
        if lease.state == "returned" and now - lease.taken_at < rules.LEASE
    }
    able = [member for member in members if member in tried and member not in out]
    able = [m for m in able if not barred_until(scene, tx, m) and _may_read(scene, tx, request, m)]
    if not able:
        return {}
    partners = set(scene.ask(PartnersOf(author), tx))
    meetings = given_records.list_meetings(tx, group, author, now - rules.MET, now)
    return {member: rules.distance(member, author, partners, meetings, now) for member in able}


def _may_read(scene: Scene, tx: Tx, request: Request, member: str) -> bool:
    """What is drawn is not answered by anybody any more: it spoils nothing."""
    return request.drawn_until is not None or bool(scene.ask(MayReadAnswers(request.task, member), tx))


def could_come(scene: Scene, tx: Tx, request: Request) -> bool:
    """
    Is there anybody who could review this answer now or when they have answered the same problem?

    Blocks are not looked at: a refusal would tell of them. Who rests or is silent may come back.
    """
    tried = given_records.list_tried(tx, scene.group, request.domain)
    out = given_records.list_reviewers(tx, scene.group, request.task, request.answer, request.author)
    return any(
        (member in tried or not scene.ask(MayReadAnswers(request.task, member), tx))
        and not barred_until(scene, tx, member)
        for member in scene.ask(WhoIsHere(), tx)
        if member != request.author and member not in out
    )
