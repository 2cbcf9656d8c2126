"""What comes through the gateway may be odd, or much at once: the bot goes on."""

import asyncio
import logging
from typing import Any

import pytest

from bot.client import CONNECTIONS_TO_A_HOST
from bot.sandbox.discord.events import Event
from tests.support.house import House

ODD: list[tuple[str, dict[str, Any]]] = [
    ("INTERACTION_CREATE", {}),
    ("INTERACTION_CREATE", {"id": "x", "type": 2}),
    ("MESSAGE_CREATE", {"id": None}),
    ("GUILD_CREATE", {"name": "a guild without an id"}),
    ("CHANNEL_UPDATE", {"type": "?"}),
    ("SOMETHING_NEW", {}),
]


@pytest.mark.parametrize(("name", "payload"), ODD, ids=[f"{name}-{sorted(payload)}" for name, payload in ODD])
async def test_an_event_that_the_library_stumbles_over_ends_nothing(
    name: str, payload: dict[str, Any], house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """It is noted by its name, and the next person gets a picture."""
    async with house.bot() as app:
        house.discord.gateway.publish(Event(name=name, payload=payload))
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        assert app.client.connected
    noted = [record for record in caplog.records if record.getMessage() == "event not understood"]
    assert [vars(record)["gateway_event"] for record in noted] == ([] if name == "SOMETHING_NEW" else [name])
    assert all(record.levelno == logging.ERROR for record in noted)


async def test_many_calls_at_once_take_turns_at_discords_door(house: House) -> None:
    """Each has its answer, and a thousand commands do not hold a thousand sockets."""
    async with house.bot() as app:
        connector = app.client.http.connector
        assert connector.limit_per_host == CONNECTIONS_TO_A_HOST
        calls = [app.client.fetch_channel(house.channel.id) for _ in range(3 * CONNECTIONS_TO_A_HOST)]
        fetched = await asyncio.gather(*calls)
        assert {channel.id for channel in fetched} == {house.channel.id}
        assert connector.closed is False
    assert connector.closed
