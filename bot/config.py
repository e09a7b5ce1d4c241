"""Settings of one installation, from the environment (WHETSTONE_...) and whetstone.toml, checked at start."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

STARTER = Path(__file__).resolve().parent.parent / "content" / "starter"


class Config(BaseSettings):
    """Raises pydantic's ValidationError, which names every setting that is wrong."""

    model_config = SettingsConfigDict(env_prefix="WHETSTONE_", toml_file="whetstone.toml", extra="ignore")

    data: Path = Field(default=Path("data"), description="folder of the database and of uploaded files")
    packs: tuple[Path, ...] = Field(default=(STARTER,), description="folders of content packs")
    port: int = Field(default=8080, ge=0, le=65535, description="port of the web page, on this machine only")

    @property
    def database(self) -> Path:
        return self.data / "whetstone.db"

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
