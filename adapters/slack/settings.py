"""Settings of the Slack bot, from the environment (SLACK_...) and the file `.env` of the working directory."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import SecretStr

from adapters.settings import bare_token, proxy_for, token_in
from bot.app import CannotStart

SLACK = "https://slack.com/api/"
APPS = "https://api.slack.com/apps"
ENV_FILE = Path(".env")  # in the working directory
WORKSPACES = "SLACK_WORKSPACES"

Kind = Literal["bot", "app"]
BEGINS: Mapping[Kind, str] = {"bot": "xoxb-", "app": "xapp-"}
CALLED: Mapping[Kind, str] = {"bot": "bot token", "app": "app-level token"}
OTHER: Mapping[Kind, Kind] = {"bot": "app", "app": "bot"}
WHERE: Mapping[Kind, str] = {
    "bot": f"The bot token (xoxb-…) stands at {APPS}, in your app, on the page OAuth & Permissions",
    "app": f"The app-level token (xapp-…) is made at {APPS}, in your app, on the page Basic Information: "
    "press “Generate Token and Scopes” and add connections:write",
}

# What an organiser does where a channel is of no use any more.
ANOTHER_CHANNEL = "Choose another channel: type /study organise, press “More tools”, then “Channels”."


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace: its app's two tokens. `name` is the operator's word for it, empty for the first one."""

    name: str
    bot_token: SecretStr
    app_token: SecretStr

    def token(self, kind: Kind) -> str:
        return (self.bot_token if kind == "bot" else self.app_token).get_secret_value()

    def setting(self, kind: Kind) -> str:
        """The name of the setting that holds this token."""
        return setting_of(kind, self.name)


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """What is needed to talk to Slack. Tokens are cleaned, also where they came from files."""

    workspaces: tuple[Workspace, ...] = ()
    api_base: str = SLACK
    organisers: frozenset[str] = frozenset()  # ids of people who may set up groups beside admins and owners
    token_files: tuple[Path, ...] = ()

    @property
    def is_set(self) -> bool:
        """Whether there is a workspace, so that Slack is wanted."""
        return bool(self.workspaces)

    @property
    def proxy(self) -> str | None:
        return proxy_for(self.api_base)


def setting_of(kind: Kind, workspace: str = "") -> str:
    """`SLACK_BOT_TOKEN`, or `SLACK_BOT_TOKEN_SALES` of the workspace that is called sales."""
    return f"SLACK_{kind.upper()}_TOKEN" + (f"_{workspace.upper().replace('-', '_')}" if workspace else "")


def set_up_again(workspace: str = "") -> str:
    """The command that puts new tokens in place."""
    return f"`whetstone setup slack{f' --workspace {workspace}' if workspace else ''}`"


def read_settings(file: Path = ENV_FILE) -> SlackSettings:
    """
    The settings of this process, with those of `file` below its environment.

    Raises CannotStart with one sentence that names what is wrong, never a token.
    """
    settings = parse_settings(file)
    seen: dict[str, str] = {}
    for workspace in settings.workspaces:
        for kind in BEGINS:
            name, token = workspace.setting(kind), workspace.token(kind)
            if not token:
                other = workspace.setting(OTHER[kind])
                given = (
                    f"{other} is set" if workspace.token(OTHER[kind]) else f"SLACK_WORKSPACES names {workspace.name}"
                )
                raise CannotStart(f"{given}, but {name} is missing. {WHERE[kind]}.")
            if odd := what_it_looks_like(token, kind):
                raise CannotStart(f"What {name} gives is no {CALLED[kind]}: {odd}")
            if token in seen:
                raise CannotStart(f"{seen[token]} and {name} hold the same token. Each workspace has its own app.")
            seen[token] = name
    return settings


def parse_settings(file: Path = ENV_FILE) -> SlackSettings:
    """The same with whatever stands in the tokens' places: `setup` is there to replace it."""
    given = _given(file)
    names = tuple(part.strip() for part in given.get(WORKSPACES, "").split(",") if part.strip())
    for name in names:
        check_name(name)
    if len({setting_of("bot", name) for name in names}) < len(names):
        raise CannotStart(f"A setting for Slack is wrong: {WORKSPACES} names the same workspace twice.")
    found = [Workspace(name, _token("bot", name, given), _token("app", name, given)) for name in ("", *names)]
    workspaces = tuple(one for one in found if one.name or one.bot_token or one.app_token)
    files = tuple(Path(value) for key, value in given.items() if re.fullmatch(r"SLACK_(BOT|APP)_TOKEN\w*_FILE", key))
    return SlackSettings(workspaces, _api_base(given), _organisers(given), files)


def check_name(name: str) -> None:
    """Raises CannotStart where this is no word for a workspace."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) or name.upper() == "FILE":
        says = "a workspace's name begins with a letter and has letters, digits, - and _ only"
        raise CannotStart(f"A setting for Slack is wrong: {WORKSPACES}: {says}; “{name}” does not fit.")


# --- tokens --------------------------------------------------------------------------------------------


def clean_token(text: str) -> str:
    """The token without what comes along when it is copied: spaces, quotes, “Bearer ”, the name of the setting."""
    return bare_token(text, r"^(?:export\s+)?SLACK_(?:BOT|APP)_TOKEN\w*\s*=|^Authorization\s*:|^Bearer\s")


def what_it_looks_like(token: str, kind: Kind) -> str:
    """A sentence for what is plainly not this token, with where to find it; empty for what may be it."""
    if not token:
        return f"it is empty. {WHERE[kind]}."
    other = OTHER[kind]
    for shape, looks in (
        (r"(?s).*\s.*", "it has spaces or several lines in it"),
        (rf"{BEGINS[other]}.*", f"it looks like the {CALLED[other]}, which belongs into {setting_of(other)}"),
        (r"xoxe.*", "it looks like a token that expires. Switch token rotation off in your app"),
        (r"xoxp-.*", "it looks like the token of a person, which must not be used"),
        (r"xox[a-z]-.*" if kind == "app" else r"xox[ac-z]-.*", "it looks like a token of another kind"),
        (r"[0-9a-f]{32}", "it looks like the signing secret or the client secret of an app"),
        (r"[A-Za-z0-9]{24}", "it looks like the verification token of an app"),
        (r"\d+\.\d+", "it looks like the client id of an app"),
        (r"[ATUEW][A-Z0-9]{7,}", "it looks like the id of an app, a person or a workspace"),
        (r"\w+://.*", "it looks like a link"),
        (r"[\w-]{20,}\.[\w-]{5,}\.[\w-]{20,}", "it looks like a token for Discord"),
        (r".*[^\x21-\x7e].*", "it has letters in it that no token has"),
        (rf"{BEGINS[kind]}.{{0,3}}", "only its beginning is there"),
        (rf"(?!{BEGINS[kind]}).*", f"it does not begin with {BEGINS[kind]}"),
    ):
        if re.fullmatch(shape, token):
            return f"{looks}. {WHERE[kind]}."
    return ""


# --- where they come from --------------------------------------------------------------------------------


def _given(file: Path) -> dict[str, str]:
    """What is set and not empty, by its name in capitals; the environment above the file."""
    found: dict[str, str] = {}
    for source in (dotenv_values(file) if file.is_file() else {}, os.environ):
        found |= {key.upper(): value for key, value in source.items() if value and key.upper().startswith("SLACK_")}
    return found


def _token(kind: Kind, workspace: str, given: Mapping[str, str]) -> SecretStr:
    name = setting_of(kind, workspace)
    token, file = clean_token(given.get(name, "")), given.get(f"{name}_FILE")
    if file:
        try:
            found = token_in(Path(file), f"{name}_FILE", WHERE[kind], clean_token)
        except ValueError as no:
            raise CannotStart(f"T{str(no)[1:]}.") from None
        if token and token != found:
            raise CannotStart(f"{name} and {name}_FILE hold two different tokens. Remove one of them.")
        token = found
    return SecretStr(token)


def _api_base(given: Mapping[str, str]) -> str:
    url = given.get("SLACK_API_BASE", SLACK)
    if not url.startswith(("https://", "http://")):
        raise CannotStart(f"A setting for Slack is wrong: SLACK_API_BASE: this is no address; Slack's own is {SLACK}")
    return url.rstrip("/") + "/"


def _organisers(given: Mapping[str, str]) -> frozenset[str]:
    ids = frozenset(part for part in re.split(r"[\s,;]+", given.get("SLACK_ORGANISERS", "")) if part)
    for one in ids:
        if not re.fullmatch(r"[UW][A-Z0-9]+", one):
            says = f"“{one}” is no member id. It begins with U and stands in the person's profile, under the three dots"
            raise CannotStart(f"A setting for Slack is wrong: SLACK_ORGANISERS: {says}.")
    return ids
