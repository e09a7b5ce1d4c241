"""`whetstone content lint | stats | preview`: exit codes and texts."""

import datetime as dt
import json
from pathlib import Path

from bot.commands import content
from tests.content.making import BACKFILL, DATA_ENGINEERING, LATE, TODAY, small_pack


def test_lint_of_a_clean_pack_exits_with_0() -> None:
    assert content.lint(DATA_ENGINEERING, TODAY) == (0, "3 items, 0 errors, 0 warnings.")


def test_lint_exits_with_1_when_it_finds_an_error(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / LATE).write_text((pack / LATE).read_text().replace("license: CC-BY-4.0", "license: mine"))
    code, text = content.lint(pack, TODAY)
    assert code == 1
    assert text.splitlines() == [
        f"{LATE}:28: error L04: the licence 'mine' is not allowed; use CC-BY-4.0, CC0-1.0",
        "3 items, 1 error, 0 warnings.",
    ]


def test_warnings_alone_exit_with_0() -> None:
    code, text = content.lint(DATA_ENGINEERING, TODAY + dt.timedelta(days=500))
    assert (code, text.splitlines()[-1]) == (0, "3 items, 0 errors, 3 warnings.")


def test_a_pack_that_cannot_be_read_exits_with_2(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / BACKFILL).write_text("[")
    for code, text in (content.lint(pack, TODAY), content.stats(pack), content.preview(pack, "anything")):
        assert code == 2
        assert text.startswith(f"{BACKFILL}:1: this is not valid YAML")
        assert text.endswith("1 problem; the pack cannot be read.")
    code, text = content.lint(pack, TODAY, as_json=True)
    assert (code, [problem["file"] for problem in json.loads(text)["problems"]]) == (2, [BACKFILL])


def test_lint_as_json_names_file_line_rule_and_level(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / LATE).write_text((pack / LATE).read_text().replace("license: CC-BY-4.0", "license: mine"))
    code, text = content.lint(pack, TODAY, as_json=True)
    (finding,) = json.loads(text)["findings"]
    assert (code, finding["file"], finding["line"], finding["rule"], finding["level"]) == (1, LATE, 28, "L04", "error")


def test_stats_tell_how_long_a_pack_lasts() -> None:
    code, text = content.stats(DATA_ENGINEERING)
    assert code == 0
    assert text.splitlines() == [
        "Data engineering: 3 active items (1 easy, 2 medium), share 2",
        "    idempotence 1, late-data 1, temporal-joins 1",
        "All items: 3 active",
        "Monday to Friday without a repeat: 3 days",
        "With every domain at its share: 3 days",
    ]
    assert json.loads(content.stats(DATA_ENGINEERING, as_json=True)[1])["days"] == 3


def test_preview_shows_the_task_first_and_the_tags_last() -> None:
    code, text = content.preview(DATA_ENGINEERING, "price-on-the-day-of-sale")
    assert code == 0
    assert text.startswith("# The price on the day of the sale\n\nData engineering · medium · 15 minutes\n\n")
    assert text.endswith("## Tags\n\n- temporal-joins\n- data-quality")
    assert text.index("## Hints") < text.index("## Outline") < text.index("## A reviewer looks for")


def test_preview_of_an_unknown_item_names_some_that_exist() -> None:
    assert content.preview(DATA_ENGINEERING, "price") == (
        2,
        "The pack has no item 'price'. Try one of: price-on-the-day-of-sale.",
    )
