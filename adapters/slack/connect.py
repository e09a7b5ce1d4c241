"""Joins an app to Slack: one line for each workspace, opened and closed in order, none of them waiting for another."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from hashlib import sha256
from itertools import chain, repeat
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from adapters.delivering import NoWay
from adapters.slack.catchup import Catchup
from adapters.slack.delivery import BOT, TOKEN, TROUBLES, install_again
from adapters.slack.inbound import tenant_of
from adapters.slack.listening import LAST_WORDS, Listening, Refused
from adapters.slack.people import People
from adapters.slack.picture_records import PictureRecords
from adapters.slack.pictures import Pictures
from adapters.slack.platform import SlackPlatform
from adapters.slack.replies import PATIENCE, Replies
from adapters.slack.settings import WHERE, SlackSettings, Workspace, set_up_again
from adapters.slack.web import Json, Limits, Web, error_word
from bot.app import App
from bot.engine import outbox, roster
from bot.kernel.card import Card, File, Note, Para
from bot.kernel.effect import Direct, Post
from bot.kernel.errors import Later, Reason, Rejected
from bot.kernel.ports import Platform, Tx
from bot.kernel.text import md

log = logging.getLogger(__name__)

FIRST = 10.0  # seconds that the start waits for Slack; then it goes on without
WAITS = (1.0, 2.0, 5.0, 10.0)  # seconds between attempts to reach Slack; the last one for ever
ASK_AGAIN = (5.0, 60.0)  # seconds until a token that was refused is tried once more; only then it is believed
SOON, LATER = timedelta(seconds=5), timedelta(minutes=5)  # until a post is tried again that has no way to Slack yet
DAY = timedelta(days=1)
OVERALL = aiohttp.ClientTimeout(total=10)


class Line:
    """
    One workspace, for whoever started it. `trouble` is one sentence, empty while there is none.

    `team` is what people call the workspace, and `tenant` its token to the core; both are empty until Slack is reached.
    """

    def __init__(
        self, app: App, platforms: dict[str, Platform], workspace: Workspace, settings: SlackSettings,
        session: aiohttp.ClientSession, *, records: PictureRecords | None = None, patience: float = PATIENCE,
        pace: float = 1.0, limits: Limits | None = None,
    ) -> None:  # fmt: skip
        self.name, self.team, self.tenant, self.trouble = workspace.name, "", "", ""
        self.tried = asyncio.Event()  # Slack has let us in or refused us
        self.listening: Listening | None = None
        self.replies: Replies | None = None
        self.catchup: Catchup | None = None
        self._app, self._platforms, self._workspace, self._settings = app, platforms, workspace, settings
        self._patience, self._pace, self._limits, self._records = patience, pace, limits or Limits(), records
        self._put_out = asyncio.Event()  # Slack takes the bot's token no more
        self._doubted = asyncio.Event()  # it refused it once
        self._web = WatchfulWeb(
            self._doubted, workspace.token("bot"), session, api_base=settings.api_base, proxy=settings.proxy,
            limits=self._limits,
        )  # fmt: skip

    async def serve(self) -> None:
        """Until cancelled, or until Slack takes one of the tokens no more."""
        try:
            me = await self._enter()
            if me is not None:
                await self._listen(me)
        except Exception as mistake:  # of ours, and of this workspace alone
            log.exception("a workspace is not served")
            self._stop(f"Something went wrong on our side ({type(mistake).__name__}). Please start again.")
        finally:
            self.tried.set()

    @property
    def is_open(self) -> bool:
        """Whether it is still to be seen which workspace this is."""
        return not (self.tenant or self.trouble)

    @property
    def is_heard(self) -> bool:
        """Whether what people do there arrives."""
        return self.listening is not None and self.listening.connected > 0

    async def hush(self) -> None:
        """Hear nothing new; what was begun is finished."""
        if self.catchup:
            self.catchup.end()
        if self.listening:
            await self.listening.hush()
        if self.replies:
            await self.replies.end(LAST_WORDS)

    async def settled(self) -> None:
        """Wait until everything that was heard is dealt with."""
        if self.listening and self.replies and self.catchup:
            await self.listening.settled()
            await self.catchup.settled()
            await self.replies.settled()

    # --- inside ----------------------------------------------------------------------------------------

    async def _enter(self) -> Json | None:
        """What Slack says of our bot; None where it is not let in."""
        me: Json = {}
        said = ""
        for wait in chain(WAITS, repeat(WAITS[-1])):
            try:
                me = await self._web.test()
            except (*TROUBLES, Later) as trouble:
                word = error_word(trouble) if isinstance(trouble, SlackApiError) else ""
                if word in TOKEN:
                    self._stop(install_again(self._workspace.name))
                    return None
                if said != (said := word or type(trouble).__name__):
                    log.warning("slack is not reached", extra={"error": said})
            else:
                break
            await asyncio.sleep(wait * self._pace)
        tenant = tenant_of(str(me["team_id"]))
        if isinstance(self._platforms.get(tenant), SlackPlatform):
            self._stop(f"{self._workspace.setting('bot')} is for a workspace that is served already. Remove it.")
            return None
        self.tenant, self.team = tenant, str(me.get("team") or "")
        self._pictures = Pictures(self._web, tenant, self._records, self._miss_pictures, pace=self._pace)
        self._platform = SlackPlatform(
            self._web, str(me["user_id"]), self._names, str(me.get("user") or BOT), self._pictures
        )
        self._platforms[tenant] = self._platform
        return me

    async def _names(self, members: Sequence[str]) -> Sequence[str]:
        return await self._app.store.read(lambda tx: roster.list_names(tx, self.tenant, members))

    async def _listen(self, me: Json) -> None:
        people = People(self._web, self._settings.organisers, str(me["team_id"]))
        self.replies = Replies(
            self._app, self._web, people, me, self._put_out.set, patience=self._patience, pictures=self._pictures
        )
        self.catchup = catchup = Catchup(
            self._app, self._web, self.replies, people, self.tenant, self._limits.tiers[3], pace=self._pace
        )  # fmt: skip
        self.replies.early, self._platform.readers = catchup.expect, catchup
        self.listening = Listening(
            self._web.client, self._workspace.token("app"), me, self.replies.take, proxy=self._settings.proxy,
            pace=self._pace, heard=lambda is_heard: catchup.hears(connected=is_heard),
        )  # fmt: skip
        tasks = [
            asyncio.create_task(job, name=f"slack {what}")
            for what, job in (
                ("hears", self.listening.run_for_ever()),
                ("tries", self._first(self.listening)),
                ("asks", self._watch_token()),
                ("until", self._put_out.wait()),
            )
        ]
        hears, _, asks, until = tasks
        try:
            await asyncio.wait({hears, asks, until}, return_when=asyncio.FIRST_COMPLETED)
            if hears.done():
                await self._hear_nobody(hears)
                await until
            self._stop(install_again(self._workspace.name))
        finally:
            catchup.end()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _hear_nobody(self, hears: "asyncio.Task[Any]") -> None:
        """What is due is posted all the same."""
        try:
            hears.result()
        except Refused as no:
            self._stop(f"{no}. {WHERE['app']}. Then: {set_up_again(self._workspace.name)}.")
            self.tried.set()
            await self._tell_organisers("unheard", unheard_card(self.trouble))

    async def _watch_token(self) -> None:
        """Until Slack takes the bot's token no more. One refusal may be a mistake of Slack's, so it is asked again."""
        while await self._doubted.wait():
            if await self._is_refused():
                self._put_out.set()
                return
            self._doubted.clear()

    async def _is_refused(self) -> bool:
        for wait in ASK_AGAIN:
            await asyncio.sleep(wait * self._pace)
            try:
                await self._web.test()
            except (*TROUBLES, Later) as trouble:
                if error_word(trouble) not in TOKEN:  # nobody knows; the next call asks
                    return False
            else:
                return False
        return True

    async def _first(self, listening: Listening) -> None:
        await listening.tried.wait()
        self.tried.set()

    async def _miss_pictures(self, fix: str) -> None:
        await self._tell_organisers("no_pictures", no_pictures_card(fix))

    async def _tell_organisers(self, what: str, card: Card) -> None:
        """In private, once a day for each of those things, however often the bot is started."""
        now = self._app.clock.now()

        def unit(tx: Tx) -> None:
            groups = [group for group in roster.list_groups(tx) if roster.tenant_of(tx, group) == self.tenant]
            told = {member: group for group in groups for member in roster.list_organisers(tx, group)}
            for member, group in told.items():
                name = f"slack.{what}/{self.tenant}/{now:%Y-%m-%d}/{sha256(member.encode()).hexdigest()[:8]}"
                post = Post(name, Direct(member), card, until=now + DAY)
                outbox.want(tx, group, self.tenant, post, now)

        await self._app.store.run(unit)
        self._app.hurry()

    def _stop(self, trouble: str) -> None:
        self.trouble = trouble
        log.error("slack refuses the bot", extra={"workspace": self.name or self.team or "the first", "why": trouble})
        if self.tenant and self._put_out.is_set():
            self._platforms[self.tenant] = NoWay(lambda: Rejected(Reason.TOKEN, trouble))


def unheard_card(trouble: str) -> Card:
    """To organisers of a workspace in which the bot can only write."""
    lost = "Buttons, commands and private messages do not reach me any more. Posts still go out."
    mend = f"Whoever runs {BOT} has to mend this: `whetstone doctor slack` says how."
    return Card(
        "I hear nobody here any more.",
        (Para(md("{lost}", lost=lost)), Para(md("{why}", why=trouble)), Note(md("{mend}", mend=mend))),
        tone="warning",
    )


def no_pictures_card(fix: str) -> Card:
    """To organisers of a workspace that takes no files."""
    words = "Problems with a picture come without it. Members read what is to be seen on it."
    return Card(
        "Slack takes no pictures from me.",
        (Para(md("{words}", words=words)), Para(md("{fix}", fix=fix))),
        tone="warning",
    )


class WatchfulWeb(Web):
    """Notices when Slack refuses the token, whoever asked. Until that is believed, it only says “later”."""

    def __init__(self, doubted: asyncio.Event, token: str, session: aiohttp.ClientSession, **knobs: Any) -> None:
        super().__init__(token, session, **knobs)
        self._doubted = doubted

    async def test(self) -> Json:
        """What Slack says of the token. Raises what it refuses, as `Web.call` does."""
        return await super().call("auth.test", paced=False)

    async def call(self, method: str, *, paced: bool = True, **args: Any) -> Json:
        with self._doubting():
            return await super().call(method, paced=paced, **args)

    async def upload(self, files: Sequence[File], channel: str, thread: str = "") -> None:
        with self._doubting():
            await super().upload(files, channel, thread)

    async def hand_in(self, file: File, alt: str) -> str:
        with self._doubting():
            return await super().hand_in(file, alt)

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        try:
            yield
        except SlackApiError as no:
            if error_word(no) not in TOKEN:
                raise
            self._doubted.set()
            raise Later(SOON) from no


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
        records = await PictureRecords.open(app.config.data)
        stack.push_async_callback(records.close)
        knobs: dict[str, Any] = {"records": records, "patience": patience, "pace": pace, "limits": limits}
        lines = [Line(app, platforms, one, settings, session, **knobs) for one in settings.workspaces]
        for tenant in await app.store.read(_list_tenants):
            platforms.setdefault(tenant, NoWay(lambda: Later(SOON if any(line.is_open for line in lines) else LATER)))
        running = [asyncio.create_task(line.serve(), name="slack") for line in lines]
        stack.push_async_callback(_end, running)
        stack.push_async_callback(app.stop)
        stack.push_async_callback(_hush, lines)
        tried = [asyncio.create_task(line.tried.wait()) for line in lines]
        _, late = await asyncio.wait(tried, timeout=FIRST)
        await _end([*late])
        yield lines


async def _hush(lines: Sequence[Line]) -> None:
    await asyncio.gather(*(line.hush() for line in lines))


async def _end(tasks: Sequence["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


def _list_tenants(tx: Tx) -> set[str]:
    """The workspaces in which there are groups."""
    tenants = {roster.tenant_of(tx, group) for group in roster.list_groups(tx)}
    return {tenant for tenant in tenants if tenant.startswith(tenant_of(""))}
