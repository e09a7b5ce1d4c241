"""Every lint rule fires on a damaged copy of a good item, and on the good item none does."""

import copy
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.content.making import DATA_ENGINEERING, GOOD, LATE, TODAY, Change, findings, one_item_pack, put, small_pack

OLD_SOURCE = {
    "title": "A write-up about word filters",
    "url": "https://example.org/words",
    "kind": "article",
    "published": "2014",
    "accessed": TODAY,
}
STOCK_PROBES = [
    {"stage": "data", "ask": "How would you handle class imbalance?", "looks_for": "Resampling, class weights."},
    {"stage": "model_loss", "ask": "Which loss function would you use?", "looks_for": "Cross-entropy, as usual."},
    {"stage": "evaluation", "ask": "Which metrics would you monitor?", "looks_for": "Precision, recall, latency."},
    {"stage": "deployment", "ask": "How would you deploy and scale it?", "looks_for": "Containers and autoscaling."},
]
THIN_BUSINESS = {
    "company_shape": "A large company.",
    "objective": "Detect scams well.",
    "decision": "Scam or not scam.",
    "surface": "In the product.",
    "stakeholders": ["users", "team"],
    "cost_of_error": {"false_positive": "Bad user experience.", "false_negative": "Scam not caught."},
}

NO_PRICE = {
    "false_positive": "An honest seller is made to look like a thief and may leave the chat for good, hurt and angry.",
    "false_negative": "A person loses money to a stranger and probably never trades on this marketplace ever again.",
}
ANY_TWIST = {
    "id": "any", "kind": "scale-100m", "trigger": "The company grows a great deal.", "drop_at_min": 19,
    "text": "There is more of it all. Think again.", "must_revisit": ["data"], "looks_for": "It is made larger.",
}  # fmt: skip


def _swap(key: str, old: str, new: str) -> Change:
    def change(item: dict[str, Any], _document: dict[str, Any]) -> None:
        assert old in item[key], "the table must change something"
        item[key] = item[key].replace(old, new)

    return change


def _keep(key: str, count: int) -> Change:
    return lambda item, _document: item.update({key: item[key][:count]})


def _all_probes_on_the_model(item: dict[str, Any], _document: dict[str, Any]) -> None:
    for probe in item["probes"]:
        probe["stage"] = "model_loss"


def _no_failing_behaviour(item: dict[str, Any], _document: dict[str, Any]) -> None:
    calm = {"given": "an entry in the cache", "when": "get is called", "then": "it is returned as fresh"}
    item["behaviours"] = [{"id": f"B{number}", **calm} for number in range(6)]


def _no_probe_on_the_model(item: dict[str, Any], _document: dict[str, Any]) -> None:
    item["probes"] = [probe for probe in item["probes"] if probe["stage"] not in ("model_loss", "features_labels")]


def _in_an_hour(minute: int) -> Change:
    """The item is run by the plan of sixty minutes, whose work goes from the fifth minute to the fiftieth."""

    def change(item: dict[str, Any], _document: dict[str, Any]) -> None:
        item["session_plan"] = "mlsd-60"
        item["twists"] = [dict(item["twists"][0], drop_at_min=minute)]

    return change


def _double(item: dict[str, Any], document: dict[str, Any]) -> None:
    document["items"].append({**copy.deepcopy(item), "id": item["id"] + "-two"})


def _without_probe_on_the_unknown(item: dict[str, Any], _document: dict[str, Any]) -> None:
    item["probes"] = [probe for probe in item["probes"] if "find out" not in probe["ask"]]


def _add_probes(item: dict[str, Any], _document: dict[str, Any]) -> None:
    item["probes"] += [dict(item["probes"][0], stage=stage) for stage in ("monitoring", "deployment", "data") * 2]


# A row: the kind, what is damaged, the rule that must fire, and its level.
DAMAGE: list[tuple[str, Change, str, str]] = [
    ("mlsd", put("id", "chat-scams"), "L02", "error"),
    ("mlsd", put("id", "mlsd-another-name"), "L02", "error"),
    ("ml_coding", put("id", "mlc-another-name"), "L02", "error"),
    ("fundamentals", put("probes.0.ask", "Why? " * 60), "L03", "error"),
    ("lld", put("statement", "Write the class. " * 100), "L03", "error"),
    ("mlsd", put("twists.0.text", "The merger closes. " * 40), "L03", "error"),
    ("mlsd", put("license", "CC-BY-NC-4.0"), "L04", "error"),
    ("fundamentals", put("sources", []), "L04", "error"),
    ("fundamentals", put("sources.0.url", "http://example.org/page"), "L04", "error"),
    ("fundamentals", put("reviewed.last", TODAY + dt.timedelta(days=1)), "L05", "error"),
    ("fundamentals", put("reviewed.last", TODAY - dt.timedelta(days=549)), "L05", "error"),
    ("fundamentals", put("reviewed.last", TODAY - dt.timedelta(days=500)), "L05", "warning"),
    ("ml_coding", put("pattern", "astrology"), "L06", "error"),
    ("mlsd", put("category", "astrology"), "L06", "error"),
    ("mlsd", _double, "L07", "error"),
    ("mlsd", put("minutes.solve", 90), "L08", "error"),
    ("mlsd", put("hints.0", "Use a cascade of two models and a review queue."), "L09", "warning"),
    ("mlsd", put("probes.0.ask", "Tell me about the metric you would put on the wall."), "L10", "error"),
    ("mlsd", put("rubric.focus", ["charm"]), "L11", "error"),
    ("mlsd", _swap("statement", "a second-hand marketplace", "Facebook, a marketplace"), "L12", "error"),
    ("behavioural", _swap("prompt", "Tell us", "This was asked at an onsite. Tell us"), "L12", "error"),
    ("fundamentals", put("model_answer.outline", ["One point and no more."]), "L13", "error"),
    ("fundamentals", put("model_answer.alternatives", []), "L13", "error"),
    ("mlsd", put("business", THIN_BUSINESS), "M01", "error"),
    ("mlsd", put("business.cost_of_error", NO_PRICE), "M01", "error"),
    ("mlsd", put("statement", "Design a scam detection system for a marketplace."), "M02", "error"),
    ("mlsd", _swap("statement", "Design the system", "and more words " * 60 + "Design the system"), "M02", "error"),
    ("mlsd", put("scale", []), "M03", "error"),
    ("mlsd", put("statement", "Design a scam detection system for a marketplace."), "M03", "error"),
    ("mlsd", _keep("constraints", 1), "M04", "error"),
    ("mlsd", put("constraints.0.limit", "fast"), "M04", "error"),
    ("mlsd", _keep("probes", 2), "M05", "error"),
    ("mlsd", put("probes.0.stage", None), "M05", "error"),
    ("mlsd", _all_probes_on_the_model, "M05", "error"),
    ("mlsd", put("probes", STOCK_PROBES), "M06", "error"),
    ("mlsd", put("rubric.checkpoints.0", "Handles class imbalance and hyperparameters."), "M06", "error"),
    ("mlsd", put("why_ml", "Learning is better than rules."), "M07", "error"),
    ("mlsd", put("non_ml_baseline", "None is needed."), "M07", "error"),
    ("mlsd", _no_probe_on_the_model, "M07", "error"),
    ("mlsd", put("twists", []), "M08", "error"),
    ("mlsd", put("twists.0", ANY_TWIST), "M08", "error"),
    ("mlsd", put("twists.0.trigger", "It happens anyway"), "M08", "error"),
    ("mlsd", put("twists.2.drop_at_min", 44), "M09", "error"),
    ("mlsd", put("twists.1.drop_at_min", 21), "M09", "error"),
    ("mlsd", _in_an_hour(3), "M09", "error"),
    ("mlsd", _in_an_hour(46), "M09", "error"),
    ("mlsd", put("probes.0.ask", "Can you rederive the gradient on the board?"), "M10", "error"),
    ("mlsd", _swap("statement", "400 regular expressions", "a DLRM of 400 rules"), "M11", "error"),
    ("mlsd", lambda item, _file: item["model_answer"]["outline"].pop("monitoring"), "M12", "error"),
    ("mlsd", _all_probes_on_the_model, "M12", "error"),
    ("mlsd", put("sources", [OLD_SOURCE]), "M13", "error"),
    ("mlsd", put("era_check.changed", "Nothing much changed."), "M13", "error"),
    ("mlsd", _keep("clarifications", 4), "M14", "error"),
    (
        "mlsd",
        put("clarifications.0.fact", "Support can read 3,000 chats a day, as you know."),
        "M14",
        "warning",
    ),
    ("mlsd", put("data_reality.labels.delay", "some time"), "M15", "error"),
    ("mlsd", put("data_reality.flaws", ["Labels are noisy."]), "M15", "error"),
    ("mlsd", put("evaluation.offline_online_gap", "They may differ."), "M16", "error"),
    ("mlsd", put("model_answer.alternatives", ["Only one design."]), "M17", "error"),
    ("mlsd", put("operations.rollback", "Redeploy the old one"), "M18", "error"),
    ("mlsd", put("operations.fallback", "Use the rules"), "M18", "error"),
    ("mlsd", _without_probe_on_the_unknown, "M19", "warning"),
    ("mlsd", put("safety_note", None), "M20", "error"),
    ("mlsd", _add_probes, "M21", "warning"),
    ("algorithm", put("external.url", "https://leetcode.com/problems/other/"), "A01", "error"),
    ("algorithm", put("external.url", "https://example.org/problems/split-array/"), "A01", "error"),
    ("algorithm", put("pattern", "heap"), "A02", "error"),
    ("algorithm", put("recognition_cues", ["Use binary search, as answers are ordered."]), "A03", "error"),
    ("algorithm", put("summary", "A binary search over the answers."), "A03", "error"),
    ("algorithm", put("external.paywalled", True), "A04", "error"),
    ("algorithm", put("provenance.origin", "original"), "A05", "error"),
    ("algorithm", put("complexity", {"time": "fast", "space": "O(1)"}), "A06", "error"),
    ("lld", put("behaviours.1.id", "B1"), "D01", "error"),
    ("lld", _no_failing_behaviour, "D02", "error"),
    ("lld", put("test_expectations", ["Coverage is high.", "All of it is well.", "It is thorough."]), "D03", "error"),
    ("lld", put("requirement_changes.0.drop_at_min", 40), "D04", "warning"),
    ("fundamentals", put("topic", "astrology"), "F01", "error"),
    ("fundamentals", put("explain", "What is cross-entropy and where is it used?"), "F02", "error"),
    ("fundamentals", put("explain", "In four minutes, rederive the gradient."), "F03", "error"),
    ("fundamentals", put("apply", "Two changes are proposed. What happens?"), "F04", "warning"),
    ("behavioural", put("signals", ["ownership", "charisma"]), "B01", "error"),
    ("behavioural", put("prompt", "Imagine a model you shipped made something worse."), "B02", "error"),
    (
        "behavioural",
        put("must_include", ["Your role in a team.", "The name of it.", "What happened then."]),
        "B03",
        "error",
    ),
    ("behavioural", put("star_seconds.situation", 120), "B04", "error"),
    ("ml_coding", lambda item, _file: item["checks"].pop(), "C01", "error"),
    ("ml_coding", put("allowed_imports", ["math"]), "C06", "error"),
    ("ml_coding", put("checks.5.detects", []), "C07", "error"),
]


@pytest.mark.parametrize(
    ("kind", "change", "rule", "level"), DAMAGE, ids=[f"{row[2]}-{number}" for number, row in enumerate(DAMAGE)]
)
def test_a_rule_fires_on_a_damaged_item(kind: str, change: Change, rule: str, level: str, tmp_path: Path) -> None:
    found = findings(one_item_pack(tmp_path, kind, change))
    hits = [finding for finding in found if finding.rule == rule]
    assert hits, [str(finding) for finding in found]
    assert {finding.level for finding in hits} == {level}
    assert all(finding.file == GOOD[kind][0] and finding.line > 1 and finding.message for finding in hits)


@pytest.mark.parametrize("kind", GOOD)
def test_no_rule_fires_on_a_good_item(kind: str, tmp_path: Path) -> None:
    assert findings(one_item_pack(tmp_path, kind)) == ()


def test_the_line_of_a_finding_is_the_line_of_its_key(tmp_path: Path) -> None:
    pack = one_item_pack(tmp_path, "fundamentals", put("topic", "astrology"))
    (finding,) = findings(pack)
    assert (pack / finding.file).read_text().splitlines()[finding.line - 1].strip() == "topic: astrology"


def test_a_file_of_code_that_cannot_be_parsed_is_found(tmp_path: Path) -> None:
    pack = one_item_pack(tmp_path, "ml_coding")
    (pack / GOOD["ml_coding"][0]).with_name("tests.py").write_text("def check(:")
    assert "C01" in {finding.rule for finding in findings(pack)}


def test_reviews_count_to_the_day() -> None:
    last = TODAY
    assert findings(DATA_ENGINEERING, last + dt.timedelta(days=456)) == ()
    warned = findings(DATA_ENGINEERING, last + dt.timedelta(days=457))
    assert {(finding.rule, finding.level) for finding in warned} == {("L05", "warning")}
    warned = findings(DATA_ENGINEERING, last + dt.timedelta(days=548))
    assert {(finding.rule, finding.level) for finding in warned} == {("L05", "warning")}
    late = findings(DATA_ENGINEERING, last + dt.timedelta(days=549))
    assert {(finding.rule, finding.level) for finding in late} == {("L05", "error")}


def test_a_false_alarm_may_be_excused_until_a_date(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    excuse = '    lint_ignore: [{rule: L12, reason: "A fruit, not a firm.", until: 2027-01-31}]\n    domain:'
    text = (pack / LATE).read_text().replace("Phones send", "Apple pickers send")
    (pack / LATE).write_text(text)
    assert {finding.rule for finding in findings(pack)} == {"L12"}
    (pack / LATE).write_text(text.replace("    domain:", excuse))
    assert findings(pack) == ()
    assert {finding.rule for finding in findings(pack, dt.date(2027, 2, 1))} == {"L12"}


def test_a_plain_question_is_held_to_the_light_rules(tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    text = (pack / LATE).read_text()
    (pack / LATE).write_text(text.replace("license: CC-BY-4.0", "license: mine").replace("Phones", "Uber phones"))
    assert {finding.rule for finding in findings(pack)} == {"L04", "L12"}


# --- session plans -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("twists", "hits"),
    [
        ("[10]", 0),
        ("[5, 11]", 0),
        ("[16]", 1),  # the last five minutes
        ("[25]", 1),  # after the end
        ("[5, 10]", 1),  # too close to each other
        ("[12, 5]", 1),  # not in order
    ],
)
def test_a_plan_with_minutes_of_its_own_is_judged_where_it_says_them(twists: str, hits: int, tmp_path: Path) -> None:
    pack = one_item_pack(tmp_path, "mlsd")
    plan = pack / "sessions" / "mlsd-20.yaml"
    plan.write_text(plan.read_text().replace("twists: [10]", f"twists: {twists}"))
    found = findings(pack)
    assert [(finding.rule, finding.level, finding.file) for finding in found] == [
        ("M09", "error", "sessions/mlsd-20.yaml")
    ] * hits
    for finding in found:
        assert plan.read_text().splitlines()[finding.line - 1] == f"twists: {twists}"
        assert "mlsd-20" in finding.message


def test_the_work_of_a_plan_begins_after_its_opening(tmp_path: Path) -> None:
    pack = one_item_pack(tmp_path, "mlsd")
    plan = pack / "sessions" / "mlsd-60.yaml"
    for minute, hits in ((4, 1), (5, 0), (45, 0), (46, 1)):
        plain = [line for line in plan.read_text().splitlines(keepends=True) if not line.startswith("twists:")]
        plan.write_text("".join(plain).replace("minutes: 60\n", f"minutes: 60\ntwists: [{minute}]\n"))
        assert len(findings(pack)) == hits, minute


def test_the_minutes_of_an_item_do_not_count_in_a_plan_with_its_own(tmp_path: Path) -> None:
    def change(item: dict[str, Any], _document: dict[str, Any]) -> None:
        item["session_plan"] = "mlsd-20"
        item["twists"][0]["drop_at_min"] = 20

    assert findings(one_item_pack(tmp_path, "mlsd", change)) == ()
