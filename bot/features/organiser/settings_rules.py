"""Settings of any feature as fields of a form, and what was filled in as values again."""

import re
from collections.abc import Mapping, Sequence
from datetime import time

from bot.features.organiser.forms_rules import Sent, accept_changed
from bot.kernel.calendar import Rhythm
from bot.kernel.card import FORM_FIELDS
from bot.kernel.engine_facts import Setting, SettingsOf
from bot.kernel.errors import Refusal
from bot.kernel.event import Submitted
from bot.kernel.text import clean

YES, NO = "yes", "no"
MOST = 999  # the largest whole number that a setting takes
WORDS = 200  # characters of a setting in words
_TIME = re.compile(r"(\d{1,2})(?:[:.h ](\d{2}))?", re.IGNORECASE)


def pages(found: SettingsOf) -> tuple[tuple[Setting, ...], ...]:
    """The settings of a feature, as many together as one form holds. What no field can show is left out."""
    made: list[tuple[Setting, ...]] = []
    here: tuple[Setting, ...] = ()
    for setting in found.settings:
        if not has_field(setting):
            continue
        if sum(map(_width, here)) + _width(setting) > FORM_FIELDS:
            made.append(here)
            here = ()
        here = (*here, setting)
    return (*made, here) if here else tuple(made)


def has_field(setting: Setting) -> bool:
    return bool(setting.choices) or isinstance(setting.value, Rhythm | bool | int | time | str)


def _width(setting: Setting) -> int:
    """How many fields of a form it takes."""
    return 2 if isinstance(setting.value, Rhythm) and not setting.choices else 1


def days_key(setting: Setting) -> str:
    return f"{setting.key}_days"


def find_page(known: Sequence[SettingsOf], feature: str, page: str) -> tuple[SettingsOf, tuple[Setting, ...]]:
    """The settings that a button names."""
    for found in known:
        if found.feature == feature:
            made = pages(found)
            number = int(page) if page.isascii() and page.isdecimal() and len(page) < 3 else 0
            if number < len(made):
                return found, made[number]
    raise Refusal("These settings are not there any more.", hint="Open “Settings” on your desk again.")


def accept(settings: Sequence[Setting], form: Submitted) -> Mapping[str, object]:
    """The values that differ from what the form showed, by name."""
    sent = [Sent(setting.key, setting.label, setting.value, _accept_one(setting, form)) for setting in settings]
    return accept_changed(form.action.get("seen"), sent)


def _accept_one(setting: Setting, form: Submitted) -> object:
    typed = clean(form.text(setting.key))
    if setting.choices:
        return _choice(setting, typed)
    match setting.value:
        case bool():
            return _yes_or_no(setting, typed)
        case Rhythm():
            return _rhythm(setting, form.chosen(days_key(setting)), typed)
        case time():
            return accept_time(typed, setting.key)
        case int():
            return _number(setting, typed)
        case _:
            return _words(setting, typed)


def _choice(setting: Setting, typed: str) -> object:
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 2 or int(typed) >= len(setting.choices):
        raise Refusal(f"“{setting.label}” was left open.", hint="Choose one of the options.", field=setting.key)
    return setting.choices[int(typed)][0]


def _yes_or_no(setting: Setting, typed: str) -> bool:
    if typed not in (YES, NO):
        raise Refusal(f"“{setting.label}” was left open.", hint="Choose yes or no.", field=setting.key)
    return typed == YES


def _rhythm(setting: Setting, days: Sequence[str], at: str) -> Rhythm:
    ticked = tuple(day for day in range(7) if str(day) in days)
    if not ticked:
        raise Refusal("No weekday is ticked.", hint="Tick at least one weekday.", field=days_key(setting))
    return Rhythm(ticked, accept_time(at, setting.key))


def accept_time(typed: str, field: str) -> time:
    """A time of day: `9`, `9:00`, `09.00`, `21h30`."""
    found = _TIME.fullmatch(typed)
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
    if hour > 23 or minute > 59:
        because = f"“{typed[:20]}” is no time of day." if typed else "The time is missing."
        raise Refusal(because, hint="Write hours and minutes, such as 09:00 or 21:30.", field=field)
    return time(hour, minute)


def _number(setting: Setting, typed: str) -> int:
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 6 or not 1 <= int(typed) <= MOST:
        if typed == str(setting.value):
            return int(typed)  # left as it is
        raise Refusal(
            f"“{typed[:20]}” does not fit “{setting.label}”.", hint=f"Write a whole number from 1 to {MOST}.",
            field=setting.key,
        )  # fmt: skip
    return int(typed)


def _words(setting: Setting, typed: str) -> str:
    if len(typed) > WORDS:
        raise Refusal(
            f"“{setting.label}” has {len(typed)} characters.", hint=f"At most {WORDS} fit.", field=setting.key
        )
    return typed
