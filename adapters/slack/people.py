"""Who somebody is, as the workspace knows them: asked once, kept for a while, and corrected by what Slack tells."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from adapters.slack.delivery import TROUBLES
from adapters.slack.web import Json, Web, error_word
from bot.kernel.errors import Later
from bot.kernel.event import Person

log = logging.getLogger(__name__)

KNOWN = 5_000  # people who are remembered
FRESH = 43_200.0  # seconds; meanwhile Slack tells of changes
RIGHTS = ("is_admin", "is_owner", "is_primary_owner")  # those of another workspace are none in ours
GUESTS = ("is_stranger", "is_restricted", "is_ultra_restricted")
PATIENCE = 1.5  # seconds; somebody waits for an answer, and Slack gives 3


class People:
    """`organisers` are ids of people who may set up groups beside the workspace's admins and owners."""

    def __init__(self, web: Web, organisers: Collection[str] = (), team: str = "") -> None:
        self._web, self._organisers, self._team = web, frozenset(organisers), team
        self._known: dict[str, tuple[Person, float]] = {}  # and until when that is fresh; the oldest first
        self._wait_until, self._is_silent = 0.0, False  # Slack wants no question until then; the last one was in vain

    async def person(self, id: str) -> Person:
        """
        Whom this id belongs to.

        Where Slack does not say it in time: what was known before. Where it says no, that without any right.
        """
        person, fresh = self._known.get(id, (self._stranger(id), 0.0))
        if max(fresh, self._wait_until) > _now():
            return person
        try:
            async with asyncio.timeout(PATIENCE):
                told = await self._web.call("users.info", paced=False, user=id)
        except Later as later:
            self._wait_until = _now() + later.wait.total_seconds()
            self._say_silent(later)
        except TROUBLES as trouble:
            self._say_silent(trouble)
            if error_word(trouble):
                return replace(person, manages=id in self._organisers)
        else:
            self._is_silent = False
            return self._keep(self._read(told["user"]))
        return person

    def learn(self, user: Json) -> Person:
        """What Slack tells of somebody without being asked (`user` of user_change). Kept of whoever is known here."""
        person = self._read(user)
        return self._keep(person) if person.id in self._known else person

    def doubt(self) -> None:
        """Nobody listened for a while, so everything may have changed: Slack is asked again about each."""
        self._known = {one: (person, 0.0) for one, (person, _) in self._known.items()}

    def _read(self, user: Json) -> Person:
        profile: dict[str, Any] = user.get("profile") or {}
        names = (profile.get("display_name"), user.get("real_name"), profile.get("real_name"), user.get("name"))
        rights = not is_guest(user, self._team) and any(user.get(one) for one in RIGHTS)
        return Person(
            str(user["id"]),
            next((str(name) for name in names if name), ""),
            str(user.get("tz") or ""),
            not user.get("deleted") and (rights or user["id"] in self._organisers),
        )

    def _keep(self, person: Person) -> Person:
        self.forget(person.id)
        self._known[person.id] = (person, _now() + FRESH)
        if len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]
        return person

    def _say_silent(self, trouble: Exception) -> None:
        """Once, however many people act meanwhile."""
        if not self._is_silent:
            self._is_silent = True
            log.warning(
                "Slack does not say who somebody is",
                extra={"action": "slack.person_unknown", "workspace": self._team, "why": str(trouble)[:200]},
            )

    def called(self, id: str) -> str:
        """The name of somebody who is remembered; else empty. Asks nobody."""
        return self._known[id][0].name if id in self._known else ""

    def forget(self, id: str) -> None:
        """Nothing of this person is left here."""
        self._known.pop(id, None)

    def _stranger(self, id: str) -> Person:
        return Person(id, manages=id in self._organisers)


def is_guest(user: Json, team: str) -> bool:
    """Whether they are somebody from elsewhere, or one whom the workspace lets into some channels only."""
    teams = (user.get("team_id"), *((user.get("enterprise_user") or {}).get("teams") or ()))
    is_from_elsewhere = bool(team and user.get("team_id")) and team not in teams
    return is_from_elsewhere or any(user.get(one) for one in GUESTS)


def _now() -> float:
    return asyncio.get_running_loop().time()
