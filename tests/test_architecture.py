"""The rules of the house that an import linter cannot see."""

import ast
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import bot
from bot.engine.choosing import CHOOSE_GROUP
from bot.engine.engine import Engine
from bot.features import discover
from bot.kernel import codec
from bot.kernel.action import LIMIT
from bot.kernel.card import Bullets, Card, CityField, Facts, Form, Note, Para, block_words, card_words
from bot.kernel.effect import Wake
from bot.kernel.question import Question
from tests.quick_store import QuickStore
from tests.world import catalogue

ROOT = Path(bot.__file__).parents[1]
OURS = sorted(file for house in ("bot", "adapters") for file in (ROOT / house).rglob("*.py"))
FEATURES = [ROOT / "bot" / "features" / feature.name for feature in discover()]
PURE = sorted(
    [*ROOT.glob("bot/kernel/*.py"), *ROOT.glob("bot/features/*/*rules.py"), *ROOT.glob("bot/features/*/*cards.py")]
)
TRANSLATORS = sorted(ROOT.glob("adapters/*/translate.py"))
STANDARD = {
    "bot", "base64", "bisect", "collections", "contextlib", "dataclasses", "datetime", "enum", "functools", "hashlib",
    "hmac", "itertools", "json", "math", "operator", "random", "re", "string", "textwrap", "types", "typing",
    "unicodedata", "urllib", "zoneinfo",
}  # fmt: skip
COMPUTING = {"numpy", "rustworkx"}  # they turn numbers into numbers
# Reading the world instead of an argument.
HIDDEN = {
    "now", "utcnow", "today", "monotonic", "perf_counter", "uuid1", "uuid4", "getenv", "urandom", "token_hex",
    "open", "print", "input", "sleep",
}  # fmt: skip
STATEMENT = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE|ALTER\s+TABLE)\b",
    re.IGNORECASE | re.DOTALL,
)
SPEAKS_SQL = {
    "bot/engine/inbox.py", "bot/engine/outbox.py", "bot/engine/wakes.py", "bot/engine/works.py", "bot/engine/roster.py",
    "bot/engine/zones.py", "bot/engine/outages.py", "bot/engine/deliveries.py", "bot/engine/personal.py",
    "bot/engine/retention.py", "bot/store/migrate.py", "bot/store/sqlite.py",
    "adapters/discord/letters.py",
    "adapters/web/chat.py", "adapters/web/people.py", "adapters/web/asides.py", "adapters/web/files.py",
}  # fmt: skip
AGREED = re.compile(r"__init__\.py|([a-z]+_)?(rules|cards|records|handlers)\.py|sql")  # plan_rules.py: a part
PATTERN_NAMES = re.compile(r"(Manager|Helper|Service|Util|Utils|Base|Impl|Data|Info)$")


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def cards_of(folder: Path) -> list[ModuleType]:
    return [import_module(f"bot.features.{folder.name}.{file.stem}") for file in sorted(folder.glob("*cards.py"))]


def examples() -> Iterator[tuple[str, Card | Form]]:
    for folder in FEATURES:
        for cards in cards_of(folder):
            shown_by = getattr(cards, "EXAMPLES", {})  # a file of lines has none
            yield from ((f"{folder.name}.{name}", shown) for name, shown in shown_by.items())


EXAMPLES = dict(examples())
ENGINE = Engine(QuickStore(), discover(), catalogue())


WORDS_IN_A_SENTENCE = 20


# --- purity ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PURE, ids=short)
def test_what_is_pure_imports_nothing_that_acts(path: Path) -> None:
    imported = {a.name for node in ast.walk(tree(path)) if isinstance(node, ast.Import) for a in node.names}
    imported |= {node.module or "" for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)}
    outside = {name for name in imported if name.split(".")[0] not in {*STANDARD, *COMPUTING}}
    assert not outside, f"{short(path)} imports {outside}"


@pytest.mark.parametrize("path", [*PURE, *TRANSLATORS], ids=short)
def test_what_is_pure_waits_for_nothing_and_reads_nothing_that_nobody_passed_in(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if path.name != "ports.py":
            waits = isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
            assert not waits, f"{short(path)}:{getattr(node, 'lineno', 0)} waits for something"
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert called not in HIDDEN, f"{short(path)}:{node.lineno} calls {called}()"


def test_a_rule_is_the_same_for_the_same_arguments() -> None:
    """No module of rules or cards keeps anything that changes: its variables are constants."""
    for path in PURE:
        for node in ast.walk(tree(path)):
            assert not isinstance(node, ast.Global | ast.Nonlocal), f"{short(path)}:{node.lineno} keeps state"


# --- where SQL stands, and what tables are called --------------------------------------------------


@pytest.mark.parametrize("path", OURS, ids=short)
def test_sql_stands_in_its_place(path: Path) -> None:
    if path.name.endswith("records.py") or short(path) in SPEAKS_SQL:
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not STATEMENT.search(node.value), f"{short(path)}:{node.lineno} speaks SQL"


@pytest.mark.parametrize("folder", FEATURES, ids=lambda folder: folder.name)
def test_a_feature_owns_the_tables_that_carry_its_name(folder: Path) -> None:
    for file in sorted((folder / "sql").glob("*")):
        assert re.fullmatch(rf"{folder.name}-\d{{4}}\.sql", file.name), f"{short(file)} is not a numbered migration"
        made = re.findall(r"CREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX)\s+(\w+)", file.read_text())
        strange = [name for name in made if not name.startswith(f"{folder.name}_")]
        assert not strange, f"{short(file)} makes {strange}"


@pytest.mark.parametrize("folder", FEATURES, ids=lambda folder: folder.name)
def test_a_feature_reads_and_writes_its_own_tables_only(folder: Path) -> None:
    for records in folder.glob("*records.py"):
        used = re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)", records.read_text())
        foreign = {table for table in used if table != "set" and not table.startswith(f"{folder.name}_")}
        assert not foreign, f"{short(records)} touches {foreign}"


# --- shape -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", FEATURES, ids=lambda folder: folder.name)
def test_a_feature_folder_has_the_agreed_files(folder: Path) -> None:
    found = {item.name for item in folder.iterdir() if item.name != "__pycache__"}
    strange = {name for name in found if not AGREED.fullmatch(name)}
    assert not strange, f"{folder.name} has {strange}"
    assert {"__init__.py", "handlers.py"} <= found


@pytest.mark.parametrize("path", OURS, ids=short)
def test_no_file_and_no_function_is_too_long_to_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400, f"{short(path)} has more than 400 lines"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= 50, f"{short(path)}:{node.lineno} {node.name} has {lines} lines"


@pytest.mark.parametrize("path", OURS, ids=short)
def test_things_are_named_after_what_they_are(path: Path) -> None:
    assert not re.search(r"utils?|helpers?|misc|common", path.stem), f"{short(path)} is named after nothing"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef):
            assert not PATTERN_NAMES.search(node.name), f"{short(path)}:{node.lineno} {node.name} names a pattern"


# --- everything leads somewhere ------------------------------------------------------------------


def literals(path: Path, call: str, position: int) -> Iterator[tuple[int, str]]:
    """The text at this position of each call with this name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == call and len(node.args) > position:
            argument = node.args[position]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield node.lineno, argument.value


SPEAKERS = sorted([*ROOT.glob("bot/features/*/*.py"), *ROOT.glob("bot/engine/*.py")])


@pytest.mark.parametrize("path", SPEAKERS, ids=short)
def test_every_action_that_is_written_down_has_a_handler(path: Path) -> None:
    handled = {*ENGINE.routes.presses, *ENGINE.routes.submits, CHOOSE_GROUP}
    for call in ("Action.to", "Action"):
        for line, route in literals(path, call, 0):
            assert route in handled, f"{short(path)}:{line} leads to {route}, which nobody handles"


@pytest.mark.parametrize("path", SPEAKERS, ids=short)
def test_every_wake_that_is_written_down_has_a_handler(path: Path) -> None:
    assert list(Wake.__dataclass_fields__)[1] == "route"
    for line, route in literals(path, "Wake", 1):
        assert route in ENGINE.routes.wakes, f"{short(path)}:{line} plans {route}, which nobody handles"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_button_menu_and_form_of_an_example_leads_somewhere(name: str) -> None:
    shown = EXAMPLES[name]
    if isinstance(shown, Form):
        assert shown.action.route in ENGINE.routes.submits, f"{name} sends to {shown.action.route}"
        for part in shown.fields:
            if isinstance(part, CityField):
                assert part.source in ENGINE.routes.suggests, f"{name} asks {part.source} for suggestions"
        return
    for action in (*(b.action for b in shown.buttons), *(s.action for s in shown.selects)):
        assert action.route in {*ENGINE.routes.presses, CHOOSE_GROUP}, f"{name} leads to {action.route}"
        assert len(action.encode().encode()) <= LIMIT


def test_every_form_can_be_opened_again() -> None:
    """A refused form offers the press that opens it: that press exists, for the same people."""
    for route, (_, submit) in ENGINE.routes.submits.items():
        assert submit.opened_by in ENGINE.routes.presses, (
            f"{route} is opened by {submit.opened_by}, which nobody handles"
        )
        assert ENGINE.routes.presses[submit.opened_by][1].who == submit.who, (
            f"{route} and {submit.opened_by} differ in rights"
        )


def test_every_question_has_a_default_and_every_fact_can_be_kept() -> None:
    facts = import_module("bot.kernel.facts")
    for kind in vars(facts).values():
        if isinstance(kind, type) and issubclass(kind, Question) and kind is not Question:
            assert hasattr(kind, "default"), f"{kind.__name__} has no answer while nobody answers"
            assert is_dataclass(kind)


# --- examples ----------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [file for folder in FEATURES for file in sorted(folder.glob("*cards.py"))], ids=short)
def test_every_card_and_form_has_an_example(file: Path) -> None:
    cards = import_module(f"bot.features.{file.parent.name}.{file.stem}")
    made = {
        node.name
        for node in tree(file).body
        if isinstance(node, ast.FunctionDef) and re.fullmatch(r"[a-z].*_(card|form)", node.name)
    }
    shown = set(getattr(cards, "EXAMPLES", {}))
    assert made <= shown, f"{short(file)} has no example of {made - shown}"


@pytest.mark.parametrize("path", sorted(ROOT.glob("bot/features/*/*.py")), ids=short)
def test_inside_a_feature_rules_stand_below_cards_and_records_and_those_below_handlers(path: Path) -> None:
    """The import contracts know the plain four files; this holds for the parts of a big feature as well."""
    level = {"handlers": 2, "cards": 1, "records": 1, "rules": 0}
    mine = path.stem.rpartition("_")[2]
    if mine not in level:
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"bot.features.{path.parent.name}"):
            imported = [node.module or "", *(f"{node.module}.{name.name}" for name in node.names)]
            for other in {name.rpartition(".")[2].rpartition("_")[2] for name in imported} & set(level) - {mine}:
                assert level[other] < level[mine], f"{short(path)} imports {other}"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_kept_and_drawn(name: str) -> None:
    from adapters.web import forms, translate

    shown = EXAMPLES[name]
    assert codec.load(codec.dump(shown)) == shown
    if isinstance(shown, Form):
        drawn = forms.form_html(shown, translate.Slip(), 0)
        assert all(f'"f.{part.key}"' in drawn for part in shown.fields)
    else:
        assert card_words(shown).strip()
        assert translate.card_html(shown, translate.Reader(), translate.Slip())


# --- members' words ---------------------------------------------------------------------------


def sentences(shown: Card | Form) -> Iterator[str]:
    """What we say, sentence by sentence; what members and packs wrote is theirs."""
    if isinstance(shown, Form):
        parts = [text for part in shown.fields for text in (part.label, part.help)]
    else:
        ours = [block for block in shown.blocks if isinstance(block, Para | Note | Bullets | Facts)]
        parts = [shown.title, *(line for block in ours for line in block_words(block).splitlines())]
    for part in parts:
        yield from re.split(r"(?<=[.!?])\s+", part)


@pytest.mark.parametrize("name", EXAMPLES)
def test_members_read_short_sentences(name: str) -> None:
    for sentence in sentences(EXAMPLES[name]):
        words = len(sentence.split())
        assert words < WORDS_IN_A_SENTENCE, f"{name} has a sentence of {words} words: {sentence}"


def test_members_read_no_word_of_ours() -> None:
    """MLSD is our abbreviation, wishes and tenants are our words."""
    inside = re.compile(r"\b(MLSD|LLD|outbox|tenant|wake|courier|inbox|payload|handler|receipt)\b", re.IGNORECASE)
    for name, shown in EXAMPLES.items():
        for sentence in sentences(shown):
            assert not inside.search(sentence), f"{name}: {sentence}"
