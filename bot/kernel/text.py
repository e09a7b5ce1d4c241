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

# Control characters, halves of characters, and the marks that turn the reading direction of everything after them.
_HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_INVISIBLE = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u206f\u2800\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\U000e0000-\U000e0fff]"
)


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


def clean(text: str) -> str:
    """What somebody typed, as it is kept: one kind of line end, nothing that harms others' words, no outer space."""
    return _HARMFUL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def count_visible(text: str) -> int:
    """How many characters of it a reader can see."""
    return len(_INVISIBLE.sub("", text))


def plural(n: int, one: str, many: str = "") -> str:
    """`plural(1, "answer") -> "1 answer"`, `plural(3, "reply", "replies") -> "3 replies"`."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def listed(parts: "list[str] | tuple[str, ...]") -> str:
    """`["a", "b", "c"] -> "a, b and c"`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else list(parts))
