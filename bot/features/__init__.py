"""One folder a feature. A folder whose `__init__` holds a `FEATURE` is switched on by existing."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from bot.kernel.feature import Feature


def discover() -> list[Feature]:
    """Every feature, in the order of their names."""
    found = sorted(iter_modules(__path__), key=lambda module: module.name)
    return [import_module(f"{__name__}.{module.name}").FEATURE for module in found if module.ispkg]


def sql_folders() -> list[Path]:
    """Each feature's migrations."""
    return [folder / "sql" for root in __path__ for folder in sorted(Path(root).iterdir()) if (folder / "sql").is_dir()]
