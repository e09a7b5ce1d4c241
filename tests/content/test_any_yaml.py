"""Whatever stands in a pack's files, the bot refuses it politely or reads it."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.content.problems import PackError
from bot.content.yaml_text import read_document
from tests.content.making import LATE, messages, small_pack

KEYS = st.sampled_from(["schema", "items", "id", "domain", "kind", "hints", "minutes", "rubric", "1", "<<", "="])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.dates() | KEYS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=5),
    max_leaves=15,
)
MARKUP = st.text(alphabet=list("ab1:-?[]{}&*!|>'\"%@,#= \n\t~.<é\x00\x85"), max_size=60)
FILES = st.sampled_from(
    [LATE, "pack.yaml", "taxonomy/taxonomy.yaml", "rubrics/a.yaml", "patterns/a.yaml", "sessions/a.yaml"]
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(text=MARKUP)
def test_any_markup_is_read_or_refused(text: str) -> None:
    lines = max(1, len(text.splitlines()) + 1)
    with suppress(PackError):
        read_document(text, "any.yaml")
        return
    with pytest.raises(PackError) as refused:
        read_document(text, "any.yaml")
    assert refused.value.problems
    assert all(1 <= problem.line <= lines for problem in refused.value.problems)


@QUICK
@given(file=FILES, value=VALUES)
def test_any_value_in_any_file_is_read_or_refused(file: str, value: Any) -> None:
    _spoil(file, yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass"))


@QUICK
@given(file=FILES, data=st.binary(max_size=80) | MARKUP.map(str.encode))
def test_any_bytes_in_any_file_are_read_or_refused(file: str, data: bytes) -> None:
    _spoil(file, data)


@QUICK
@given(
    value=VALUES,
    key=st.sampled_from(["id", "kind", "domain", "hints", "rubric", "minutes", "model_answer", "reviewed"]),
)
def test_any_value_of_any_key_is_read_or_refused(key: str, value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pack = small_pack(Path(folder))
        document = yaml.safe_load((pack / LATE).read_text())
        document["items"][0][key] = value
        (pack / LATE).write_bytes(yaml.safe_dump(document).encode("utf-8", "surrogatepass"))
        messages(pack)


def _spoil(file: str, data: bytes) -> None:
    """Only PackError may come out; `messages` lets anything else through."""
    with tempfile.TemporaryDirectory() as folder:
        pack = small_pack(Path(folder))
        (pack / file).parent.mkdir(exist_ok=True)
        (pack / file).write_bytes(data)
        assert all(line.count(": ") >= 1 for line in messages(pack))
