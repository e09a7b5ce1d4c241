"""What stood and what fell after a twist, for whoever ran it."""

from collections.abc import Sequence

from bot.features.mlsd import run_records, twist_cards, twist_rules
from bot.features.mlsd.handlers import FEATURE
from bot.features.mlsd.run_handlers import own_course, written_in
from bot.features.mlsd.run_rules import Course, Cue
from bot.features.mlsd.twist_rules import Versions
from bot.kernel.effect import Effect, Reply
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene
from bot.kernel.ports import Tx


@FEATURE.on_press("versions", reads=True)
def show_versions(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = own_course(scene, tx, press.action.get("run"))
    twists = [cue for cue in course.open_cues if cue.turn]
    if not twists:
        return [Reply(twist_cards.no_versions_card())]
    place, shown = _versions(scene, tx, course, twists, press.action.get("n"))
    return [Reply(twist_cards.versions_card(course.run.number, shown, course.run.member, place, len(twists)))]


@FEATURE.on_press("version", reads=True)
def show_version(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """One decision in whole words."""
    course = own_course(scene, tx, press.action.get("run"))
    twists = [cue for cue in course.open_cues if cue.turn]
    if not twists:
        return [Reply(twist_cards.no_versions_card())]
    place, shown = _versions(scene, tx, course, twists, press.action.get("n"))
    side = next((side for side in shown.sides if side.stage == press.value), None)
    if side is None:
        raise Refusal("Nothing is kept of this stage.", hint="Choose another one from the menu.")
    return [Reply(twist_cards.version_card(course.run.number, side, course.run.member, place))]


def _versions(scene: Scene, tx: Tx, course: Course, twists: Sequence[Cue], wanted: str) -> tuple[int, Versions]:
    """The number of the change that is wanted, from 1, and what stands beside it."""
    place = min(max(int(wanted), 1), len(twists)) if wanted.isdecimal() and len(wanted) < 3 else 1
    cue = twists[place - 1]
    before = run_records.list_before(tx, scene.group, course.run.number, cue.slot)
    stages = twist_rules.came_before(course.cues, cue.slot)
    return place, twist_rules.versions(cue, before, written_in(scene, tx, course.run), stages)
