"""The feature, and what every part of it asks."""

from dataclasses import dataclass, field
from datetime import time

from bot.content.catalogue import Catalogue
from bot.kernel.calendar import Rhythm
from bot.kernel.event import Scene
from bot.kernel.feature import Feature


@dataclass(frozen=True, slots=True)
class DesignSettings:
    on: bool = field(
        default=True,
        metadata={"label": "System design week", "help": "One prompt a week, 45 minutes whenever it suits you."},
    )
    rhythm: Rhythm = field(default=Rhythm((3,), time(10)), metadata={"label": "Opens on"})


FEATURE = Feature(
    "mlsd",
    DesignSettings,
    title="System design week",
    channels={"mlsd": "System design week"},
    stores=(
        ("Your runs: when you began, paused and ended, and which stage you would redo", "Only you"),
        ("What you write in a run", "Only you until you hand it in; then reviewers, and the group at the reveal"),
        ("Which facts you asked for and which hints you opened", "Only you. The group reads how often, without names"),
        ("How real you found a prompt, from 1 to 4", "Only you. Organisers read the mean of three or more votes"),
        ("That you take part in a week, or review without a run", "Only you. The group reads how many, without names"),
    ),
)


def catalogue_of(scene: Scene) -> Catalogue:
    catalogue: Catalogue = scene.catalogue
    return catalogue
