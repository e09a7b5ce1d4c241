"""
Cards to HTML and to plain data. Pure.

No word of a member becomes markup: every word goes through `Markup.format`, which escapes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bot.kernel.card import (
    Block,
    Bullets,
    Button,
    Card,
    Facts,
    Listing,
    Note,
    Para,
    Picture,
    Quote,
    Select,
    card_words,
)
from bot.kernel.text import Bold, Code, Link, Mention, Plain, Span, Text, When, words

NOTHING = Markup("")
UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: their zone, and the names of the people they may see by id."""

    zone: ZoneInfo = UTC_ZONE
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, person: str) -> str:
        return self.names.get(person, person)


@dataclass(frozen=True, slots=True)
class Slip:
    """
    What every form on a page carries: the session's token, a fresh delivery, where it stands, where to return to.

    `aside` is the number of the reply that the card stands in, `files` the address under which its files are served.
    """

    token: str = ""
    delivery: str = ""
    spot: str = ""
    receipt: str = ""
    aside: str = ""
    back: str = "/"
    files: str = ""

    def hidden(self) -> Markup:
        pairs = {"token": self.token, "delivery": self.delivery, "spot": self.spot, "receipt": self.receipt}
        pairs |= {"aside": self.aside, "back": self.back}
        return glue(hidden(key, value) for key, value in pairs.items() if value)


def glue(parts: Iterable[Markup]) -> Markup:
    return NOTHING.join(parts)


def hidden(key: str, value: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(key, value)


# --- text ----------------------------------------------------------------------------------


def text_html(text: Text, reader: Reader) -> Markup:
    return glue(_span(span, reader) for span in text)


def _span(span: Span, reader: Reader) -> Markup:
    match span:
        case Plain(text):
            return Markup("{}").format(text)
        case Bold(text):
            return Markup("<strong>{}</strong>").format(text)
        case Code(text):
            return Markup("<code>{}</code>").format(text)
        case Link(text, url):
            return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(url, text)
        case Mention(member):
            return Markup('<span class="mention">@{}</span>').format(reader.name(member))
        case When(at):
            return time_html(at, reader)


def time_html(at: datetime, reader: Reader) -> Markup:
    """An instant on the reader's wall clock; the machine-readable one says which instant it is."""
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), clock_words(at, reader))


def hour_html(at: datetime, reader: Reader) -> Markup:
    """The hour alone, where the day stands above; the whole instant shows under the pointer."""
    local = at.astimezone(reader.zone)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), clock_words(at, reader), f"{local:%H:%M}"
    )


def clock_words(at: datetime, reader: Reader) -> str:
    """`Mon 5 Jan, 09:00`, with the zone's name where the reader has told us none."""
    local = at.astimezone(reader.zone)
    return f"{local:%a} {local.day} {local:%b, %H:%M}{' UTC' if reader.zone.key == 'UTC' else ''}"


# --- cards ---------------------------------------------------------------------------------


def card_html(card: Card, reader: Reader, slip: Slip, heading: str = "h3") -> Markup:
    """The whole card. `heading` is the level that fits the page around it: h2, h3 or h4."""
    title = Markup("<{0}>{1}</{0}>").format(heading, card.title)
    body = glue(block_html(block, reader, slip) for block in card.blocks)
    files = glue(_file(card, number, slip) for number in range(len(card.files)))
    selects = glue(_select(select, number, slip) for number, select in enumerate(card.selects))
    parts = title + body + files + _buttons(card.buttons, slip) + selects
    return Markup('<div class="card {}">{}</div>').format(card.tone, parts)


def block_html(block: Block, reader: Reader, slip: Slip) -> Markup:
    match block:
        case Picture(_, alt):
            return _picture(alt, slip)
        case Para(text):
            return Markup("<p>{}</p>").format(text_html(text, reader))
        case Note(text):
            return Markup('<p class="note">{}</p>').format(text_html(text, reader))
        case Quote(text):  # whose it is stays unsaid: the name may be hidden
            return Markup("<blockquote><p>{}</p></blockquote>").format(text)
        case Bullets(items):
            rows = glue(Markup("<li>{}</li>").format(text_html(item, reader)) for item in items)
            return Markup("<ul>{}</ul>").format(rows)
        case Listing(text, language):
            if not language:  # words to copy rather than a program: they wrap
                return Markup('<pre class="wrap"><code>{}</code></pre>').format(text)
            return Markup('<pre tabindex="0" role="region" aria-label="Program text, {}"><code>{}</code></pre>').format(
                language, text
            )
        case Facts(rows):
            pairs = (Markup("<dt>{}</dt><dd>{}</dd>").format(label, text_html(value, reader)) for label, value in rows)
            return Markup("<dl>{}</dl>").format(glue(pairs))


def _picture(alt: str, slip: Slip) -> Markup:
    """Where nothing serves it, its words stand there."""
    if not slip.files:
        return Markup('<p class="note">Picture: {}</p>').format(alt)
    return Markup('<p class="picture"><img src="{}/picture" alt="{}"></p>').format(slip.files, alt)


def _file(card: Card, number: int, slip: Slip) -> Markup:
    address = f"{slip.files}/{number}"
    return Markup('<p class="file"><a href="{}" download>{}</a></p>').format(address, card.files[number].name)


def _buttons(buttons: tuple[Button, ...], slip: Slip) -> Markup:
    if not buttons:
        return NOTHING
    row = glue(
        Markup('<button name="action" value="{}" class="{}">{}</button>').format(
            button.action.encode(), button.style, button.label
        )
        for button in buttons
    )
    return Markup('<form method="post" action="/do/press" class="row">{}{}</form>').format(slip.hidden(), row)


def _select(select: Select, number: int, slip: Slip) -> Markup:
    chosen = any(option.value == select.chosen for option in select.options)
    unset = NOTHING if chosen else Markup('<option value="" disabled selected>Please choose</option>')
    options = unset + glue(
        Markup('<option value="{}"{}>{}</option>').format(
            option.value, Markup(" selected") if option.value == select.chosen else NOTHING, option.label
        )
        for option in select.options
    )
    # Two cards of one page may offer the same choice: on the home page nothing else tells them apart.
    id_ = f"menu-{slip.receipt}-{slip.aside}-{select.action.encode()}-{select.prompt.replace(' ', '-')}"
    if number:  # menus of one card may do the same thing, each with other options
        id_ += f"-{number}"
    return Markup(
        '<form method="post" action="/do/press" class="row">{}{}<label for="{}">{}</label>'
        '<select id="{}" name="value" required>{}</select>'
        '<button>Choose<span class="unseen"> {}</span></button></form>'
    ).format(slip.hidden(), hidden("action", select.action.encode()), id_, select.prompt, id_, options, select.prompt)


# --- plain data ----------------------------------------------------------------------------


def card_data(card: Card, reader: Reader, files: str = "") -> dict[str, object]:
    """
    A card for programs: its words by block, its buttons and menus with their actions.

    `files` is the address under which its files are served; they are too large to come along.
    """
    return {
        "kind": "card",
        "title": card.title,
        "tone": card.tone,
        "text": card_words(card),
        "blocks": [
            {"kind": type(block).__name__.lower(), "text": _plain(block, reader)}
            | ({"address": f"{files}/picture"} if files and isinstance(block, Picture) else {})
            for block in card.blocks
        ],
        "buttons": [button_data(button) for button in card.buttons],
        "selects": [
            {
                "prompt": select.prompt,
                "action": select.action.encode(),
                "chosen": select.chosen,
                "options": [{"value": option.value, "label": option.label} for option in select.options],
            }
            for select in card.selects
        ],
        "files": [
            {"name": file.name, "type": file.type, "address": f"{files}/{number}"}
            for number, file in enumerate(card.files)
        ],
    }


def button_data(button: Button) -> dict[str, object]:
    return {"label": button.label, "action": button.action.encode(), "style": button.style}


def _plain(block: Block, reader: Reader) -> object:
    match block:
        case Picture(_, alt):
            return alt
        case Para(text) | Note(text):
            return _words(text, reader)
        case Quote(text) | Listing(text):
            return text
        case Bullets(items):
            return [_words(item, reader) for item in items]
        case Facts(rows):
            return {label: _words(value, reader) for label, value in rows}


def _words(text: Text, reader: Reader) -> str:
    return "".join(
        f"@{reader.name(span.member)}"
        if isinstance(span, Mention)
        else clock_words(span.at, reader)
        if isinstance(span, When)
        else words((span,))
        for span in text
    )
