"""Runs the checks of an ML coding item against its files: `python tests/content/check_code.py FOLDER`.

The bot never runs an item's code. This file does, each run in a process of its own, and prints one fault a line:
C02 the solution fails a check, C03 the starter passes all, C04 the solution is slow, C05 a wrong file is not caught,
C08 two runs differ.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

SLOW_SHARE: Final = 0.6  # of the time limit, for the solution
Outcome = dict[str, str]  # check -> why it failed, or "" when it passed

RUN: Final = """
import importlib.util, json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]) * 4 * 1024 * 1024,) * 2)
def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
outcome = {}
try:
    tests = load(sys.argv[1], "tests_of_item")
    module = load(sys.argv[2], "answer")
except BaseException as error:
    outcome["load"] = repr(error)[:200]
else:
    for name in [name for name in dir(tests) if name.startswith("check_")]:
        why = ""
        try:
            getattr(tests, name)(module)
        except AssertionError as error:
            why = str(error)[:200] or "assertion"
        except Exception as error:
            why = (type(error).__name__ + ": " + str(error))[:200]
        outcome[name.removeprefix("check_").replace("_", "-")] = why
print("\\n" + json.dumps(outcome))
"""


def run(tests: Path, answer: Path, limits: dict[str, Any]) -> tuple[Outcome, float]:
    """Run TESTS on ANSWER; also the seconds it took. A crash or a time-out counts as a failed check named 'load'."""
    command = [sys.executable, "-I", "-B", "-c", RUN, str(tests), str(answer), str(limits["memory_mb"])]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    started = time.monotonic()
    try:
        done = subprocess.run(  # noqa: S603 - runs the item's own code, which is the point
            command,
            capture_output=True,
            text=True,
            timeout=limits["seconds"],
            env={**os.environ, **threads},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"load": f"still running after {limits['seconds']} s"}, time.monotonic() - started
    lines = done.stdout.strip().splitlines()
    outcome: Outcome = json.loads(lines[-1]) if lines else {"load": done.stderr[-200:]}
    return outcome, time.monotonic() - started


def faults(folder: Path) -> Iterator[str]:
    """Every fault of the item in FOLDER, as 'C05 message'."""
    (item,) = yaml.safe_load((folder / "item.yaml").read_text(encoding="utf-8"))["items"]
    limits, tests = item["limits"], folder / item["tests"]
    outcome, seconds = run(tests, folder / item["solution"], limits)
    if failed := {check: why for check, why in outcome.items() if why}:
        yield f"C02 the solution fails: {failed}"
    if seconds > limits["seconds"] * SLOW_SHARE:
        yield f"C04 the solution takes {seconds:.1f} s of {limits['seconds']} s"
    if run(tests, folder / item["solution"], limits)[0] != outcome:
        yield "C08 two runs of the solution differ"
    if not any(run(tests, folder / item["starter"], limits)[0].values()):
        yield "C03 the starter passes every check"
    for answer in sorted((folder / "bad").glob("*.py")):
        yield from _uncaught(item, tests, answer)


def _uncaught(item: dict[str, Any], tests: Path, answer: Path) -> Iterator[str]:
    wanted = {check["id"] for check in item["checks"] if answer.name in check.get("detects", [])}
    failed = {check for check, why in run(tests, answer, item["limits"])[0].items() if why}
    if not wanted:
        yield f"C05 no check says that it detects bad/{answer.name}"
    if not failed:
        yield f"C05 bad/{answer.name} passes every check"
    elif wanted - failed:
        yield f"C05 bad/{answer.name} passes {', '.join(sorted(wanted - failed))}"


if __name__ == "__main__":
    found = list(faults(Path(sys.argv[1])))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.exit(bool(found))
