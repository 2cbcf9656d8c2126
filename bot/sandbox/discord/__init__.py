"""A strict stand-in for Discord on the loopback: REST v10, gateway, content network, and people who act.

    async with DiscordSandbox(clock=SystemClock()) as discord_sandbox:
        guild = discord_sandbox.add_guild("Paper Harbour")
        channel = guild.add_text_channel("pictures")
        alice = guild.add_member("alice")
        ...  # a bot logs in at discord_sandbox.api_base and discord_sandbox.gateway_url
        use = await alice.use(channel, "/imagine", prompt="a paper lighthouse")
        message = await use.message()
        await message.wait_until(lambda seen: seen.attachments)

What Discord refuses it refuses, with Discord's status, code and tree of errors; what no faithful caller does stands
in `violations`. It imports nothing of the bot but the clock, so that no misreading is shared.
"""

from bot.sandbox.discord.accounts import Account, File, Person
from bot.sandbox.discord.application import Application
from bot.sandbox.discord.exchanges import Exchange, Modal, NoAnswer, Response
from bot.sandbox.discord.faults import Fault, Faults
from bot.sandbox.discord.guilds import Guild, Member, Role
from bot.sandbox.discord.journal import RequestRecord, Violation
from bot.sandbox.discord.limits import Limit, RateLimits
from bot.sandbox.discord.messages import Attachment, Message, MessageState
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.places import Channel
from bot.sandbox.discord.refusals import ApiRefusal, Known
from bot.sandbox.discord.resolving import PersonCannot
from bot.sandbox.discord.server import DiscordSandbox

__all__ = [
    "Account",
    "ApiRefusal",
    "Application",
    "Attachment",
    "Channel",
    "DiscordSandbox",
    "Exchange",
    "Fault",
    "Faults",
    "File",
    "Guild",
    "Known",
    "Limit",
    "Member",
    "Message",
    "MessageState",
    "Modal",
    "NoAnswer",
    "Permission",
    "Person",
    "PersonCannot",
    "RateLimits",
    "RequestRecord",
    "Response",
    "Role",
    "Violation",
]
