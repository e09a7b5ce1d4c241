"""Who types what `setup` asks for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from adapters.inquiry import Pause


@dataclass(frozen=True, slots=True)
class Terminal:
    """Who types. `hear` shows its question and returns a line without echo; EOFError where nobody is there."""

    say: Callable[[str], object]
    hear: Callable[[str], str]
    is_screen: bool  # a person, who may try again, and not a pipe
    pause: Pause = threading.Event().wait
