"""Which feature answers a route, as all of them have registered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.engine import outbox
from bot.kernel.errors import Refusal
from bot.kernel.event import Chosen, Event, Left, Pressed, Said, Submitted, Told, Typed, What
from bot.kernel.feature import Feature, Route, Who
from bot.kernel.ports import Tx
from bot.kernel.question import Addressed, Gathered, Question


class Routes:
    """All that features have registered. Raises ValueError where two of them claim the same."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = features
        self.presses = merged(features, lambda f: f.presses)
        self.submits = merged(features, lambda f: f.submits)
        self.wakes = merged(features, lambda f: f.wakes)
        self.tasks, self.dones = merged(features, lambda f: f.tasks), merged(features, lambda f: f.dones)
        self.commands = merged(features, lambda f: f.commands)
        self.shortcuts = merged(features, lambda f: f.shortcuts)
        self.suggests = merged(features, lambda f: f.suggests)

    def asked(self, what: What) -> Route | None:
        """What answers a press, a form or a command; None where there is nothing, and for everything else."""
        found: Route | None = None
        match what:
            case Pressed(action) if action.route in self.presses:
                found = self.presses[action.route][1]
            case Submitted(action) if action.route in self.submits:
                found = self.submits[action.route][1]
            case Typed(word) if word in self.commands:
                found = self.commands[word][1].route
        return found

    def reads(self, what: What) -> bool:
        """Does this only look? Then it runs where writing is impossible, and leaves no trace."""
        route = self.asked(what)
        return route is not None and route.reads

    def matching(self, tx: Tx, event: Event) -> list[tuple[Feature, Route, object]]:
        """Who handles this event, and what they are given. Raises Refusal for what is not there any more."""
        match event.what:
            case Pressed(action):
                return [_known(self.presses, action.route, event.what)]
            case Submitted(action):
                return [_known(self.submits, action.route, event.what)]
            case Typed(word):
                if word not in self.commands:
                    raise Refusal(f"I do not know “{word[:40]}”.", hint="Type /study help to see what you can do.")
                feature, command = self.commands[word]
                return [(feature, command.route, event.what)]
            case Chosen(verb):
                if verb not in self.shortcuts:
                    raise Refusal("This shortcut is not there any more.")
                feature, shortcut = self.shortcuts[verb]
                post = outbox.find_by_receipt(tx, event.tenant, event.what.under or event.what.receipt)
                return [(feature, shortcut.route, replace(event.what, post=post["name"] if post else ""))]
            case Said(under):
                post = outbox.find_by_receipt(tx, event.tenant, under)
                said = replace(event.what, under=post["name"]) if post else None
                return [(f, Route(h, Who.ANYONE), said) for f in self.features for h in f.said if said]
            case Told():
                return [(f, Route(h), event.what) for f in self.features for h in f.told]
            case Left():
                return [(f, Route(h, Who.ANYONE), event.what) for f in self.features for h in f.left]
            case _:
                return []


def _known(routes: Mapping[str, tuple[Feature, Route]], name: str, what: object) -> tuple[Feature, Route, object]:
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
            asked = (question, feature.name) if issubclass(question, (Addressed, Gathered)) else question
            if asked in found:
                raise ValueError(f"two features answer {question.__name__}")
            found[asked] = feature, answerer
    return found


def addressee(question: Question[Any]) -> Asked:
    """The key of `answerers` for this question."""
    return (type(question), question.feature) if isinstance(question, Addressed) else type(question)
