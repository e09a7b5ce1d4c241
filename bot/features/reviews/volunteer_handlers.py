"""What happens when nobody takes an answer: some are asked who could."""

from collections.abc import Sequence

from bot.features.reviews import records, rules, volunteer_records
from bot.features.reviews.handlers import FEATURE, able_members, number_in, plan_round, urged
from bot.kernel.calendar import draw
from bot.kernel.effect import Effect
from bot.kernel.event import Due, Scene
from bot.kernel.facts import NudgeMoment
from bot.kernel.ports import Tx


@FEATURE.on_wake("volunteers")
def seek_volunteers(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Ask up to three who could take it, in private, and look again later."""
    *_, number, round_ = due.name.split("/")
    group, now = scene.group, scene.now
    request = records.find_request(tx, group, number_in(number), now)
    if request is None or not request.waits or request.rounds != number_in(round_):
        return []
    volunteer_records.forget_asked(tx, group, now - rules.FORGET_ASKED)
    onward = plan_round(scene, tx, request.number, now + rules.ASK_AGAIN)
    if not request.is_free_to_take:
        return [onward]
    busy = {lease.reviewer for lease in records.list_open_leases(tx, group) if lease.is_open(now)}
    reached = volunteer_records.list_reached(tx, group, now - rules.WEEK)
    before = volunteer_records.list_asked(tx, group), volunteer_records.list_shown(tx, group)
    chosen = rules.volunteers(able_members(scene, tx, request), busy, reached, *before, now, draw(due.name))
    asked = [member for member in chosen if member in reached]
    volunteer_records.keep_asked(tx, group, asked, request.number, now)
    volunteer_records.keep_shown(tx, group, [m for m in chosen if m not in reached], request.number, now)
    return [onward, *(urged(member, now + rules.LEASE) for member in asked)]


@FEATURE.on_fact(NudgeMoment)
def note_reached(fact: NudgeMoment, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """This member wants reminders, and one could go to them now."""
    volunteer_records.keep_reached(tx, scene.group, fact.member, scene.now)
    return []
