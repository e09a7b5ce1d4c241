"""What happens when a moment has come, and what features, members and the engine tell meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.features.nudges import cards, plan_rules, records, rules
from bot.features.nudges.records import Decided
from bot.features.nudges.rules import Drop, Line, Moment, Send, Sent, State, Wait, Why, Wish
from bot.kernel.calendar import Zones, member_day, zone_at
from bot.kernel.card import Card
from bot.kernel.effect import Direct, Effect, Fact, Post, Unwake, Wake
from bot.kernel.engine_facts import IsHere, MemberErased, PostParked, WhenWasItDown, ZonesOver
from bot.kernel.errors import Reason
from bot.kernel.event import Due, Scene
from bot.kernel.facts import (
    AnswerKept,
    AsksToday,
    LastCredits,
    MemberJoined,
    MemberLeft,
    MemberPaused,
    MemberResumed,
    MemberStuck,
    Nudge,
    NudgeMoment,
    PausedUntil,
    SignGiven,
    TimedRunFinished,
    WantsReminders,
)
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import ReviewGiven
from bot.kernel.ports import Tx
from bot.kernel.text import Mention

FEATURE = Feature(
    "nudges",
    home_place=-1,  # what waits for the member
    stores=(
        ("Whether and when you want reminders", "Only you"),
        ("What you can be reminded of", "Only you"),
        ("Which reminders were sent in the last 60 days, and why others were not", "Only you"),
    ),
)


@dataclass(frozen=True, slots=True)
class Digest(Fact):
    """Everybody was asked what to remind this member of: now it is decided. Told and heard here alone."""

    moment: Moment


# --- a moment has come -----------------------------------------------------------------------


@FEATURE.on_wake("digest")
def hold_digest(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _hold(due, scene, tx)


@FEATURE.on_wake("evening")
def hold_evening(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _hold(due, scene, tx)


def _hold(due: Due, scene: Scene, tx: Tx) -> list[Effect]:
    """
    Ask the others for lines if a message would be allowed, and plan the next moment.

    `Digest` follows what the others tell at `NudgeMoment`, because effects are performed in their order.
    """
    moment = records.find_planned(tx, scene.group, due.name)
    if moment is None:
        return []
    state = _state(scene, tx, moment)
    decision = rules.decide(state, scene.now)
    onward = _plan(scene, tx, state.wish, evening=moment.evening, after=plan_rules.onward(state, decision, scene.now))
    if isinstance(decision, Drop) and decision.why in rules.SILENT:
        records.keep_asking(tx, scene.group, moment.member)
        asked = [NudgeMoment(moment.member, evening) for evening in rules.asks(moment, state.wish)]
        return [*asked, Digest(moment), *onward]
    return [*_carry_out(scene, tx, state, decision), *onward]


@FEATURE.on_fact(Digest)
def send_digest(fact: Digest, scene: Scene, tx: Tx) -> Sequence[Effect]:
    state = _state(scene, tx, fact.moment)
    lines = tuple(records.list_lines(tx, scene.group, fact.moment.member, scene.now))
    asks_today = bool(lines) or scene.ask(AsksToday(fact.moment.member), tx)
    state = replace(state, lines=lines, asks_today=asks_today)
    decision = rules.decide(state, scene.now)
    records.forget_asked(tx, scene.group, fact.moment.member, scene.now)
    return _carry_out(scene, tx, state, decision)


def _state(scene: Scene, tx: Tx, moment: Moment) -> State:
    member, now = moment.member, scene.now
    wish = find_wish(scene, tx, member)
    zones: Zones = scene.ask(ZonesOver(member), tx)
    digests = [planned.due for planned in records.list_planned(tx, scene.group, member) if not planned.evening]
    return State(
        scene.group,
        moment,
        wish,
        zone_at(zones, now),
        member_day(now, zones),
        records.list_sent(tx, member, now),
        here=scene.ask(IsHere(member), tx),
        paused_until=scene.ask(PausedUntil(member), tx),
        silent=rules.silence(wish.silent_since, now, scene.ask(WhenWasItDown(), tx)),
        digest_at=min(digests, default=None),
        groups=records.list_groups(tx, member, now),
    )


def _carry_out(scene: Scene, tx: Tx, state: State, decision: rules.Decision) -> list[Effect]:
    """Keep what was decided, and say it."""
    moment, now = state.moment, scene.now
    match decision:
        case Wait():
            records.keep_decided(tx, scene.group, moment.member, Decided(moment.name, now, Why.MOVED))
            return []
        case Drop(why):
            records.keep_decided(tx, scene.group, moment.member, Decided(moment.name, now, why))
            return []
        case Send(lines, tone):
            why = Why.FAREWELL if tone == "farewell" else Why.SENT
            records.keep_decided(tx, scene.group, moment.member, Decided(moment.name, now, why))
            kinds = tuple(dict.fromkeys(line.kind for line in lines))
            sent = Sent(now, state.day.starts, state.day.ends, scene.group, tone == "evening", kinds)
            records.keep_sent(tx, moment.member, sent)
            records.keep_wish(tx, scene.group, rules.after(state.wish, decision, now))
            for line in lines:
                records.forget_line(tx, scene.group, moment.member, line)
            card, until = _card(decision, state), rules.expires(state, now)
            return [Post(moment.name, Direct(moment.member), card, until=until)]


def _card(send: Send, state: State) -> Card:
    if send.tone == "farewell":
        return cards.farewell_card()
    number = state.wish.evenings if send.tone == "evening" else state.wish.digests
    return cards.reminder_card(send, number, plan_rules.day_token(state.day))


# --- planning --------------------------------------------------------------------------------


def find_wish(scene: Scene, tx: Tx, member: str) -> Wish:
    return records.find_wish(tx, scene.group, member) or Wish(member)


@FEATURE.answers(WantsReminders)
def wants_reminders(question: WantsReminders, scene: Scene, tx: Tx) -> bool:
    return find_wish(scene, tx, question.member).wanted


def plan_anew(scene: Scene, tx: Tx, wish: Wish) -> list[Effect]:
    """Let exactly those moments stand ahead that the member wants, from now on."""
    effects: list[Effect] = call_off(scene, tx, wish.member)
    if wish.wanted:
        effects += _plan(scene, tx, wish, evening=False, after=scene.now)
    if wish.wanted and wish.evening:
        effects += _plan(scene, tx, wish, evening=True, after=scene.now)
    return effects


def call_off(scene: Scene, tx: Tx, member: str) -> list[Effect]:
    planned = records.list_planned(tx, scene.group, member)
    for moment in planned:
        records.forget_planned(tx, scene.group, moment)
    return [Unwake(moment.name) for moment in planned]


def _plan(scene: Scene, tx: Tx, wish: Wish, *, evening: bool, after: datetime) -> list[Effect]:
    zones: Zones = scene.ask(ZonesOver(wish.member), tx)
    wall = rules.EVENING if evening else plan_rules.hour(wish, scene.ask(LastCredits(wish.member), tx), zones)
    moment = plan_rules.plan(scene.group, wish.member, wall, zone_at(zones, scene.now), after, evening=evening)
    records.keep_planned(tx, scene.group, moment)
    return [Wake(moment.name, "nudges.evening" if evening else "nudges.digest", moment.due)]


# --- what is to be said ------------------------------------------------------------------------


@FEATURE.on_fact(Nudge)
def keep_nudge(fact: Nudge, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """One that is of no use any more takes back what was told before."""
    if scene.ask(IsHere(fact.member), tx):
        line = Line(fact.kind, fact.about, fact.line, fact.button, fact.until)
        records.keep_line(tx, scene.group, fact.member, line, scene.now)
    return []


@FEATURE.on_home
def home_waiting(scene: Scene, tx: Tx) -> Sequence[Card]:
    lines = rules.in_order(records.list_lines(tx, scene.group, scene.member, scene.now)) if scene.is_member else ()
    if not lines:
        return []
    return [cards.waiting_card(lines, wanted=find_wish(scene, tx, scene.member).wanted)]


# --- signs of life -----------------------------------------------------------------------------


@FEATURE.on_fact(AnswerKept)
def note_answer(fact: AnswerKept, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note_work(scene, tx, fact.member)


@FEATURE.on_fact(TimedRunFinished)
def note_run(fact: TimedRunFinished, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note_work(scene, tx, fact.member)


@FEATURE.on_fact(ReviewGiven)
def note_review(fact: ReviewGiven, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note_work(scene, tx, fact.member)


def _note_work(scene: Scene, tx: Tx, member: str) -> list[Effect]:
    wish = records.find_wish(tx, scene.group, member)
    if wish:
        records.keep_wish(tx, scene.group, replace(rules.alive(wish), answered_at=scene.now))
    return []


@FEATURE.on_fact(MemberStuck)
def note_stuck(fact: MemberStuck, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note_life(scene, tx, fact.member)


@FEATURE.on_fact(SignGiven)
def note_sign(fact: SignGiven, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note_life(scene, tx, fact.member)


@FEATURE.on_fact(MemberPaused)
def note_pause(fact: MemberPaused, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Whoever says that they rest has given a sign of life; the rest itself is no silence."""
    return _note_life(scene, tx, fact.member)


@FEATURE.on_fact(MemberResumed)
def note_return(fact: MemberResumed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note_life(scene, tx, fact.member)


def _note_life(scene: Scene, tx: Tx, member: str) -> list[Effect]:
    wish = records.find_wish(tx, scene.group, member)
    if wish:
        records.keep_wish(tx, scene.group, rules.alive(wish))
    return []


# --- coming and going ----------------------------------------------------------------------------


@FEATURE.on_fact(MemberJoined)
def welcome_back(fact: MemberJoined, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Who chose reminders before has them again."""
    wish = records.find_wish(tx, scene.group, fact.member)
    if wish is None:
        return []
    wish = rules.alive(wish)
    records.keep_wish(tx, scene.group, wish)
    return plan_anew(scene, tx, wish)


@FEATURE.on_fact(MemberLeft)
def forget_waiting(fact: MemberLeft, scene: Scene, tx: Tx) -> Sequence[Effect]:
    records.forget_lines(tx, scene.group, fact.member)
    return call_off(scene, tx, fact.member)


@FEATURE.on_fact(MemberErased)
def forget_member(fact: MemberErased, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Their wakes go, and what others were to be reminded of with this member's name in it."""
    for member, line in records.list_all_lines(tx, scene.group):
        named = Mention(fact.member) in line.text or fact.member in dict(line.button.action.args).values()
        if named:
            records.forget_line(tx, scene.group, member, line)
    return call_off(scene, tx, fact.member)


REFUSALS = (Reason.CLOSED, Reason.GONE, Reason.FORBIDDEN)  # others are troubles of the platform, or ours


@FEATURE.on_fact(PostParked)
def turn_off(fact: PostParked, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The platform takes no private message for this member: no more are tried, and the member reads how to mend it."""
    ours = fact.name.startswith("nudges.") and fact.reason in REFUSALS
    known = records.find_wish(tx, scene.group, fact.member) if ours else None
    if known is None:  # another's message, or somebody who was erased meanwhile
        return []
    records.keep_wish(tx, scene.group, replace(known, wanted=False, refused=fact.reason))
    return call_off(scene, tx, fact.member)
