"""The front door: what `whetstone` on the command line does."""

import argparse
import asyncio
import errno
import json
import logging
import os
import platform
import signal
import sqlite3
import sys
import tempfile
import time
import tomllib
import webbrowser
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from adapters import commands
from adapters.discord.settings import ENV_FILE
from adapters.discord.settings import read_settings as read_discord
from adapters.serving import Ready, open_group
from adapters.slack.settings import read_settings as read_slack
from bot import VERSION
from bot.app import CannotStart
from bot.clock import SystemClock
from bot.commands import content, logs, simulate
from bot.commands.backup import BackupFailed, backup
from bot.commands.doctor import doctor, size
from bot.commands.restore import restore
from bot.config import STARTER, Config
from bot.content.loader import PackError
from bot.store.migrate import Newer
from bot.store.sqlite import Damaged

FINE, CANNOT_START = 0, 2
INTERRUPTED = 130  # as shells say it for Ctrl-C
DEMO_PORT = 9000
DEMO_SEED = 7  # with this one every habit of the cast shows within a week
DEMO_DAYS = 14  # of the group's life, before the visitor comes
MOST_DAYS = 60  # the shipped problems last for six weeks; each day takes about a quarter of a second
EXAMPLES = """\
examples:
  whetstone demo                       a study group in your browser, with ten simulated members
  whetstone demo --days 0              the same on its first morning
  whetstone demo --days 21 --check     play three weeks, say how long that took, and end
  whetstone demo --data my-demo        the same, kept in a folder; start it again to go on
  whetstone run --data group           a group of real people in the browser, on real time
  whetstone setup discord              the token, the invite link; then `whetstone run` serves Discord
  whetstone setup slack                the two tokens; then `whetstone run` serves Slack
  whetstone doctor discord             token, rights, commands: what is wrong, and how to mend it
  whetstone doctor slack               tokens, scopes, channels: the same for Slack
  whetstone backup --data group        everything in one file, while it runs
  whetstone doctor --data group        is all well?
  whetstone content lint content/starter
  whetstone content try my-pack        the demonstration with your own problems
  whetstone simulate partners          what the partners' rules do in twelve weeks of invented members

exit codes: 0 fine, 1 something was found, 2 cannot start or cannot read"""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    options = parser().parse_args(words)
    logs.set_up("text", _level(options))
    try:
        code: int = options.run(options)
    except (CannotStart, BackupFailed, PackError, Damaged, Newer) as why:
        return _cannot(str(why))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return _cannot(f"A setting is wrong: {wrong}. Look at whetstone.toml and the variables WHETSTONE_...")
    except tomllib.TOMLDecodeError as error:
        return _cannot(f"whetstone.toml cannot be read: {error}.")
    except sqlite3.Error as error:
        return _cannot(f"The database cannot be used: {error}. Check the folder, or choose another with --data.")
    except OSError as error:
        return _cannot(_why_os(error, options))
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _cannot(sentence: str) -> int:
    print(f"whetstone: {sentence}", file=sys.stderr)
    return CANNOT_START


def _why_os(error: OSError, options: argparse.Namespace) -> str:
    if error.errno in (errno.EADDRINUSE, errno.EACCES) and getattr(options, "bound", None) is not None:
        why = "taken" if error.errno == errno.EADDRINUSE else "not open to you"
        return f"Port {options.bound} is {why}. Choose another with --port."
    return f"{error.strerror or error}: {error.filename or 'a file of the data folder'}."


# --- demo and run ----------------------------------------------------------------------------


def _demo(options: argparse.Namespace) -> int:
    """The demonstration, in a new folder unless one was named, so that the same seed tells the same story."""
    with ExitStack() as stack:
        folder = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="whetstone-")))
        packs = (options.folder if "folder" in options else STARTER,)
        opening = _demo_link(Config(data=folder, port=options.port, packs=packs), options)
        if not options.check:
            return _serve(opening, options)
        with suppress(asyncio.CancelledError):
            asyncio.run(_check(opening, options.days))
        return FINE


async def _check(opening: AbstractAsyncContextManager[Ready], days: int) -> None:
    """Play the days and say how long that took."""
    _stop_on_signal(asyncio.current_task())
    before, worked = time.perf_counter(), time.process_time()
    async with opening:
        waited, worked = time.perf_counter() - before, time.process_time() - worked
        print(f"Days played: {days}. It took {waited:.1f} s ({worked:.1f} s of processor time).")


@asynccontextmanager
async def _demo_link(config: Config, options: argparse.Namespace) -> AsyncIterator[Ready]:
    from adapters.web.demo.show import open_show

    options.bound = config.port
    async with open_show(config, options.seed, options.days) as show:
        yield Ready(show.link)


def _run(options: argparse.Namespace) -> int:
    config = _config(options)
    logs.set_up(config.log, _level(options))
    options.bound = config.port
    discord, slack = read_discord(options.env_file), read_slack(options.env_file)
    return _serve(open_group(config, discord, slack, options.name), options)


def _config(options: argparse.Namespace) -> Config:
    """The settings, with what was said on the command line above them."""
    given = {key: value for key in ("data", "port", "web") if (value := getattr(options, key, None)) is not None}
    return Config(**given)


def _level(options: argparse.Namespace) -> int:
    return logging.INFO if options.verbose else logging.WARNING


def _serve(opening: AbstractAsyncContextManager[Ready], options: argparse.Namespace) -> int:
    """Open, print where people come in, and stay until SIGTERM or Ctrl-C."""

    async def stay() -> None:
        _stop_on_signal(asyncio.current_task())
        async with opening as ready:
            print("Whetstone is ready:", "\n".join(filter(None, (ready.link, *ready.platforms))), flush=True)
            print("Press Ctrl-C to stop.", flush=True)
            if ready.link and options.browser and _has_screen():
                await asyncio.to_thread(webbrowser.open, ready.link)
            await asyncio.Event().wait()

    with suppress(asyncio.CancelledError):
        asyncio.run(stay())
    return FINE


def _stop_on_signal(task: "asyncio.Task[None] | None") -> None:
    """Cancel once: a second Ctrl-C must not break off the tidying up."""

    def stop() -> None:
        if task and not task.cancelling():
            task.cancel()

    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop)


def _has_screen() -> bool:
    """Without one, `webbrowser` may start a browser of letters inside this terminal."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


# --- backup, restore and doctor -----------------------------------------------------------------


def _backup(options: argparse.Namespace) -> int:
    made, removed = backup(_config(options), SystemClock().now(), options.to)
    print(f"Made, read back and found sound: {made.path} ({size(made.size)}).")
    if removed:
        print(f"Old backups removed: {len(removed)}.")
    return FINE


def _restore(options: argparse.Namespace) -> int:
    done = restore(_config(options), options.file, SystemClock().now())
    print(f"The backup of {done.taken:%Y-%m-%d %H:%M} UTC is back in its place.")
    if done.aside:
        print(f"What was there before is kept in {done.aside}. Remove it when you are content.")
    if not done.erased_known:
        print("Nothing tells who erased their data after this backup. Whoever did has to do it again.")
    print("Start the bot: for seven days it looks for each new message before it sends it.")
    return FINE


def _doctor(options: argparse.Namespace) -> int:
    if options.platform:
        return _print(*commands.look(_config(options), options))
    return _print(*doctor(_config(options), SystemClock(), as_json=options.json))


# --- content and version -----------------------------------------------------------------------


def _lint(options: argparse.Namespace) -> int:
    return _print(*content.lint(options.folder, SystemClock().now().date(), as_json=options.json))


def _stats(options: argparse.Namespace) -> int:
    return _print(*content.stats(options.folder, as_json=options.json))


def _preview(options: argparse.Namespace) -> int:
    return _print(*content.preview(options.folder, options.item))


def _print(code: int, text: str) -> int:
    print(text, file=sys.stderr if code == CANNOT_START and not text.startswith("{") else sys.stdout)
    return code


def _version(options: argparse.Namespace) -> int:
    found = {"version": VERSION, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    text = f"whetstone {VERSION} (Python {found['python']}, SQLite {found['sqlite']})"
    print(json.dumps(found) if options.json else text)
    return FINE


# --- the words that are understood ------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """Every command with its options; `run` in what it parses is the function that does it."""
    raw = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(
        "whetstone", description="A study group that keeps going: one short problem a day, honest answers.",
        epilog=EXAMPLES, formatter_class=raw,
    )  # fmt: skip
    top.add_argument("--verbose", action="store_true", help="tell more while running")
    words = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = words.add_parser("demo", help="try it in your browser, with simulated members and a clock you can turn")
    _playing(demo, DEMO_DAYS)

    run = words.add_parser(
        "run", help="serve real groups, on real time: on Discord and Slack with tokens, else in the browser"
    )
    _serving(run, None)
    run.add_argument(
        "--web", action="store_true", default=None, help="the page in the browser beside the other platforms"
    )
    run.add_argument("--name", default="Organiser", help="your name on the page, when you start it for the first time")
    run.set_defaults(run=_run)

    setup, look = commands.add_setup(words), _keeping(words)
    for one in (run, setup, look):
        usual = f"file with settings such as tokens (default {ENV_FILE})"
        one.add_argument("--env-file", type=Path, default=ENV_FILE, metavar="FILE", help=usual)
    _content(words.add_parser("content", help="check, count and show packs of problems"))
    simulate.add_simulate(words, _print)

    version = words.add_parser("version", help="say which version this is")
    version.add_argument("--json", action="store_true", help="as JSON, for programs")
    version.set_defaults(run=_version)
    return top


def _playing(parser: argparse.ArgumentParser, days: int) -> None:
    _serving(parser, DEMO_PORT)
    usual = f"another number tells another story (default {DEMO_SEED})"
    parser.add_argument("--seed", type=int, default=DEMO_SEED, metavar="N", help=usual)
    usual = f"days that the group has lived when you come, up to {MOST_DAYS} (default {days})"
    parser.add_argument("--days", type=_days, default=days, metavar="N", help=usual)
    parser.add_argument("--check", action="store_true", help="only play these days, and say how long that took")
    parser.set_defaults(run=_demo)


def _serving(parser: argparse.ArgumentParser, port: int | None) -> None:
    usual = f"default {port}" if port else "default 8080, or WHETSTONE_PORT"
    parser.add_argument("--port", type=_port, default=port, metavar="N", help=f"port on this machine ({usual}; 0: any)")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="only print the address")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder that keeps everything")


def _keeping(words: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Returns the parser of `doctor`."""
    copy = words.add_parser("backup", help="copy everything into one file, also while the bot runs")
    copy.add_argument("--to", type=Path, metavar="FOLDER", help="where to (default: backups, in the data folder)")
    copy.set_defaults(run=_backup)
    back = words.add_parser("restore", help="put a backup back; the bot must be stopped")
    back.add_argument("file", type=Path, metavar="FILE", help="the backup")
    back.set_defaults(run=_restore)
    look = words.add_parser("doctor", help="look at everything that the bot stands on, and say how to mend it")
    look.add_argument(
        "platform", nargs="?", choices=commands.PLATFORMS, help="look at the way to this platform instead"
    )
    look.add_argument("--json", action="store_true", help="as JSON, for programs")
    look.set_defaults(run=_doctor)
    for one in (copy, back, look):
        one.add_argument("--data", type=Path, metavar="DIR", help="folder that keeps everything")
    return look


def _port(word: str) -> int:
    if not word.isdecimal() or int(word) > 65_535:
        raise argparse.ArgumentTypeError(f"{word} is not a port; a port is a number up to 65535")
    return int(word)


def _days(word: str) -> int:
    if not word.isdecimal() or int(word) > MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{word} is not a number of days up to {MOST_DAYS}")
    return int(word)


def _content(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    lint = kinds.add_parser("lint", help="find mistakes in a pack")
    stats = kinds.add_parser("stats", help="count what a pack holds")
    preview = kinds.add_parser("preview", help="show one item as members meet it")
    for one, run in ((lint, _lint), (stats, _stats), (preview, _preview)):
        one.add_argument("folder", type=Path, metavar="FOLDER", help="the pack's folder")
        one.set_defaults(run=run)
    for one in (lint, stats):
        one.add_argument("--json", action="store_true", help="as JSON, for programs")
    preview.add_argument("item", metavar="ITEM", help="the item's id")
    trial = kinds.add_parser("try", help="the demonstration with this pack alone")
    trial.add_argument("folder", type=Path, metavar="FOLDER", help="the pack's folder")
    _playing(trial, 0)  # a small pack would be used up before anybody saw it


if __name__ == "__main__":
    sys.exit(main())
