"""What an operator may say of hosting, what is wrong with it, and which hosts come of it."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.hosting import HostedFolder, make_hosts
from bot.settings import FixedSettings, HostName, Settings, load
from tests.support.clock import ManualClock

NOBODY: Any = None
S3 = {"s3_bucket": "pictures", "s3_access_key": "access", "s3_secret_key": "a-secret-nobody-may-see"}
OWN = {"public_base_url": "https://bot.example/"}


def settings(**values: Any) -> FixedSettings:
    return FixedSettings.of(discord_token="token", evolink_api_key="key", **values)


def faults(**values: Any) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        settings(**values)
    return {fault.variable: fault.sentence for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("evolink", ("evolink",)),
        (" Self , S3 ", ("self", "s3")),
        ("s3,evolink,s3", ("s3", "evolink")),
        ("evolink,", ("evolink",)),
    ],
)
def test_hosts_are_used_in_the_order_in_which_they_are_named(
    given: str, meant: tuple[str, ...], tmp_path: Path
) -> None:
    """Each once; letter case and blanks do not matter."""
    chosen = settings(hosting=given, **S3, **OWN)
    assert chosen.hosting == meant
    folder = HostedFolder(tmp_path, assets=NOBODY, clock=ManualClock())
    hosts = make_hosts(chosen, files=NOBODY, folder=folder, clock=ManualClock())
    assert tuple(host.name for host in hosts) == meant


def test_the_default_needs_nothing_but_the_key() -> None:
    """The provider's own file service."""
    assert settings().hosting == (HostName.EVOLINK,)


def test_a_list_comes_from_the_environment_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """No JSON is asked of anybody."""
    values = {"DISCORD_TOKEN": "token", "EVOLINK_API_KEY": "key", "HOSTING": "evolink, self"}
    for name, value in {**values, "PUBLIC_BASE_URL": "https://bot.example"}.items():
        monkeypatch.setenv(name, value)
    assert load(Settings, env_file=Path("no-such.env")).hosting == (HostName.EVOLINK, HostName.SELF)


@pytest.mark.parametrize(
    ("values", "variable", "sentence"),
    [
        ({"hosting": "dropbox"}, "HOSTING", "must be one of 'evolink', 'self' or 's3'"),
        ({"hosting": "evolink,dropbox"}, "HOSTING", "must be one of"),
        ({"hosting": " , "}, "HOSTING", "names no host"),
        ({"hosting": "self"}, "PUBLIC_BASE_URL", "HOSTING=self needs it"),
        ({"hosting": "self", "public_base_url": "http://127.0.0.1:8080"}, "PUBLIC_BASE_URL", "of this machine only"),
        ({"hosting": "self", "public_base_url": "https://localhost"}, "PUBLIC_BASE_URL", "of this machine only"),
        ({"hosting": "s3", **S3, "s3_bucket": None}, "S3_BUCKET", "HOSTING=s3 needs it"),
        ({"hosting": "s3", **S3, "s3_access_key": None}, "S3_ACCESS_KEY", "HOSTING=s3 needs it"),
        ({"hosting": "s3", **S3, "s3_secret_key": None}, "S3_SECRET_KEY", "HOSTING=s3 needs it"),
        ({"s3_bucket": "a/b"}, "S3_BUCKET", "is no bucket's name"),
        ({"s3_bucket": "ab"}, "S3_BUCKET", "is no bucket's name"),
        ({"s3_region": "eu central"}, "S3_REGION", "is no region's name"),
        ({"s3_endpoint": "http://objects.example"}, "S3_ENDPOINT", "plain http"),
        ({"s3_endpoint": "https://key:secret@objects.example"}, "S3_ENDPOINT", "must not hold a user name"),
        ({"s3_public_base_url": "objects.example"}, "S3_PUBLIC_BASE_URL", "should look like https://host"),
        ({"s3_secret_key": "two words"}, "S3_SECRET_KEY", "holds white space"),
        ({"hosted_hours": 2}, "HOSTED_HOURS", "the least is 3"),
        ({"hosted_hours": 169}, "HOSTED_HOURS", "the most is 168"),
    ],
)
def test_what_is_missing_or_malformed_is_named(values: dict[str, Any], variable: str, sentence: str) -> None:
    """By its own variable, and nothing else is blamed."""
    found = faults(**values)
    assert list(found) == [variable]
    assert sentence in found[variable]


def test_all_that_s3_needs_is_told_at_once() -> None:
    """An operator fills it in in one go."""
    assert list(faults(hosting="s3,self")) == ["PUBLIC_BASE_URL", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY"]


def test_an_unused_host_asks_for_nothing() -> None:
    """Bucket and address may be set half, as long as they are not needed."""
    assert settings(s3_bucket="pictures").s3_access_key is None


def test_a_missing_extra_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything starts, and only where it is needed."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    assert faults(hosting="evolink,s3", **S3) == {
        "HOSTING": "names s3, which needs an extra that is not installed: pip install 'imagebot[s3]'"
    }
    assert settings(hosting="evolink", **S3).hosting == (HostName.EVOLINK,)


def test_our_own_server_may_be_on_loopback_where_the_provider_is() -> None:
    """As in the demo and in tests."""
    base = "http://127.0.0.1:8080"
    assert settings(hosting="self", public_base_url=base, evolink_api_base="http://127.0.0.1:9").public_base_url == base


def test_the_secrets_of_the_bucket_are_not_shown() -> None:
    """Neither key, in no text of the settings."""
    chosen = settings(hosting="s3", **S3)
    assert S3["s3_secret_key"] not in f"{chosen!r} {chosen} {chosen.model_dump_json()}"


def test_copies_live_as_long_as_was_said(tmp_path: Path) -> None:
    """At our own server and in the bucket; EvoLink keeps to its 72 hours."""
    chosen = settings(hosting="evolink,self,s3", hosted_hours=24, **S3, **OWN)
    folder = HostedFolder(tmp_path, assets=NOBODY, clock=ManualClock())
    hosts = make_hosts(chosen, files=NOBODY, folder=folder, clock=ManualClock())
    assert [host.life for host in hosts] == [timedelta(hours=72), timedelta(hours=24), timedelta(hours=24)]


def test_another_bucket_or_key_is_another_account(tmp_path: Path) -> None:
    """What was hosted elsewhere is not handed out as if it were here; a fingerprint does not tell the key."""
    folder = HostedFolder(tmp_path, assets=NOBODY, clock=ManualClock())

    def accounts(**changes: Any) -> list[str]:
        chosen = settings(**{"hosting": "s3", **S3, **changes})
        return [host.account for host in make_hosts(chosen, files=NOBODY, folder=folder, clock=ManualClock())]

    different = [accounts(), accounts(s3_bucket="other"), accounts(s3_endpoint="https://objects.example")]
    assert len({tuple(each) for each in different}) == 3
    assert accounts() == accounts(s3_secret_key="renewed")
    assert "key" not in accounts(hosting="evolink")[0]
