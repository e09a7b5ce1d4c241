"""Which feature answers a route, as all of them have registered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.kernel.errors import Refusal
from bot.kernel.feature import Feature, Route
from bot.kernel.question import Addressed, Question


def known(routes: Mapping[str, tuple[Feature, Route]], name: str, what: object) -> tuple[Feature, Route, object]:
    if name not in routes:
        raise Refusal("This button does not work any more.", hint="Open the newest message, or type /study.")
    feature, route = routes[name]
    return feature, route, what


def merged(features: Sequence[Feature], part: Callable[[Feature], Mapping[str, Any]]) -> dict[str, tuple[Feature, Any]]:
    """Every feature's registrations of one kind; two for the same key are a mistake of ours."""
    merged: dict[str, tuple[Feature, Any]] = {}
    for feature in features:
        for key, value in part(feature).items():
            if key in merged:
                raise ValueError(f"{feature.name} and {merged[key][0].name} both handle {key}")
            merged[key] = feature, value
    return merged


Asked = type[Question[Any]] | tuple[type[Question[Any]], str]


def answerers(features: Sequence[Feature]) -> dict[Asked, tuple[Feature, Any]]:
    """Who answers which question; two for the same one are a mistake of ours."""
    found: dict[Asked, tuple[Feature, Any]] = {}
    for feature in features:
        for question, answerer in feature.questions.items():
            asked = (question, feature.name) if issubclass(question, Addressed) else question
            if asked in found:
                raise ValueError(f"two features answer {question.__name__}")
            found[asked] = feature, answerer
    return found


def addressee(question: Question[Any]) -> Asked:
    """The key of `answerers` for this question."""
    return (type(question), question.feature) if isinstance(question, Addressed) else type(question)
