"""The plan of the week: made, shown in the room, counted, reminded of."""

from collections.abc import Sequence
from datetime import date

from bot.features.partners import pair_records, plan_cards, plan_records, plan_rules
from bot.features.partners.handlers import FEATURE, week_at
from bot.features.partners.pair_handlers import look, request
from bot.features.partners.pair_rules import Sat, need_pair
from bot.features.partners.plan_rules import Done
from bot.features.partners.room_handlers import room_of, somebody_rests
from bot.kernel.calendar import StudyDay, Zones, member_day
from bot.kernel.card import Card
from bot.kernel.design_facts import AreRunsHeld, DesignRunFinished
from bot.kernel.effect import Ask, Effect, Fact, Late, Missed, Post, Reply, Wake
from bot.kernel.engine_facts import ZonesOver
from bot.kernel.event import Due, Pressed, Scene, Submitted
from bot.kernel.facts import AnswerKept, AnswerWithdrawn, Nudge, NudgeMoment, SignGiven, TimedRunFinished
from bot.kernel.peer_facts import ReviewDiscarded, ReviewGiven
from bot.kernel.ports import Tx

NUDGE = "partner"  # what reminders about partners are called
STEP = 15  # pairs of which something is asked in one transaction


# --- what every part of a week asks ------------------------------------------------------------------


def partners_of(scene: Scene, tx: Tx) -> Sat:
    """Whoever acts, and their partners. Raises Refusal where there is nobody but them."""
    sat = pair_records.find_sat_with(tx, scene.group, scene.member)
    return need_pair(sat if sat and len(sat.here) > 1 else None)


def partners_with(scene: Scene, tx: Tx, number: int) -> Sat:
    """The same, where whoever acts is in the pair with this number: a button may be old or forged."""
    return plan_rules.need_yours(partners_of(scene, tx), number)


def room_now(scene: Scene, tx: Tx, sat: Sat) -> Sat:
    """Who has the room of these partners now: themselves, or they and others in a later term."""
    newest = plan_records.find_newest_in(tx, scene.group, sat.room_number)
    return pair_records.find_sat(tx, scene.group, newest) or sat


def give_sign(scene: Scene, tx: Tx, sat: Sat) -> list[Effect]:
    """Whoever acts has reacted: nobody waits for them any more."""
    pair_records.keep_sign(tx, scene.group, sat.number, scene.member, scene.now)
    return [SignGiven(scene.member), *look(scene, tx, sat.number)]


def day_of(scene: Scene, tx: Tx, member: str) -> StudyDay:
    """The member's own day."""
    zones: Zones = scene.ask(ZonesOver(member), tx)
    return member_day(scene.now, zones)


def plan_week(scene: Scene, tx: Tx, member: str) -> date:
    """The Monday of the week that this member plans now."""
    return plan_rules.week_of(week_at(scene.now, scene), day_of(scene, tx, member).date)


# --- making it -----------------------------------------------------------------------------------------


@FEATURE.on_press("plan", reads=True)
def open_plan(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    partners_of(scene, tx)
    typed = press.action.get("week")
    week = plan_rules.accept_week(typed, plan_week(scene, tx, scene.member))
    last = plan_records.find_last_plan(tx, scene.group, scene.member, week)
    return [Ask(plan_cards.plan_form(last, typed, design_weeks=scene.ask(AreRunsHeld(), tx)))]


@FEATURE.on_submit("keep_plan", opened_by="plan")
def keep_plan(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Confirming it is the handshake."""
    sat, now = partners_of(scene, tx), plan_week(scene, tx, scene.member)
    week = plan_rules.accept_week(form.action.get("week"), now)
    numbers = form.text("answers"), form.text("reviews")
    plan = plan_rules.accept(scene.member, week, sat.number, *numbers, form.text("line"), form.text("designs"))
    known = plan_records.find_plan(tx, scene.group, scene.member, week, sat.number)
    if known:
        plan_rules.need_kept(known.held, plan.line, known.line)
    plan_records.keep_plan(tx, scene.group, plan, scene.now)
    reply, said = Reply(plan_cards.planned_card(plan, ahead=week > now)), show_plans(scene, tx, sat, week)
    return [reply, said, *give_sign(scene, tx, sat)]


def show_plans(scene: Scene, tx: Tx, sat: Sat, week: date) -> Post:
    """The message in the room that holds the plans of the week."""
    plans = plan_records.list_plans(tx, scene.group, sat.number, sat.pair.members, week)
    name = f"partners.plan/{scene.group}/{sat.number}/{week}"
    now = room_now(scene, tx, sat)
    return Post(name, room_of(now), plan_cards.week_card(week, plans), quiet=somebody_rests(scene, tx, now))


@FEATURE.on_home
def home_plan(scene: Scene, tx: Tx) -> Sequence[Card]:
    pair = pair_records.find_pair(tx, scene.group, scene.member) if scene.is_member else None
    if pair is None:
        return []
    week = plan_week(scene, tx, scene.member)
    plan = plan_records.find_plan(tx, scene.group, scene.member, week, pair.number)
    return [plan_cards.home_week_card(plan, plan_records.count_work(tx, scene.group, scene.member, week))]


# --- being asked for it -----------------------------------------------------------------------------------


@FEATURE.every(
    "week",
    lambda settings: plan_rules.WEEK_BEGINS if settings.on else None,
    Late(None, Missed.LATEST),
    label="Plans of partners",
)
def begin_week(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The plan is asked of everybody who sits with somebody; whoever does so since today owes a first word anyway."""
    plan_records.forget_before(tx, scene.group, week_at(scene.now, scene) - plan_rules.KEPT)
    return _ask_some(due, scene, tx, str(week_at(due.at, scene)), 0)


@FEATURE.on_wake("week_more")
def begin_more(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week, after = due.name.split("/")[-2:]
    return _ask_some(due, scene, tx, week, int(after))


def _ask_some(due: Due, scene: Scene, tx: Tx, week: str, after: int) -> list[Effect]:
    """Of a large group in steps, so that nobody's press waits for all of them."""
    numbers = pair_records.list_numbers(tx, scene.group, after, STEP)
    pairs = (pair_records.find_pair_by_number(tx, scene.group, number) for number in numbers)
    effects = [effect for pair in pairs if pair for effect in request(scene, tx, pair.number)]
    if len(numbers) < STEP:
        return effects
    return [*effects, Wake(f"partners.week_more/{scene.group}/{week}/{numbers[-1]}", "partners.week_more", due.at)]


@FEATURE.on_fact(NudgeMoment)
def remind_of_plan(fact: NudgeMoment, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """With the first reminder of the member's own Monday, and once more on Tuesday. Other partners, another plan."""
    day, pair = day_of(scene, tx, fact.member), pair_records.find_pair(tx, scene.group, fact.member)
    if fact.evening or not plan_rules.is_offered(day) or pair is None:
        return []
    week = plan_week(scene, tx, fact.member)
    if plan_records.find_plan(tx, scene.group, fact.member, week, pair.number):
        return []
    return [Nudge(fact.member, NUDGE, f"plan/{week}", plan_cards.plan_line(), plan_cards.plan_button(), day.ends)]


# --- what is done is counted ------------------------------------------------------------------------------


@FEATURE.on_fact(AnswerKept)
def count_answer(fact: AnswerKept, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What is handed in is counted as what it is: the run of a design."""
    if fact.first and not fact.handed_in:
        return _count(scene, tx, fact.member, Done.ANSWER, fact.task)
    for kind in (Done.ANSWER, Done.DESIGN):
        plan_records.keep_work_again(tx, scene.group, fact.member, kind, fact.task)
    return []


@FEATURE.on_fact(AnswerWithdrawn)
def uncount_answer(fact: AnswerWithdrawn, scene: Scene, tx: Tx) -> Sequence[Effect]:
    for kind in (Done.ANSWER, Done.DESIGN):
        plan_records.forget_work(tx, scene.group, fact.member, kind, fact.task)
    return []


@FEATURE.on_fact(DesignRunFinished)
def count_design(fact: DesignRunFinished, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _count(scene, tx, fact.member, Done.DESIGN, fact.task)


@FEATURE.on_fact(ReviewGiven)
def count_review(fact: ReviewGiven, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _count(scene, tx, fact.member, Done.REVIEW, fact.review)


@FEATURE.on_fact(ReviewDiscarded)
def uncount_review(fact: ReviewDiscarded, scene: Scene, tx: Tx) -> Sequence[Effect]:
    plan_records.forget_work(tx, scene.group, fact.member, Done.REVIEW, fact.review)
    return []


@FEATURE.on_fact(TimedRunFinished)
def count_run(fact: TimedRunFinished, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _count(scene, tx, fact.member, Done.RUN, fact.task)


def _count(scene: Scene, tx: Tx, member: str, kind: Done, about: str) -> list[Fact]:
    plan_records.keep_work(tx, scene.group, member, kind, about, plan_week(scene, tx, member))
    return []
