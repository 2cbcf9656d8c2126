"""The table of hosted copies, in a real database: what is found, until when, and that a URL does not outlive itself."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreError
from bot.store.assets import AssetStore, StoredAsset
from tests.support.clock import START
from tests.support.hosting import open_assets

HOUR = timedelta(hours=1)
URL = "https://bucket.example/a.png?X-Amz-Signature=abc"


def copy(name: str = "a.png", **changes: Any) -> StoredAsset:
    given: dict[str, Any] = {
        "name": name,
        "sha256": "ab" * 32,
        "media_type": "image/png",
        "host": "s3",
        "account": "ours",
        "remote_id": None,
        "created_at": START,
        "expires_at": START + 72 * HOUR,
    }
    return StoredAsset(**{**given, **changes})


async def published(
    assets: AssetStore, name: str = "a.png", *, until: datetime = START + 72 * HOUR, **changes: Any
) -> None:
    await assets.begin(copy(name, **changes))
    await assets.place(name, remote_id=f"id of {name}", expires_at=until)
    await assets.publish(name, url=URL)


async def find(assets: AssetStore, *, until: datetime = START, **changes: str) -> StoredAsset | None:
    asked = {"sha256": "ab" * 32, "host": "s3", "account": "ours", **changes}
    return await assets.find_live(asked.pop("sha256"), **asked, until=until)


async def test_a_copy_is_found_by_its_content_once_it_is_published(tmp_path: Path) -> None:
    """Not while it is only intended, and not before it was seen at its place."""
    async with open_assets(tmp_path) as assets:
        await assets.begin(copy())
        assert await find(assets) is None
        await assets.place("a.png", remote_id="f_1", expires_at=START + HOUR)
        assert await find(assets) is None
        await assets.publish("a.png", url=URL)
        assert await find(assets) == copy(remote_id="f_1", url=URL, expires_at=START + HOUR)


@pytest.mark.parametrize("other", [{"sha256": "cd" * 32}, {"host": "self"}, {"account": "theirs"}])
async def test_nothing_else_is_found(other: dict[str, str], tmp_path: Path) -> None:
    """Content, host and account have to agree."""
    async with open_assets(tmp_path) as assets:
        await published(assets)
        assert await find(assets) is not None
        assert await find(assets, **other) is None


@pytest.mark.parametrize(("hours", "found"), [(71, True), (72, True), (73, False)])
async def test_a_copy_is_found_if_it_lives_long_enough(hours: int, found: bool, tmp_path: Path) -> None:
    """To the moment that was asked for, included."""
    async with open_assets(tmp_path) as assets:
        await published(assets)
        assert (await find(assets, until=START + hours * HOUR) is not None) is found


async def test_of_several_copies_the_one_that_lives_longest_is_found(tmp_path: Path) -> None:
    """The newest among equals."""
    async with open_assets(tmp_path) as assets:
        await published(assets, "long.png", until=START + 9 * HOUR)
        await published(assets, "short.png", until=START + 5 * HOUR)
        assert (await find(assets) or copy()).name == "long.png"
        await published(assets, "newest.png", until=START + 9 * HOUR)
        assert (await find(assets) or copy()).name == "newest.png"


async def test_a_name_leads_to_its_copy_until_the_moment_it_expires(tmp_path: Path) -> None:
    """Published or not: our own server is looked at before a URL is published."""
    async with open_assets(tmp_path) as assets:
        await assets.begin(copy(host="self"))
        just_before = START + 72 * HOUR - timedelta(microseconds=1)
        assert await assets.find_named("a.png", host="self", now=just_before) == copy(host="self")
        assert await assets.find_named("a.png", host="self", now=START + 72 * HOUR) is None
        assert await assets.find_named("a.png", host="s3", now=START) is None
        assert await assets.find_named("' OR 1 --", host="self", now=START) is None


async def test_what_could_be_removed_is_listed_oldest_first(tmp_path: Path) -> None:
    """Live, published, known to the host; no more than asked for."""
    async with open_assets(tmp_path) as assets:
        await published(assets, "new.png", created_at=START + HOUR)
        await published(assets, "old.png")
        await published(assets, "expired.png", until=START + HOUR)
        await published(assets, "theirs.png", account="theirs")
        await assets.begin(copy("intended.png", remote_id="key"))
        await assets.begin(copy("nameless.png"))
        await assets.publish("nameless.png", url=URL)

        async def listed(limit: int) -> list[str]:
            found = await assets.list_removable(host="s3", account="ours", now=START + HOUR, limit=limit)
            return [one.name for one in found]

        assert await listed(9) == ["old.png", "new.png"]
        assert await listed(1) == ["old.png"]


async def test_an_expired_url_is_erased_when_it_is_listed(tmp_path: Path) -> None:
    """The database does not keep what was signed longer than it is worth anything; the copy can still be removed."""
    async with open_assets(tmp_path) as assets:
        await published(assets, "dead.png", until=START + HOUR)
        await published(assets, "alive.png")
        [dead] = await assets.list_expired(now=START + HOUR)
        assert (dead.name, dead.url, dead.remote_id) == ("dead.png", None, "id of dead.png")
        assert (await find(assets) or copy()).url == URL
        assert await assets.list_names(host="s3") == {"dead.png", "alive.png"}
        await assets.forget("dead.png")
        assert await assets.list_names(host="s3") == {"alive.png"}


async def test_a_name_is_given_once(tmp_path: Path) -> None:
    """It is the key to a picture."""
    async with open_assets(tmp_path) as assets:
        await assets.begin(copy())
        with pytest.raises(StoreError):
            await assets.begin(copy())


def test_neither_name_nor_url_is_shown() -> None:
    """Whoever knows them can read the picture; they stay out of logs and tracebacks."""
    shown = repr(copy("0123.png", url=URL, remote_id="imagebot/0123.png"))
    assert "0123" not in shown
    assert "Signature" not in shown
