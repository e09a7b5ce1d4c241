"""The organiser's plan: the next days as they will be posted, and what can be changed in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.content.catalogue import Item
from bot.features.daily import plan_cards as cards
from bot.features.daily import plan_records as records
from bot.features.daily import plan_rules as rules
from bot.features.daily.handlers import FEATURE, catalogue_of, find_ledger
from bot.features.daily.plan_rules import CHOOSE, NEVER, SWAP, Ledger, PlannedDay
from bot.features.daily.rules import token
from bot.kernel.action import Action
from bot.kernel.calendar import study_day
from bot.kernel.card import OPTIONS
from bot.kernel.effect import Ask, Configure, Effect, Reply
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene, Submitted
from bot.kernel.facts import ChangeMade, ChangeUndone, DaysOff
from bot.kernel.feature import Who
from bot.kernel.ports import Tx


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lies ahead of the group, from `today` on."""

    today: date
    ledger: Ledger
    days: tuple[PlannedDay, ...]

    def soon(self, until: date) -> frozenset[str]:
        """The items that are posted up to this date."""
        return frozenset(day.item.id for day in self.days if day.item and day.day <= until)


def look_ahead(scene: Scene, tx: Tx) -> Outlook:
    """The plan as it stands now, as far as anybody may look."""
    today = min(scene.now.astimezone(scene.zone).date(), study_day(scene.now, scene.zone).date)
    until = today + rules.AHEAD
    ledger = find_ledger(scene, tx, today, until)
    days = rules.plan(
        catalogue_of(scene),
        ledger,
        scene.settings.rhythm,
        scene.zone,
        scene.now,
        until,
        frozenset(scene.ask(DaysOff(today, until), tx)),
        records.list_passed(tx, scene.group, today),
    )
    return Outlook(today, ledger, days)


# --- looking ------------------------------------------------------------------------------


@FEATURE.on_press("plan", Who.ORGANISER, reads=True)
def show_plan(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    outlook = look_ahead(scene, tx)
    catalogue = catalogue_of(scene)
    first = rules.first_day(press.action.get("from"), outlook.today)
    later, last = first + rules.SHOWN, outlook.today + rules.AHEAD - rules.SHOWN
    never = [(change.number, catalogue.item(change.item)) for change in outlook.ledger.changes if change.kind == NEVER]
    card = cards.plan_card(
        rules.page(outlook.days, first),
        first,
        earlier=max(outlook.today, first - rules.SHOWN) if first > outlook.today else None,
        later=later if first < last else None,
        never=[(number, item) for number, item in never if item][-OPTIONS:],
        several_packs=len(rules.packs(catalogue)) > 1,
    )
    return [Reply(card)]


@FEATURE.on_press("plan_day", Who.ORGANISER, reads=True)
def show_day(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [_day(scene, look_ahead(scene, tx), press.value or press.action.get("day"))]


def _day(scene: Scene, outlook: Outlook, wanted: str, note: str = "") -> Reply:
    day = rules.find_day(outlook.days, wanted)
    return Reply(cards.plan_day_card(day, rules.alternatives(catalogue_of(scene), outlook.ledger, day), note))


# --- changing a day -----------------------------------------------------------------------


@FEATURE.on_press("plan_swap", Who.ORGANISER)
def swap_item(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    day, item = _pressed(press, scene, tx)
    if item is None:
        return [_already(press, scene, tx)]
    change = records.keep_change(tx, scene.group, day, SWAP, item.id, scene.now)
    outlook = look_ahead(scene, tx)
    now = rules.find_day(outlook.days, str(day)).item
    if now is None or now == item:
        raise Refusal("There is no other problem left to swap it for.", hint="Add a pack, or change the mix.")
    what = f"{rules.day_words(day)}: “{now.title}” comes instead of “{item.title}”."
    note = f"“{item.title}” makes room. It rests for two weeks and comes later."
    return [ChangeMade(what, _undo(change.number)), _day(scene, outlook, str(day), note)]


@FEATURE.on_press("plan_choose", Who.ORGANISER)
def choose_item(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    outlook = look_ahead(scene, tx)
    day = rules.find_day(outlook.days, press.action.get("day"))
    if day.off:
        raise Refusal("That is a day off.", hint="Take the day off back first, then choose a problem.")
    if day.item and day.item.id == press.value:
        return [_already(press, scene, tx)]
    item = rules.can_choose(catalogue_of(scene), outlook.ledger, press.value)
    change = records.keep_change(tx, scene.group, day.day, CHOOSE, item.id, scene.now)
    what = f"{rules.day_words(day.day)}: “{item.title}” was chosen."
    said = _day(scene, look_ahead(scene, tx), str(day.day), "It comes on that day now.")
    return [ChangeMade(what, _undo(change.number)), said]


@FEATURE.on_press("plan_never", Who.ORGANISER)
def bar_item(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    day, item = _pressed(press, scene, tx)
    if item is None:
        return [_already(press, scene, tx)]
    change = records.keep_change(tx, scene.group, day, NEVER, item.id, scene.now)
    what = f"“{item.title}” is never posted."
    said = _day(scene, look_ahead(scene, tx), str(day), what)
    return [ChangeMade(what, _undo(change.number)), said]


@FEATURE.on_press("plan_undo", Who.ORGANISER)
def undo_change(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    raw = press.value or press.action.get("n")
    number = int(raw) if raw.isdecimal() and len(raw) < 10 else 0
    change = records.forget_change(tx, scene.group, number, scene.now)
    if change is None:
        return [Reply(cards.undone_card(again=True))]
    outlook = look_ahead(scene, tx)
    planned = any(day.day == change.day for day in outlook.days)
    said = _day(scene, outlook, str(change.day), "Undone.") if planned else Reply(cards.undone_card(again=False))
    return [ChangeUndone(_undo(change.number)), said]


def _undo(number: int) -> Action:
    return Action.to("daily.plan_undo", n=str(number))


def _pressed(press: Pressed, scene: Scene, tx: Tx) -> tuple[date, Item | None]:
    """The day that was pressed, and its item if it still has the one that the button was about."""
    day = rules.find_day(look_ahead(scene, tx).days, press.action.get("day"))
    same = day.item is not None and token(day.item.id) == press.action.get("item")
    return day.day, day.item if same else None


def _already(press: Pressed, scene: Scene, tx: Tx) -> Reply:
    """Pressed twice, or by two organisers: the second time shows what stands."""
    return _day(scene, look_ahead(scene, tx), press.action.get("day"), "This day has been changed already.")


# --- mix and packs ---------------------------------------------------------------------------


@FEATURE.on_press("mix", Who.ORGANISER, reads=True)
def ask_mix(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    page, domains, _ = rules.mix_page(catalogue_of(scene), press.action.get("page"))
    if not domains:
        return [Reply(cards.no_mix_card())]
    return [Ask(cards.mix_form(domains, scene.settings.mix, page))]


@FEATURE.on_submit("keep_mix", Who.ORGANISER, opened_by="mix")
def keep_mix(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    catalogue = catalogue_of(scene)
    page, domains, more = rules.mix_page(catalogue, form.action.get("page"))
    chosen = [(domain.name, form.text(domain.name)) for domain in domains]
    mix = rules.accept_mix(catalogue, scene.settings.mix, chosen)
    rows = [(domain.label, rules.mix_word(mix, domain.name)) for domain in domains]
    return [Configure("daily", {"mix": mix}), Reply(cards.mix_card(rows, page + 1 if more else 0))]


@FEATURE.on_press("packs", Who.ORGANISER, reads=True)
def ask_packs(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    packs = rules.packs(catalogue_of(scene))
    if not packs:
        return [Reply(cards.no_mix_card())]
    if len(packs) == 1:
        return [Reply(cards.one_pack_card(packs[0]))]
    return [Ask(cards.packs_form(packs, scene.settings.packs_off))]


@FEATURE.on_submit("keep_packs", Who.ORGANISER, opened_by="packs")
def keep_packs(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    packs = rules.packs(catalogue_of(scene))
    chosen = [pack for key in form.values if key.startswith("packs") for pack in form.chosen(key)]
    off = rules.accept_packs(packs, chosen)
    on = [pack for pack in packs if pack not in off]
    return [Configure("daily", {"packs_off": off}), Reply(cards.packs_card(on))]
