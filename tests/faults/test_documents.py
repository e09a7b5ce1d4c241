"""What the documents say about faults and threats can be looked up."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = {file.name: file for file in sorted((ROOT / "tests").rglob("test_*.py"))}
CELL = re.compile(r"`(test_\w+\.py)`|`(test_\w+)`")


@pytest.mark.parametrize("document", ["faults.md", "security.md"])
def test_every_test_that_is_named_exists_in_the_file_that_is_named(document: str) -> None:
    named = 0
    for line in (ROOT / "docs" / document).read_text().splitlines():
        if not line.startswith("|"):
            continue
        file = ""
        for name, test in CELL.findall(line):
            if name:
                assert name in FILES, f"{document} names {name}"
                file = name
            else:
                assert f"def {test}(" in FILES[file].read_text(), f"{document} names {test} in {file}"
                named += 1
    assert named > 15


def test_what_is_not_yet_handled_has_a_test_that_waits_for_it() -> None:
    lines = [line for line in (ROOT / "docs" / "faults.md").read_text().splitlines() if "*Not yet*" in line]
    waiting = "\n".join(file.read_text() for file in FILES.values())
    for line in lines[1:]:
        tests = [test for _, test in CELL.findall(line) if test]
        assert any(_is_expected_to_fail(waiting, test) for test in tests), line


def _is_expected_to_fail(source: str, test: str) -> bool:
    before, found, _ = source.partition(f"def {test}(")
    return bool(found) and "xfail" in before.rpartition("\n\n\n")[2]
