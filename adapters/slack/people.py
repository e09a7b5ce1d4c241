"""Who somebody is, as the workspace knows them: asked once, kept for a while, and corrected by what Slack tells."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from adapters.slack.delivery import TROUBLES
from adapters.slack.web import Json, Web
from bot.kernel.errors import Later
from bot.kernel.event import Person

log = logging.getLogger(__name__)

KNOWN = 5_000  # people who are remembered
FRESH = 3_600.0  # seconds; Slack tells of changes, but not of those while nobody listened
PATIENCE = 1.5  # seconds; somebody waits for an answer, and Slack gives 3


class People:
    """`organisers` are ids of people who may set up groups beside the workspace's admins and owners."""

    def __init__(self, web: Web, organisers: Collection[str] = ()) -> None:
        self._web, self._organisers = web, frozenset(organisers)
        self._known: dict[str, tuple[Person, float]] = {}  # and until when that is fresh; the oldest first

    async def person(self, id: str) -> Person:
        """
        Whom this id belongs to.

        Where Slack does not say it in time: name and zone as they were known before, and no right.
        """
        person, fresh = self._known.get(id, (self._stranger(id), 0.0))
        if fresh > _now():
            return person
        try:
            async with asyncio.timeout(PATIENCE):
                told = await self._web.call("users.info", paced=False, user=id)
        except (*TROUBLES, Later) as error:
            why = {"action": "slack.person_unknown", "why": str(error)[:200]}
            log.warning("Slack did not say who somebody is", extra=why)
            return replace(person, manages=id in self._organisers)
        return self.learn(told["user"])

    def learn(self, user: Json) -> Person:
        """What Slack says of somebody (`user` of users.info, user_change, team_join)."""
        profile: dict[str, Any] = user.get("profile") or {}
        names = (profile.get("display_name"), user.get("real_name"), profile.get("real_name"), user.get("name"))
        rights = (user.get("is_admin"), user.get("is_owner"), user.get("is_primary_owner"))
        person = Person(
            str(user["id"]),
            next((str(name) for name in names if name), ""),
            str(user.get("tz") or ""),
            not user.get("deleted") and bool(any(rights) or user["id"] in self._organisers),
        )
        self.forget(person.id)
        self._known[person.id] = (person, _now() + FRESH)
        if len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]
        return person

    def forget(self, id: str) -> None:
        """Nothing of this person is left here."""
        self._known.pop(id, None)

    def _stranger(self, id: str) -> Person:
        return Person(id, manages=id in self._organisers)


def _now() -> float:
    return asyncio.get_running_loop().time()
