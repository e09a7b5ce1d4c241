"""Forms to HTML and to plain data, and what a browser sends for them back to values. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from adapters.web.translate import NOTHING, Slip, glue, hidden
from bot.kernel.card import (
    ChannelField,
    ChoiceField,
    ChoicesField,
    CityField,
    Field,
    Form,
    Option,
    PersonField,
    TextField,
    UploadField,
)
from bot.kernel.event import Upload, Value

RADIOS = 6  # so many options are shown as buttons to tick; more become a menu
OPTIONAL = Markup(' <span class="note">(optional)</span>')
PREFIX = "f."  # of a field's name in HTML, so that no key collides with our own
Row = tuple[str, str]  # value, label


@dataclass(frozen=True, slots=True)
class Offered:
    """What this chat has to choose from: its channels and its people, by id and name."""

    channels: tuple[Row, ...] = ()
    people: tuple[Row, ...] = ()


NOTHING_OFFERED = Offered()


def needs_offer(form: Form) -> bool:
    """Does a field of this form ask for a channel or a person?"""
    return any(isinstance(field, (ChannelField, PersonField)) for field in form.fields)


def form_html(
    form: Form, slip: Slip, number: int, problem: Mapping[str, str] | None = None,
    values: Mapping[str, Value] | None = None, offered: Offered = NOTHING_OFFERED,
) -> Markup:  # fmt: skip
    """
    A form that works without a script. `number` is where its definition is kept.

    `problem` has a sentence by field key; under the empty key one that belongs to no field. `values` are what was sent:
    they stand in the fields again, whole, even where they are too long.
    """
    problem, values = problem or {}, values or {}
    keys = {field.key for field in form.fields}
    general = " ".join(sentence for key, sentence in problem.items() if key not in keys)
    alert = Markup('<p class="problem" role="alert">{}</p>').format(general) if general else NOTHING
    # Where no field must be filled in, the word "optional" would stand at every one of them.
    optional = OPTIONAL if any(_is_required(field) for field in form.fields) else NOTHING
    fields = glue(
        _field(field, problem.get(field.key, ""), values.get(field.key), optional, offered) for field in form.fields
    )
    many = glue(hidden("many", field.key) for field in form.fields if isinstance(field, ChoicesField))
    return Markup(
        '<form method="post" action="/do/submit" enctype="{}" class="form" data-form="{}">{}'
        '<h2>{}</h2>{}{}<div class="row"><button class="primary">{}</button>'
        '<a class="button" href="{}" data-close>Cancel</a></div></form>'
    ).format(
        "multipart/form-data" if _uploads(form) else "application/x-www-form-urlencoded",
        form.action.encode(),
        slip.hidden() + hidden("action", form.action.encode()) + hidden("form", str(number)) + many,
        form.title,
        alert,
        fields,
        form.send,
        slip.back,
    )


def _uploads(form: Form) -> bool:
    return any(isinstance(field, UploadField) for field in form.fields)


def _is_required(field: Field) -> bool:
    return bool(getattr(field, "required", False))


def _rows(field: Field, offered: Offered) -> Sequence[Row] | None:
    """What can be chosen in the field; None where everybody writes for themselves."""
    match field:
        case ChannelField():
            return offered.channels
        case PersonField():
            return offered.people
        case ChoiceField(options=options) | ChoicesField(options=options):
            return [(option.value, option.label) for option in options]
        case _:
            return None


def _field(field: Field, problem: str, sent: Value, optional: Markup, offered: Offered) -> Markup:
    id_ = f"field-{field.key}"
    about = [f"{id_}-help"] * bool(field.help) + [f"{id_}-problem"] * bool(problem)
    state = Markup(' aria-describedby="{}"').format(" ".join(about)) if about else NOTHING
    if problem:
        state += Markup(' aria-invalid="true" autofocus')
    if _is_required(field):
        state += Markup(" required")
    notes = NOTHING
    if field.help:
        notes += Markup('<span class="note" id="{}-help">{}</span>').format(id_, field.help)
    if problem:
        notes += Markup('<span class="problem" id="{}-problem" role="alert">{}</span>').format(id_, problem)
    ticks = isinstance(field, ChoicesField) or (isinstance(field, ChoiceField) and len(field.options) <= RADIOS)
    if _is_required(field):
        optional = NOTHING
    if ticks:
        return Markup("<fieldset><legend>{}{}</legend>{}{}</fieldset>").format(
            field.label, optional, notes, _control(field, id_, state, sent, offered)
        )
    return Markup('<div class="field"><label for="{}">{}{}</label>{}{}</div>').format(
        id_, field.label, optional, notes, _control(field, id_, state, sent, offered)
    )


def _control(field: Field, id_: str, state: Markup, sent: Value, offered: Offered) -> Markup:
    name, field = PREFIX + field.key, _refill(field, sent)
    match field:
        case TextField(value=value, long=long):
            # No maxlength: it would cut what somebody pastes, without a word. `find_problem` tells them instead.
            value = sent if isinstance(sent, str) else value
            if long:
                return Markup('<textarea id="{}" name="{}" rows="8"{}>\n{}</textarea>').format(id_, name, state, value)
            return Markup('<input id="{}" name="{}" value="{}" autocomplete="off"{}>').format(id_, name, value, state)
        case ChoiceField(options=options, value=value) if len(options) <= RADIOS:
            return _ticks("radio", name, options, (value,), state)
        case ChoiceField(value=chosen) | ChannelField(value=chosen) | PersonField(value=chosen):
            rows = glue(
                Markup('<option value="{}"{}>{}</option>').format(
                    value, Markup(" selected") if value == chosen else NOTHING, label
                )
                for value, label in (("", "Please choose"), *(_rows(field, offered) or ()))
            )
            return Markup('<select id="{}" name="{}"{}>{}</select>').format(id_, name, state, rows)
        case ChoicesField(options=options, value=values):
            return _ticks("checkbox", name, options, values, state)
        case UploadField(key=key):
            return Markup(
                '<input id="{}" type="file" name="{}"{}><input type="hidden" name="{}" value="0" data-seconds="{}">'
            ).format(id_, name, state, f"seconds.{key}", id_)
        case CityField(source=source, value=value):
            return Markup(
                '<input id="{0}" name="{1}" value="{2}" list="{0}-list" data-suggest="{3}" maxlength="200" '
                'autocomplete="off"{4}><datalist id="{0}-list"></datalist>'
            ).format(id_, name, value, source, state)


def _ticks(kind: str, name: str, options: tuple[Option, ...], chosen: tuple[str, ...], state: Markup) -> Markup:
    state = state if kind == "radio" else NOTHING  # "required" on a checkbox would ask for every one
    return glue(
        Markup('<label class="tick"><input type="{}" name="{}" value="{}"{}{}> <span>{}{}</span></label>').format(
            kind,
            name,
            option.value,
            Markup(" checked") if option.value in chosen else NOTHING,
            state,
            option.label,
            Markup(' <span class="note">{}</span>').format(option.help) if option.help else NOTHING,
        )
        for option in options
    )


def form_data(form: Form, number: int = 0, offered: Offered = NOTHING_OFFERED) -> dict[str, object]:
    """A form for programs. `form` is the number to send back with the answers."""
    return {
        "kind": "form",
        "form": number,
        "title": form.title,
        "action": form.action.encode(),
        "send": form.send,
        "fields": [_field_data(field, offered) for field in form.fields],
    }


def _field_data(field: Field, offered: Offered) -> dict[str, object]:
    data: dict[str, object] = {
        "key": field.key,
        "kind": type(field).__name__.removesuffix("Field").lower(),
        "label": field.label,
        "help": field.help,
        "required": getattr(field, "required", False),
        "value": getattr(field, "value", ""),
    }
    if isinstance(field, (ChoiceField, ChoicesField)):
        data["options"] = [{"value": row.value, "label": row.label, "help": row.help} for row in field.options]
    elif (rows := _rows(field, offered)) is not None:
        data["options"] = [{"value": value, "label": label, "help": ""} for value, label in rows]
    if isinstance(field, TextField):
        data |= {"limit": field.limit, "long": field.long}
    if isinstance(field, CityField):
        data["source"] = field.source
    return data


# --- back ----------------------------------------------------------------------------------


def values_of(pairs: Iterable[tuple[str, str | Upload]]) -> dict[str, Value]:
    """What was sent, by field key. Line ends become `\\n`; a field named in `many` is a tuple even with one choice."""
    pairs = list(pairs)
    values: dict[str, Value] = {str(value): () for key, value in pairs if key == "many"}
    for name, value in pairs:
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX)
        if isinstance(value, Upload):
            values[key] = value
        elif isinstance(already := values.get(key), tuple):
            values[key] = (*already, value)
        else:
            values[key] = value.replace("\r\n", "\n")
    return values


def _refill(field: Field, value: Value) -> Field:
    """The field with the choice that was sent in it."""
    match field:
        case ChoiceField() | CityField() | ChannelField() | PersonField() if isinstance(value, str):
            return replace(field, value=value)
        case ChoicesField() if isinstance(value, tuple):
            return replace(field, value=value)
        case _:
            return field


def find_problem(form: Form, values: Mapping[str, Value], offered: Offered = NOTHING_OFFERED) -> dict[str, str]:
    """What any platform refuses before the bot sees it: a sentence by field key; empty when all is well."""
    found = {field.key: _problem(field, values.get(field.key), _rows(field, offered)) for field in form.fields}
    return {key: sentence for key, sentence in found.items() if sentence is not None}


def _problem(field: Field, value: Value, rows: Sequence[Row] | None) -> str | None:
    empty = value is None or value == "" or (isinstance(value, str) and not value.strip())
    if _is_required(field) and empty:
        return "Please fill this in." if rows is None else "Please choose one."
    if isinstance(field, TextField) and isinstance(value, str) and len(value) > field.limit:
        return f"This takes {field.limit:,} characters at most. You wrote {len(value):,}."
    if rows is not None and not empty:
        chosen = value if isinstance(value, tuple) else (value,)
        if set(chosen) - {value for value, _ in rows}:
            return "Please choose one of the options shown."
    return None
