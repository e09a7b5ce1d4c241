"""
A study group of invented members on the bot's own engine, with all of its features.

Members do what people do: they press the buttons that they were shown, and send the forms. The clock is turned, the
platform is silent, the database lies in a folder that is thrown away. Who is whose partner is told by a feature of this
file, which hears as well whom the reviews ask to help.
"""

import heapq
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import App, migrations
from bot.clock import TurnedClock
from bot.commands.simulate_reviews_judge import DAY, Asked, Handed, Log, Task
from bot.commands.simulate_reviews_model import (
    ANSWERS,
    FOLLOWS,
    GIVES_BACK,
    LATEST_START,
    MORE,
    REMINDED_PULL,
    RETURNS,
    Deed,
    Habits,
    Member,
    Visit,
    delay,
)
from bot.config import STARTER, Config
from bot.content.catalogue import Catalogue
from bot.content.loader import load_pack
from bot.engine.engine import Engine, Outcome
from bot.features import discover
from bot.features.reviews.cards import volunteer_line
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, ChoiceField, Form, card_words
from bot.kernel.effect import Ask, Effect, Reply
from bot.kernel.event import Event, Opened, Person, Pressed, Scene, Submitted, Value, What
from bot.kernel.facts import Nudge
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import PartnersOf
from bot.kernel.ports import Posting, Spot, Target, To, Tx
from bot.kernel.text import words
from bot.store.migrate import migrate
from bot.store.sqlite import SqliteStore

TENANT, GROUP, CHANNEL, ORGANISER, ZONE = "sim", "sim:group", "general", "olga", "Europe/Berlin"
_SHM = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there; nothing in it has to outlive the run
MEMORY = _SHM if _SHM.is_dir() else None  # else on the disk, which is slower
WINDOW = timedelta(hours=36)  # in which the day's problem is open, as the bot sets it up
WRITTEN = re.compile(r"Written by (\S+) about (\S+)\.")
LINE = words(volunteer_line())  # what members read when they are asked
NEXT = "Say what it costs when the input is a hundred times as long."


class SilentPlatform:
    """Takes every message and says nothing; keeps what was posted until it is looked at."""

    def __init__(self) -> None:
        self.fresh: list[Posting] = []
        self._receipts = count(1)

    async def post(self, posting: Posting) -> str:
        self.fresh.append(posting)
        return f"s{next(self._receipts)}"

    async def edit(self, receipt: str, posting: Posting) -> str | None:
        return None

    async def remove(self, receipt: str) -> None:
        return None

    async def find(self, target: Target, name: str, since: datetime) -> str | None:
        return None


def onlooker(log: Log) -> Feature:
    """Says who is partnered, and notes whom the reviews ask to help."""
    feature = Feature("onlooker")

    @feature.answers(PartnersOf)
    def partners_of(question: PartnersOf, scene: Scene, tx: Tx) -> tuple[str, ...]:
        partner = log.partners.get(question.member)
        return (partner,) if partner else ()

    @feature.on_fact(Nudge)
    def note_urged(fact: Nudge, scene: Scene, tx: Tx) -> Sequence[Effect]:
        if fact.button.action.route == "reviews.pull" and fact.until > scene.now:
            log.urged.add((fact.member, scene.now))  # a set: a unit that is run again notes the same
        return []

    return feature


def problems(weeks: int) -> Catalogue:
    """The shipped pack; where it is too small for so many weeks, its problems come again under other ids."""
    pack = load_pack(STARTER)
    times = 1 + weeks * 5 // len(pack.entries)
    again = [
        replace(entry, fields=entry.fields.model_copy(update={"id": f"{entry.id}-{n}", "title": f"{title} ({n})"}))
        for n in range(2, times + 1) for entry in pack.entries for title in (entry.fields.title,)
    ]  # fmt: skip
    return Catalogue.of([replace(pack, entries=(*pack.entries, *again))])


@asynccontextmanager
async def living(log: Log, weeks: int) -> AsyncIterator["Group"]:
    """A group that is not set up yet, at `log.starts`."""
    # In the folder of the finished feature another one may say who is partnered: here it is the onlooker.
    features = [feature for feature in discover() if PartnersOf not in feature.questions]
    with TemporaryDirectory(prefix="whetstone-simulate-", dir=MEMORY) as folder:
        config, clock, platform = Config(data=Path(folder)), TurnedClock(log.starts), SilentPlatform()
        migrate(config.database, migrations())
        store = await SqliteStore.open(config.database)
        engine = Engine(store, [*features, onlooker(log)], problems(weeks))
        app = App(config, store, engine, {TENANT: platform}, clock, "simulate")
        try:
            yield Group(app, platform, clock, log)
        finally:
            await app.stop()
            await store.close()


@dataclass
class Group:
    """Deeds go in here, in the order of their time, and what members see comes out."""

    app: App
    platform: SilentPlatform
    clock: TurnedClock
    log: Log
    members: dict[str, Member] = field(default_factory=dict)
    habits: Habits = field(default_factory=Habits)
    deeds: list[tuple[datetime, str, Deed]] = field(default_factory=list)
    board: str = ""  # the task of the newest problem in the channel
    _deliveries: "count[int]" = field(default_factory=lambda: count(1))

    async def play(self, members: Sequence[Member], habits: Habits, until: datetime) -> None:
        self.members, self.habits = {member.name: member for member in members}, habits
        await self._do(ORGANISER, Pressed(Action.to("organiser.setup")))
        for member in members:
            await self._join(member)
            for visit in member.visits:
                self._plan(visit.at, member, visit)
        while (at := await self._arrive(until)) < until:
            self.clock.set(at)
            _, name, deed = heapq.heappop(self.deeds)
            await self._act(self.members[name], deed)

    def _plan(self, at: datetime, member: Member, deed: Deed) -> None:
        heapq.heappush(self.deeds, (at, member.name, deed))

    async def _act(self, member: Member, deed: Deed) -> None:
        match deed:
            case Visit():
                await self._visit(member, deed)
            case ("pull", _):
                await self._pull(member)
            case ("send", lease):
                await self._send(member, lease)
            case ("give back", lease):
                await self._give_back(member, lease)

    # --- what members do --------------------------------------------------------------------------------

    async def _join(self, member: Member) -> None:
        """Join, answer the first problem that is shown then, and turn reminders on, or not."""
        joined = await self._do(member.name, Pressed(Action.to("members.join")))
        shown = _find_button(joined, "answers.write")
        if shown:
            card, write = shown
            task = write.get("task")
            self.log.tasks.setdefault(task, Task(self._domain(card.title), self.clock.now(), None))
            await self._answer(member, task)
        if member.is_reminded:
            await self._do(member.name, Pressed(Action.to("nudges.on")))

    async def _visit(self, member: Member, visit: Visit) -> None:
        task = self.log.tasks.get(self.board)
        is_open = task is not None and task.closes is not None and self.clock.now() < task.closes
        if is_open and self.board not in member.answered and member.dice.random() < ANSWERS:
            await self._answer(member, self.board)
        member.wants = visit.week if visit.asks else member.wants
        if member.wants == visit.week and await self._ask(member):
            if member.dice.random() < RETURNS:
                await self._pull(member)
        elif await self._is_wanted(member):
            await self._consider(member, at=self.clock.now())
        elif member.dice.random() < self.habits.unasked:
            await self._pull(member)

    async def _answer(self, member: Member, task: str) -> None:
        text = f"I think we sort first, because order makes the rest easy. Written by {member.name} about {task}."
        done = await self._send_form(member, Action.to("answers.send", task=task), {"text": text, "choices": ()})
        if not done.refused:
            member.answered.append(task)
            self.log.answers.setdefault(member.name, {})[task] = self.clock.now()

    async def _ask(self, member: Member) -> bool:
        """Ask for a review of the newest answer for which they have not asked yet."""
        task = next((task for task in reversed(member.answered) if task not in member.asked_for), "")
        done = await self._do(member.name, Pressed(Action.to("reviews.ask", task=task))) if task else None
        if done is None or not _find_button(done, "reviews.withdraw_ask"):
            return False
        member.asked_for.add(task)
        member.wants = -1
        self.log.asked.append(Asked(self.clock.now(), member.name, task))
        return True

    async def _is_wanted(self, member: Member) -> bool:
        """Does their page say that somebody waits for them? Once a day they make up their mind about it."""
        if member.considered_at and self.clock.now() - member.considered_at < DAY:
            return False
        return any(LINE in card_words(card) for card in await self.app.engine.home(self._event(member.name, Opened())))

    async def _consider(self, member: Member, at: datetime) -> None:
        """They see that somebody waits for them: one in two takes an answer, now or in a while."""
        member.considered_at = self.clock.now()
        if member.dice.random() >= FOLLOWS:
            return
        if at > self.clock.now():
            self._plan(at, member, ("pull", 0))
        else:
            await self._pull(member)

    async def _pull(self, member: Member) -> None:
        now = self.clock.now()
        done = await self._do(member.name, Pressed(Action.to("reviews.pull")))
        shown = _find_button(done, "reviews.write")
        if shown is None or int(shown[1].get("lease")) in self.log.handed:  # nothing there, or still the last one
            return
        lease = int(shown[1].get("lease"))
        wrote = WRITTEN.search(card_words(shown[0]))
        author, task = wrote.groups() if wrote else ("", "")
        self.log.handed[lease] = Handed(now, member.name, author, task, now + DAY)
        if member.dice.random() < self.habits.delivery:
            self._plan(now + delay(member.dice), member, ("send", lease))
        elif member.dice.random() < GIVES_BACK:
            self._plan(now + delay(member.dice), member, ("give back", lease))

    async def _send(self, member: Member, lease: int) -> None:
        opened = await self._do(member.name, Pressed(Action.to("reviews.write", lease=str(lease))))
        forms = [answer.form for answer in opened.answers if isinstance(answer, Ask)]
        if not forms:
            return
        done = await self._send_form(member, forms[-1].action, _filled(forms[-1]))
        if done.refused:
            return
        self.log.leave(lease, self.clock.now(), sent=True)
        if member.dice.random() < MORE:
            await self._pull(member)

    async def _give_back(self, member: Member, lease: int) -> None:
        done = await self._do(member.name, Pressed(Action.to("reviews.give_back", lease=str(lease))))
        if not done.refused:
            self.log.leave(lease, self.clock.now(), sent=False)

    # --- how it reaches the bot, and what comes back -------------------------------------------------------

    async def _send_form(self, member: Member, action: Action, values: dict[str, Value]) -> Outcome:
        return await self._do(member.name, Submitted(action, values))

    async def _do(self, name: str, what: What) -> Outcome:
        done = await self.app.engine.handle(self._event(name, what))
        if done.refused and "our side" in done.refused.because:
            raise RuntimeError(f"{name} could not do {what}: {done.refused.because}")
        await self._settle()
        return done

    def _event(self, name: str, what: What) -> Event:
        zone = self.members[name].zone.key if name in self.members else ZONE
        person = Person(name, name, zone, manages=name == ORGANISER)
        delivery = f"simulate-{next(self._deliveries)}"
        return Event(delivery, TENANT, GROUP, CHANNEL, person, self.clock.now(), what)

    async def _arrive(self, until: datetime) -> datetime:
        """Let all happen that the bot does before the next deed; when that one comes, or `until`."""
        while True:
            at = min(self.deeds[0][0], until) if self.deeds else until
            due = await self.app.next_due()
            if due is None or due > at:
                return at
            self.clock.set(max(due, self.clock.now()))
            await self._settle()  # a reminder may bring another deed before that one

    async def _settle(self) -> None:
        await self.app.settle()
        posted, self.platform.fresh = self.platform.fresh, []
        for posting in posted:
            match posting.target:
                case Spot():
                    self._read_channel(posting.card)
                case To(name) if name in self.members and LINE in card_words(posting.card):
                    member, now = self.members[name], self.clock.now()
                    if member.considered_at is None or now - member.considered_at >= DAY:
                        wait = timedelta(hours=member.dice.expovariate(1 / REMINDED_PULL))
                        await self._consider(member, now + min(wait, LATEST_START))

    def _read_channel(self, card: Card) -> None:
        write = _action_of(card, "answers.write")
        if write:
            self.board = write.get("task")
            now = self.clock.now()
            self.log.tasks.setdefault(self.board, Task(self._domain(card.title), now, now + WINDOW))

    def _domain(self, title: str) -> str:
        catalogue = self.app.engine.catalogue
        items = catalogue.items() if isinstance(catalogue, Catalogue) else ()
        return next((item.domain for item in items if item.title == title), "")


def _find_button(done: Outcome, route: str) -> tuple[Card, Action] | None:
    """The card of the reply that has a button to this route, and where it leads."""
    cards = [answer.card for answer in done.answers if isinstance(answer, Reply)]
    return next(((card, found) for card in cards if (found := _action_of(card, route))), None)


def _action_of(card: Card, route: str) -> Action | None:
    buttons: Sequence[Button] = card.buttons
    return next((button.action for button in buttons if button.action.route == route), None)


def _filled(form: Form) -> dict[str, Value]:
    """The third of every four levels, and the first sentence."""
    values: dict[str, Value] = {"next": NEXT, "question": ""}
    for part in form.fields:
        if isinstance(part, ChoiceField):
            values[part.key] = part.options[2 if part.key.startswith("level") else 0].value
    return values
