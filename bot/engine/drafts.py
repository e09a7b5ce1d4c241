"""What a member typed into a form that was refused: kept, and put back into the form when it opens again."""

from dataclasses import replace

from bot.engine import inbox
from bot.kernel.card import (
    ChannelField,
    ChoiceField,
    ChoicesField,
    CityField,
    Field,
    Form,
    PersonField,
    TextField,
)
from bot.kernel.effect import Ask
from bot.kernel.event import Submitted
from bot.kernel.ports import Tx


def typed(what: Submitted) -> inbox.Typed:
    """The words and ticks of a form, without what is empty and without files."""
    return {key: value for key, value in what.values.items() if value and isinstance(value, (str, tuple))}


def prefilled(tx: Tx, group: str, member: str, ask: Ask) -> Ask:
    """Words and ticks that an earlier, refused submission held come back into the form."""
    draft = inbox.find_draft(tx, group, member, ask.form.action.encode())
    if not draft:
        return ask
    fields = tuple(_filled(field, draft.get(field.key)) for field in ask.form.fields)
    return Ask(Form(ask.form.title, ask.form.action, fields, ask.form.send))


def _filled(field: Field, value: str | tuple[str, ...] | None) -> Field:
    match field, value:
        case TextField(), str():
            return replace(field, value=value[: field.limit])
        case CityField() | ChannelField() | PersonField(), str():
            return replace(field, value=value)
        case ChoiceField(), str() if any(option.value == value for option in field.options):
            return replace(field, value=value)
        case ChoicesField(), tuple():
            return replace(field, value=tuple(option.value for option in field.options if option.value in value))
        case _:
            return field
