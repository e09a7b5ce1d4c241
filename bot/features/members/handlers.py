"""What happens when somebody joins, and when a member sets something for themselves."""

from collections.abc import Sequence

from bot.features.members import cards, pause_records, records, rules
from bot.features.members.rules import Profile
from bot.kernel.calendar import study_day
from bot.kernel.card import Card, Option
from bot.kernel.effect import Ask, Channel, Effect, Enrol, KeepZone, Post, Reply, Unenrol
from bot.kernel.engine_facts import NamesOf, WhoIsHere
from bot.kernel.event import Left, Pressed, Scene, Submitted, Suggest, Typed
from bot.kernel.facts import (
    AreThreadsOpen,
    GoalChosen,
    GroupReady,
    MemberJoined,
    MemberLeft,
    MemberResumed,
    ThreadsChosen,
)
from bot.kernel.feature import Feature, Takes, Who
from bot.kernel.peer_facts import IsShutOut
from bot.kernel.ports import Tx

FEATURE = Feature(
    "members",
    home_place=1,  # what they have set is looked for, and not read each day
    stores=(
        ("When you joined and left, and how many days a week you chose", "Only you"),
        ("Your breaks", "Only you. Nobody is told that you have one"),
    ),
)


# --- the standing invitation ---------------------------------------------------------------


@FEATURE.on_fact(GroupReady)
def invite(fact: GroupReady, scene: Scene, tx: Tx) -> Sequence[Effect]:
    name = f"members.join/{scene.group}"
    records.keep_invitation(tx, scene.group, name)
    return [_invitation(name, open_threads=scene.ask(AreThreadsOpen(), tx))]


@FEATURE.on_press("invite", Who.ORGANISER)
def invite_again(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The same message once more, at the end of the channel, once a day at most."""
    name = f"members.join/{scene.group}/{study_day(scene.now, scene.zone).date}"
    new = records.keep_invitation(tx, scene.group, name)
    return [_invitation(name, open_threads=scene.ask(AreThreadsOpen(), tx)), Reply(cards.posted_card(again=not new))]


@FEATURE.on_fact(ThreadsChosen)
def tell_how_answers_work(fact: ThreadsChosen, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What the invitations say about answers stays true."""
    return [_invitation(name, open_threads=fact.open) for name in records.list_invitations(tx, scene.group)]


def _invitation(name: str, *, open_threads: bool) -> Post:
    return Post(name, Channel("main"), cards.join_card(open_threads=open_threads), pinned=True)


# --- joining ----------------------------------------------------------------------------------


@FEATURE.on_press("join", Who.ANYONE)
def press_join(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _join(scene, tx)


@FEATURE.on_command("join", "join the study group", Who.ANYONE)
def type_join(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _join(scene, tx)


def _join(scene: Scene, tx: Tx) -> list[Effect]:
    if scene.is_member:
        return [Reply(cards.already_card())]
    rules.may_join(shut_out=scene.ask(IsShutOut(scene.member), tx), organisers=scene.ask(NamesOf(scene.organisers), tx))
    earlier = records.find_profile(tx, scene.group, scene.member)
    profile = earlier or Profile()
    records.keep_profile(tx, scene.group, scene.member, profile)
    rested = pause_records.find_pause(tx, scene.group, scene.member, scene.now) is not None
    pause_records.forget_pause(tx, scene.group, scene.member)
    return [
        Enrol(scene.member),
        Reply(cards.welcome_card(profile, _known_zone(scene))),
        MemberJoined(scene.member, again=earlier is not None),
        *([MemberResumed(scene.member)] if rested else []),  # whoever comes back does not rest
    ]


@FEATURE.on_press("leave")
def press_leave(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _leave(scene, tx, sure=press.action.get("sure") == "1")


@FEATURE.on_command("leave", "leave the study group")
def type_leave(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _leave(scene, tx, sure=False)


@FEATURE.on_left
def note_gone(left: Left, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The platform says that they left the server: nobody waits for them, and what they wrote stays."""
    return [Unenrol(scene.member), MemberLeft(scene.member)] if scene.is_member else []


def _leave(scene: Scene, tx: Tx, *, sure: bool) -> list[Effect]:
    if not sure and leaves_none_in_charge(scene, tx):
        return [Reply(cards.last_organiser_card("leave"))]
    return [Unenrol(scene.member), Reply(cards.left_card()), MemberLeft(scene.member)]


def leaves_none_in_charge(scene: Scene, tx: Tx) -> bool:
    """Would the group be without an organiser if this member went?"""
    return rules.is_last_organiser(scene.member, scene.organisers, scene.ask(WhoIsHere(), tx))


def _known_zone(scene: Scene) -> str:
    """The member's own zone; empty where neither they nor the platform have said it."""
    if rules.is_zone(scene.person.zone) or scene.my_zone.key != scene.zone.key:
        return scene.my_zone.key
    return ""


# --- what a member sets -----------------------------------------------------------------------


@FEATURE.on_press("days")
def keep_days(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    days = rules.accept_days(press.value)
    records.keep_profile(tx, scene.group, scene.member, Profile(days))
    return [Reply(cards.days_kept_card(days)), GoalChosen(scene.member, days)]


@FEATURE.on_press("zone", reads=True)
def ask_zone(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(cards.zone_form())]


@FEATURE.on_submit("keep_zone", opened_by="zone")
def keep_zone(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _keep_zone(form.text("city"), scene)


@FEATURE.on_command(
    "timezone", "set the time zone that your days count in", takes=Takes("city", "a city near you", "members.city")
)
def type_zone(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _keep_zone(typed.text, scene) if typed.text else [Ask(cards.zone_form())]


@FEATURE.on_press("choose_place")
def keep_chosen_place(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _keep_zone(press.value, scene)


def _keep_zone(typed: str, scene: Scene) -> list[Effect]:
    found = rules.find_zone(typed, scene.now)
    if not isinstance(found, str):
        return [Reply(cards.which_place_card(found))]
    return [KeepZone(scene.member, found), Reply(cards.zone_kept_card(found, scene.now))]


@FEATURE.on_suggest("members.city")
def suggest_cities(suggest: Suggest, scene: Scene, tx: Tx) -> Sequence[Option]:
    return [Option(place.label, place.label) for place in rules.find_suggestions(suggest.typed)]


# --- looking ------------------------------------------------------------------------------------


@FEATURE.on_press("me", reads=True)
def press_me(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_me(scene, tx))]


@FEATURE.on_command("me", "see and change what you have set", reads=True)
def show_me(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_me(scene, tx))]


@FEATURE.on_home
def home_me(scene: Scene, tx: Tx) -> Sequence[Card]:
    if not scene.ready:
        return []
    return [_me(scene, tx) if scene.is_member else cards.join_card(open_threads=scene.ask(AreThreadsOpen(), tx))]


def _me(scene: Scene, tx: Tx) -> Card:
    profile = records.find_profile(tx, scene.group, scene.member) or Profile()
    rests_until = pause_records.find_pause(tx, scene.group, scene.member, scene.now)
    return cards.me_card(profile, scene.my_zone.key, scene.now, rests_until)
