"""Settings of all features: what is set, and the form that changes it."""

from collections.abc import Sequence
from datetime import time

from bot.features.organiser.changes_rules import in_words, shorten
from bot.features.organiser.forms_rules import marks
from bot.features.organiser.settings_rules import NO, WORDS, YES, days_key, pages
from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm
from bot.kernel.card import (
    BUTTON_LABEL,
    FIELD_LABEL,
    FORM_TITLE,
    OPTION_LABEL,
    Block,
    Button,
    Card,
    ChoiceField,
    ChoicesField,
    Facts,
    Field,
    Form,
    Option,
    Para,
    Select,
    TextField,
)
from bot.kernel.engine_facts import Setting, SettingsOf
from bot.kernel.text import md

SETTINGS = Action.to("organiser.settings")
DESK = Action.to("organiser.desk")
CHANGES = Action.to("organiser.changes")
BUTTONS = 7  # more forms than these are offered in a menu
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def settings_card(known: Sequence[SettingsOf]) -> Card:
    """Every feature's settings in words, and a way to change each."""
    blocks: list[Block] = []
    for found in (one for one in known if one.settings):
        rows = tuple((one.label, md("{value}", value=in_words(one.value, one.choices))) for one in found.settings)
        blocks += [Para(md("**{title}**", title=found.title)), Facts(rows)]
    if not blocks:
        blocks.append(Para(md("Nothing can be set here yet.")))
    forms = [(label, action) for found in known if found.settings for label, action in _forms(found)]
    few = len(forms) <= BUTTONS and all(len(label) <= BUTTON_LABEL for label, _ in forms)
    own = (
        *((Button(label, action) for label, action in forms) if few else ()),
        Button("Mix of problems", Action.to("daily.mix")),
        Button("Packs", Action.to("daily.packs")),
        Button("Back to the desk", DESK),
    )
    menu = () if few or not forms else (_menu(forms),)
    return Card("Settings", tuple(blocks), own, menu)


def _forms(found: SettingsOf) -> list[tuple[str, Action]]:
    many = len(pages(found))
    return [
        (
            f"Change {found.title}{f' ({page + 1} of {many})' if many > 1 else ''}",
            Action.to("organiser.set", feature=found.feature, page=str(page)),
        )
        for page in range(many)
    ]


def _menu(forms: Sequence[tuple[str, Action]]) -> Select:
    options = tuple(
        Option(f"{action.get('feature')}/{action.get('page')}", shorten(label, OPTION_LABEL)) for label, action in forms
    )
    return Select("Change ...", Action.to("organiser.set"), options)


def settings_form(found: SettingsOf, settings: Sequence[Setting], page: int) -> Form:
    fields = tuple(field for setting in settings for field in _fields(setting))
    title = found.title if len(found.title) <= FORM_TITLE else "Settings"
    seen = marks([setting.value for setting in settings])
    send = Action.to("organiser.keep_settings", feature=found.feature, page=str(page), seen=seen)
    return Form(title, send, fields, "Save")


def _fields(setting: Setting) -> tuple[Field, ...]:
    if setting.choices:
        values = [value for value, _ in setting.choices]
        now = str(values.index(setting.value)) if setting.value in values else ""
        options = tuple(Option(str(number), label) for number, (_, label) in enumerate(setting.choices))
        return (ChoiceField(setting.key, setting.label, options, now, setting.help),)
    match setting.value:
        case bool():
            answer = YES if setting.value else NO
            return (
                ChoiceField(setting.key, setting.label, (Option(YES, "Yes"), Option(NO, "No")), answer, setting.help),
            )
        case Rhythm():
            days = tuple(Option(str(number), day) for number, day in enumerate(DAYS))
            ticked = tuple(map(str, setting.value.days))
            at = f"{setting.value.at:%H:%M}"
            return (
                ChoicesField(days_key(setting), _label(setting.label, "days"), days, ticked, setting.help),
                TextField(setting.key, _label(setting.label, "time"), at, "Hours and minutes, such as 09:00", limit=20),
            )
        case time():
            at = f"{setting.value:%H:%M}"
            return (TextField(setting.key, setting.label, at, setting.help, limit=20),)
        case int():
            return (TextField(setting.key, setting.label, str(setting.value), setting.help, limit=20),)
        case _:
            kept = str(setting.value)
            return (
                TextField(setting.key, setting.label, kept, setting.help, required=False, limit=max(WORDS, len(kept))),
            )


def _label(label: str, part: str) -> str:
    whole = f"{label} ({part})"
    return whole if len(whole) <= FIELD_LABEL else part.capitalize()


def settings_kept_card(what: str, undo: Action) -> Card:
    buttons = (Button("Undo", undo), Button("Settings", SETTINGS), Button("Back to the desk", DESK))
    return Card("Changed.", (Para(md("{what}.", what=what)),), buttons, tone="good")


def nothing_changed_card() -> Card:
    return Card("All is as it was.", (), (Button("Settings", SETTINGS), Button("Back to the desk", DESK)))


_RHYTHM = Setting("rhythm", "Days and time", "", Rhythm((0, 1, 2, 3, 4), time(9)))
_WINDOW = Setting("window", "Open for", "Answers after that count as late.", 36, ((12, "12 hours"), (36, "36 hours")))
_ON = Setting("on", "Weekly summary", "", value=True)
_MANY = Setting("many", "How many", "", 3)
_DAILY = SettingsOf("daily", "Daily problem", (_RHYTHM, _WINDOW, _ON, _MANY))
_OTHERS = tuple(SettingsOf(f"other{n}", f"Another feature {n}", (_ON,)) for n in range(8))
EXAMPLES: dict[str, Card | Form] = {
    "settings_card": settings_card((_DAILY,)),
    "settings_many_card": settings_card((_DAILY, *_OTHERS)),
    "settings_form": settings_form(_DAILY, _DAILY.settings, 0),
    "settings_kept_card": settings_kept_card(
        "Daily problem: Days and time: Mon-Fri 09:00 → Mon-Fri 21:00", Action.to("organiser.undo", n="2")
    ),
    "nothing_changed_card": nothing_changed_card(),
}
