"""
How a card or form looks on another platform: a picture, drawn from the payload that the platform would receive. Pure.

It reads the payload alone, as the platform does, so it shows what really arrives. Nothing in it can be pressed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from adapters.web.translate import NOTHING, Reader, glue, time_html

Json = Mapping[str, Any]

ROW, BUTTON, SELECT, INPUT, SECTION, TEXT, GALLERY, FILE, CONTAINER = 1, 2, 3, 4, 9, 10, 12, 13, 17
UPLOAD, RADIOS, CHECKBOXES = 19, 21, 22
PLACEHOLDERS = {5: "Choose a person", 8: "Choose a channel", SELECT: "Choose one"}
BUTTONS = {1: "primary", 2: "plain", 4: "danger"}

_FENCE = re.compile(r"```[\w+.#-]*\n(?P<code>[\s\S]*?)\n```")
_SHAPES = (("heading", "## "), ("small", "-# "), ("quote", "> "), ("point", "- "), ("more", "  "))
_FRAMES = {
    "heading": Markup("<h3>{}</h3>"),
    "small": Markup('<p class="d-small">{}</p>'),
    "quote": Markup("<blockquote><p>{}</p></blockquote>"),
    "plain": Markup("<p>{}</p>"),
}
_INLINE = re.compile(
    r"\\(?P<escaped>[^0-9A-Za-z\s])"
    r"|`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<bold>(?:\\.|[^\\*])+)\*\*"
    r"|\[(?P<text>(?:\\.|[^\]\\])*)\]\((?P<url>https://[^)\s]+)\)"
    r"|<(?P<address>https://[^>\s]+)>"
    r"|<@(?P<person>\d+)>"
    r"|<t:(?P<time>-?\d+):f>"
)


def discord_html(payload: Json, reader: Reader) -> Markup:
    """A message, or a modal: that one has a title."""
    if "title" in payload:
        return _modal(payload)
    return Markup('<div class="discord">{}</div>').format(_parts(payload["components"], reader))


def _parts(parts: Sequence[Json], reader: Reader) -> Markup:
    return glue(_part(part, reader) for part in parts)


def _part(part: Json, reader: Reader) -> Markup:
    kind = part["type"]
    if kind == CONTAINER:
        # The bar is a drawing: the page allows no styles in its text.
        bar = Markup('<svg class="d-bar" aria-hidden="true"><rect width="4" height="100%" fill="#{:06x}"/></svg>')
        colour = bar.format(part.get("accent_color") or 0)
        return Markup('<div class="d-container">{}{}</div>').format(colour, _parts(part["components"], reader))
    if kind == SECTION:
        texts = Markup("<div>{}</div>").format(_parts(part["components"], reader))
        return Markup('<div class="d-section">{}{}</div>').format(texts, _part(part["accessory"], reader))
    if kind == ROW:
        return Markup('<div class="d-row">{}</div>').format(_parts(part["components"], reader))
    if kind == BUTTON:
        return Markup('<span class="d-button {}">{}</span>').format(BUTTONS[part["style"]], part["label"])
    if kind == SELECT:
        return _select(part)
    if kind == FILE:
        name = part["file"]["url"].removeprefix("attachment://")
        return Markup('<p class="d-file">File: {}</p>').format(name)
    if kind == GALLERY:
        return glue(Markup('<p class="d-file">Picture: {}</p>').format(one["description"]) for one in part["items"])
    return _text(part["content"], reader) if kind == TEXT else NOTHING


def _select(part: Json) -> Markup:
    options = part.get("options", ())
    chosen = [option["label"] for option in options if option.get("default")]
    shown = chosen[0] if chosen else part.get("placeholder") or PLACEHOLDERS[part["type"]]
    return Markup('<details class="d-select"><summary>{}</summary><ul>{}</ul></details>').format(
        shown, glue(_option(option, "") for option in options)
    )


def _option(option: Json, mark: str) -> Markup:
    about = Markup(' <span class="d-about">{}</span>').format(option["description"]) if "description" in option else ""
    chosen = Markup(' <span class="d-about">(chosen)</span>') if option.get("default") else ""
    return Markup('<li class="{}">{}{}{}</li>').format(mark, option["label"], chosen, about)


# --- text ----------------------------------------------------------------------------------


def _text(content: str, reader: Reader) -> Markup:
    drawn, at = [], 0
    for fence in _FENCE.finditer(content):
        drawn += [_lines(content[at : fence.start()], reader)] if fence.start() > at else []
        drawn.append(Markup('<pre class="wrap"><code>{}</code></pre>').format(fence["code"]))
        at = fence.end()
    return glue([*drawn, _lines(content[at:], reader)]) if at < len(content) else glue(drawn)


def _lines(content: str, reader: Reader) -> Markup:
    return glue(_shape(shape, lines, reader) for shape, lines in _shapes(content))


def _shapes(content: str) -> Iterator[tuple[str, list[str]]]:
    """Lines of one shape that follow each other, without the signs that make the shape."""
    found: list[tuple[str, list[str]]] = []
    for line in content.split("\n"):
        shape, sign = next(((shape, sign) for shape, sign in _SHAPES if line.startswith(sign)), ("plain", ""))
        rest = line[len(sign) :]
        if shape == "more" and found and found[-1][0] == "point":
            found[-1][1][-1] += f"\n{rest}"
        elif shape == "more":
            found.append(("plain", [line]))
        elif found and found[-1][0] == shape:
            found[-1][1].append(rest)
        else:
            found.append((shape, [rest]))
    yield from found


def _shape(shape: str, lines: list[str], reader: Reader) -> Markup:
    if shape == "point":
        points = glue(Markup("<li>{}</li>").format(_inline(line, reader)) for line in lines)
        return Markup("<ul>{}</ul>").format(points)
    return _FRAMES[shape].format(_inline("\n".join(lines), reader))


def _inline(content: str, reader: Reader) -> Markup:
    drawn, at = [], 0
    for found in _INLINE.finditer(content):
        drawn += [Markup("{}").format(content[at : found.start()]), _token(found, reader)]
        at = found.end()
    return glue([*drawn, Markup("{}").format(content[at:])])


def _token(found: re.Match[str], reader: Reader) -> Markup:
    match found.lastgroup:
        case "escaped":
            return Markup("{}").format(found["escaped"])
        case "code":
            return Markup("<code>{}</code>").format(found["code"])
        case "bold":
            return Markup("<strong>{}</strong>").format(_inline(found["bold"], reader))
        case "url":
            return _link(_inline(found["text"], reader), found["url"])
        case "address":
            return _link(found["address"], found["address"])
        case "person":
            return Markup('<span class="d-mention">@{}</span>').format(reader.name(found["person"]))
        case _:
            return time_html(datetime.fromtimestamp(int(found["time"]), UTC), reader)


def _link(text: str, url: str) -> Markup:
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(url, text)


# --- modals --------------------------------------------------------------------------------


def _modal(payload: Json) -> Markup:
    fields = glue(_field(part) for part in payload["components"])
    return Markup(
        '<div class="discord d-modal"><h3>{}</h3>{}<div class="d-row"><span class="d-button plain">Cancel</span>'
        '<span class="d-button primary">Submit</span></div></div>'
    ).format(payload["title"], fields)


def _field(part: Json) -> Markup:
    inner = part["component"]
    must = Markup(' <span class="d-about">(required)</span>') if inner.get("required", True) else NOTHING
    about = NOTHING
    if "description" in part:
        about = Markup('<p class="d-about">{}</p>').format(part["description"])
    return Markup('<div class="d-field"><p><strong>{}</strong>{}</p>{}{}</div>').format(
        part["label"], must, about, _control(inner)
    )


def _control(part: Json) -> Markup:
    kind = part["type"]
    if kind == INPUT:
        size = "long" if part["style"] == 2 else "short"
        return Markup('<p class="d-input {}">{}</p>').format(size, part.get("value", ""))
    if kind in (RADIOS, CHECKBOXES):
        mark = "d-radio" if kind == RADIOS else "d-check"
        return Markup('<ul class="d-ticks">{}</ul>').format(glue(_option(option, mark) for option in part["options"]))
    return Markup('<p class="d-input long">Drop a file here</p>') if kind == UPLOAD else _select(part)


# --- Slack ---------------------------------------------------------------------------------

_STYLED = {"bold": Markup("<strong>{}</strong>"), "code": Markup("<code>{}</code>")}
_RICH = {
    "rich_text_section": Markup("<p>{}</p>"),
    "rich_text_quote": Markup("<blockquote><p>{}</p></blockquote>"),
    "rich_text_preformatted": Markup('<pre class="wrap"><code>{}</code></pre>'),
}
_SLACK_MADE = re.compile(r"<(?:@(?P<person>\w+)|!date\^(?P<time>-?\d+)\^[^>]*)>|&(?P<entity>amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
_CHOICES = {"users_select": "Choose a person", "conversations_select": "Choose a channel"}


def slack_html(payload: Json, reader: Reader) -> Markup:
    """A message, or a modal: that one has a title."""
    blocks = glue(_block(block, reader) for block in payload["blocks"])
    if "title" not in payload:
        return Markup('<div class="slack">{}</div>').format(blocks)
    submit = Markup('<span class="s-button primary">{}</span>').format(payload["submit"]["text"])
    return Markup(
        '<div class="slack s-modal"><h3>{}</h3>{}<div class="s-row">'
        '<span class="s-button plain">{}</span>{}</div></div>'
    ).format(payload["title"]["text"], blocks, payload["close"]["text"], submit)


def _block(block: Json, reader: Reader) -> Markup:
    match block["type"]:
        case "header":
            return Markup("<h3>{}</h3>").format(block["text"]["text"])
        case "rich_text":
            return glue(_rich(part, reader) for part in block["elements"])
        case "context":
            return Markup('<p class="s-small">{}</p>').format(glue(_mrkdwn(part, reader) for part in block["elements"]))
        case "actions":
            return Markup('<div class="s-row">{}</div>').format(glue(_element(part) for part in block["elements"]))
        case "image":
            return Markup('<p class="s-picture">Picture: {}</p>').format(block["alt_text"])
        case "input":
            return _slack_field(block)
        case _:
            return Markup("<hr>")


def _rich(part: Json, reader: Reader) -> Markup:
    if part["type"] == "rich_text_list":
        points = (Markup("<li>{}</li>").format(_spans(item, reader)) for item in part["elements"])
        return Markup("<ul>{}</ul>").format(glue(points))
    return _RICH[part["type"]].format(_spans(part, reader))


def _spans(part: Json, reader: Reader) -> Markup:
    return glue(_rich_span(span, reader) for span in part["elements"])


def _rich_span(span: Json, reader: Reader) -> Markup:
    match span["type"]:
        case "user":
            return Markup('<span class="s-mention">@{}</span>').format(reader.name(span["user_id"]))
        case "link":
            return _link(span.get("text", span["url"]), span["url"])
        case "date":
            return time_html(datetime.fromtimestamp(span["timestamp"], UTC), reader)
        case _:
            frame = _STYLED.get(next(iter(span.get("style", ())), ""), Markup("{}"))
            return frame.format(span["text"])


def _mrkdwn(part: Json, reader: Reader) -> Markup:
    if part["type"] == "plain_text":
        return Markup("{}").format(part["text"])
    drawn, at = [], 0
    for found in _SLACK_MADE.finditer(part["text"]):
        drawn.append(Markup("{}").format(part["text"][at : found.start()]))
        if found["entity"]:
            drawn.append(Markup("{}").format(_ENTITIES[found["entity"]]))
        elif found["time"]:
            drawn.append(time_html(datetime.fromtimestamp(int(found["time"]), UTC), reader))
        else:
            drawn.append(Markup('<span class="s-mention">@{}</span>').format(reader.name(found["person"])))
        at = found.end()
    return glue([*drawn, Markup("{}").format(part["text"][at:])])


def _element(part: Json) -> Markup:
    if part["type"] == "button":
        return Markup('<span class="s-button {}">{}</span>').format(part.get("style", "plain"), part["text"]["text"])
    chosen = part.get("initial_option")
    shown = chosen["text"] if chosen else part.get("placeholder") or {"text": _CHOICES.get(part["type"], "Choose one")}
    return Markup('<details class="s-select"><summary>{}</summary><ul>{}</ul></details>').format(
        shown["text"], _slack_options(part)
    )


def _slack_options(part: Json, mark: str = "") -> Markup:
    chosen = [part["initial_option"]] if "initial_option" in part else part.get("initial_options", [])
    options: Sequence[Json] = part.get("options", ())
    return glue(
        Markup('<li class="{}">{}{}{}</li>').format(
            mark,
            option["text"]["text"],
            Markup(' <span class="s-small">{}</span>').format(option["description"]["text"])
            if "description" in option
            else "",
            Markup(' <span class="s-small">(chosen)</span>') if option in chosen else "",
        )
        for option in options
    )


def _slack_field(block: Json) -> Markup:
    part = block["element"]
    optional = Markup(' <span class="s-small">(optional)</span>') if block.get("optional") else NOTHING
    hint = Markup('<p class="s-small">{}</p>').format(block["hint"]["text"]) if "hint" in block else NOTHING
    return Markup('<div class="s-field"><p><strong>{}</strong>{}</p>{}{}</div>').format(
        block["label"]["text"], optional, _slack_control(part), hint
    )


def _slack_control(part: Json) -> Markup:
    match part["type"]:
        case "plain_text_input":
            size = "long" if part.get("multiline") else "short"
            return Markup('<p class="s-input {}">{}</p>').format(size, part.get("initial_value", ""))
        case "radio_buttons":
            return Markup('<ul class="s-ticks">{}</ul>').format(_slack_options(part, "s-radio"))
        case "checkboxes":
            return Markup('<ul class="s-ticks">{}</ul>').format(_slack_options(part, "s-check"))
        case "file_input":
            return Markup('<p class="s-input long">Drop a file here</p>')
        case _:
            return _element(part)
