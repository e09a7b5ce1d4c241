"""Settings of the Discord bot, from the environment (DISCORD_...) and the file `.env` of the working directory."""

import re
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.settings import bare_token, proxy_for, token_in
from bot.app import CannotStart

DISCORD = "https://discord.com/api/v10"
GATEWAY = "wss://gateway.discord.gg/"
PORTAL = "https://discord.com/developers/applications"
WHERE = f"A bot token stands at {PORTAL}, in your application, on the page Bot: press “Reset Token”"
ENV_FILE = Path(".env")  # in the working directory


class DiscordSettings(BaseSettings):
    """
    What is needed to talk to Discord. `token` holds the cleaned token, also where it came from a file.

    Raises pydantic's ValidationError; `read_settings` makes one sentence of it.
    """

    model_config = SettingsConfigDict(
        env_prefix="DISCORD_", env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    token: SecretStr = Field(default=SecretStr(""), description="the bot's token; empty: no Discord")
    token_file: Path | None = Field(default=None, description="a file that holds the token instead")
    api_base: str = Field(default=DISCORD, description="address of the REST interface, with its version")
    gateway_url: str = Field(default="", description="address of the gateway; empty: Discord's")
    message_content: bool = Field(default=False, description="read replies in open threads; a privileged intent")
    members: bool = Field(default=False, description="notice at once who leaves the server; a privileged intent")

    @property
    def is_set(self) -> bool:
        """Whether there is a token, so that Discord is wanted."""
        return bool(self.token.get_secret_value())

    @property
    def proxy(self) -> str | None:
        """The proxy of this machine's environment for Discord's address, as `discord.Client(proxy=...)` wants it."""
        return proxy_for(self.api_base)

    @field_validator("token")
    @classmethod
    def _clean(cls, token: SecretStr) -> SecretStr:
        return SecretStr(clean_token(token.get_secret_value()))

    @field_validator("api_base")
    @classmethod
    def _is_web_address(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError(f"this is no address; Discord's own is {DISCORD}")
        return url.rstrip("/")

    @field_validator("gateway_url")
    @classmethod
    def _is_gateway_address(cls, url: str) -> str:
        if url and not url.startswith(("wss://", "ws://")):
            raise ValueError("this is no address of a gateway; it begins with wss://")
        return url

    @model_validator(mode="after")
    def _read_file(self) -> Self:
        if self.token_file is None:
            return self
        found = token_in(self.token_file, "DISCORD_TOKEN_FILE", WHERE, clean_token)
        if self.is_set and self.token.get_secret_value() != found:
            raise ValueError("DISCORD_TOKEN and DISCORD_TOKEN_FILE hold two different tokens; remove one of them")
        self.token = SecretStr(found)
        return self


def read_settings(file: Path = ENV_FILE) -> DiscordSettings:
    """
    The settings of this process, with those of `file` below its environment.

    Raises CannotStart with one sentence that names what is wrong, never the token.
    """
    settings = parse_settings(file)
    if settings.is_set and (odd := what_it_looks_like(settings.token.get_secret_value())):
        source = "DISCORD_TOKEN_FILE" if settings.token_file else "DISCORD_TOKEN"
        raise CannotStart(f"What {source} gives is no bot token: {odd}")
    return settings


def parse_settings(file: Path = ENV_FILE) -> DiscordSettings:
    """The same with whatever stands in the token's place: `setup` is there to replace it."""
    try:
        return DiscordSettings(_env_file=file)
    except ValidationError as error:
        wrong = "; ".join(_sentence(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors())
        raise CannotStart(f"A setting for Discord is wrong: {wrong.removesuffix('.')}.") from None


def point_library(settings: DiscordSettings) -> None:
    """
    Let discord.py talk to the server of these settings, in this whole process, and not complain that it has no voice.

    Raises CannotStart where only the REST interface was moved: the token would go to Discord's own gateway.
    """
    import discord
    import yarl
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

    if settings.api_base != DISCORD and not settings.gateway_url:
        raise CannotStart(
            "DISCORD_API_BASE names another server, but DISCORD_GATEWAY_URL is missing. Set both. "
            "`whetstone doctor discord` says which gateway that server has."
        )
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    if settings.api_base != Route.BASE:
        Route.BASE = settings.api_base
    gateway = yarl.URL(settings.gateway_url or GATEWAY)
    if gateway != DiscordWebSocket.DEFAULT_GATEWAY:
        DiscordWebSocket.DEFAULT_GATEWAY = gateway


# --- tokens --------------------------------------------------------------------------------------------


def clean_token(text: str) -> str:
    """The token without what comes along when it is copied: spaces, quotes, “Bot ”, the name of the setting."""
    return bare_token(text, r"^(?:export\s+)?DISCORD_TOKEN\s*=|^Authorization\s*:|^Bot\s")


def what_it_looks_like(token: str) -> str:
    """A sentence for what is plainly no bot token, with where to find one; empty for what may be one."""
    if not token:
        return f"it is empty. {WHERE}."
    for shape, looks in (
        (r"\d{15,22}|[0-9a-fA-F]{64}|[\w-]{32}", "it looks like the id, public key or client secret of an application"),
        (r"mfa\..*", "it looks like the token of a person, which must never be used"),
        (r"(?s)\w+://.*|xox.*|xapp-.*|.*[^\x21-\x7e].*|.{1,19}", "a token is one long word, with dots in it"),
    ):
        if re.fullmatch(shape, token):
            return f"{looks}. {WHERE}."
    return ""


def _sentence(setting: str, says: str) -> str:
    says = says.removeprefix("Value error, ")
    return f"DISCORD_{setting.upper()}: {says}" if setting else says
