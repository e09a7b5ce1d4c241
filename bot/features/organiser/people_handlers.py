"""What happens when organisers come and go. A group with members never stays without one unnoticed."""

from collections.abc import Sequence

from bot.features.organiser import changes_records, people_cards, people_records
from bot.features.organiser import people_rules as rules
from bot.features.organiser.changes_rules import Change, Kind
from bot.features.organiser.handlers import FEATURE
from bot.kernel.effect import Appoint, Ask, Channel, Direct, Dismiss, Effect, Post, Reply
from bot.kernel.engine_facts import IsHere, MemberErased, NamesOf, WhoIsHere
from bot.kernel.event import Pressed, Scene, Submitted
from bot.kernel.facts import MemberJoined, MemberLeft
from bot.kernel.feature import Who
from bot.kernel.ports import Tx


@FEATURE.on_press("people", Who.ORGANISER, reads=True)
def show_people(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(people_cards.people_card(scene.organisers, scene.ask(NamesOf(scene.organisers), tx)))]


# --- adding and removing ----------------------------------------------------------------------


@FEATURE.on_press("ask_person", Who.ORGANISER, reads=True)
def ask_person(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(people_cards.person_form())]


@FEATURE.on_submit("add_person", Who.ORGANISER, opened_by="ask_person")
def add_person(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    person = rules.accept_new(form.text(rules.FIELD), scene.ask(WhoIsHere(), tx), scene.organisers)
    change = _keep(scene, tx, Kind.APPOINTED, "A new organiser", person)
    return [*_appoint(scene, tx, change), Reply(people_cards.added_card(person, change.undo))]


@FEATURE.on_press("remove_person", Who.ORGANISER)
def remove_person(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    person = rules.accept_leaving(press.value, scene.organisers)
    outside = not scene.ask(IsHere(person), tx)
    change = _keep(scene, tx, Kind.DISMISSED, "No organiser any more", person, outside=outside)
    return [*_dismiss(scene, change), Reply(people_cards.removed_card(person, change.undo))]


# --- handing over ---------------------------------------------------------------------------------


@FEATURE.on_press("ask_hand_over", Who.ORGANISER, reads=True)
def ask_hand_over(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(people_cards.hand_over_form())]


@FEATURE.on_submit("keep_hand_over", Who.ORGANISER, opened_by="ask_hand_over")
def keep_hand_over(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _hand_over(scene, tx, form.text(rules.FIELD))


@FEATURE.on_press("hand_over", Who.ORGANISER)
def press_hand_over(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _hand_over(scene, tx, press.value)


def _hand_over(scene: Scene, tx: Tx, chosen: str) -> list[Effect]:
    if chosen in set(scene.organisers) - {scene.member}:
        return [Reply(people_cards.handed_over_card(chosen))]  # pressed twice, or somebody else was faster
    person = rules.accept_new(chosen, scene.ask(WhoIsHere(), tx), scene.organisers)
    change = _keep(scene, tx, Kind.APPOINTED, "A new organiser", person)
    return [*_appoint(scene, tx, change), Reply(people_cards.handed_over_card(person))]


@FEATURE.on_fact(MemberLeft)
def note_leaving(fact: MemberLeft, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _gone(scene, tx, fact.member)


@FEATURE.on_fact(MemberErased)
def note_erasing(fact: MemberErased, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _gone(scene, tx, fact.member)


@FEATURE.on_fact(MemberJoined)
def note_joining(fact: MemberJoined, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Whoever comes into a group that everybody had left can take it over."""
    return _look_for_one(scene, tx, "")


def _gone(scene: Scene, tx: Tx, member: str) -> list[Effect]:
    dismissed: list[Effect] = [Dismiss(member)] if member in scene.organisers else []
    return [*dismissed, *_look_for_one(scene, tx, member)]


def _look_for_one(scene: Scene, tx: Tx, leaving: str) -> list[Effect]:
    vacant = scene.ready and rules.is_vacant(scene.organisers, scene.ask(WhoIsHere(), tx), leaving)
    if not vacant or people_records.find_vacancy(tx, scene.group) is not None:
        return []
    number = people_records.keep_vacancy(tx, scene.group, scene.now)
    return [Post(f"organiser.vacancy/{scene.group}/{number}", Channel("main"), people_cards.vacancy_card())]


@FEATURE.on_press("take_over")
def take_over(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if scene.member in scene.organisers:
        return [Reply(people_cards.taken_over_card())]
    if scene.organisers:
        return [Reply(people_cards.filled_already_card())]
    _keep(scene, tx, Kind.APPOINTED, "A new organiser", scene.member)
    return [Appoint(scene.member), *_fill(scene, tx), Reply(people_cards.taken_over_card())]


# --- the pieces --------------------------------------------------------------------------------------


def take_back(scene: Scene, tx: Tx, change: Change) -> list[Effect]:
    """An appointment or a dismissal of before, the other way round."""
    if (change.about_member in scene.organisers) is not (change.kind is Kind.APPOINTED):
        return []  # it is so already: they left, or somebody else was faster
    if change.kind is Kind.APPOINTED:
        rules.accept_leaving(change.about_member, scene.organisers)
        return _dismiss(scene, change)
    outside = bool(change.earlier.get("outside"))
    rules.accept_return(change.about_member, scene.ask(WhoIsHere(), tx), outside=outside)
    return _appoint(scene, tx, change)


def _keep(scene: Scene, tx: Tx, kind: Kind, what: str, person: str, *, outside: bool = False) -> Change:
    change = Change(scene.now, kind, what, scene.member, person, earlier={"outside": outside})
    return changes_records.keep_change(tx, scene.group, change)


def _appoint(scene: Scene, tx: Tx, change: Change) -> list[Effect]:
    person = change.about_member
    name = f"organiser.appointed/{scene.group}/{change.number}/{rules.token(person)}"
    return [Appoint(person), Post(name, Direct(person), people_cards.appointed_card()), *_fill(scene, tx)]


def _dismiss(scene: Scene, change: Change) -> list[Effect]:
    person = change.about_member
    if person == scene.member:
        return [Dismiss(person)]
    name = f"organiser.dismissed/{scene.group}/{change.number}/{rules.token(person)}"
    return [Dismiss(person), Post(name, Direct(person), people_cards.dismissed_card(), quiet=True)]


def _fill(scene: Scene, tx: Tx) -> list[Effect]:
    """The message that looked for an organiser says that there is one."""
    number = people_records.find_vacancy(tx, scene.group)
    if number is None:
        return []
    people_records.keep_filled(tx, scene.group, number, scene.now)
    return [Post(f"organiser.vacancy/{scene.group}/{number}", Channel("main"), people_cards.filled_card())]
