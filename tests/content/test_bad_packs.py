"""A bad pack is refused with the file, the line and one sentence that says what to do."""

import os
from pathlib import Path

import pytest

from bot import VERSION
from bot.content.loader import load_pack
from tests.content.making import BACKFILL, DATA_ENGINEERING, GOOD, LATE, messages, one_item_pack, put, small_pack

# name: (file, what stands there, what the mistake is, what the author reads)
SLIPS = {
    "a misspelt key": (LATE, "title:", "titel:", f"{LATE}:7: unknown key 'titel'; did you mean 'title'?"),
    "a key that is missing": (LATE, "difficulty: easy", "", f"{LATE}:3: 'difficulty' is missing"),
    "a key nobody knows": (LATE, "difficulty:", "zzz: 1\n    difficulty:", f"{LATE}:9: unknown key 'zzz'; remove it"),
    "a wrong word": (
        LATE,
        "difficulty: easy",
        "difficulty: simple",
        f"{LATE}:9: 'difficulty' must be one of: 'easy', 'medium' or 'hard'",
    ),
    "text where a number belongs": (LATE, "solve: 10", "solve: ten", f"{LATE}:11: 'solve' must be a whole number"),
    "a quoted number": (LATE, "revision: 1", 'revision: "1"', f"{LATE}:4: 'revision' must be a whole number"),
    "yes where a number belongs": (
        LATE,
        "revision: 1",
        "revision: yes",
        f"{LATE}:4: 'revision' must be a whole number",
    ),
    "a number where text belongs": (
        LATE,
        'title: "Late events in a daily count"',
        "title: 12",
        f"{LATE}:7: 'title' must be text; put it in quotes",
    ),
    "one line where a list belongs": (
        LATE,
        "skills: [late-data, watermarks]",
        "skills: late-data",
        f"{LATE}:10: 'skills' must be a list: lines that begin with '- '",
    ),
    "an entry that is too short": (
        LATE,
        '"Who uses the number, and on which day do they decide?"',
        "Who?",
        f"{LATE}:17: 'hints', entry 1, is too short; write at least 12 characters",
    ),
    "a list where a block belongs": (
        LATE,
        "minutes: {solve: 10, explain: 3}",
        "minutes: [10, 3]",
        f"{LATE}:11: 'minutes' must be a block of 'key: value' lines",
    ),
    "capital letters in an id": (
        LATE,
        "id: late-events",
        "id: Late-events",
        (
            f"{LATE}:3: 'id' has the value 'Late-events-in-a-daily-count', "
            "but may hold only small letters, digits and hyphens"
        ),
    ),
    "a date in quotes": (
        LATE,
        "last: 2026-11-21",
        'last: "2026-11-21"',
        f"{LATE}:29: 'last' must be a date such as 2026-11-21, without quotes",
    ),
    "a date that does not exist": (
        LATE,
        "last: 2026-11-21",
        "last: 2026-13-21",
        f"{LATE}:29: '2026-13-21' is not a date that exists; correct it",
    ),
    "a repeated key": (
        LATE,
        "difficulty: easy",
        "difficulty: easy\n    difficulty: hard",
        f"{LATE}:10: the key 'difficulty' stands twice; it is also on line 9",
    ),
    "an anchor": (
        LATE,
        "difficulty: easy",
        "difficulty: &level easy",
        f"{LATE}:9: '&level' is an anchor, which packs do not allow; remove it or use quotes",
    ),
    "an alias": (
        LATE,
        "difficulty: easy",
        "difficulty: *level",
        f"{LATE}:9: '*level' is an alias, which packs do not allow; write the text out",
    ),
    "a tag": (
        LATE,
        "difficulty: easy",
        "difficulty: !!python/name:os.system easy",
        (
            f"{LATE}:9: the tag 'tag:yaml.org,2002:python/name:os.system' is not allowed; "
            "remove it or put the text in quotes"
        ),
    ),
    "a second document": (
        LATE,
        "provenance:",
        "\n---\nprovenance:",
        f"{LATE}:28: a second document begins here; remove the line '---' or use two files",
    ),
    "a wrong schema": (LATE, "prep-pack/1", "prep-pack/9", f"{LATE}:1: 'schema' must be one of: 'prep-pack/1'"),
    "a domain that is not declared": (
        LATE,
        "domain: data_engineering",
        "domain: data-engineering",
        f"{LATE}:6: 'domain' has the value 'data-engineering', but may hold only small letters, digits and underscores",
    ),
    "another domain": (
        LATE,
        "domain: data_engineering",
        "domain: databases",
        f"{LATE}:6: the domain 'databases' is not in pack.yaml; choose one of: data_engineering",
    ),
    "a kind that does not exist": (
        LATE,
        "domain: data_engineering",
        "domain: data_engineering\n    kind: puzzle",
        f"{LATE}:7: 'kind' must be one of: 'question'",
    ),
    "a missing rubric": (
        LATE,
        "rubric:",
        "rubric:\n      id: nowhere",
        f"{LATE}:26: there is no rubric 'nowhere'; add it to rubrics/",
    ),
    "an id used twice": (
        LATE,
        "id: late-events-in-a-daily-count",
        "id: backfill-without-double-rows",
        f"{LATE}:3: the item 'backfill-without-double-rows' already stands in {BACKFILL}:3; choose another id",
    ),
    "a long hint": (
        LATE,
        "Who uses the number",
        "Who uses the number " + "very " * 100,
        f"{LATE}:17: this hint has 554 characters; write at most 400",
    ),
    "a task that no card can hold": (
        LATE,
        'Phones send "lesson finished" events.',
        "Phones send. " + "More " * 600,
        f"{LATE}:3: title and task have 3304 characters together; a card holds 2800",
    ),
    "an outline that no card can hold": (
        LATE,
        "Count by the time of the event",
        "Count " * 500 + "by the time of the event",
        f"{LATE}:20: the outline has 3268 characters; a card holds 3000",
    ),
    "a paragraph that no card can hold": (
        LATE,
        'Phones send "lesson finished" events.',
        "Phones send. " + "More " * 410,
        (
            f"{LATE}:3: the task does not fit on a card: paragraph has 2326, at most 2000: "
            '"Phones send. More More More More More More More More More M'
        ),
    ),
    "more paragraphs than a card can hold": (
        LATE,
        'Phones send "lesson finished" events.',
        "Phones send." + "\n\n      More." * 40,
        f"{LATE}:3: the task does not fit on a card: card has 57 parts, at most 40: Late events in a daily count",
    ),
    "a mistake that no card can hold": (
        LATE,
        "Counting by arrival time",
        "More " * 410 + "by arrival time",
        (
            f"{LATE}:3: the list of other ways and mistakes does not fit on a card: paragraph has 2113, at most 2000: "
            "'More More More More More More More More More More More More"
        ),
    ),
    "a broken line": (
        LATE,
        'title: "Late events',
        'title: "Late "events',
        f"{LATE}:7: this is not valid YAML; check indentation, colons and quotes here and just above",
    ),
    "an unknown first item": (
        "pack.yaml",
        "first: late-events-in-a-daily-count",
        "first: nothing-here",
        "pack.yaml:7: the first item 'nothing-here' is not an active item of this pack",
    ),
    "a rubric of a domain that is missing": (
        "pack.yaml",
        "share: 2",
        "share: 2, rubric: data",
        "pack.yaml:9: there is no rubric 'data'; add it to rubrics/",
    ),
    "a manifest of the future": (
        "pack.yaml",
        "prep-pack-manifest/1",
        "prep-pack-manifest/2",
        "pack.yaml:1: 'schema' must be one of: 'prep-pack-manifest/1'",
    ),
    "an address that is none": (
        LATE,
        "    license:",
        (
            '    sources: [{title: "A long article", url: "https://[a.b", kind: docs, published: "2026", '
            "accessed: 2026-11-21}]\n    license:"
        ),
        f"{LATE}:28: 'url' has the value 'https://[a.b', which is not an address that begins with https://",
    ),
    "a pack of the future": (
        "pack.yaml",
        'needs: "0.1"',
        'needs: "99.0"',
        f"pack.yaml:6: this pack needs version 99.0 of the bot, but this is {VERSION}; update the bot",
    ),
    "a version that is none": (
        "pack.yaml",
        'needs: "0.1"',
        'needs: "soon"',
        "pack.yaml:6: 'needs' has the value 'soon', which is not a version such as 0.1",
    ),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_told_with_its_file_and_line(name: str, tmp_path: Path) -> None:
    file, good, bad, sentence = SLIPS[name]
    pack = small_pack(tmp_path)
    text = (pack / file).read_text()
    assert good in text, "the table must change something"
    (pack / file).write_text(text.replace(good, bad, 1))
    assert messages(pack) == [sentence]


def test_a_good_pack_has_no_problem() -> None:
    assert messages(DATA_ENGINEERING) == []


def test_every_problem_of_a_pack_is_told_at_once(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / LATE).write_text((pack / LATE).read_text().replace("title:", "titel:").replace("easy", "simple"))
    (pack / BACKFILL).write_text("items: [")
    (pack / "notes.yaml").write_text("a: 1")
    told = messages(pack)
    assert len(told) == 4
    assert {line.split(":")[0] for line in told} == {LATE, BACKFILL, "notes.yaml"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"[" * 10_000, "1: lists and blocks are nested more than 20 deep; make it flatter"),
        (b"{a: " * 10_000, "1: lists and blocks are nested more than 20 deep; make it flatter"),
        (b"- " * 10_000, "1: lists and blocks are nested more than 20 deep; make it flatter"),
        (b"? " * 10_000, "1: a key must be one word, not a list or a block; a '{' or '[' may need quotes"),
        (b"", "1: the file is empty"),
        (b"# only a comment\n", "1: the file is empty"),
        (b"just text", "1: this part must be a block of 'key: value' lines"),
        (b"a: b\n\xff\xfe", "2: this line is not UTF-8 text; save the file with the encoding UTF-8"),
        ("schema: x".encode("utf-16"), "1: this line is not UTF-8 text; save the file with the encoding UTF-8"),
        (b"a: 1\nb: \x07", "2: a control character stands here that YAML does not allow; delete it"),
        (b"? {a: 1}\n: 2", "1: a key must be one word, not a list or a block; a '{' or '[' may need quotes"),
        (b"x" * 1_000_001, "1: the file is larger than 1 MB; split it into several files"),
        (b"- a\n" * 2_500_000, "1: the file is larger than 1 MB; split it into several files"),
        (b"a: " + b"9" * 5_000, f"1: '{'9' * 40}' is neither text, number nor date; put it in quotes"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_a_file_that_is_no_pack_is_refused_in_one_sentence(data: bytes, sentence: str, tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / LATE).write_bytes(data)
    assert f"{LATE}:{sentence}" in messages(pack)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / LATE).write_bytes(b"\xef\xbb\xbf" + (pack / LATE).read_bytes())
    assert messages(pack) == []


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    outside = tmp_path / "outside.yaml"
    outside.write_text("secret: 1")
    (pack / "items" / "linked.yaml").symlink_to(outside)
    (pack / "items" / "folder").symlink_to(tmp_path)
    (pack / "items" / "loop.yaml").symlink_to(pack / "items" / "loop.yaml")
    leaves = "this is a link that leaves the pack's folder; put the file itself here"
    told = messages(pack)
    assert f"items/linked.yaml:1: {leaves}" in told
    assert f"items/folder:1: {leaves}" in told
    assert any(line.startswith("items/loop.yaml:1: ") for line in told)


def test_a_link_that_stays_in_the_folder_is_read(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / LATE).rename(pack / "late.txt")
    (pack / LATE).symlink_to(pack / "late.txt")
    assert messages(pack) == []


def test_a_pipe_in_the_folder_does_not_hang_the_bot(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    os.mkfifo(pack / "items" / "pipe.yaml")
    assert "items/pipe.yaml:1: this is not an ordinary file; put a file here" in messages(pack)


def test_a_pack_without_its_manifest_is_refused(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / "pack.yaml").unlink()
    assert messages(pack) == ["pack.yaml:1: the pack has no pack.yaml; add one to its top folder"]


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    assert messages(tmp_path / "none") == ["pack.yaml:1: there is no folder 'none'; give the folder of a pack"]


def test_files_in_wrong_places_and_with_wrong_endings_are_told(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / "item").mkdir()
    (pack / "item" / "a.yaml").write_text("schema: prep-pack/1")
    (pack / "items" / "b.yml").write_text("schema: prep-pack/1")
    (pack / "README.md").write_text("Welcome")
    (pack / ".hidden").mkdir()
    (pack / ".hidden" / "c.yaml").write_text("- 1")
    assert messages(pack) == [
        (
            "item/a.yaml:1: the bot does not look here; a pack holds "
            "pack.yaml, taxonomy/taxonomy.yaml, patterns/, rubrics/, sessions/ and items/"
        ),
        "items/b.yml:1: rename this file so that it ends in .yaml",
    ]


def test_a_system_design_needs_its_session_plan(tmp_path: Path) -> None:
    pack = one_item_pack(tmp_path, "mlsd", put("session_plan", "mlsd-90"))
    (told,) = messages(pack)
    assert told.endswith("there is no session plan 'mlsd-90'; choose one of: mlsd-20, mlsd-45, mlsd-60")
    assert _line(pack, told) == "session_plan: mlsd-90"


def test_a_file_of_code_that_is_missing_is_told_where_it_is_named(tmp_path: Path) -> None:
    pack = one_item_pack(tmp_path, "ml_coding")
    (pack / GOOD["ml_coding"][0]).with_name("starter.py").unlink()
    (told,) = messages(pack)
    assert told.endswith("the file 'starter.py' is missing beside this item")
    assert _line(pack, told) == "starter: starter.py"


def test_code_that_is_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    pack = one_item_pack(tmp_path, "ml_coding")
    starter = (pack / GOOD["ml_coding"][0]).with_name("starter.py")
    starter.rename(tmp_path / "outside.py")
    starter.symlink_to(tmp_path / "outside.py")
    assert [told.split(": ")[1] for told in messages(pack)] == [
        "this is a link that leaves the pack's folder; put the file itself here"
    ]


def _line(pack: Path, told: str) -> str:
    file, line, _ = told.split(":", 2)
    return (pack / file).read_text().splitlines()[int(line) - 1].strip()


def test_a_pack_needs_no_taxonomy_rubrics_patterns_or_sessions() -> None:
    pack = load_pack(DATA_ENGINEERING)
    assert (pack.rubrics, pack.patterns, pack.plans) == ({}, {}, {})
