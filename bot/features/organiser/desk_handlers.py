"""What an organiser finds on the desk. Looking changes nothing."""

from collections.abc import Sequence

from bot.features.organiser import changes_records, days_records, desk_cards, records
from bot.features.organiser import desk_rules as rules
from bot.features.organiser.changes_handlers import Recorded
from bot.features.organiser.changes_rules import Change, Kind
from bot.features.organiser.days_handlers import next_problem, today_of
from bot.features.organiser.desk_rules import Desk, Task
from bot.features.organiser.handlers import FEATURE, set_up_card
from bot.features.organiser.places_rules import MAIN, spot_for
from bot.kernel.card import Card
from bot.kernel.effect import Effect, Reply, TryAgain
from bot.kernel.engine_facts import AwaitsOrganisers, WhatFailed, WhatWasDue, WhereIsWhat
from bot.kernel.event import Pressed, Scene, Typed
from bot.kernel.facts import (
    AreThreadsOpen,
    HowManyAnswered,
    PostNow,
    TaskOpened,
    ThreadsWanted,
    WhenAreProblemsPosted,
    WhoIsQuiet,
)
from bot.kernel.feature import Who
from bot.kernel.ports import Tx

# --- the desk -----------------------------------------------------------------------------------


@FEATURE.on_command("organise", "open the organiser's desk", Who.ORGANISER, before_ready=True, reads=True)
def type_desk(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_desk_or_set_up(scene, tx))]


@FEATURE.on_press("desk", Who.ORGANISER, before_ready=True, reads=True)
def open_desk(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_desk_or_set_up(scene, tx))]


@FEATURE.on_home
def home_desk(scene: Scene, tx: Tx) -> Sequence[Card]:
    return [_desk_or_set_up(scene, tx)] if scene.is_organiser else []


@FEATURE.on_press("more", Who.ORGANISER, reads=True)
def show_more(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(desk_cards.more_card(open_threads=scene.ask(AreThreadsOpen(), tx)))]


def _desk_or_set_up(scene: Scene, tx: Tx) -> Card:
    if not scene.ready:
        return set_up_card(scene, tx)
    change = changes_records.find_last(tx, scene.group)
    return _desk(scene, tx, change, open_threads=scene.ask(AreThreadsOpen(), tx))


def _desk(scene: Scene, tx: Tx, change: Change | None, *, open_threads: bool) -> Card:
    last = records.find_last_task(tx, scene.group)
    channel, where = _places(scene, tx)
    return desk_cards.desk_card(
        Desk(
            scene.zone.key,
            scene.ask(WhenAreProblemsPosted(), tx),
            open_threads,
            channel,
            where,
            next_problem(scene, tx),
            last,
            scene.ask(HowManyAnswered(last.name), tx) if last else 0,
            tuple(days_records.list_rests(tx, scene.group, today_of(scene))),
            change,
            rules.fixes_of(scene.ask(WhatFailed(scene.now - rules.WEEK), tx)),
            scene.ask(AwaitsOrganisers(), tx),
        )
    )


def _places(scene: Scene, tx: Tx) -> tuple[str, str]:
    """In words: the group's channel, and the one of the next problem. A private place is no channel."""
    purposes = scene.ask(WhereIsWhat(), tx)
    first = records.find_spot(tx, scene.group)
    main = spot_for(purposes, MAIN) or first
    daily = spot_for(purposes, "daily") or main
    own = "the one where you set it up" if main == first else "the one that you chose"
    where = "this channel" if scene.spot == daily else "the group's channel" if daily == main else "its own channel"
    return ("this one" if scene.spot and scene.spot == main else own), where


# --- two decisions of one press ------------------------------------------------------------------


@FEATURE.on_press("post_now", Who.ORGANISER)
def post_now(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [PostNow()]


@FEATURE.on_press("threads", Who.ORGANISER)
def choose_threads(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    wished, now = press.action.get("open") == "1", bool(scene.ask(AreThreadsOpen(), tx))
    if wished == now:
        return [Reply(_desk(scene, tx, changes_records.find_last(tx, scene.group), open_threads=now))]
    what = "Answers: closed answers → open threads" if wished else "Answers: open threads → closed answers"
    change = changes_records.keep_change(
        tx, scene.group,
        Change(
            scene.now, Kind.THREADS, what, scene.member, earlier={"open": now}, later={"open": wished}, state="doing"
        ),
    )  # fmt: skip
    desk = Reply(_desk(scene, tx, change, open_threads=wished))
    return [ThreadsWanted(wished), Recorded(change.number), desk]


@FEATURE.on_fact(TaskOpened)
def note_task(fact: TaskOpened, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What the desk tells of the last problem; private practice and runs are not its business."""
    if fact.post and not fact.member and not fact.handed_in:
        records.keep_last_task(tx, scene.group, Task(fact.task, fact.title, fact.opens))
    return []


# --- how it goes ----------------------------------------------------------------------------------


@FEATURE.on_press("sent", Who.ORGANISER, reads=True)
def show_sent(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    found = scene.ask(WhatWasDue(scene.now - rules.WEEK), tx)
    if not found:
        return [Reply(desk_cards.nothing_sent_card())]
    sent, page, pages = rules.page_of(found, press.action.get("page"), rules.SENT_LISTED)
    return [Reply(desk_cards.sent_card(sent, scene.my_zone, page, pages))]


@FEATURE.on_press("try_again", Who.ORGANISER)
def try_again(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [TryAgain(), Reply(desk_cards.tried_again_card())]


@FEATURE.on_press("quiet", Who.ORGANISER, reads=True)
def show_quiet(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    found = scene.ask(WhoIsQuiet(scene.now - rules.QUIET), tx)
    if not found:
        return [Reply(desk_cards.nobody_quiet_card())]
    quiet, page, pages = rules.page_of(found, press.action.get("page"), rules.QUIET_LISTED)
    return [Reply(desk_cards.quiet_card(quiet, scene.my_zone, page, pages))]
