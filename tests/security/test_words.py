"""What people write stays words: no ringing, no link, no template, no SQL, and no text that keeps the bot busy."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import pytest

import adapters
import bot
from bot import atlas
from bot.app import App
from bot.kernel import codec
from bot.kernel.action import Action
from bot.kernel.card import block_words
from bot.kernel.event import Pressed, Submitted, Typed, What
from bot.kernel.text import Bold, Code, Link, Mention, clean, count_visible, md, words
from tests.features.mornings import JOIN, MONDAY, NINE, answer
from tests.security.crawl import found_in_town
from tests.security.town import ADA, Visitor
from tests.story import CoreDriver, Driver
from tests.world import World

ROOT = Path(bot.__file__).parents[1]
OURS = sorted(file for house in ("bot", "adapters") for file in (ROOT / house).rglob("*.py"))
NASTY = (
    "@everyone @here <!channel> <!subteam^S1> <@U123> <@&456> <#C1> [x](https://evil.test) <https://evil.test|bank> "
    "**bold** `code` ``` {0.__class__} {who} %(x)s ${x} {{ 7*7 }} '); DROP TABLE outbox; -- \" \\ \x00 \u202e"
)
LONG = 50_000  # characters


# --- nothing rings and nothing leads away -----------------------------------------------------------------


def deep(value: Any) -> Iterator[Any]:
    """Every part of it, down to the spans."""
    yield value
    if isinstance(value, tuple | list):
        for part in value:
            yield from deep(part)
    elif is_dataclass(value):
        for part in fields(value):
            yield from deep(getattr(value, part.name))


async def test_no_word_of_a_member_becomes_a_mention_a_link_or_a_format(
    story: CoreDriver, app: App, world: World
) -> None:
    story.person("nasty", zone="Europe/Berlin")
    await story.found()
    for member in ("nasty", "ben"):
        await story.press(member, "Join the study group", JOIN)
    await story.until(NINE)
    shown = await answer(story, "nasty", f"I think that {NASTY}", "show")
    await story.press("nasty", "I'm stuck", MONDAY)
    stuck = await story.fill("nasty", {"tried": NASTY[:200]})
    told = await story.tell("nasty", f"Use this: {NASTY}")
    read = await story.press("nasty", "Read answers", MONDAY)
    await story.wait(timedelta(days=2))
    assert "DROP TABLE" in shown or "DROP TABLE" in read.words
    assert stuck.replies
    assert told.replies
    rows = await app.store.read(lambda tx: tx.all("SELECT card FROM outbox WHERE card IS NOT NULL"))
    kept = await app.store.read(lambda tx: tx.all("SELECT answers FROM inbox"))
    seen = [*deep([codec.load(row["card"]) for row in rows]), *deep([codec.load(row["answers"]) for row in kept])]
    people = {span.member for span in seen if isinstance(span, Mention)}
    assert people <= {"nasty", "ben", "olga"}
    assert not [span for span in seen if isinstance(span, Link) and "evil" in span.url]
    assert not [span for span in seen if isinstance(span, Bold | Code) and span.text in ("bold", "code")]
    texts = [block_words(block) for message in world.messages.values() for block in message.card.blocks]
    assert any("{0.__class__} {who} %(x)s ${x} {{ 7*7 }}" in text for text in texts), "it is there as it was written"


# --- no template, no SQL ------------------------------------------------------------------------------------


FILLS = ("format", "format_map")
WRITTEN_DOWN = {
    "bot/content/plain_errors.py": "its sentences are a table in that file",
    "adapters/discord/delivery.py": "its sentences are a table in that file",
    "adapters/web/elsewhere.py": "its frames are tables in that file",
}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_text_from_outside_is_a_template(path: Path) -> None:
    """`format` follows attributes: what is filled in must never be where the braces are."""
    if path.relative_to(ROOT).as_posix() in WRITTEN_DOWN:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FILLS:
            assert _is_written_here(node.func.value), f"{path.name}:{node.lineno} fills in a text from elsewhere"


def _is_written_here(node: ast.expr) -> bool:
    """A text, `Markup("a text")`, or something of ours that has a method of that name."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Markup":
        return all(isinstance(argument, ast.Constant) for argument in node.args)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id == "self")


def test_an_argument_with_braces_is_shown_as_it_is() -> None:
    assert words(md("Hello {who}", who=NASTY)) == f"Hello {NASTY}"


@pytest.mark.parametrize("member", ["o'neil", 'x"); DROP TABLE outbox; --', "%_\\", "a?b&c=d", "ß漢字 🎉"])
async def test_whatever_somebody_is_called_they_can_study(story: Driver, member: str) -> None:
    await story.found()
    await story.press(member, "Join the study group", JOIN)
    await story.until(NINE)
    assert await answer(story, member, f"{NASTY} is what I think about it.")
    mine = await story.press(member, "Read answers", MONDAY)
    assert "DROP TABLE" in mine.words
    await story.type(member, "/study leave")
    assert (await story.press(member, "Answer", MONDAY)).refused
    assert any(seen.name == MONDAY for seen in await story.read("olga"))


# --- no text that keeps us busy --------------------------------------------------------------------------------
# There is no assertion about time: what takes exponential or quadratic time on these never ends, and is named by that.

TEDIOUS = {
    "opens": "(" * LONG,
    "spaces and an end": " " * LONG + "x",
    "a's and a bang": "a" * LONG + "!",
    "stars": "*" * LONG,
    "ticks": "`" * LONG,
    "braces": "{a" * (LONG // 2),
    "an address that goes on": "https://" + "a." * (LONG // 2) + " x",
    "line ends": "\r\n" * (LONG // 2),
    "digits": "1" * LONG + ":",
    "dates": "2026-01-05 " * (LONG // 11),
    "marks": "\u0301" * LONG,
    "brackets": "[](" * (LONG // 3),
}


def patterns() -> Iterator[tuple[str, tuple[re.Pattern[str], set[str]]]]:
    """Every pattern that stands in a module of ours, and how it is used there."""
    for house in (bot, adapters):
        for module in walk_packages(house.__path__, f"{house.__name__}."):
            if module.name.endswith("__main__"):
                continue
            loaded = import_module(module.name)
            for name, value in vars(loaded).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    used = re.findall(
                        rf"\b{name}\.(search|match|fullmatch|sub|finditer|findall|split)\b", _source(loaded)
                    )
                    yield f"{module.name}.{name}", (value, set(used))


def _source(module: ModuleType) -> str:
    return Path(module.__file__ or "").read_text()


PATTERNS = dict(patterns())


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_comes_to_an_end(name: str) -> None:
    pattern, used = PATTERNS[name]
    for text in TEDIOUS.values():
        for method in used or {"search"}:
            found = pattern.sub("", text) if method == "sub" else getattr(pattern, method)(text)
            list(found or ()) if method == "finditer" else None


def test_there_are_patterns_to_try() -> None:
    assert len(PATTERNS) > 10


@pytest.mark.parametrize("text", TEDIOUS.values(), ids=TEDIOUS)
async def test_whatever_is_typed_into_any_form_menu_or_command_is_answered(text: str) -> None:
    """Forged requests know no limit of a field: every handler gets all of it."""
    here, found = await found_in_town()
    wrong = []
    for offer in found:
        match offer.what:
            case Submitted(action, values):
                what: What = Submitted(
                    action, {key: text if isinstance(was, str) else was for key, was in values.items()}
                )
            case Pressed(action, value) if value:
                what = Pressed(action, text)
            case Typed(word):
                what = Typed(word, text)
            case _:
                continue
        here.at(offer.image, offer.moment.at)
        outcome = await here.do(Visitor(offer.by, offer.by if offer.by != "nobody" else ADA), what, offer.receipt)
        if outcome.refused and "our side" in outcome.refused.because:
            wrong.append(f"{offer.label}: {outcome.refused.because}")
    assert wrong == []


@pytest.mark.parametrize("text", TEDIOUS.values(), ids=TEDIOUS)
def test_whatever_is_read_from_outside_comes_to_an_end(text: str) -> None:
    clean(text)
    count_visible(text)
    words(md("{x} **{x}** `{x}`", x=text))
    Action.decode(text)
    atlas.find_places(text)
