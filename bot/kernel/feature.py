"""How a feature folder introduces itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar

from bot.kernel.calendar import Rhythm
from bot.kernel.card import Card, Option
from bot.kernel.effect import Effect, Fact, Late
from bot.kernel.engine_facts import DeskLine
from bot.kernel.event import Chosen, Done, Due, Left, Pressed, Said, Scene, Submitted, Suggest, Told, Typed
from bot.kernel.ports import Tx
from bot.kernel.question import Question

T = TypeVar("T")
F = TypeVar("F", bound=Fact)
R = TypeVar("R")
Q = TypeVar("Q", bound="Question[Any]")
Handler = Callable[[T, Scene, Tx], Sequence[Effect]]
Home = Callable[[Scene, Tx], Sequence[Card]]
Desk = Callable[[Scene, Tx], Sequence[DeskLine]]


class Who(StrEnum):
    """Who may. The engine refuses everybody else before the handler runs."""

    ANYONE = "anyone"
    MEMBER = "member"
    ORGANISER = "organiser"


@dataclass(frozen=True, slots=True)
class Route:
    """One handler and what the engine must know about it. `opened_by` is the press that opens this form again."""

    handler: Handler[Any]
    who: Who = Who.MEMBER
    opened_by: str = ""
    before_ready: bool = False
    reads: bool = False


@dataclass(frozen=True, slots=True)
class Takes:
    """What may stand after a command's word: `label` is one lower-case word; `source` suggests while it is typed."""

    label: str
    help: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    word: str
    help: str
    route: Route
    takes: Takes | None = None


@dataclass(frozen=True, slots=True)
class Shortcut:
    verb: str
    label: str
    route: Route


@dataclass(frozen=True, slots=True)
class Every:
    """
    A wake that returns with the rhythm found in the feature's settings; None switches it off.

    `label` is what organisers read: "Daily problem".
    """

    route: str
    rhythm: Callable[[Any], Rhythm | None]
    late: Late
    label: str


@dataclass
class Feature:
    """
    A feature is a folder under `bot/features` whose `__init__` holds a `FEATURE`.

        FEATURE = Feature("daily", DailySettings)

        @FEATURE.on_submit("send", opened_by="write")     # answers to the route "daily.send"
        def keep_answer(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]: ...

    A setting's metadata: `label`, `help`, `choices` as (value, label) pairs; or `own=True` where the feature has a
    screen of its own for it. Mistakes (two handlers for one route, settings without labels) die here, at import.
    """

    name: str
    settings: type[Any] | None = None
    title: str = ""  # what organisers read above its settings: "Daily problem"
    channels: Mapping[str, str] = field(default_factory=dict)  # the purposes it posts to, with a label each
    home_place: int = 0  # where its cards stand on the home page: lower ones first, equal ones by name
    stores: Sequence[tuple[str, str]] = ()  # (what is kept about members, who can read it), in plain words
    presses: dict[str, Route] = field(default_factory=dict)
    submits: dict[str, Route] = field(default_factory=dict)
    wakes: dict[str, Route] = field(default_factory=dict)
    tasks: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    dones: dict[str, Route] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    shortcuts: dict[str, Shortcut] = field(default_factory=dict)
    suggests: dict[str, Callable[[Suggest, Scene, Tx], Sequence[Option]]] = field(default_factory=dict)
    rhythms: list[Every] = field(default_factory=list)
    facts: dict[type[Fact], list[Handler[Any]]] = field(default_factory=dict)
    questions: dict[type[Question[Any]], Callable[[Any, Scene, Tx], Any]] = field(default_factory=dict)
    said: list[Handler[Said]] = field(default_factory=list)
    told: list[Handler[Told]] = field(default_factory=list)
    left: list[Handler[Left]] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    desks: list[Desk] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.settings is None:
            return
        if not is_dataclass(self.settings):
            raise TypeError(f"settings of {self.name} must be a dataclass")
        if not self.title:
            raise TypeError(f"{self.name} has settings, so it needs a title")
        unlabelled = [f.name for f in fields(self.settings) if "label" not in f.metadata]
        if unlabelled:
            raise TypeError(f"settings of {self.name} need metadata with a label: {unlabelled}")

    def on_press(
        self, verb: str, who: Who = Who.MEMBER, *, before_ready: bool = False, reads: bool = False
    ) -> Callable[[Handler[Pressed]], Handler[Pressed]]:
        """
        `before_ready` lets it answer in a group that is not set up yet.

        `reads`: it only looks. It runs where writing is impossible, leaves no trace, and returns `Reply` or `Ask`.
        """
        return lambda handler: self._keep(
            self.presses, f"{self.name}.{verb}", Route(handler, who, "", before_ready, reads), handler
        )

    def on_submit(
        self, verb: str, who: Who = Who.MEMBER, *, opened_by: str, before_ready: bool = False, reads: bool = False
    ) -> Callable[[Handler[Submitted]], Handler[Submitted]]:
        """`opened_by` is the verb of the press that opens the form, with the same arguments; `reads` as for a press."""
        route = f"{self.name}.{opened_by}"
        return lambda handler: self._keep(
            self.submits, f"{self.name}.{verb}", Route(handler, who, route, before_ready, reads), handler
        )

    def on_wake(self, verb: str) -> Callable[[Handler[Due]], Handler[Due]]:
        return lambda handler: self._keep(self.wakes, f"{self.name}.{verb}", Route(handler), handler)

    def on_done(self, task: str, compute: Callable[[Any], Any]) -> Callable[[Handler[Done]], Handler[Done]]:
        """
        Hear the result of a `Work`. `compute` turns its `args` into it, in another process: plain data in, plain out.

        It must be a function of a module, and give the same for the same: a work that was cut off is done again.
        """
        name = f"{self.name}.{task}"
        self._keep(self.tasks, name, compute, compute)
        return lambda handler: self._keep(self.dones, name, Route(handler), handler)

    def every(
        self, verb: str, rhythm: Callable[[Any], Rhythm | None], late: Late, label: str
    ) -> Callable[[Handler[Due]], Handler[Due]]:
        """
        Wake every group with the rhythm that `rhythm(settings)` gives; the wake's name carries the local date.

        `label` is what organisers read of it: "Daily problem".
        """

        def register(handler: Handler[Due]) -> Handler[Due]:
            self.rhythms.append(Every(f"{self.name}.{verb}", rhythm, late, label))
            return self.on_wake(verb)(handler)

        return register

    def on_command(
        self,
        word: str,
        help: str,
        who: Who = Who.MEMBER,
        *,
        takes: Takes | None = None,
        before_ready: bool = False,
        reads: bool = False,
    ) -> Callable[[Handler[Typed]], Handler[Typed]]:
        """`help` is one short line for the list of commands; `reads` as for `on_press`."""
        return lambda handler: self._keep(
            self.commands, word, Command(word, help, Route(handler, who, "", before_ready, reads), takes), handler
        )

    def on_shortcut(self, verb: str, label: str) -> Callable[[Handler[Chosen]], Handler[Chosen]]:
        """Something to do with a message, from its menu."""
        key = f"{self.name}.{verb}"
        return lambda handler: self._keep(self.shortcuts, key, Shortcut(key, label, Route(handler)), handler)

    def on_suggest(
        self, source: str
    ) -> Callable[[Callable[[Suggest, Scene, Tx], Sequence[Option]]], Callable[[Suggest, Scene, Tx], Sequence[Option]]]:
        return lambda handler: self._keep(self.suggests, source, handler, handler)

    def on_fact(self, fact: type[F]) -> Callable[[Handler[F]], Handler[F]]:
        def register(handler: Handler[F]) -> Handler[F]:
            self.facts.setdefault(fact, []).append(handler)
            return handler

        return register

    def answers(self, question: type[Q]) -> Callable[[Callable[[Q, Scene, Tx], R]], Callable[[Q, Scene, Tx], R]]:
        return lambda handler: self._keep(self.questions, question, handler, handler)

    def on_said(self, handler: Handler[Said]) -> Handler[Said]:
        """A message in the thread of one of our posts; every listener gets it and ignores names it does not know."""
        self.said.append(handler)
        return handler

    def on_told(self, handler: Handler[Told]) -> Handler[Told]:
        """A private message to the bot."""
        self.told.append(handler)
        return handler

    def on_left(self, handler: Handler[Left]) -> Handler[Left]:
        """Somebody is no longer in the server. Nobody waits for an answer."""
        self.left.append(handler)
        return handler

    def on_home(self, handler: Home) -> Home:
        """Cards for the member's home page. Read-only."""
        self.homes.append(handler)
        return handler

    def on_desk(self, handler: Desk) -> Desk:
        """What organisers should look at: lines for their desk. Read-only."""
        self.desks.append(handler)
        return handler

    def _keep(self, where: dict[Any, Any], key: object, value: object, handler: T) -> T:
        if key in where:
            raise ValueError(f"two handlers for {key} in {self.name}")
        where[key] = value
        return handler
