"""One folder a feature. A folder whose `__init__` holds a `FEATURE` is switched on by existing."""

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from bot.kernel.feature import Feature


def discover() -> list[Feature]:
    """Every feature, in the order of their names."""
    return list(_found_in(*__path__))


@cache  # which folders hold a package takes as long to find out as all the rest of a start
def _found_in(*paths: str) -> tuple[Feature, ...]:
    found = sorted(iter_modules(paths), key=lambda module: module.name)
    return tuple(import_module(f"{__name__}.{module.name}").FEATURE for module in found if module.ispkg)


def sql_folders() -> list[Path]:
    """Each feature's migrations."""
    return [folder / "sql" for root in __path__ for folder in sorted(Path(root).iterdir()) if (folder / "sql").is_dir()]
