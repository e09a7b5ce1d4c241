"""Joins an app to Slack: one line for each workspace, opened and closed in order, none of them waiting for another."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from itertools import chain, repeat
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from adapters.slack.delivery import INSTALL_AGAIN, TOKEN, TROUBLES
from adapters.slack.inbound import tenant_of
from adapters.slack.listening import LAST_WORDS, Listening, Refused
from adapters.slack.people import People
from adapters.slack.platform import SlackPlatform
from adapters.slack.replies import PATIENCE, Replies
from adapters.slack.settings import WHERE, SlackSettings, Workspace
from adapters.slack.web import Json, Limits, Web, error_word
from bot.app import App
from bot.kernel.errors import DeliveryError, Later, Reason, Rejected
from bot.kernel.ports import Platform, Posting, Target

log = logging.getLogger(__name__)

FIRST = 10.0  # seconds that the start waits for Slack; then it goes on without
WAITS = (1.0, 2.0, 5.0, 15.0, 30.0)  # seconds between attempts to reach Slack; the last one for ever
OVERALL = aiohttp.ClientTimeout(total=10)


class Line:
    """
    One workspace, for whoever started it. `trouble` is one sentence, empty while there is none.

    `team` is what people call the workspace, and `tenant` its token to the core; both are empty until Slack is reached.
    """

    def __init__(
        self, app: App, platforms: dict[str, Platform], workspace: Workspace, settings: SlackSettings,
        session: aiohttp.ClientSession, *, patience: float = PATIENCE, pace: float = 1.0, limits: Limits | None = None,
    ) -> None:  # fmt: skip
        self.name, self.team, self.tenant, self.trouble = workspace.name, "", "", ""
        self.tried = asyncio.Event()  # Slack has let us in or refused us
        self.listening: Listening | None = None
        self.replies: Replies | None = None
        self._app, self._platforms, self._workspace, self._settings = app, platforms, workspace, settings
        self._patience, self._pace = patience, pace
        self._put_out = asyncio.Event()  # Slack takes the bot's token no more
        self._web = WatchfulWeb(
            self._put_out, workspace.token("bot"), session, api_base=settings.api_base, proxy=settings.proxy,
            limits=limits,
        )  # fmt: skip

    async def serve(self) -> None:
        """Until cancelled, or until Slack lets this workspace's bot in no more."""
        try:
            me = await self._enter()
            if me is not None:
                await self._listen(me)
        except Refused as no:
            self._stop(f"{no}. {WHERE['app']}.")
        except Exception as mistake:  # of ours, and of this workspace alone
            log.exception("a workspace is not served")
            self._stop(f"Something went wrong on our side ({type(mistake).__name__}). Please start again.")
        finally:
            self.tried.set()

    @property
    def is_heard(self) -> bool:
        """Whether what people do there arrives."""
        return self.listening is not None and self.listening.connected > 0

    async def hush(self) -> None:
        """Hear nothing new; what was begun is finished."""
        if self.listening:
            await self.listening.hush()
        if self.replies:
            await self.replies.end(LAST_WORDS)

    async def settled(self) -> None:
        """Wait until everything that was heard is dealt with."""
        if self.listening and self.replies:
            await self.listening.settled()
            await self.replies.settled()

    # --- inside ----------------------------------------------------------------------------------------

    async def _enter(self) -> Json | None:
        """What Slack says of our bot; None where it is not let in."""
        me: Json = {}
        for wait in chain(WAITS, repeat(WAITS[-1])):
            try:
                me = await self._web.call("auth.test", paced=False)
            except (*TROUBLES, Later) as trouble:
                word = error_word(trouble) if isinstance(trouble, SlackApiError) else ""
                if word in TOKEN:
                    self._stop(INSTALL_AGAIN)
                    return None
                log.warning("slack is not reached", extra={"error": word or type(trouble).__name__})
            else:
                break
            await asyncio.sleep(wait * self._pace)
        tenant = tenant_of(str(me["team_id"]))
        if tenant in self._platforms:
            self._stop(f"{self._workspace.setting('bot')} is for a workspace that is served already. Remove it.")
            return None
        self.tenant, self.team = tenant, str(me.get("team") or "")
        self._platforms[tenant] = SlackPlatform(self._web, str(me["user_id"]))
        return me

    async def _listen(self, me: Json) -> None:
        people = People(self._web, self._settings.organisers)
        self.replies = Replies(self._app, self._web, people, me, self._put_out.set, patience=self._patience)
        self.listening = Listening(
            self._web.client, self._workspace.token("app"), me, self.replies.take, proxy=self._settings.proxy,
            pace=self._pace,
        )  # fmt: skip
        tasks = [
            asyncio.create_task(job, name=f"slack {what}")
            for what, job in (
                ("hears", self.listening.run_for_ever()),
                ("tries", self._first(self.listening)),
                ("until", self._put_out.wait()),
            )
        ]
        hears, _, until = tasks
        try:
            await asyncio.wait({hears, until}, return_when=asyncio.FIRST_COMPLETED)
            if until.done():
                self._stop(INSTALL_AGAIN)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if not hears.cancelled():
            hears.result()

    async def _first(self, listening: Listening) -> None:
        await listening.tried.wait()
        self.tried.set()

    def _stop(self, trouble: str) -> None:
        self.trouble = trouble
        log.error("slack refuses the bot", extra={"workspace": self.name or self.team, "why": trouble})
        if self.tenant and self._put_out.is_set():
            self._platforms[self.tenant] = NotYet(Rejected(Reason.TOKEN, trouble))


class WatchfulWeb(Web):
    """Notices when Slack takes the token no more, whoever asked."""

    def __init__(self, put_out: asyncio.Event, token: str, session: aiohttp.ClientSession, **knobs: Any) -> None:
        super().__init__(token, session, **knobs)
        self._put_out = put_out

    async def call(self, method: str, *, paced: bool = True, **args: Any) -> Json:
        try:
            return await super().call(method, paced=paced, **args)
        except SlackApiError as no:
            if error_word(no) in TOKEN:
                self._put_out.set()
            raise


@asynccontextmanager
async def open_slack(
    app: App, platforms: dict[str, Platform], settings: SlackSettings, *, patience: float = PATIENCE,
    pace: float = 1.0, limits: Limits | None = None,
) -> AsyncIterator[Sequence[Line]]:  # fmt: skip
    """
    Serve Slack with an app that is open. `platforms` is the mapping that the app was opened with. As in

        platforms: dict[str, Platform] = {}
        async with await open_app(config, platforms, clock) as app, open_slack(app, platforms, settings):
            await app.start()

    A refused token stops its workspace alone, a network that is down stops nothing: each is one line in the log, and
    what is to be posted waits. On leaving, nothing new is heard, what was begun is finished, and the app is stopped
    before its lines are cut. `pace` multiplies the waits of the connections; tests shorten them.
    """
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=OVERALL))
        knobs: dict[str, Any] = {"patience": patience, "pace": pace, "limits": limits}
        lines = [Line(app, platforms, one, settings, session, **knobs) for one in settings.workspaces]
        running = [asyncio.create_task(line.serve(), name="slack") for line in lines]
        stack.push_async_callback(_end, running)
        stack.push_async_callback(app.stop)
        stack.push_async_callback(_hush, lines)
        tried = [asyncio.create_task(line.tried.wait()) for line in lines]
        _, late = await asyncio.wait(tried, timeout=FIRST)
        await _end([*late])
        if late:
            log.warning("slack is slow; the start goes on without it")
        yield lines


async def _hush(lines: Sequence[Line]) -> None:
    await asyncio.gather(*(line.hush() for line in lines))


async def _end(tasks: Sequence["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


class NotYet:
    """Stands for the platform while there is no way to it."""

    def __init__(self, error: DeliveryError) -> None:
        self._error = error

    async def post(self, posting: Posting) -> str:
        raise self._error

    async def edit(self, receipt: str, posting: Posting) -> None:
        raise self._error

    async def remove(self, receipt: str) -> None:
        raise self._error

    async def find(self, target: Target, name: str, since: datetime) -> str | None:
        raise self._error
