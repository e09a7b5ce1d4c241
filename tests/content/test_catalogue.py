"""What the features see of a pack."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.content.catalogue import Catalogue, Domain, Item, Link
from bot.content.loader import PackError, load_pack
from bot.content.stats import count
from tests.content.making import DATA_ENGINEERING, GOOD, LATE, STARTER, one_item_pack, small_pack


def _item(folder: Path, kind: str) -> Item:
    item = Catalogue.of([load_pack(one_item_pack(folder, kind))]).item(GOOD[kind][1])
    assert item is not None
    return item


def _headings(item: Item) -> list[str]:
    return [passage.heading for passage in item.statement]


def test_an_algorithm_shows_a_link_and_no_statement(tmp_path: Path) -> None:
    item = _item(tmp_path, "algorithm")
    url = "https://leetcode.com/problems/capacity-to-ship-packages-within-d-days/"
    assert item.link == Link("Capacity To Ship Packages Within D Days", url)
    assert (item.statement, item.self_contained) == ((), False)
    assert (item.strand, item.tags[0]) == ("binary-search", "binary-search")


def test_a_free_address_stands_in_for_a_page_that_costs_money(tmp_path: Path) -> None:
    def change(item: dict[str, Any], _file: dict[str, Any]) -> None:
        item["external"].update(paywalled=True, alt_url="https://example.org/free")

    (item,) = Catalogue.of([load_pack(one_item_pack(tmp_path, "algorithm", change))]).items()
    assert item.link is not None
    assert item.link.url == "https://example.org/free"


def test_a_fundamentals_item_asks_three_things(tmp_path: Path) -> None:
    item = _item(tmp_path, "fundamentals")
    assert _headings(item) == ["Explain", "Apply", "Break it"]
    assert (item.strand, item.reveal, item.self_contained) == ("loss-functions", "on_close", True)


def test_a_behavioural_item_opens_its_outline_after_the_own_answer(tmp_path: Path) -> None:
    item = _item(tmp_path, "behavioural")
    assert _headings(item) == ["", "Keep private"]
    assert (item.strand, item.reveal) == ("failure-story", "after_own_submission")


def test_a_design_shows_its_interface_and_gives_its_behaviours_as_a_file(tmp_path: Path) -> None:
    item = _item(tmp_path, "lld")
    assert _headings(item) == ["", "Interface"]
    assert item.statement[1].text.startswith("```python\nclass FeatureStore")
    assert [file.name for file in item.files] == ["behaviours.md"]
    assert "- B1. Given an entry 60 s old or younger, when get is called, then " in item.files[0].text


def test_a_coding_item_gives_its_starter_and_its_checks_but_never_its_solution(tmp_path: Path) -> None:
    item = _item(tmp_path, "ml_coding")
    folder = STARTER / "items" / "ml_coding" / item.id
    assert {file.name: file.text for file in item.files} == {
        name: (folder / name).read_text() for name in ("starter.py", "tests.py")
    }


def test_a_system_design_is_timed_and_holds_facts_back(tmp_path: Path) -> None:
    pack = load_pack(one_item_pack(tmp_path, "mlsd"))
    catalogue = Catalogue.of([pack])
    item = catalogue.item("mlsd-marketplace-chat-scams")
    assert item is not None
    assert item.timed is not None
    assert [(turn.id, turn.minute) for turn in item.timed.turns] == [
        ("merger", 19),
        ("new-script", 31),
        ("encryption", 38),
    ]
    assert any(fact.changes_design for fact in item.timed.held_back)
    session = catalogue.session(item.timed.plan)
    assert session is not None
    assert (session.minutes, session.phases[0].stage) == (45, "objective")
    assert [point.split(".**")[0] for point in item.outline][:2] == ["**Goal", "**Data"]


def test_what_features_see_is_frozen_and_plain(tmp_path: Path) -> None:
    item = _item(tmp_path, "mlsd")
    with pytest.raises(dataclasses.FrozenInstanceError):
        item.title = "Another"  # type: ignore[misc]
    assert _types(item) <= {"builtins", "bot.content.catalogue", "bot.content.kind"}


def _types(value: Any) -> set[str]:
    """The modules of every type inside VALUE."""
    found = {type(value).__module__}
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            found |= _types(getattr(value, field.name))
    elif isinstance(value, tuple):
        found = found.union(*map(_types, value))
    return found


def test_a_rubric_has_four_anchors_for_each_criterion() -> None:
    rubric = Catalogue.of([load_pack(STARTER)]).rubric("algorithm")
    assert rubric is not None
    assert [len(criterion.anchors) for criterion in rubric.criteria] == [4] * len(rubric.criteria)
    assert sum(criterion.weight for criterion in rubric.criteria) == 100
    assert rubric.criteria[0].anchors[0].startswith("Starts to code")


def test_a_rubric_may_name_the_criterion_that_every_review_looks_at(tmp_path: Path) -> None:
    catalogue = Catalogue.of([load_pack(STARTER)])
    design, algorithm = catalogue.rubric("mlsd"), catalogue.rubric("algorithm")
    assert design is not None
    assert algorithm is not None
    assert design.always in {criterion.id for criterion in design.criteria}
    assert algorithm.always == ""
    pack = shutil.copytree(STARTER, tmp_path / "pack")
    file = pack / "rubrics" / "mlsd.yaml"
    file.write_text(file.read_text().replace(f"always: {design.always}", "always: nowhere"))
    with pytest.raises(PackError, match=r"'always' names 'nowhere'; write the id of one of the criteria"):
        load_pack(pack)


def test_a_pattern_card_names_impostors() -> None:
    card = Catalogue.of([load_pack(STARTER)]).pattern("binary-search")
    assert card is not None
    assert {impostor.applies for impostor in card.impostors} == {True, False}


def test_domains_are_data() -> None:
    catalogue = Catalogue.of([load_pack(DATA_ENGINEERING)])
    assert catalogue.domains == (Domain("data_engineering", "Data engineering", 2),)
    assert [item.kind for item in catalogue.items()] == ["question"] * 3
    assert [item.domain_label for item in catalogue.items()] == ["Data engineering"] * 3
    assert catalogue.first is not None
    assert catalogue.first.id == "late-events-in-a-daily-count"


def test_a_question_may_take_the_rubric_of_its_domain(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    shutil.copytree(STARTER / "rubrics", pack / "rubrics")
    manifest = (pack / "pack.yaml").read_text()
    assert {item.rubric for item in Catalogue.of([load_pack(pack)]).items()} == {""}
    (pack / "pack.yaml").write_text(manifest.replace("share: 2", "share: 2, rubric: lld"))
    assert {item.rubric for item in Catalogue.of([load_pack(pack)]).items()} == {"lld"}


def test_a_kind_serves_any_domain_that_asks_for_it(tmp_path: Path) -> None:
    pack = one_item_pack(tmp_path, "fundamentals", lambda item, _file: item.update(domain="mlsd", kind="fundamentals"))
    (item,) = Catalogue.of([load_pack(pack)]).items()
    assert (item.domain, item.kind, _headings(item)) == ("mlsd", "fundamentals", ["Explain", "Apply", "Break it"])


def test_items_are_sorted_and_told_apart_by_status(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    text = (pack / LATE).read_text()
    (pack / "pack.yaml").write_text(
        (pack / "pack.yaml").read_text().replace("first: late-events", "# first: late-events")
    )
    (pack / LATE).write_text(text.replace("status: active", "status: retired"))
    catalogue = Catalogue.of([load_pack(pack)])
    assert [item.id for item in catalogue.items()] == ["backfill-without-double-rows", "price-on-the-day-of-sale"]
    assert [item.id for item in catalogue.items("retired")] == ["late-events-in-a-daily-count"]
    assert catalogue.item("late-events-in-a-daily-count") is not None
    assert catalogue.first is None


def test_two_packs_make_one_catalogue() -> None:
    catalogue = Catalogue.of([load_pack(DATA_ENGINEERING), load_pack(STARTER)])
    assert {"data_engineering", "algorithm"} <= {domain.name for domain in catalogue.domains}
    assert catalogue.first is not None
    assert catalogue.first.pack == "data-engineering"


def test_the_earlier_pack_names_a_domain_that_two_packs_have(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    text = (pack / "pack.yaml").read_text().replace("id: data-engineering", "id: fork").replace("share: 2", "share: 9")
    (pack / "pack.yaml").write_text(text)
    for file in (pack / "items").glob("*/*.yaml"):
        file.write_text(file.read_text().replace("- id: ", "- id: fork-"))
    (pack / "pack.yaml").write_text(text.replace("first: ", "first: fork-"))
    packs = [load_pack(DATA_ENGINEERING), load_pack(pack)]
    assert [domain.share for domain in Catalogue.of(packs).domains] == [2]
    assert [domain.share for domain in Catalogue.of(packs[::-1]).domains] == [9]


def test_an_id_in_two_packs_is_refused_with_both_places(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / "pack.yaml").write_text((pack / "pack.yaml").read_text().replace("id: data-engineering", "id: fork"))
    with pytest.raises(PackError) as refused:
        Catalogue.of([load_pack(DATA_ENGINEERING), load_pack(pack)])
    assert str(refused.value).splitlines()[1] == (
        f"fork/{LATE}:3: the item 'late-events-in-a-daily-count' already stands in data-engineering/{LATE}:3; "
        "choose another id"
    )


def test_the_same_pack_twice_is_refused() -> None:
    pack = load_pack(DATA_ENGINEERING)
    with pytest.raises(PackError, match="the pack 'data-engineering' is given twice"):
        Catalogue.of([pack, pack])


def test_a_rubric_that_two_packs_describe_differently_is_refused(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    (pack / "rubrics").mkdir()
    text = (STARTER / "rubrics" / "lld.yaml").read_text()
    (pack / "rubrics" / "lld.yaml").write_text(text)
    assert Catalogue.of([load_pack(STARTER), load_pack(pack)]).rubric("lld") is not None
    (pack / "rubrics" / "lld.yaml").write_text(text.replace("version: 1", "version: 2"))
    with pytest.raises(PackError, match="the rubric 'lld' says something else in the pack 'starter'"):
        Catalogue.of([load_pack(STARTER), load_pack(pack)])


def test_stats_count_days_until_a_share_runs_dry(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    manifest = (pack / "pack.yaml").read_text()
    other = '  databases: {label: "Databases", share: 1}\n  mocks: {label: "Mocks", share: 0}\n'
    (pack / "pack.yaml").write_text(manifest + other)
    (pack / LATE).write_text((pack / LATE).read_text().replace("domain: data_engineering", "domain: databases"))
    stats = count(Catalogue.of([load_pack(pack)]))
    assert [(row.domain, row.items) for row in stats.domains] == [
        ("data_engineering", 2),
        ("databases", 1),
        ("mocks", 0),
    ]
    assert (stats.days, stats.days_at_shares) == (3, 3)
    assert stats.domains[0].by_difficulty == {"medium": 2}
    assert stats.domains[1].by_strand == {"late-data": 1}
    assert stats.by_status == {"active": 3}
