"""The light Markdown of packs as blocks of a card: paragraphs, lists, program text, bold and code. Nothing else."""

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.kernel.card import PARAGRAPH, Block, Bullets, Listing, Para
from bot.kernel.text import Bold, Code, Plain, Span, Text, words

# Packs are written by strangers: no HTML, no links, no images; what is not known stays as it was typed.
_PARSER = MarkdownIt("zero").enable(["fence", "list", "emphasis", "backticks", "newline", "escape"])


def blocks(text: str) -> tuple[Block, ...]:
    """TEXT as blocks, each within the size of a paragraph."""
    return tuple(_blocks(_PARSER.parse(text.strip())))


def spans(text: str) -> Text:
    """One line of TEXT, such as a hint or a point of an outline."""
    return tuple(span for token in _PARSER.parseInline(text.strip()) for span in _spans(token.children or []))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    items: list[Text] = []
    depth = 0
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
            if not depth:
                yield from bullets(items)
                items = []
        elif token.type == "fence":
            yield Listing(token.content.rstrip("\n"), token.info.strip())
        elif token.type == "inline":
            text = tuple(_spans(token.children or []))
            if depth:
                items.append(text)
            else:
                yield Para(text)


def bullets(items: Sequence[Text]) -> Iterator[Bullets]:
    """ITEMS as one list, or as several where one would be longer than a paragraph may be."""
    batch: list[Text] = []
    for item in items:
        if batch and sum(len(words(text)) + 1 for text in (*batch, item)) > PARAGRAPH:
            yield Bullets(tuple(batch))
            batch = []
        batch.append(item)
    if batch:
        yield Bullets(tuple(batch))


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    bold = False
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                bold = token.type == "strong_open"
            case "code_inline":
                yield Code(token.content)
            case "softbreak" | "hardbreak":
                yield Plain("\n" if token.type == "hardbreak" else " ")
            case "text" if token.content:
                yield Bold(token.content) if bold else Plain(token.content)
            case _:
                pass
