"""
Three members in their runs of a system design: what each does when a message of their run comes, and what they were
told.

Ada begins first and writes by the forms. Ben begins some minutes later, writes private messages, changes them, and
pauses. Cem begins last, does both, and closes early. A deed belongs to a message that stands, not to an instant: the
clock of a run stands still while the bot is away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from bot.content.catalogue import Catalogue
from bot.content.loader import load_pack
from bot.kernel.action import Action
from bot.kernel.calendar import Draw, draw
from bot.kernel.event import Person, Value
from tests.world import PACK

GROUP = "web:g0"
ZONE = "Europe/Berlin"
OPENS = datetime(2026, 1, 8, 9, tzinfo=UTC)  # Thursday, 10:00 in Berlin
LOCKS = OPENS + timedelta(hours=96)
FOUNDED = OPENS - timedelta(minutes=20)
OLGA = Person("olga", "Olga", ZONE, manages=True)
ADA, BEN, CEM = (Person(name, name.title()) for name in ("ada", "ben", "cem"))
MEMBERS = (ADA, BEN, CEM)
MINUTE = timedelta(minutes=1)
WHOLE, GRACE, PAUSE = 45 * MINUTE, 5 * MINUTE, 10 * MINUTE
WORDS = ("languages", "labels", "rate of mistakes", "something that no prompt holds back")


@cache
def designs() -> Catalogue:
    """The items of the test bench, and real system designs."""
    return Catalogue.of([load_pack(PACK), load_pack(Path(__file__).parents[2] / "content" / "starter")])


@dataclass(frozen=True)
class Seen:
    """
    A message of somebody's run: its name, and the run's number as it stands there.

    `what`: stage, change, time, done, or another; `slot`: the stage or twist that it is about.
    """

    name: str
    run: str
    what: str
    slot: str = ""


def seen(name: str) -> Seen | None:
    """None for a message that belongs to no run. Names are `mlsd.run/GROUP/RUN/MINUTE/stage/SLOT`, and shorter."""
    if not name.startswith(f"mlsd.run/{GROUP}/"):
        return None
    run, *what = name.removeprefix(f"mlsd.run/{GROUP}/").split("/")
    if len(what) == 3 and what[1] in ("stage", "change"):
        return Seen(name, run, what[1], what[2])
    return Seen(name, run, what[-1])


@dataclass
class RunDeed:
    """
    One thing that a member does, repeated until somebody answers it. `kind` is the method of `Runners` that does it.

    `about`: the name of the message that is changed; “across”: another message comes while the form is open.
    `vital` ones nobody gives up. `sent`: some of it may have arrived; `values`, `send`: a form that is filled in.
    """

    at: datetime
    name: str
    member: Person
    kind: str
    run: str = ""
    slot: str = ""
    text: str = ""
    about: str = ""
    vital: bool = False
    again: int = 0
    sent: bool = False
    first: datetime | None = None
    values: dict[str, Value] | None = None
    send: Action | None = None


@dataclass
class Claim:
    """Words of which a member knows that they are kept (`sure`), or hopes so: one of `texts`, under `part`."""

    texts: set[str]
    sure: bool
    part: str = ""


@dataclass
class RunTruth:
    """What one member was told of their run; instants are (first tried, answered)."""

    claims: dict[str, Claim] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # words that were changed into others
    fell: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)  # by the label of the twist
    asked: dict[str, bool] = field(default_factory=dict)  # the words, and whether they heard an answer
    when: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)  # begin, pause, resume, close
    refused: list[str] = field(default_factory=list)


@dataclass
class RunPlan:
    """`last_day`: they begin so late that the time for runs is over before their runs are."""

    last_day: bool = False
    end: datetime = LOCKS + timedelta(days=3)
    must_stand: list[str] = field(default_factory=lambda: [f"members.join/{GROUP}", f"mlsd.week/{GROUP}/1"])

    def posts(self) -> list[str]:
        """The names that must stand; those of the runs come at the end."""
        return self.must_stand

    def deeds(self, dice: Draw) -> list[RunDeed]:
        """How it begins."""
        found = [RunDeed(FOUNDED, "help", OLGA, "help", vital=True)]
        found.append(RunDeed(FOUNDED + timedelta(seconds=1), "setup", OLGA, "setup", vital=True))
        at = LOCKS - timedelta(minutes=68) if self.last_day else OPENS + timedelta(seconds=dice.choice((0, 1, 30)))
        for member, after in zip(MEMBERS, (0, dice.randint(3, 9), dice.randint(10, 20)), strict=True):
            found.append(RunDeed(FOUNDED + MINUTE, f"{member.id}/join", member, "join", vital=True))
            begins = at + after * MINUTE + timedelta(seconds=dice.randint(0, 59))
            found.append(RunDeed(begins, f"{member.id}/begin", member, "begin", vital=True))
        return sorted(found, key=lambda deed: deed.at)


def deeds_for(seed: str, member: Person, card: Seen, now: datetime, *, waits: bool) -> Iterator[RunDeed]:
    """What this member does about a message that they see for the first time now. `waits`: their clock does."""
    dice = draw(f"run/{seed}/{card.name}")

    def deed(kind: str, after: Sequence[int], text: str = "", label: str = "", *, vital: bool = False) -> RunDeed:
        at, name = now + timedelta(seconds=dice.choice(after)), f"{card.name}/{label or kind}"
        return RunDeed(at, name, member, kind, card.run, card.slot, text, label, vital)

    if waits:
        yield deed("carry_on", (2, 60, 280), vital=True)
    mark = f"{member.id} on {card.slot or card.what}"
    match card.what:
        case "stage" if member is BEN:
            yield from (deed("tell", (1, 5, 40, 90), f"{mark}, message {n}.", f"tell{n}") for n in range(1, 3))
        case "stage" if member is CEM and dice.random() < 0.5:
            yield deed("tell", (2, 50), f"{mark}, a message with {dice.randint(2, 99)} in it.")
            yield deed("write", (60, 100), f"{mark}, by the form.")
        case "stage" | "change":
            yield deed("write", (0, 2, 30, 150), f"{mark}, by the form.")
            if dice.random() < 0.4:
                yield deed("write", (160, 200), f"{mark}, once more.", dice.choice(("again", "across")))
        case "time" if member is not CEM:
            yield deed("tell", (1, 100, 280), f"{mark}, the end of the sentence.")
        case "done" if member is not CEM:
            card = Seen(card.name, card.run, "late", "objective")
            yield deed("write", (2, 60, 270, 330), f"{mark}, a form that was open.")
            yield deed("hide", (5, 200))
    if card.what == "stage" and dice.random() < 0.5:
        yield deed("ask", (3, 70), f"{dice.choice(WORDS)} {card.slot} {member.id}")
    if card.slot == "features_labels" and member is BEN:
        yield deed("pause", (20, 110), vital=True)
    if card.slot == "deployment" and member is CEM:
        yield deed("close", (150,), vital=True)
