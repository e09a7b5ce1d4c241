"""Asking for a fact that the prompt holds back."""

from collections.abc import Sequence

from bot.features.mlsd import ask_cards, ask_rules, run_records, run_rules
from bot.features.mlsd.handlers import FEATURE
from bot.features.mlsd.run_handlers import find_live_course, live_course
from bot.features.mlsd.run_rules import Course
from bot.kernel.effect import Ask, Effect, Reply
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene, Submitted, Typed
from bot.kernel.feature import Takes
from bot.kernel.ports import Tx


@FEATURE.on_press("ask", reads=True)
def open_ask(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = live_course(scene, tx, press.action.get("run"))
    run_rules.may_ask(course.run, course.plan, course.gone, course.waits)
    return [Ask(ask_cards.ask_form(course.run.number))]


@FEATURE.on_submit("asked", opened_by="ask")
def ask_by_form(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _ask(scene, tx, live_course(scene, tx, form.action.get("run")), form.text("words"))


@FEATURE.on_command("ask", "ask for a fact in your design run", takes=Takes("words", "what you want to know"))
def ask_by_command(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = find_live_course(scene, tx, scene.member)
    if course is None:
        raise Refusal("You have no system design run going.", hint="Type /study design to see how to start one.")
    if not typed.text:
        run_rules.may_ask(course.run, course.plan, course.gone, course.waits)
        return [Ask(ask_cards.ask_form(course.run.number))]
    return _ask(scene, tx, course, typed.text)


def _ask(scene: Scene, tx: Tx, course: Course, text: str) -> list[Effect]:
    """One fact an asking. Whatever was asked for is kept, found or not."""
    run_rules.may_ask(course.run, course.plan, course.gone, course.waits)
    words, run = ask_rules.asked_words(text), course.run
    facts = course.item.timed.held_back if course.item.timed else ()
    asked = run_records.list_asked(tx, scene.group, run.number)
    known = {one.fact for one in asked if one.fact is not None}
    place = ask_rules.find_fact(words, facts, known)
    run_records.keep_asked(tx, scene.group, run, words, place, scene.now)
    run_records.keep_touched(tx, scene.group, run.number, scene.now)
    if place is None:
        return [Reply(ask_cards.no_fact_card(run.number, words))]
    return [Reply(ask_cards.fact_card(run.number, words, facts[place].fact, known=place in known))]
