"""Questions to Slack that need no running bot: what `setup` and `doctor` ask, one answer at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.inquiry import Asking, NoAnswer, Pause, Server
from adapters.settings import masked
from adapters.slack.scopes import APP, TO_ADD
from adapters.slack.settings import APPS, CALLED, SLACK, WHERE, Kind, SlackSettings
from bot import VERSION
from bot.kernel.ports import Clock

STATUS_PAGE = "https://slack-status.com"
UNKNOWN: Final = ("invalid_auth", "not_authed")
OVER: Final = ("token_revoked", "token_expired", "account_inactive")
WRONG_KIND: Final = "not_allowed_token_type"
NO_SCOPE: Final = "missing_scope"


@dataclass(frozen=True, slots=True)
class Answer:
    """`scopes` of the token that asked; None where Slack does not say."""

    body: Mapping[str, Any]
    scopes: frozenset[str] | None


class Inquiry(Asking):
    """Questions with any token. Use as `with Inquiry(...) as slack`."""

    def __init__(self, settings: SlackSettings, clock: Clock, pause: Pause | None = None) -> None:
        server = Server("Slack", SLACK, settings.api_base, "SLACK_API_BASE", STATUS_PAGE)
        super().__init__(server, {"User-Agent": f"whetstone/{VERSION}"}, clock, pause)

    def ask(self, method: str, token: str, kind: Kind = "bot", **args: str) -> Answer:
        """What Slack answers to this method. Waits once when Slack says so. Raises NoAnswer."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.send("POST", f"{self.server.base}{method}", headers=headers, data=args)
        try:
            body = answer.json()
            is_fine = bool(body["ok"])
        except (ValueError, KeyError, TypeError):
            raise self.stranger(answer.status_code) from None
        if not is_fine:
            raise self._why(method, token, kind, body)
        found = answer.headers.get("X-OAuth-Scopes")
        return Answer(
            body, None if found is None else frozenset(one.strip() for one in found.split(",") if one.strip())
        )

    def reach(self, url: str) -> None:
        """Can the address of a connection be reached? No connection is opened: it would take a running bot's events."""
        scheme, _, rest = url.partition("://")
        place = f"{'https' if scheme == 'wss' else 'http'}://{rest.partition('/')[0]}/"
        try:
            self.send("GET", place)
        except NoAnswer as why:
            if not why.status:  # whatever it answers to such a question, it is there
                raise

    def _why(self, method: str, token: str, kind: Kind, body: Mapping[str, Any]) -> NoAnswer:
        word, name = str(body.get("error")), self.server.name
        if word in UNKNOWN:
            says = f"{name} does not know this {CALLED[kind]}{_end_of(token)}."
            fix = f"It is not complete, or another one took its place. {WHERE[kind]}."
        elif word in OVER:
            says = f"This {CALLED[kind]} is not valid any more{_end_of(token)}."
            again = f"Make another one. {WHERE[kind]}."
            if kind == "bot":
                again = f"Install the app again at {APPS}, and copy the new token."
            fix = f"It was revoked, or the app was removed. {again}"
        elif word == WRONG_KIND:
            says, fix = f"This is no {CALLED[kind]}.", f"{WHERE[kind]}."
        elif word == NO_SCOPE and kind == "app":
            says, fix = f"The app-level token lacks the scope {APP}.", f"Make another one. {WHERE[kind]}."
        elif word == NO_SCOPE:
            says = f"The app lacks the scope {body.get('needed', '')}."
            return NoAnswer(says, f"Add it. {TO_ADD}", word=word, is_about_token=False)
        else:
            says, fix = f"{name} answers “{word}” to {method}.", f"Try again in some minutes; {STATUS_PAGE} tells more."
            return NoAnswer(says, fix, word=word, is_about_token=False)
        return NoAnswer(says, fix, word=word, is_about_token=True)


def _end_of(token: str) -> str:
    """How to recognise it; of a short one nothing may be shown."""
    end = masked(token)
    return f" (it ends in {end})" if end.strip("…") else ""
