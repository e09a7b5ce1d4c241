"""The strip above every page of the demonstration: the clock, the buttons that turn it, three first steps."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from adapters.web.chat import Chat
from adapters.web.demo.habits import CHANNEL
from adapters.web.demo.travel import Travel
from adapters.web.doors import back_of
from adapters.web.layout import visitor_of, wants_json
from bot.app import App
from bot.engine import roster
from bot.features.answers import records as answers
from bot.kernel.ports import Tx

HERE = Path(__file__).parent
HOUR = timedelta(hours=1)
_TEMPLATE = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
).get_template("strip.html")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing for a newcomer to do. `where` is the page where it is done, empty for the button of the strip."""

    title: str
    done: bool
    where: str = ""


class Strip:
    """`begin` is the instant at which the visitor arrived."""

    def __init__(self, app: App, chat: Chat, travel: Travel, begin: datetime) -> None:
        self._app, self._chat, self._travel, self._begin = app, chat, travel, begin

    async def draw(self, request: web.Request) -> Markup:
        """What stands above the page for this visitor."""
        visitor = visitor_of(request)
        zone = await self._travel.zone()
        now = self._chat.now().astimezone(zone)
        own = now.astimezone(ZoneInfo(visitor.person.zone)) if visitor.person.zone else now
        steps = await self.steps(visitor.person.id)
        drawn = _TEMPLATE.render(
            day=f"{now:%A} {now.day} {now:%B}",
            hour=f"{now:%H:%M}",
            place=zone.key.rpartition("/")[2].replace("_", " "),
            yours="" if own.utcoffset() == now.utcoffset() else f"{own:%H:%M}",
            instant=now.isoformat(timespec="minutes"),
            steps=steps,
            next_step=next((step for step in steps if not step.done), None),
            token=visitor.token,
            back=request.path_qs,
        )
        return Markup(drawn)  # noqa: S704 - rendered by our own template, which escapes every word

    async def steps(self, person: str) -> list[Step]:
        group = self._chat.group

        def query(tx: Tx) -> tuple[bool, bool]:
            tasks = answers.list_tasks(tx, group, person)
            answered = any(answers.find_answer(tx, group, task.name, person) for task in tasks)
            return roster.is_member(tx, group, person), answered

        joined, answered = await self._app.store.read(query)
        zone = await self._travel.zone()
        later = self._chat.now().astimezone(zone).date() > self._begin.astimezone(zone).date()
        return [
            Step("Join", joined, f"/c/{CHANNEL}"),
            Step("Answer", answered, f"/c/{CHANNEL}"),
            Step("Next morning", later),
        ]

    def add_to(self, site: web.Application) -> None:
        """Hang in the addresses of the buttons and of the style."""
        site.router.add_post("/demo/next", self._button(self._travel.to_next_event))
        site.router.add_post("/demo/hour", self._button(lambda: self._travel.on(HOUR)))
        site.router.add_post("/demo/morning", self._button(self._travel.to_next_morning))
        site.router.add_get("/demo/clock", self._clock)
        site.router.add_static("/demo/static", HERE / "static")

    def _button(self, turn: Callable[[], Awaitable[None]]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def press(request: web.Request) -> web.StreamResponse:
            await turn()
            if wants_json(request):
                return await self._clock(request)
            raise web.HTTPSeeOther(back_of(request))

        return press

    async def _clock(self, request: web.Request) -> web.Response:
        """Where the story stands, for programs."""
        steps = {step.title: step.done for step in await self.steps(visitor_of(request).person.id)}
        return web.json_response({"now": self._chat.now().isoformat(), "steps": steps})
