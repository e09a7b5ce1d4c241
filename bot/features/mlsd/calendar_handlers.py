"""The organisers' calendar: the next eight weeks as they will open, and what can be changed in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.content.catalogue import Item
from bot.features.mlsd import calendar_cards as cards
from bot.features.mlsd import calendar_records, records
from bot.features.mlsd import calendar_rules as rules
from bot.features.mlsd.calendar_rules import MOVE, SKIP, SWAP, Change, Promised, Prompt, Slot, prompt_of
from bot.features.mlsd.handlers import FEATURE, catalogue_of
from bot.features.mlsd.rules import accept_number, current
from bot.kernel.action import Action
from bot.kernel.effect import Effect, Reply
from bot.kernel.engine_facts import DeskLine, SettingsChanged
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene
from bot.kernel.facts import ChangeMade, ChangeUndone, DaysOff
from bot.kernel.feature import Who
from bot.kernel.ports import Tx

AHEAD = timedelta(weeks=rules.WEEKS + 1)
SOON = timedelta(days=3)  # so long before it opens a week is put before the organisers


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    What lies ahead of the group. `past` is what it has met, oldest first, `row` what comes, in order, pinned or not.

    `pool` is what it could still meet, the row included.
    """

    past: tuple[Prompt, ...]
    row: tuple[Prompt, ...]
    pinned: frozenset[str]
    pool: tuple[Prompt, ...]
    slots: tuple[Slot, ...]

    @property
    def faults(self) -> list[str]:
        before = self.past[-rules.SPAN + 1 :]
        return rules.faults([*before, *self.row], len(before))


def look_ahead(scene: Scene, tx: Tx) -> Outlook:
    """The calendar as it stands now."""
    catalogue = catalogue_of(scene)
    weeks = records.list_weeks(tx, scene.group)
    past = tuple(prompt_of(catalogue.item(week.item), week.item) for week in reversed(weeks))
    met = {week.item for week in weeks}
    pool = tuple(prompt_of(item) for item in rules.playable(catalogue) if item.id not in met)
    able = {prompt.id: prompt for prompt in pool}
    promised = [one for one in calendar_records.list_promised(tx, scene.group) if one.item in able]
    kept = tuple((able[one.item], one.pinned) for one in promised)
    row = rules.plan_row(scene.group, past, kept, pool)
    today = scene.now.astimezone(scene.zone).date()
    slots = rules.slots(
        [item for prompt in row if (item := catalogue.item(prompt.id))],
        scene.settings.rhythm,
        scene.zone,
        scene.now,
        calendar_records.list_skipped(tx, scene.group),
        frozenset(scene.ask(DaysOff(today, today + AHEAD), tx)),
        current(weeks),
    )
    return Outlook(past, row, frozenset(one.item for one in promised if one.pinned), pool, slots)


def take_next(scene: Scene, tx: Tx) -> Item | None:
    """The item of the week that opens now. What comes after it is promised from now on."""
    outlook = look_ahead(scene, tx)
    keep_row(scene, tx, outlook, outlook.row[1:])
    return catalogue_of(scene).item(outlook.row[0].id) if outlook.row else None


def keep_row(scene: Scene, tx: Tx, outlook: Outlook, row: Sequence[Prompt], *pinned: str) -> None:
    pins = outlook.pinned | set(pinned)
    calendar_records.keep_promised(tx, scene.group, [Promised(prompt.id, prompt.id in pins) for prompt in row])


def list_spares(scene: Scene, tx: Tx) -> list[Item]:
    """Prompts for a member who needs another one than the week's: first those that no week uses soon, the last ones."""
    outlook = look_ahead(scene, tx)
    soon = [prompt.id for prompt in outlook.row]
    free = [prompt.id for prompt in outlook.pool if prompt.id not in soon]
    found = (catalogue_of(scene).item(name) for name in (*free, *reversed(soon)))
    return [item for item in found if item]


# --- looking ----------------------------------------------------------------------------------


@FEATURE.on_press("calendar", Who.ORGANISER, reads=True)
def show_calendar(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [_calendar(scene, tx)]


def _calendar(scene: Scene, tx: Tx, note: str = "", undo: Action | None = None) -> Reply:
    outlook = look_ahead(scene, tx)
    series = records.find_series(tx, scene.group)
    rests = "off" if not scene.settings.on else "resting" if series.paused else ""
    return Reply(cards.calendar_card(outlook.slots, outlook.faults, rests, note, undo))


@FEATURE.on_press("week_planned", Who.ORGANISER, reads=True)
def show_planned(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    day = press.value or press.action.get("day")
    return [_planned(scene, tx, day, changes=press.action.get("changes") == "1")]


def _planned(
    scene: Scene, tx: Tx, day: str, note: str = "", undo: Action | None = None, *, changes: bool = False
) -> Reply:
    outlook = look_ahead(scene, tx)
    slot = rules.find_slot(outlook.slots, day)
    if slot.item is None:
        skip = calendar_records.find_skip(tx, scene.group, slot.day)
        return Reply(cards.no_prompt_card(slot, _undo(skip) if skip else None))
    place, catalogue = _place(outlook, slot), catalogue_of(scene)
    others = [catalogue.item(prompt.id) for prompt in rules.swaps(outlook.past, outlook.row, place, outlook.pool)]
    at = {one.item.id: one for one in outlook.slots if one.item}
    free = [at.get(outlook.row[other].id) for other in rules.moves(outlook.past, outlook.row, place)]
    able, places = [item for item in others if item], [one for one in free if one]
    return Reply(cards.planned_card(slot, able, places, note, undo, changes=changes))


def _place(outlook: Outlook, slot: Slot) -> int:
    return next(place for place, prompt in enumerate(outlook.row) if slot.item and prompt.id == slot.item.id)


# --- changing -----------------------------------------------------------------------------------


def _undo(change: Change) -> Action:
    return Action.to("mlsd.week_undo", n=str(change.number))


def _pressed(press: Pressed, scene: Scene, tx: Tx) -> tuple[Outlook, Slot, int]:
    outlook = look_ahead(scene, tx)
    slot = rules.find_slot(outlook.slots, press.action.get("day"))
    if slot.item is None:
        raise Refusal("No prompt is planned for that week.", hint="Open the calendar again and choose another one.")
    return outlook, slot, _place(outlook, slot)


@FEATURE.on_press("week_swap", Who.ORGANISER)
def swap_prompt(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    outlook, slot, place = _pressed(press, scene, tx)
    item = catalogue_of(scene).item(press.value)
    if item and slot.item and item.id == slot.item.id:
        return [_planned(scene, tx, str(slot.day))]
    able = {prompt.id: prompt for prompt in rules.swaps(outlook.past, outlook.row, place, outlook.pool)}
    if item is None or slot.item is None or item.id not in able:
        raise Refusal("That prompt cannot come in this week.", hint="Open the week again and choose another one.")
    keep_row(scene, tx, outlook, rules.put(outlook.row, place, able[item.id]), item.id)
    change = calendar_records.keep_change(tx, scene.group, SWAP, slot.day, slot.item.id, item.id, scene.now)
    what = f"{cards.day_words(slot.day)}: “{item.title}” comes instead of “{slot.item.title}”."
    return [ChangeMade(what, _undo(change)), _planned(scene, tx, str(slot.day), what, _undo(change))]


@FEATURE.on_press("week_move", Who.ORGANISER)
def move_prompt(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    outlook, slot, place = _pressed(press, scene, tx)
    other = rules.find_slot(outlook.slots, press.value)
    if (
        other.item is None
        or slot.item is None
        or _place(outlook, other) not in rules.moves(outlook.past, outlook.row, place)
    ):
        raise Refusal("These two weeks cannot change places.", hint="Open the week again and choose another one.")
    row = rules.exchanged(outlook.row, place, _place(outlook, other))
    keep_row(scene, tx, outlook, row, slot.item.id, other.item.id)
    change = calendar_records.keep_change(tx, scene.group, MOVE, slot.day, slot.item.id, other.item.id, scene.now)
    what = f"“{slot.item.title}” and “{other.item.title}” change places."
    return [ChangeMade(what, _undo(change)), _calendar(scene, tx, what, _undo(change))]


@FEATURE.on_press("week_skip", Who.ORGANISER)
def skip_week(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    outlook = look_ahead(scene, tx)
    slot = rules.find_slot(outlook.slots, press.action.get("day"))
    if slot.skipped:
        return [_planned(scene, tx, str(slot.day))]
    keep_row(scene, tx, outlook, outlook.row)
    calendar_records.keep_skipped(tx, scene.group, slot.day)
    change = calendar_records.keep_change(tx, scene.group, SKIP, slot.day, "", "", scene.now)
    what = f"{cards.day_words(slot.day)}: no system design week opens."
    return [ChangeMade(what, _undo(change)), _calendar(scene, tx, what, _undo(change))]


# --- taking back -----------------------------------------------------------------------------------


@FEATURE.on_press("week_undo", Who.ORGANISER)
def undo_change(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    change = calendar_records.find_change(tx, scene.group, accept_number(press.action.get("n")))
    if change is None:
        return [Reply(cards.undone_card(again=True))]
    outlook = look_ahead(scene, tx)
    if change.kind == SKIP:
        if change.day < scene.now.astimezone(scene.zone).date():
            return [Reply(cards.skipped_by_card())]
        calendar_records.forget_skipped(tx, scene.group, change.day)
    else:
        row = _as_before(outlook, change)
        if row is None:
            return [Reply(cards.gone_by_card())]
        if not rules.keeps(outlook.past, outlook.row, row):
            return [Reply(cards.later_change_card())]
        keep_row(scene, tx, replace(outlook, pinned=outlook.pinned - {change.item, change.other}), row)
    calendar_records.keep_undone(tx, scene.group, change.number, scene.now)
    return [ChangeUndone(_undo(change)), Reply(cards.undone_card(again=False))]


def _as_before(outlook: Outlook, change: Change) -> tuple[Prompt, ...] | None:
    """None when what was changed has come by now, or is planned elsewhere."""
    able = {prompt.id: prompt for prompt in outlook.pool}
    at = {prompt.id: place for place, prompt in enumerate(outlook.row)}
    if change.kind == SWAP and change.other in at and change.item in able and change.item not in at:
        return rules.put(outlook.row, at[change.other], able[change.item])
    if change.kind == MOVE and change.item in at and change.other in at:
        return rules.exchanged(outlook.row, at[change.item], at[change.other])
    return None


@FEATURE.on_fact(SettingsChanged)
def move_skips(fact: SettingsChanged, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """A week that organisers skip stays skipped when the weeks open on another day."""
    if fact.feature == FEATURE.name and "rhythm" in fact.after:
        today = scene.now.astimezone(scene.zone).date()
        skipped = calendar_records.list_skipped(tx, scene.group)
        for old, new in rules.moved_skips(skipped, scene.settings.rhythm, today).items():
            calendar_records.move_skip(tx, scene.group, old, new)
    return []


# --- the desk --------------------------------------------------------------------------------------


@FEATURE.on_desk
def desk_lines(scene: Scene, tx: Tx) -> Sequence[DeskLine]:
    """A week that opens soon can still be changed; weeks that rest wait for a decision."""
    series = records.find_series(tx, scene.group)
    if not scene.settings.on:
        return []
    if series.paused:
        return [] if series.decided else [cards.resting_line()]
    first = next((slot for slot in look_ahead(scene, tx).slots if slot.item), None)
    if first is None or first.item is None or first.at - scene.now > SOON:
        return []
    return [cards.soon_line(first, first.item)]
