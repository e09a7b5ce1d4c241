"""Who the simulated members are and what they write, read from `content/demo`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from adapters.web.demo.design_texts import Review, Seat
from bot.config import STARTER
from bot.content.catalogue import Catalogue
from bot.kernel.calendar import draw

FOLDER = STARTER.parent / "demo"
Kind = Literal["good", "short", "wrong", "better", "tried", "point"]
Habit = Literal["keen", "short", "wrong", "stuck", "late", "edits", "withdraws", "hides", "recording", "quiet"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Actor(_Strict):
    """
    One simulated member. `days` is how many days a week they want a problem.

    From the first to the last day of `away` they do nothing; day 1 is the Monday on which the story begins.
    """

    id: str = Field(pattern=r"[a-z]+")
    name: str
    zone: str
    habit: Habit
    days: Literal["2", "4", "6"] = "4"
    away: tuple[int, int] = (0, 0)

    @field_validator("zone")
    @classmethod
    def _exists(cls, zone: str) -> str:
        return ZoneInfo(zone).key


class Moment(_Strict):
    """Somebody's time in the story: day 1 is the first Monday, and `at` is on the wall clock where the group lives."""

    who: str
    day: int = Field(ge=1)
    at: time

    def instant(self, begin: datetime) -> datetime:
        """`begin` is some time of the first Monday, in the group's zone."""
        return datetime.combine(begin.date() + timedelta(days=self.day - 1), self.at, begin.tzinfo)


class Line(Moment):
    """Something said where people talk."""

    text: str


class Errand(Moment):
    """
    Something that a member sets for themselves or for the group, by the same buttons as everybody.

    They type this command and press the button of `route` on the reply, if one is named, and those of `then` on the
    next ones; fill in the form, if one opens; and take `option` from the menu that they are shown. From then on they
    live in `zone`, if it is given.
    """

    type: str
    route: str = ""
    then: tuple[str, ...] = ()
    fields: Mapping[str, str | tuple[str, ...]] = {}
    option: str = ""
    zone: str = ""


class Partner(_Strict):
    """Who looks for a partner (an errand says when), and what they put into the plan of each new pair."""

    who: str = Field(pattern=r"[a-z]+")
    plan: Mapping[str, str]


class Cast(_Strict):
    """`reviews` are what members write about each other's answers to daily problems."""

    organiser: str
    members: tuple[Actor, ...]
    talk: tuple[Line, ...] = ()
    errands: tuple[Errand, ...] = ()
    designs: tuple[Seat, ...] = ()
    reviews: tuple[Review, ...] = ()
    partners: tuple[Partner, ...] = ()


class Words(_Strict):
    """
    What members write about one item, or about any item of a domain.

    `tried` goes with "I'm stuck", `point` is the one line about a recording or a link, `better` replaces a first
    answer.
    """

    good: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    better: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    point: tuple[str, ...] = ()


@dataclass(frozen=True)
class Library:
    """Answers by item id and by domain; `catalogue` finds the item behind a title on the page."""

    items: Mapping[str, Words]
    domains: Mapping[str, Words]
    catalogue: Catalogue

    def say(self, title: str, kind: Kind, number: int) -> str:
        """The `number`-th text of this kind for the problem called `title`; empty when nobody has more to say."""
        item = next((item for item in self.catalogue.items() if item.title == title), None)
        own: tuple[str, ...] = getattr(self.items.get(item.id if item else "", Words()), kind)
        if number < len(own):
            return own[number]
        general: list[str] = list(getattr(self.domains.get(item.domain if item else "", self.domains["any"]), kind))
        # Another order for every problem, so that nobody repeats themselves two days running.
        draw(f"texts/{title}/{kind}").shuffle(general)
        return general[number - len(own)] if number - len(own) < len(general) else ""


def read_cast(folder: Path = FOLDER) -> Cast:
    """Raises pydantic's ValidationError where `cast.yaml` is wrong."""
    return Cast.model_validate(yaml.safe_load((folder / "cast.yaml").read_text(encoding="utf-8")))


def read_library(catalogue: Catalogue, folder: Path = FOLDER) -> Library:
    """Every file in `answers/`: `any:` holds the domain's own texts, every other key is an item's id."""
    items: dict[str, Words] = {}
    domains: dict[str, Words] = {}
    shape = TypeAdapter(dict[str, Words])
    for path in sorted((folder / "answers").glob("*.yaml")):
        found = shape.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
        domains[path.stem] = found.pop("any")
        items |= found
    return Library(items, domains, catalogue)
