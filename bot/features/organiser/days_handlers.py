"""What happens when an organiser gives the group days off, and what others are told of them."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.features.organiser import changes_records, days_cards, days_records, records
from bot.features.organiser import days_rules as rules
from bot.features.organiser.changes_rules import WHAT, Change, Kind, shorten
from bot.features.organiser.days_cards import Ahead
from bot.features.organiser.days_rules import Rest
from bot.features.organiser.handlers import FEATURE
from bot.kernel.action import Action
from bot.kernel.calendar import study_day
from bot.kernel.effect import Ask, Effect, Reply
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene, Submitted
from bot.kernel.facts import DaysOff, WhenAreProblemsPosted
from bot.kernel.feature import Who
from bot.kernel.ports import Tx


@FEATURE.answers(DaysOff)
def days_off(question: DaysOff, scene: Scene, tx: Tx) -> tuple[date, ...]:
    return rules.days_off(days_records.list_rests(tx, scene.group, question.first), question.first, question.last)


@FEATURE.on_press("days", Who.ORGANISER, reads=True)
def show_days(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(days_cards.days_card(_ahead(scene, tx)))]


# --- rest ------------------------------------------------------------------------------------


@FEATURE.on_press("rest", Who.ORGANISER)
def rest(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    first, out = press.action.get("first"), _out(scene, tx)
    wanted = rules.accept_rest(first, press.action.get("last"), today_of(scene), out)
    return _keep(scene, tx, (wanted,), from_tomorrow=str(wanted.first) != first)


@FEATURE.on_press("ask_until", Who.ORGANISER, reads=True)
def ask_until(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(days_cards.until_form())]


@FEATURE.on_submit("keep_until", Who.ORGANISER, opened_by="ask_until")
def rest_until(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    out = _out(scene, tx)
    start = rules.first_free(scene.ask(WhenAreProblemsPosted(), tx), scene.zone, scene.now, out)
    return _keep(scene, tx, (rules.accept_until(form.text("until"), start, today_of(scene), out),))


@FEATURE.on_press("ask_holidays", Who.ORGANISER, reads=True)
def ask_holidays(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(days_cards.holidays_form())]


@FEATURE.on_submit("keep_holidays", Who.ORGANISER, opened_by="ask_holidays")
def keep_holidays(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    typed, today = form.text("days"), today_of(scene)
    rests, over = rules.accept_list(typed, today, _out(scene, tx))
    return _keep(scene, tx, rests, over, from_tomorrow=rests != rules.accept_list(typed, today)[0])


def _keep(scene: Scene, tx: Tx, rests: Sequence[Rest], over: int = 0, *, from_tomorrow: bool = False) -> list[Effect]:
    before = {(rest.first, rest.last): rest for rest in days_records.list_rests(tx, scene.group, today_of(scene))}
    new = tuple(rest for rest in rests if before.get((rest.first, rest.last)) != rest)
    if not new:
        return [Reply(days_cards.off_already_card(rests[0]))]
    replaced = tuple(before[rest.first, rest.last] for rest in new if (rest.first, rest.last) in before)
    undo = _change(scene, tx, _what("Days off", new), replaced, new)
    return [Reply(days_cards.rests_kept_card(new, over, undo, next_problem(scene, tx), from_tomorrow=from_tomorrow))]


# --- work -------------------------------------------------------------------------------------


@FEATURE.on_press("remove_days", Who.ORGANISER)
def remove_days(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    gone = rules.accept_removed(press.value, days_records.list_rests(tx, scene.group, today_of(scene)))
    undo = _change(scene, tx, _what("No days off any more", (gone,)), (gone,), ())
    return [Reply(days_cards.working_card((gone,), undo, next_problem(scene, tx)))]


@FEATURE.on_press("back_to_work", Who.ORGANISER)
def back_to_work(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    today = today_of(scene)
    resting = rules.running(days_records.list_rests(tx, scene.group, today), today)
    if not resting:
        raise Refusal("The group is at work already.", hint="Open “Days off” to see what is planned.")
    undo = _change(scene, tx, "Back to work before the end of the days off", resting, rules.cut(resting, today))
    return [Reply(days_cards.working_card(resting, undo, next_problem(scene, tx)))]


# --- the pieces ---------------------------------------------------------------------------------


def _change(scene: Scene, tx: Tx, what: str, gone: Sequence[Rest], new: Sequence[Rest]) -> Action:
    """Make the change and keep it with both sides; the action that takes it back."""
    days_records.forget_rests(tx, scene.group, gone)
    days_records.keep_rests(tx, scene.group, new)
    change = Change(scene.now, Kind.DAYS, what, scene.member, earlier={"days": pack(gone)}, later={"days": pack(new)})
    return changes_records.keep_change(tx, scene.group, change).undo


def take_back(scene: Scene, tx: Tx, change: Change) -> list[Effect]:
    """The days as they were without this change: what other organisers said of the same days still holds."""
    others = [one for one in changes_records.list_standing(tx, scene.group, Kind.DAYS) if one.number != change.number]
    left = rules.replay((unpack(one.earlier["days"]), unpack(one.later["days"])) for one in others)
    days_records.keep_only(tx, scene.group, left)
    return []


def pack(rests: Sequence[Rest]) -> tuple[tuple[str, str, str], ...]:
    """As the log of changes keeps them."""
    return tuple((str(rest.first), str(rest.last), rest.why) for rest in rests)


def unpack(packed: object) -> list[Rest]:
    rows = packed if isinstance(packed, tuple) else ()
    return [Rest(date.fromisoformat(first), date.fromisoformat(last), why) for first, last, why in rows]


def _what(label: str, rests: Sequence[Rest]) -> str:
    return shorten(f"{label}: {'; '.join(rest.words for rest in rests)}", WHAT)


def _ahead(scene: Scene, tx: Tx) -> Ahead:
    rhythm, today = scene.ask(WhenAreProblemsPosted(), tx), today_of(scene)
    rests = tuple(days_records.list_rests(tx, scene.group, today))
    start = rules.first_free(rhythm, scene.zone, scene.now, _out(scene, tx))
    return Ahead(today, start, rests, next_problem(scene, tx))


def next_problem(scene: Scene, tx: Tx, zone: ZoneInfo | None = None) -> tuple[date, datetime] | None:
    """When the next problem comes: (local date, instant). In another zone, when the group would count in that."""
    here, rhythm = zone or scene.zone, scene.ask(WhenAreProblemsPosted(), tx)
    rests = days_records.list_rests(tx, scene.group, study_day(scene.now, here).date)
    return rules.next_problem(rhythm, here, scene.now, rests, _out(scene, tx, here))


def _out(scene: Scene, tx: Tx, zone: ZoneInfo | None = None) -> date | None:
    """The day of the group's last problem: an organiser may have posted it before its time."""
    last = records.find_last_task(tx, scene.group)
    rhythm = scene.ask(WhenAreProblemsPosted(), tx)
    return rules.day_of(last.opens, rhythm, zone or scene.zone) if last else None


def today_of(scene: Scene) -> date:
    """The group's study day: until four in the morning it is still the one before."""
    return study_day(scene.now, scene.zone).date
