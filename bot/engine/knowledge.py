"""What the engine answers features: who is here, what can be typed and set, what was due, what is stored."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from bot.engine import deliveries, outages, personal, roster, zones
from bot.engine.routes import addressee, answerers
from bot.kernel.engine_facts import (
    AwaitsOrganisers,
    EverythingAbout,
    IsHere,
    NamesOf,
    Setting,
    SettingsOf,
    WhatCanBeSet,
    WhatCanIType,
    WhatFailed,
    WhatIsStored,
    WhatWasDue,
    WhenWasItDown,
    WhereIsWhat,
    WhoIsHere,
    ZonesOver,
)
from bot.kernel.event import Scene
from bot.kernel.feature import Feature, Who
from bot.kernel.ports import Tx
from bot.kernel.question import Gathered, Question

Answerer = Callable[[Any, Scene, Tx], Any]
AtHome = Callable[[Tx, Feature, Scene], Scene]


class Knowledge:
    """Who knows what: the engine's own answers, and the features that answer the other questions."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features, self.questions = features, answerers(features)
        self._answers: dict[type[Question[Any]], Answerer] = {
            WhatCanIType: lambda _, scene, __: self._typeable(scene),
            WhoIsHere: lambda _, scene, tx: roster.list_members(tx, scene.group),
            IsHere: lambda asked, scene, tx: roster.is_member(tx, scene.group, asked.member),
            NamesOf: lambda asked, scene, tx: roster.list_names(tx, roster.tenant_of(tx, scene.group), asked.members),
            ZonesOver: lambda asked, scene, tx: zones.over(tx, scene.group, asked.member),
            WhenWasItDown: lambda _, __, tx: outages.list_outages(tx),
            WhatCanBeSet: lambda _, scene, tx: self._settable(scene, tx),
            WhereIsWhat: lambda _, scene, tx: self._channels(scene, tx),
            WhatIsStored: lambda _, __, ___: tuple(line for feature in features for line in feature.stores),
            EverythingAbout: lambda asked, scene, tx: personal.everything(
                tx, roster.tenant_of(tx, scene.group), asked.member
            ),
            WhatFailed: lambda asked, scene, tx: deliveries.list_failed(tx, scene.group, scene.member, asked.since),
            WhatWasDue: lambda asked, scene, tx: deliveries.list_deliveries(tx, scene.group, asked.since, self._labels),
        }
        self._labels = {every.route: every.label for feature in features for every in feature.rhythms}

    def asker(self, scene: Scene, at_home: AtHome) -> Callable[[Question[Any], Tx], Any]:
        """What a scene asks with. `at_home` gives a feature its own view of the scene."""

        def ask(question: Question[Any], tx: Tx) -> Any:
            known = self._answers.get(type(question))
            if known is not None:
                return known(question, scene, tx)
            if isinstance(question, AwaitsOrganisers):
                here = [(feature, at_home(tx, feature, replace(scene, ask=ask))) for feature in self._features]
                return tuple(line for feature, there in here for desk in feature.desks for line in desk(there, tx))
            if isinstance(question, Gathered):
                keys = ((type(question), feature.name) for feature in self._features)
                own = [self.questions[key] for key in keys if key in self.questions]
                found = [answerer(question, at_home(tx, f, replace(scene, ask=ask)), tx) for f, answerer in own]
                return question.join(found) if found else question.default
            asked = addressee(question)
            if asked not in self.questions:
                return question.default
            feature, answerer = self.questions[asked]
            return answerer(question, at_home(tx, feature, replace(scene, ask=ask)), tx)

        return ask

    def _typeable(self, scene: Scene) -> tuple[tuple[str, str], ...]:
        allowed = {Who.ANYONE} | ({Who.MEMBER} if scene.is_member else set())
        allowed |= {Who.ORGANISER} if scene.is_organiser else set()
        commands = [command for feature in self._features for command in feature.commands.values()]
        found = [command for command in commands if command.word and command.route.who in allowed]
        return tuple((command.word, command.help) for command in sorted(found, key=lambda c: c.word))

    def _settable(self, scene: Scene, tx: Tx) -> tuple[SettingsOf, ...]:
        found = []
        for feature in self._features:
            if feature.settings is None:
                continue
            now = roster.settings(tx, scene.group, feature.name, feature.settings)
            shown = tuple(
                Setting(
                    part.name, part.metadata["label"], part.metadata.get("help", ""), getattr(now, part.name),
                    tuple(part.metadata.get("choices", ())),
                )
                for part in fields(feature.settings)
                if not part.metadata.get("own")
            )  # fmt: skip
            own = tuple((p.name, p.metadata["label"]) for p in fields(feature.settings) if p.metadata.get("own"))
            found.append(SettingsOf(feature.name, feature.title, shown, own))
        return tuple(found)

    def _channels(self, scene: Scene, tx: Tx) -> tuple[tuple[str, str, str], ...]:
        places = roster.list_places(tx, scene.group)
        purposes = {"main": "Main channel"} | {k: v for f in self._features for k, v in f.channels.items()}
        return tuple((purpose, label, places.get(purpose, "")) for purpose, label in purposes.items())
