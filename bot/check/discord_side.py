"""What can be asked of Discord without being seen: the login, the gateway, the intent, the development server."""

import discord
import yarl

from bot import connection
from bot.check.finding import Finding, fault, well
from bot.client import point_library_at
from bot.errors import CannotConnect
from bot.settings import MessageContent, Settings


async def check(settings: Settings) -> list[Finding]:
    """Check that the bot is let in, that the gateway answers, and that commands can appear where they shall."""
    subject = "Discord token"
    point_library_at(api_base=settings.discord_api_base, gateway_url=settings.discord_gateway_url)
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        try:
            with connection.explained():
                await client.login(settings.discord_token.get_secret_value())
                of_guild = await _check_guild(client, settings.dev_guild_id)
                _, gateway_url, limits = await client.http.get_bot_gateway()
                gateway = yarl.URL(settings.discord_gateway_url or gateway_url).update_query(v="10", encoding="json")
                socket = await client.http.ws_connect(str(gateway))
                await socket.close()
        except CannotConnect as error:
            return [fault(subject, str(error))]
        granted = _message_content_granted(client)
        if settings.message_content_intent is MessageContent.ON and not granted:
            return [fault(subject, connection.INTENT_REFUSED), *of_guild]
        sentence = (
            f"works for {client.user}; gateway reached, {limits['remaining']} logins left today, "
            f"message content {'granted' if granted else 'not granted'}"
        )
        return [well(subject, sentence), *of_guild]


def _message_content_granted(client: discord.Client) -> bool:
    flags = client.application.flags if client.application else discord.ApplicationFlags()
    return flags.gateway_message_content or flags.gateway_message_content_limited


async def _check_guild(client: discord.Client, guild_id: int | None) -> list[Finding]:
    """Read the commands of the development server: allowed exactly where they could be written."""
    if guild_id is None:
        return []
    try:
        await client.http.get_guild_commands(client.application_id or 0, guild_id)
    except (discord.Forbidden, discord.NotFound):
        sentence = "is a server that the bot is not in; invite the bot there, correct the number, or leave it empty"
        return [fault("DEV_GUILD_ID", sentence)]
    return [well("DEV_GUILD_ID", "is a server that the bot is in; its commands appear there only")]
