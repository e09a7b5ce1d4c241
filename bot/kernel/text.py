"""Rich text as data. Templates are trusted; arguments never are."""

import re
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Plain:
    text: str


@dataclass(frozen=True, slots=True)
class Bold:
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link that our own words or a content pack offers. Members' links stay plain text."""

    text: str
    url: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"https://[^\s<>|()\"']+", self.url):
            raise ValueError(f"a link must be a plain https address: {self.url!r:.80}")


@dataclass(frozen=True, slots=True)
class Mention:
    """A member's name as the platform shows it. It never rings."""

    member: str


@dataclass(frozen=True, slots=True)
class When:
    """An instant (aware, UTC), shown to each reader in the reader's own zone."""

    at: datetime


Span = Plain | Bold | Code | Link | Mention | When
Text = tuple[Span, ...]

_TOKEN = re.compile(r"\*\*(?P<bold>.+?)\*\*|`(?P<code>[^`]+)`|\{(?P<arg>\w+)\}")
_ARGUMENT = re.compile(r"\{(\w+)\}")


def md(template: str, **args: "str | int | Span") -> Text:
    """
    Turn a small Markdown template (`**bold**`, `` `code` ``, `{argument}`) into spans.

    Arguments become plain text, or the span they already are, so nothing that a member types can turn into
    a mention, a link or formatting:

        md("**Day {n}** for {who}", n=3, who=Mention("m1"))

    Raises KeyError when the template names an argument that was not given, TypeError for a span inside bold or code.
    """
    spans: list[Span] = []
    at = 0
    for match in _TOKEN.finditer(template):
        if match.start() > at:
            spans.append(Plain(template[at : match.start()]))
        at = match.end()
        if match["bold"] is not None:
            spans.append(Bold(_fill(match["bold"], args)))
        elif match["code"] is not None:
            spans.append(Code(_fill(match["code"], args)))
        else:
            value = args[match["arg"]]
            spans.append(Plain(str(value)) if isinstance(value, (str, int)) else value)
    if at < len(template):
        spans.append(Plain(template[at:]))
    return tuple(spans)


def _fill(fragment: str, args: "dict[str, str | int | Span]") -> str:
    def fill(found: re.Match[str]) -> str:
        value = args[found[1]]
        if not isinstance(value, (str, int)):
            raise TypeError(f"{found[1]} is a {type(value).__name__}: it cannot stand inside bold or code")
        return str(value)

    return _ARGUMENT.sub(fill, fragment)


def words(text: Text) -> str:
    """The text without its formatting: for counting, for logs, for screen readers."""
    return "".join(_words(span) for span in text)


def _words(span: Span) -> str:
    match span:
        case Mention(member):
            return f"@{member}"
        case When(at):
            return f"{at:%a %d %b %H:%M} UTC"
        case _:
            return span.text


def plural(n: int, one: str, many: str = "") -> str:
    """`plural(1, "answer") -> "1 answer"`, `plural(3, "reply", "replies") -> "3 replies"`."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def listed(parts: "list[str] | tuple[str, ...]") -> str:
    """`["a", "b", "c"] -> "a, b and c"`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else list(parts))
