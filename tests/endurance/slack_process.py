"""
Lives of the bot on a pretended Slack: the real app on real files, the real adapter, the real slack-bolt and slack_sdk.

    python -m tests.endurance.slack_process [MUTANT]
"""

from pathlib import Path

from pydantic import SecretStr

from adapters.slack.connect import Line, open_slack
from adapters.slack.settings import SlackSettings, Workspace
from adapters.slack.web import Limits
from bot.app import App, open_app
from bot.config import Config
from bot.kernel.ports import Platform
from tests.endurance import bot_process
from tests.endurance.day_process import answer_first, obey, quieten, told_to_stop
from tests.endurance.slack_mutants import ANSWERS_FIRST, MUTANTS
from tests.endurance.wire import SharedClock
from tests.world import catalogue

# A day takes seconds here: what waits by the machine's clock must wait as much shorter, or not be late at all.
PACE = 0.1
PATIENT = 60.0
UNHURRIED = Limits((1_000, 1.0), (1_000, 1.0), dict.fromkeys((2, 3, 4), (1_000, 1.0)))


async def settle(app: App, line: Line) -> object:
    """Answer all, post all; when something will be due."""
    await line.settled()
    await app.settle()
    await line.settled()
    return await app.next_due()


async def live(folder: Path, mutant: str) -> None:
    stop = told_to_stop()
    base, *tokens = (folder / "slack").read_text().split()
    settings = SlackSettings((Workspace("", *map(SecretStr, tokens)),), base)
    platforms: dict[str, Platform] = {}
    config, clock = Config(data=folder / "data"), SharedClock(folder / "clock")
    async with (
        await open_app(config, platforms, clock, catalogue()) as app,
        open_slack(app, platforms, settings, patience=PATIENT, pace=PACE, limits=UNHURRIED) as lines,
    ):
        if mutant == ANSWERS_FIRST:
            answer_first(app)
        await app.start()
        await obey(folder, lambda _: settle(app, lines[0]), stop)


def main(mutant: str = "") -> None:
    quieten()
    bot_process.main(mutant, MUTANTS, live)
