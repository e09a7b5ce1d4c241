"""What happens when an organiser looks at settings and changes them. No feature's settings are known here by name."""

from collections.abc import Sequence

from bot.features.organiser import changes_records, settings_cards
from bot.features.organiser import settings_rules as rules
from bot.features.organiser.changes_handlers import Recorded
from bot.features.organiser.changes_rules import Change, Kind, describe
from bot.features.organiser.handlers import FEATURE
from bot.kernel.effect import Ask, Configure, Effect, Reply
from bot.kernel.engine_facts import WhatCanBeSet
from bot.kernel.event import Pressed, Scene, Submitted
from bot.kernel.feature import Who
from bot.kernel.ports import Tx


@FEATURE.on_press("settings", Who.ORGANISER, reads=True)
def show_settings(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(settings_cards.settings_card(scene.ask(WhatCanBeSet(), tx)))]


@FEATURE.on_press("set", Who.ORGANISER, reads=True)
def ask_settings(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """From a button, or from the menu that stands for many buttons."""
    feature, _, page = press.value.partition("/")
    feature, page = feature or press.action.get("feature"), page or press.action.get("page")
    found, settings = rules.find_page(scene.ask(WhatCanBeSet(), tx), feature, page)
    return [Ask(settings_cards.settings_form(found, settings, rules.pages(found).index(settings)))]


@FEATURE.on_submit("keep_settings", Who.ORGANISER, opened_by="set")
def keep_settings(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    known = scene.ask(WhatCanBeSet(), tx)
    found, settings = rules.find_page(known, form.action.get("feature"), form.action.get("page"))
    after = rules.accept(settings, form)
    if not after:
        return [Reply(settings_cards.nothing_changed_card())]
    before = {setting.key: setting.value for setting in settings if setting.key in after}
    change = changes_records.keep_change(
        tx, scene.group,
        Change(
            scene.now, Kind.SETTINGS, describe(found.feature, before, after, known), scene.member,
            feature=found.feature, earlier=before, later=after, state="doing",
        ),
    )  # fmt: skip
    kept = Reply(settings_cards.settings_kept_card(change.what, change.undo))
    return [Configure(found.feature, after), Recorded(change.number), kept]
