"""`whetstone setup PLATFORM` and `whetstone doctor PLATFORM`: the words, and who does them."""

import argparse
import sys
from functools import partial
from getpass import getpass

from adapters.terminal import Terminal
from bot.app import CannotStart
from bot.clock import SystemClock
from bot.config import Config

PLATFORMS = ("discord", "slack")


def add_setup(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    setup = commands.add_parser("setup", help="from tokens to the first channel, step by step")
    setup.add_argument("platform", choices=PLATFORMS, help="where the group studies")
    setup.add_argument("--no-wait", dest="wait", action="store_false", help="Discord: do not wait for the first server")
    setup.add_argument("--workspace", default="", metavar="NAME", help="Slack: your word for a further workspace")
    setup.set_defaults(run=set_up)
    return setup


def set_up(options: argparse.Namespace) -> int:
    """Returns the exit code. Raises CannotStart."""
    is_screen = sys.stdin.isatty()
    terminal = Terminal(partial(print, flush=True), getpass if is_screen else _read_line, is_screen)
    if options.platform == "slack":
        from adapters.slack import setup as slack

        return slack.set_up(options.env_file, terminal, SystemClock(), name=options.workspace)
    from adapters.discord import setup as discord

    if options.workspace:
        raise CannotStart("--workspace is for Slack. On Discord one bot serves all its servers.")
    return discord.set_up(options.env_file, terminal, SystemClock(), wait=options.wait)


def look(config: Config, options: argparse.Namespace) -> tuple[int, str]:
    """What `doctor` finds on the way to `options.platform`: the exit code, and what to print."""
    if options.platform == "slack":
        from adapters.slack.doctor import doctor
    else:
        from adapters.discord.doctor import doctor
    return doctor(config, SystemClock(), as_json=options.json, file=options.env_file)


def _read_line(_: str) -> str:
    """The next line of a pipe. Raises EOFError at its end, as `getpass` does."""
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line
