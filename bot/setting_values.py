"""How single values of settings are read: each function takes what was written and returns what is meant.

They raise ValueError with a sentence that begins with a verb and never repeats the value: it may be a secret.
"""

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from bot.net import is_loopback_url

DISCORD_API_PATH = "/api/v10"
DISCORD_API = "https://discord.com" + DISCORD_API_PATH


def _split(url: str, *, secure: str, plain: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"is not a URL; it should look like {secure}://host") from None
    if parts.scheme not in {secure, plain} or not host or any(sign.isspace() for sign in url):
        raise ValueError(f"is not a URL; it should look like {secure}://host")
    if parts.scheme == plain and not is_loopback_url(url):
        raise ValueError(f"uses plain {plain}, which is allowed to this machine only (127.0.0.1); use {secure}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must not hold a user name, a password, a '?' or a '#'")
    return parts


def http_base(url: str) -> str:
    parts = _split(url, secure="https", plain="http")
    return parts._replace(path=parts.path.rstrip("/")).geturl()


def provider_base(url: str) -> str:
    """Take the base with or without the version that every path of the API begins with."""
    return http_base(url).removesuffix("/v1")


def discord_base(url: str) -> str:
    base = http_base(url)
    if not urlsplit(base).path:
        return base + DISCORD_API_PATH
    if not urlsplit(base).path.endswith("/v10"):
        raise ValueError(f"must end in {DISCORD_API_PATH}: that is the version of Discord's API the bot speaks")
    return base


def gateway(url: str) -> str:
    return _split(url, secure="wss", plain="ws").geturl()


def secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip().strip("\"'")
    if not text:
        raise ValueError("is empty")
    if text.lower().startswith(("bot ", "bearer ")):
        raise ValueError("holds the word before the secret too ('Bot' or 'Bearer'); leave that word out")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("holds white space or characters that no such secret has; copy it again")
    return SecretStr(text)


def home_expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("begins with the home folder of a user who is not known here") from None


def upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def bucket(name: str) -> str:
    if not re.fullmatch(r"[\w.-]{3,63}", name, re.ASCII):
        raise ValueError("is no bucket's name: 3 to 63 letters, digits, dots and hyphens")
    return name


def region(name: str) -> str:
    if not re.fullmatch(r"[\w-]{1,40}", name, re.ASCII):
        raise ValueError("is no region's name; it should look like eu-central-1, or auto")
    return name


PRICES = ("0.5K", "1K", "2K", "4K", "reference", "web_search", "image_search")
"""What a price table names: a picture of each quality, and what comes on top (provider.md 8.1)."""
_MAX_PRICE = Decimal(1_000_000)
_MAX_AMOUNT = Decimal(1_000_000_000)


def price_table(written: Any) -> Any:
    """Read `2K=6.3867, reference=0.0355, …` as millionths of a credit by name."""
    if not isinstance(written, str):
        return written
    pairs = [part.partition("=") for part in written.split(",") if part.strip()]
    prices = {name.strip().upper(): price.strip() for name, _, price in pairs}
    table = {name: _millionths(prices.pop(name.upper(), None), name) for name in PRICES}
    if prices or len(pairs) != len(PRICES):
        raise ValueError(f"must name each of {', '.join(PRICES)} once")
    return table


def _millionths(written: str | None, name: str) -> int:
    if written is None:
        raise ValueError(f"does not name the price of {name}")
    price = _finite(written)
    if price is None or not 0 <= price <= _MAX_PRICE:
        raise ValueError(f"has no usable price of {name}; it should look like {name}=6.3867")
    return _in_millionths(price)


def millionths(written: Any) -> Any:
    """Read an amount of credits as whole millionths."""
    if written is None:
        return None
    amount = _finite(str(written).strip())
    if amount is None or not 0 <= amount <= _MAX_AMOUNT:
        raise ValueError("must be a number of credits from 0 to 1,000,000,000")
    return _in_millionths(amount)


def _finite(written: str) -> Decimal | None:
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _in_millionths(amount: Decimal) -> int:
    return int((amount * 1_000_000).to_integral_value())


def ids(written: Any) -> Any:
    """Read Discord's ids with commas between them."""
    if not isinstance(written, str):
        return written
    parts = [part.strip() for part in written.split(",") if part.strip()]
    if not all(re.fullmatch(r"[0-9]{1,20}", part, re.ASCII) and 0 < int(part) < 2**63 for part in parts):
        raise ValueError("must hold ids of Discord with commas between them, like 123456789012345678")
    return frozenset(map(int, parts))
