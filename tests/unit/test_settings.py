"""What an operator may set, and the sentence for each thing that is wrong with it."""

from pathlib import Path

import pytest

from bot import env_lines
from bot.errors import SettingsError
from bot.settings import NAMES, FixedSettings, LogFormat, LogLevel, MessageContent, ProviderSettings, Settings, load

TOKEN = "a-token-nobody-may-see"
KEY = "sk-a-key-nobody-may-see"
NO_FILE = Path("no-such.env")


@pytest.fixture(autouse=True)
def _only_the_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)


def faults_of(values: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load(Settings, env_file=NO_FILE)
    return {fault.variable: fault.sentence for fault in caught.value.faults}


def test_two_secrets_are_enough() -> None:
    """Everything else has a default that works."""
    settings = load(Settings, env_file=NO_FILE)
    assert settings.discord_token.get_secret_value() == TOKEN
    assert settings.evolink_api_key.get_secret_value() == KEY
    assert settings.evolink_model == "gemini-3.1-flash-image-preview"
    assert settings.discord_api_base == "https://discord.com/api/v10"
    assert settings.data_dir == Path("data")
    assert settings.message_content_intent is MessageContent.AUTO
    assert not settings.serves_web
    assert settings.callback_base is None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DISCORD_TOKEN", "Bot abc", "leave that word out"),
        ("DISCORD_TOKEN", "two words", "holds white space"),
        ("DISCORD_TOKEN", "tökén", "characters that no such secret has"),
        ("DISCORD_TOKEN", '""', "is empty"),
        ("DISCORD_TOKEN", " ", "is not set; it is the bot's token from Discord's developer portal"),
        ("DISCORD_TOKEN", "", "is not set; it is the bot's token from Discord's developer portal"),
        ("EVOLINK_API_KEY", "", "is not set; it is the API key from the EvoLink dashboard"),
        ("EVOLINK_API_KEY", "Bearer sk-abc", "leave that word out"),
        ("EVOLINK_MODEL", "two words", "no model name has"),
        ("EVOLINK_MODEL", "x" * 101, "no model name has"),
        ("EVOLINK_API_BASE", "api.evolink.ai", "should look like https://host"),
        ("EVOLINK_API_BASE", "ftp://api.evolink.ai", "should look like https://host"),
        ("EVOLINK_API_BASE", "https://", "should look like https://host"),
        ("EVOLINK_API_BASE", "https://[::1", "should look like https://host"),
        ("EVOLINK_API_BASE", "https://host:99999", "should look like https://host"),
        ("EVOLINK_API_BASE", "https://two words", "should look like https://host"),
        ("EVOLINK_API_BASE", "https://a\tb", "should look like https://host"),
        ("EVOLINK_API_BASE", "http://api.evolink.ai", "plain http, which is allowed to this machine only"),
        ("EVOLINK_API_BASE", "http://127.0.0.1.evil.example", "plain http, which is allowed to this machine only"),
        ("EVOLINK_FILES_BASE", "https://me:word@host", "must not hold a user name"),
        ("EVOLINK_FILES_BASE", "https://host/?key=1", "must not hold a user name"),
        ("EVOLINK_FILES_BASE", "https://host/#top", "must not hold a user name"),
        ("DISCORD_API_BASE", "https://discord.com/api/v9", "must end in /api/v10"),
        ("DISCORD_API_BASE", "http://discord.com", "plain http"),
        ("DISCORD_GATEWAY_URL", "https://gateway.discord.gg", "should look like wss://host"),
        ("DISCORD_GATEWAY_URL", "ws://gateway.discord.gg", "plain ws"),
        ("DATA_DIR", "~no-such-user-here/data", "user who is not known here"),
        ("PUBLIC_BASE_URL", "http://bot.example", "plain http"),
        ("WEB_PORT", "8080.5", "must be a whole number"),
        ("WEB_PORT", "http", "must be a whole number"),
        ("WEB_PORT", "-1", "is too small; the least is 0"),
        ("WEB_PORT", "65536", "is too large; the most is 65535"),
        ("WEB_PORT", "9" * 5000, "is not usable"),
        ("LOG_LEVEL", "verbose", "must be one of 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("LOG_FORMAT", "xml", "must be one of 'text' or 'json'"),
        ("MESSAGE_CONTENT_INTENT", "yes", "must be one of 'auto', 'on' or 'off'"),
        ("DEV_GUILD_ID", "0", "is too small"),
        ("DEV_GUILD_ID", str(2**63), "is too large"),
        ("DEV_GUILD_ID", "my server", "must be a whole number"),
        ("MAX_CONCURRENT_TASKS", "0", "the least is 1"),
        ("MAX_CONCURRENT_TASKS", "1001", "the most is 1000"),
        ("MAX_WAITING_JOBS", "0", "the least is 1"),
        ("JOB_DEADLINE_MINUTES", "1441", "the most is 1440"),
    ],
)
def test_a_malformed_value_is_named_with_a_sentence(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is told by its name and nothing else is blamed."""
    faults = faults_of({name: value}, monkeypatch)
    assert list(faults) == [name]
    assert sentence in faults[name]


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("DISCORD_TOKEN", f' "{TOKEN}" ', "discord_token", TOKEN),
        ("EVOLINK_API_KEY", f"{KEY}\n", "evolink_api_key", KEY),
        ("EVOLINK_MODEL", " another/model:1 ", "evolink_model", "another/model:1"),
        ("EVOLINK_API_BASE", " https://host/v1/ ", "evolink_api_base", "https://host"),
        ("EVOLINK_FILES_BASE", "http://[::1]:8000/", "evolink_files_base", "http://[::1]:8000"),
        ("DISCORD_API_BASE", "http://localhost:5000", "discord_api_base", "http://localhost:5000/api/v10"),
        ("DISCORD_API_BASE", "http://127.0.0.1:5/api/v10/", "discord_api_base", "http://127.0.0.1:5/api/v10"),
        ("DISCORD_GATEWAY_URL", "ws://127.0.0.1:5/", "discord_gateway_url", "ws://127.0.0.1:5/"),
        ("DISCORD_GATEWAY_URL", "  ", "discord_gateway_url", None),
        ("DATA_DIR", " ", "data_dir", Path("data")),
        ("WEB_HOST", " 0.0.0.0 ", "web_host", "0.0.0.0"),
        ("WEB_HOST", " ", "web_host", "127.0.0.1"),
        ("WEB_PORT", " 0 ", "web_port", 0),
        ("WEB_PORT", "", "web_port", None),
        ("LOG_LEVEL", " debug ", "log_level", LogLevel.DEBUG),
        ("LOG_FORMAT", "JSON", "log_format", LogFormat.JSON),
        ("MESSAGE_CONTENT_INTENT", "Off", "message_content_intent", MessageContent.OFF),
        ("DEV_GUILD_ID", str(2**63 - 1), "dev_guild_id", 2**63 - 1),
    ],
)
def test_what_is_meant_is_understood(
    name: str, value: str, field: str, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """White space, quotes, letter case, a final slash: nobody has to be taught about them; blank means not set."""
    monkeypatch.setenv(name, value)
    settings = load(Settings, env_file=NO_FILE)
    found = getattr(settings, field)
    assert (found.get_secret_value() if hasattr(found, "get_secret_value") else found) == expected


def test_all_faults_are_told_at_once_and_no_secret_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in the wrong line is not repeated, neither in the faults nor in the error's own text or context."""
    secret = "sk-pasted-into-the-wrong-line"
    values = dict.fromkeys(("EVOLINK_API_BASE", "WEB_PORT", "LOG_LEVEL", "DEV_GUILD_ID", "PUBLIC_BASE_URL"), secret)
    values["DISCORD_TOKEN"] = f"Bot {secret}"
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load(Settings, env_file=NO_FILE)
    error = caught.value
    assert {fault.variable for fault in error.faults} == set(values)
    assert secret not in str(error)
    assert error.__context__ is None
    assert error.__cause__ is None


def test_what_generate_needs_does_not_ask_for_discord(monkeypatch: pytest.MonkeyPatch) -> None:
    """One picture from the command line needs the key alone."""
    monkeypatch.delenv("DISCORD_TOKEN")
    assert load(ProviderSettings, env_file=NO_FILE).evolink_api_key.get_secret_value() == KEY


@pytest.mark.parametrize("raw", [b"LOG_LEVEL=warning\n", b"\xef\xbb\xbfLOG_LEVEL=warning\r\n"], ids=["plain", "mark"])
def test_a_file_sets_what_the_environment_does_not(raw: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line counts too where an editor put a mark before it; the environment wins, unless it is empty."""
    file = tmp_path / ".env"
    file.write_bytes(raw + b"LOG_FORMAT=json\nUNKNOWN_HERE=1\nWEB_PORT=81\n")
    monkeypatch.setenv("LOG_FORMAT", "text")
    monkeypatch.setenv("WEB_PORT", "")
    settings = load(Settings, env_file=file)
    assert settings.web_port == 81
    assert settings.log_level is LogLevel.WARNING
    assert settings.log_format is LogFormat.TEXT


@pytest.mark.parametrize("kind", ["folder", "latin", "utf-16"])
def test_a_file_that_cannot_be_read_is_a_fault_of_its_own(kind: str, tmp_path: Path) -> None:
    """A folder of that name, as container engines make them, is not passed over in silence."""
    file = tmp_path / ".env"
    if kind == "folder":
        file.mkdir()
    else:
        file.write_bytes(b"LOG_LEVEL=\xe9\n" if kind == "latin" else "LOG_LEVEL=info\n".encode("utf-16"))
    with pytest.raises(SettingsError) as caught:
        load(Settings, env_file=file)
    [fault] = caught.value.faults
    assert fault.variable == str(file)
    assert fault.sentence == "cannot be read; it must be a text file in UTF-8"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("some words", "makes no sense; it must look like NAME=value, with both quotes or none"),
        ("LOG_FORMAT='json", "makes no sense; it must look like NAME=value, with both quotes or none"),
        ("web_port", "names web_port without a value; it must look like web_port=value"),
    ],
)
def test_a_line_that_makes_no_sense_is_a_fault_with_its_number(line: str, sentence: str, tmp_path: Path) -> None:
    """Comments, blank lines, `export` and names of others are no faults; what the line holds is not repeated."""
    file = tmp_path / ".env"
    file.write_text(f"# mine\n\nexport LOG_LEVEL=error\nOTHERS\n\n{line}\n")
    with pytest.raises(SettingsError) as caught:
        load(Settings, env_file=file)
    assert [(fault.variable, fault.sentence) for fault in caught.value.faults] == [(f"{file} line 6", sentence)]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DISCORD_TOKN", "DISCORD_TOKEN"),
        ("DISCORD-TOKEN", "DISCORD_TOKEN"),
        ("EVOLINK_KEY", "EVOLINK_API_KEY"),
        ("EVOLINK_APIKEY", "EVOLINK_API_KEY"),
        ("evolink_api_keys", "EVOLINK_API_KEY"),
        ("DEV_GUILDID", "DEV_GUILD_ID"),
        ("WEB_PROT", "WEB_PORT"),
        ("PATH", None),
        ("MY_TOKEN", None),
        ("web_port", None),
        ("WEB_PORT", None),
    ],
)
def test_a_name_that_is_nearly_one_of_ours_is_suspected(name: str, meant: str | None, tmp_path: Path) -> None:
    """A slip of the pen is guessed; known names in any case, and names of others, are left alone."""
    file = tmp_path / ".env"
    file.write_text(f"LOG_LEVEL=info\n{name}=1\n")
    guess = f"{file} line 2: {name} is no setting and is passed over; did you mean {meant}?"
    assert env_lines.suspicions(file, known=NAMES) == ([guess] if meant else [])


@pytest.mark.parametrize("kind", ["folder", "missing", "latin"])
def test_nothing_is_suspected_of_a_file_that_cannot_be_read(kind: str, tmp_path: Path) -> None:
    """Reading the settings says what is wrong with it."""
    file = tmp_path / ".env"
    if kind == "folder":
        file.mkdir()
    elif kind == "latin":
        file.write_bytes(b"\xe9=1\n")
    assert env_lines.suspicions(file, known=NAMES) == []


def test_no_text_of_the_settings_shows_a_secret() -> None:
    """Neither repr nor str nor the dumped form does."""
    settings = load(Settings, env_file=NO_FILE)
    shown = f"{settings!r} {settings} {settings.model_dump_json()}"
    assert TOKEN not in shown
    assert KEY not in shown


def test_fixed_settings_do_not_look_at_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the demo is given in code is all there is, and is checked as strictly."""
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    settings = FixedSettings.of(discord_token="given", evolink_api_key="given-too")
    assert settings.log_level is LogLevel.INFO
    assert settings.discord_token.get_secret_value() == "given"
    with pytest.raises(SettingsError) as caught:
        FixedSettings.of(discord_token="given", web_port=-1)
    assert {fault.variable for fault in caught.value.faults} == {"EVOLINK_API_KEY", "WEB_PORT"}


@pytest.mark.parametrize(
    ("public", "port", "provider", "serves", "callbacks"),
    [
        (None, None, "https://api.evolink.ai", False, False),
        (None, 0, "https://api.evolink.ai", True, False),
        ("https://bot.example", None, "https://api.evolink.ai", True, True),
        ("https://localhost", None, "https://api.evolink.ai", True, False),
        ("http://127.0.0.1:8080", None, "https://api.evolink.ai", True, False),
        ("http://127.0.0.1:8080", None, "http://127.0.0.1:9", True, True),
    ],
)
def test_callbacks_are_asked_for_where_the_provider_can_call(
    public: str | None, port: int | None, provider: str, *, serves: bool, callbacks: bool
) -> None:
    """https and public for the real one; a provider on this machine may call this machine."""
    settings = FixedSettings.of(
        discord_token=TOKEN, evolink_api_key=KEY, public_base_url=public, web_port=port, evolink_api_base=provider
    )
    assert settings.serves_web is serves
    assert settings.callback_base == (public if callbacks else None)
    assert settings.loopback_provider is provider.startswith("http:")
