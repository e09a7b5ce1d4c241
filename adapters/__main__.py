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
import tomllib
import webbrowser
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from bot import VERSION
from bot.app import CannotStart
from bot.clock import SystemClock
from bot.commands import content
from bot.config import STARTER, Config
from bot.content.loader import PackError
from bot.store.migrate import Newer
from bot.store.sqlite import Damaged

FINE, CANNOT_START = 0, 2
DEMO_PORT = 9000
DEMO_SEED = 7  # with this one every habit of the cast shows within three days
EXAMPLES = """\
examples:
  whetstone demo                       a study group in your browser, with ten simulated members
  whetstone demo --data my-demo        the same, kept in a folder; start it again to go on
  whetstone run --data group           a group of real people in the browser, on real time
  whetstone content lint content/starter
  whetstone content try my-pack        the demonstration with your own problems

exit codes: 0 fine, 1 something was found, 2 cannot start or cannot read"""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    options = parser().parse_args(words)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, format="%(levelname)s %(message)s")
    # Both tell of every request and every look at the clock.
    for talkative in ("httpx", "apscheduler", "yoyo"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    try:
        code: int = options.run(options)
    except (CannotStart, PackError, Damaged, Newer) as why:
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
        return _serve(_demo_link(Config(data=folder, port=options.port, packs=packs), options), options)


@asynccontextmanager
async def _demo_link(config: Config, options: argparse.Namespace) -> AsyncIterator[str]:
    from adapters.web.demo.show import open_show

    options.bound = config.port
    async with open_show(config, options.seed) as show:
        yield show.link


def _run(options: argparse.Namespace) -> int:
    given = {key: value for key in ("data", "port") if (value := getattr(options, key)) is not None}
    return _serve(_run_link(Config(**given), options), options)


@asynccontextmanager
async def _run_link(config: Config, options: argparse.Namespace) -> AsyncIterator[str]:
    from adapters.web.alone import open_alone

    options.bound = config.port
    async with open_alone(config, options.name) as link:
        yield link


def _serve(opening: AbstractAsyncContextManager[str], options: argparse.Namespace) -> int:
    """Open, print the address, and stay until SIGTERM or Ctrl-C."""

    async def stay() -> None:
        _stop_on_signal(asyncio.current_task())
        async with opening as link:
            print(f"Whetstone is ready: {link}", flush=True)
            print("Press Ctrl-C to stop.", flush=True)
            if options.browser and _has_screen():
                await asyncio.to_thread(webbrowser.open, link)
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
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = commands.add_parser("demo", help="try it in your browser, with simulated members and a clock you can turn")
    _playing(demo)

    run = commands.add_parser("run", help="serve one group of real people in the browser, on real time")
    _serving(run, None)
    run.add_argument("--name", default="Organiser", help="your name, when you start it for the first time")
    run.set_defaults(run=_run)

    _content(commands.add_parser("content", help="check, count and show packs of problems"))

    version = commands.add_parser("version", help="say which version this is")
    version.add_argument("--json", action="store_true", help="as JSON, for programs")
    version.set_defaults(run=_version)
    return top


def _playing(parser: argparse.ArgumentParser) -> None:
    _serving(parser, DEMO_PORT)
    usual = f"another number tells another story (default {DEMO_SEED})"
    parser.add_argument("--seed", type=int, default=DEMO_SEED, metavar="N", help=usual)
    parser.set_defaults(run=_demo)


def _serving(parser: argparse.ArgumentParser, port: int | None) -> None:
    usual = f"default {port}" if port else "default 8080, or WHETSTONE_PORT"
    parser.add_argument("--port", type=_port, default=port, metavar="N", help=f"port on this machine ({usual}; 0: any)")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="only print the address")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder that keeps everything")


def _port(word: str) -> int:
    if not word.isdecimal() or int(word) > 65_535:
        raise argparse.ArgumentTypeError(f"{word} is not a port; a port is a number up to 65535")
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
    _playing(trial)


if __name__ == "__main__":
    sys.exit(main())
