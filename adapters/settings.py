"""What the settings of all platforms have in common: tokens, and the way out of this machine."""

import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

LONGEST = 4096  # bytes of a token file that are read; a token has about 100
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))  # these come along when text is copied
QUOTES = "\"'`“”‘’«»"


def is_here(url: str) -> bool:
    """Whether this address is on this machine."""
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def proxy_for(url: str) -> str | None:
    """The proxy of this machine's environment for this address."""
    address = urlsplit(url)
    if is_here(url) or urllib.request.proxy_bypass(address.hostname or ""):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(address.scheme) or proxies.get("all")


def masked(token: str) -> str:
    """What may be shown of a token."""
    return f"…{token[-4:]}" if len(token) >= 20 else "…"


def bare_token(text: str, before: str) -> str:
    """The token without spaces, quotes and what the pattern `before` finds at its start, however often."""
    text = text.translate(INVISIBLE).strip()
    last = None
    while text != last:
        last = text
        text = re.sub(before, "", text, flags=re.IGNORECASE).strip().strip(QUOTES).strip()
    return text


def token_in(file: Path, setting: str, where: str, clean: Callable[[str], str]) -> str:
    """
    The token that a file holds. `setting` names the file, `where` says where a token is found.

    Raises ValueError with a sentence that lacks its first capital and its full stop.
    """
    fix = f"Give the file to the user that runs the bot, or correct {setting}"
    try:
        with file.expanduser().open("rb") as opened:
            found = clean(opened.read(LONGEST).decode("utf-8"))
    except OSError as error:
        raise ValueError(f"the token file {file} cannot be read ({error.strerror}). {fix}") from None
    except UnicodeDecodeError:
        raise ValueError(f"the token file {file} holds no text. {fix}") from None
    if not found:
        raise ValueError(f"the token file {file} is empty. {where}")
    return found
