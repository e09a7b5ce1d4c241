"""Settings of one installation, from the environment (WHETSTONE_...) and whetstone.toml, checked at start."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

STARTER = Path(__file__).resolve().parent.parent / "content" / "starter"


class Config(BaseSettings):
    """Raises pydantic's ValidationError, which names every setting that is wrong."""

    model_config = SettingsConfigDict(env_prefix="WHETSTONE_", toml_file="whetstone.toml", extra="ignore")

    data: Path = Field(default=Path("data"), description="folder of the database and of uploaded files")
    packs: tuple[Path, ...] = Field(default=(STARTER,), description="folders of content packs")
    port: int = Field(default=8080, ge=0, le=65535, description="port of the web page, on this machine only")
    web: bool = Field(default=False, description="serve the page in the browser beside another platform, too")
    log: Literal["text", "json"] = Field(default="text", description="how the log is written")
    ping_url: SecretStr = Field(default=SecretStr(""), description="asked for once a minute while all is well")

    @property
    def database(self) -> Path:
        return self.data / "whetstone.db"

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @field_validator("ping_url")
    @classmethod
    def _is_web_address(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not url.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("this is no address; it begins with https://")
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
