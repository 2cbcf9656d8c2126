"""What an operator sets, read from the environment and `.env`, checked before anything starts.

Built by whoever starts the program (`load`), never at import. Every fault is reported at once, by the variable's name
and in a sentence, and no sentence repeats a value: it may be a secret pasted into the wrong line.
"""

import importlib.util
import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot import env_lines, setting_values
from bot.errors import Fault, SettingsError
from bot.net import is_loopback_url

T = TypeVar("T")


class HostName(StrEnum):
    """Where a prepared picture can be put so that the provider can read it."""

    EVOLINK = "evolink"
    SELF = "self"
    S3 = "s3"


class LogFormat(StrEnum):
    """How a log line is written."""

    TEXT = "text"
    JSON = "json"


class MessageContent(StrEnum):
    """Whether the privileged message-content intent is asked of the gateway; `auto` asks for it where it is granted."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class ReplyToPicture(StrEnum):
    """What a reply to a picture does that pings the bot; `ask` has the person confirm where the text does not name it.

    `mention` reacts only to replies whose text names the bot, `off` to none.
    """

    INSTANT = "instant"
    ASK = "ask"
    MENTION = "mention"
    OFF = "off"


class LogLevel(StrEnum):
    """The least severe line that is written."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _listed(value: Any) -> Any:
    """Read names with commas between them, each once, in their order."""
    if not isinstance(value, str):
        return value
    names = dict.fromkeys(name for name in (part.strip().lower() for part in value.split(",")) if name)
    if not names:
        raise ValueError("names no host; it must hold evolink, self or s3, with commas between several")
    return tuple(names)


def _installed(hosts: tuple[HostName, ...]) -> tuple[HostName, ...]:
    if HostName.S3 in hosts and importlib.util.find_spec("obstore") is None:
        raise ValueError("names s3, which needs an extra that is not installed: pip install 'imagebot[s3]'")
    return hosts


def _hosts_at(info: ValidationInfo) -> tuple[HostName, ...]:
    """Return what HOSTING says, which stands before what depends on it; nothing where it has a fault of its own."""
    return info.data.get("hosting", ())


def _needed_by_self(base: str | None, info: ValidationInfo) -> str | None:
    if HostName.SELF not in _hosts_at(info):
        return base
    if base is None:
        raise ValueError("is not set, and HOSTING=self needs it: pictures are handed out under this address")
    if is_loopback_url(base) and not is_loopback_url(info.data.get("evolink_api_base", base)):
        raise ValueError(
            "is an address of this machine only, where the provider cannot read the pictures of HOSTING=self"
        )
    return base


def _needed_by_s3(value: T, info: ValidationInfo) -> T:
    if value is None and HostName.S3 in _hosts_at(info):
        raise ValueError("is not set, and HOSTING=s3 needs it")
    return value


DEFAULT_PRICES = setting_values.price_table(
    "0.5K=2.8398,1K=4.2578,2K=6.3867,4K=9.5801,reference=0.0355,web_search=0.8871,image_search=0.8871"
)
"""provider.md 8.1, as recorded on 2026-10-10."""
Secret = Annotated[SecretStr, AfterValidator(setting_values.secret)]
HttpBase = Annotated[str, AfterValidator(setting_values.http_base)]
Credits = Annotated[int, BeforeValidator(setting_values.millionths)]
"""Written in credits, read as whole millionths."""
Ids = Annotated[frozenset[int], NoDecode, BeforeValidator(setting_values.ids)]
NeededByS3 = Annotated[T | None, AfterValidator(_needed_by_s3), Field(validate_default=True)]


class BasicSettings(BaseSettings):
    """How settings are read, and how logs are written."""

    # utf-8-sig: some editors begin a file with a byte order mark, which would else become part of the first name
    # defer_build: a program uses one of the classes that build on this, and to prepare all takes a tenth of its start
    model_config = SettingsConfigDict(
        env_file_encoding="utf-8-sig", env_ignore_empty=True, extra="ignore", frozen=True, defer_build=True
    )

    log_level: Annotated[LogLevel, BeforeValidator(setting_values.upper)] = LogLevel.INFO
    log_format: Annotated[LogFormat, BeforeValidator(setting_values.lower)] = LogFormat.TEXT

    @model_validator(mode="before")
    @classmethod
    def _trim(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Drop the white space around values, and with it those that hold nothing else."""
        trimmed = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in trimmed.items() if value != ""}


class StorageSettings(BasicSettings):
    """Where the database is, what the operator allows, and prices: enough for `imagebot usage` and `imagebot quota`."""

    data_dir: Annotated[Path, AfterValidator(setting_values.home_expanded)] = Path("data")
    default_member_images_per_day: Annotated[int, Field(ge=0, le=1_000_000_000)] = 10
    user_images_per_day: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    server_credits_per_month: Credits | None = None
    total_credits_per_day: Credits | None = None
    total_credits_per_month: Credits | None = None
    direct_images_per_day: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    price_table: Annotated[dict[str, int], NoDecode, BeforeValidator(setting_values.price_table)] = DEFAULT_PRICES


class ProviderSettings(BasicSettings):
    """What is needed to speak to EvoLink, and nothing of Discord: enough for `imagebot generate`."""

    evolink_api_key: Secret
    evolink_model: Annotated[str, Field(pattern=r"^[\w.:/-]{1,100}$")] = "gemini-3.1-flash-image-preview"
    evolink_api_base: Annotated[str, AfterValidator(setting_values.provider_base)] = "https://api.evolink.ai"
    evolink_files_base: HttpBase = "https://files-api.evolink.ai"

    @property
    def loopback_provider(self) -> bool:
        """Results may come from this machine exactly when the provider itself is on it (DESIGN 5.7)."""
        return is_loopback_url(self.evolink_api_base)


class Settings(StorageSettings, ProviderSettings):
    """Everything `imagebot run` can be told."""

    discord_token: Secret
    discord_api_base: Annotated[str, AfterValidator(setting_values.discord_base)] = (
        "https://discord.com" + setting_values.DISCORD_API_PATH
    )
    discord_gateway_url: Annotated[str, AfterValidator(setting_values.gateway)] | None = None
    hosting: Annotated[tuple[HostName, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_installed)] = (
        HostName.EVOLINK,
    )
    hosted_hours: Annotated[int, Field(ge=3, le=168)] = 72
    public_base_url: Annotated[HttpBase | None, AfterValidator(_needed_by_self), Field(validate_default=True)] = None
    s3_endpoint: HttpBase | None = None
    s3_bucket: NeededByS3[Annotated[str, AfterValidator(setting_values.bucket)]] = None
    s3_region: Annotated[str, AfterValidator(setting_values.region)] = "us-east-1"
    s3_access_key: NeededByS3[Secret] = None
    s3_secret_key: NeededByS3[Secret] = None
    s3_public_base_url: HttpBase | None = None
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    message_content_intent: Annotated[MessageContent, BeforeValidator(setting_values.lower)] = MessageContent.AUTO
    reply_to_picture: Annotated[ReplyToPicture, BeforeValidator(setting_values.lower)] = ReplyToPicture.ASK
    allowed_servers: Ids = frozenset()
    blocked_servers: Ids = frozenset()
    blocked_users: Ids = frozenset()
    removed_server_kept_days: Annotated[int, Field(ge=0, le=3650)] = 30
    dev_guild_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    max_concurrent_tasks: Annotated[int, Field(ge=1, le=1000)] = 50
    max_waiting_jobs: Annotated[int, Field(ge=1, le=100_000)] = 1000
    job_deadline_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30
    provider_honours_idempotency_key: bool = False
    result_retention_days: Annotated[int, Field(ge=1, le=3650)] = 30
    result_max_gb: Annotated[float, Field(ge=0.001, le=1_000_000)] = 20.0
    min_free_disk_mb: Annotated[int, Field(ge=0, le=1_000_000)] = 256

    @property
    def loopback_discord(self) -> bool:
        """Pictures of people may come from this machine exactly when Discord itself is on it (DESIGN 5.7)."""
        return is_loopback_url(self.discord_api_base)

    @property
    def loopback_hosting(self) -> bool:
        """Hosted pictures may be looked at on this machine exactly when one of the places they go to is on it."""
        places = (self.evolink_files_base, self.public_base_url, self.s3_endpoint, self.s3_public_base_url)
        return any(is_loopback_url(place) for place in places if place)

    @property
    def serves_web(self) -> bool:
        """The web server runs where the bot can be reached from outside or was given a port of its own."""
        return self.public_base_url is not None or self.web_port is not None

    @property
    def callback_base(self) -> str | None:
        """The base for callbacks, or None where the provider could not or would not call (provider.md 7)."""
        if self.public_base_url is None:
            return None
        if self.public_base_url.startswith("https://") and not is_loopback_url(self.public_base_url):
            return self.public_base_url
        return self.public_base_url if self.loopback_provider else None


NAMES = tuple(name.upper() for name in Settings.model_fields)
"""Every variable there is."""


class FixedSettings(Settings):
    """Settings given in code alone; the environment is not looked at (the demo and the tests)."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Check and build; raises SettingsError."""
        return _checked(cls, values)


ENV_FILE = Path(".env")
AnySettings = TypeVar("AnySettings", bound=BasicSettings)

_WHERE_TO_GET = {
    "discord_token": "is not set; it is the bot's token from Discord's developer portal (page Bot, button Reset Token)",
    "evolink_api_key": "is not set; it is the API key from the EvoLink dashboard and begins with sk-",
}


def load(kind: type[AnySettings], *, env_file: Path = ENV_FILE) -> AnySettings:
    """Read settings from the environment and a `.env` file; raises SettingsError with every fault."""
    faults: list[Fault] = []
    try:
        if env_file.is_dir():  # the library would pass over it; a container engine makes one of a missing file
            raise IsADirectoryError
        faults = env_lines.faults(env_file, known=NAMES)
        logging.getLogger("dotenv.main").disabled = True  # what it would say of those lines is said here
        settings = _checked(kind, {"_env_file": env_file})
    except SettingsError as error:
        settings, faults = None, [*faults, *error.faults]
    except (OSError, UnicodeDecodeError):
        settings, faults = None, [Fault(str(env_file), "cannot be read; it must be a text file in UTF-8")]
    if settings is None or faults:
        raise SettingsError(faults)
    return settings


def _checked(kind: type[AnySettings], values: dict[str, Any]) -> AnySettings:
    try:
        return kind(**values)
    except ValidationError as error:
        faults = [_fault(detail) for detail in error.errors(include_url=False, include_input=False)]
    raise SettingsError(faults)  # outside the handler: pydantic's own error holds the values


def _fault(detail: ErrorDetails) -> Fault:
    field = str(detail["loc"][0]) if detail["loc"] else "settings"
    return Fault(field.upper(), _sentence(field, detail))


def _sentence(field: str, detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    sentences = {
        "missing": _WHERE_TO_GET.get(field, "is not set"),
        "value_error": str(context.get("error")),
        "enum": f"must be one of {context.get('expected')}",
        "int_parsing": "must be a whole number",
        "float_parsing": "must be a number",
        "greater_than_equal": f"is too small; the least is {context.get('ge')}",
        "less_than_equal": f"is too large; the most is {context.get('le')}",
        "string_pattern_mismatch": "holds characters that no model name has",
    }
    return sentences.get(detail["type"], "is not usable")
