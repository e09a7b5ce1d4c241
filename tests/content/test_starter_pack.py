"""The shipped pack loads, is clean, fits on cards, and its code does what it says."""

import json
import re
import shutil
from pathlib import Path

import pytest

from bot.content import schema
from bot.content.catalogue import Catalogue
from bot.content.kind import CARD_TEXT, HINT_TEXT, OUTLINE_TEXT
from bot.content.kinds import KINDS
from bot.content.lint import lint
from bot.content.loader import load_pack
from bot.content.pack import Pack
from tests.content.check_code import faults
from tests.content.making import STARTER

SAMPLE = STARTER / "items" / "ml_coding" / "mlc-auc-by-user"
CODE = sorted(path.parent for path in STARTER.glob("items/ml_coding/*/item.yaml"))


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(STARTER)


@pytest.fixture(scope="module")
def catalogue(pack: Pack) -> Catalogue:
    return Catalogue.of([pack])


def test_every_shipped_item_is_clean(pack: Pack) -> None:
    newest = max(entry.fields.reviewed.last for entry in pack.entries)
    assert [str(finding) for finding in lint(pack, newest)] == []


def test_every_shipped_item_file_is_loaded(pack: Pack) -> None:
    assert {entry.file for entry in pack.entries} == {
        path.relative_to(STARTER).as_posix() for path in STARTER.glob("items/**/*.yaml")
    }


def test_every_domain_of_the_pack_has_items(catalogue: Catalogue) -> None:
    assert {item.domain for item in catalogue.items()} == {domain.name for domain in catalogue.domains}


def test_every_item_fits_on_cards(catalogue: Catalogue) -> None:
    for item in catalogue.items():
        assert len(item.title) + sum(len(part.heading) + len(part.text) for part in item.statement) <= CARD_TEXT, (
            item.id
        )
        assert all(len(hint) <= HINT_TEXT for hint in item.hints), item.id
        assert sum(len(point) + 3 for point in item.outline) <= OUTLINE_TEXT, item.id
        assert item.link is not None or item.statement, item.id


def test_the_first_item_is_easy_short_and_needs_no_outside_page(catalogue: Catalogue) -> None:
    first = catalogue.first
    assert first is not None
    assert (first.difficulty, first.self_contained) == ("easy", True)
    assert len(" ".join([first.title, *(part.text for part in first.statement)]).split()) <= 45


def test_every_pattern_in_use_has_a_card(catalogue: Catalogue) -> None:
    patterns = {item.strand for item in catalogue.items() if item.kind == "algorithm"}
    assert [pattern for pattern in sorted(patterns) if catalogue.pattern(pattern) is None] == []


def test_no_algorithm_reference_shows_its_tags_before_the_answer(catalogue: Catalogue) -> None:
    for item in catalogue.items():
        if item.kind == "algorithm":
            assert item.statement == ()
            assert item.strand.replace("-", " ") not in f"{item.title} {item.summary}".lower()


@pytest.mark.parametrize("folder", CODE, ids=lambda folder: folder.name)
def test_the_checks_of_a_coding_item_catch_what_they_say(folder: Path) -> None:
    assert list(faults(folder)) == []


DAMAGE = {
    "C02": ("solution.py", "starter.py"),
    "C03": ("starter.py", "solution.py"),
    "C05": ("bad/ties_never_win.py", "solution.py"),
}


@pytest.mark.parametrize("rule", DAMAGE)
def test_a_damaged_coding_item_is_found_out(rule: str, tmp_path: Path) -> None:
    folder = shutil.copytree(SAMPLE, tmp_path / "item")
    file, replacement = DAMAGE[rule]
    (folder / file).write_bytes((folder / replacement).read_bytes())
    assert any(fault.startswith(rule) for fault in faults(folder))


def test_a_slow_or_unsteady_solution_is_found_out(tmp_path: Path) -> None:
    folder = shutil.copytree(SAMPLE, tmp_path / "item")
    solution = (folder / "solution.py").read_text()
    item = (folder / "item.yaml").read_text()
    (folder / "item.yaml").write_text(re.sub(r"seconds: \d+", "seconds: 1", item))
    busy = "import time\nend = time.monotonic() + 0.7\nwhile time.monotonic() < end: pass\n"
    (folder / "solution.py").write_text(f"{busy}{solution}")
    assert any(fault.startswith("C04") for fault in faults(folder))
    once = "import pathlib\nran = pathlib.Path(__file__ + '.ran')\nassert not ran.exists()\nran.touch()\n"
    (folder / "solution.py").write_text(f"{solution}\n{once}")
    assert any(fault.startswith("C08") for fault in faults(folder))


def test_the_schema_for_editors_is_the_one_of_the_models() -> None:
    written = (STARTER / "taxonomy" / "item.schema.json").read_text(encoding="utf-8")
    assert written == schema.text(), "run: python -m bot.content.schema > content/starter/taxonomy/item.schema.json"


def test_the_schema_knows_every_kind() -> None:
    known = json.loads(schema.text())["$defs"]
    assert {kind.model.__name__ for kind in KINDS.values()} <= set(known)


def test_each_system_design_has_daily_problems_that_fit_its_week(catalogue: Catalogue) -> None:
    daily = [set(item.tags) for item in catalogue.items() if item.timed is None]
    fits = {item.id: sum(bool(tags & set(item.tags)) for tags in daily) for item in catalogue.items() if item.timed}
    assert min(fits.values()) >= 4, fits
