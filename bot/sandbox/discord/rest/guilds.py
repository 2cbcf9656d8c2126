"""Routes that read a guild."""

from bot.sandbox.discord import wire
from bot.sandbox.discord.guilds import Member
from bot.sandbox.discord.refusals import Known
from bot.sandbox.discord.rest.calls import Answer, Call, Route

_GUILD = "/guilds/{guild_id}"


def routes() -> list[Route]:
    """List the routes of this family."""
    return [
        Route(method="GET", template=_GUILD, handler=_get, query=("with_counts",)),
        Route(method="GET", template=_GUILD + "/channels", handler=_channels),
        Route(method="GET", template=_GUILD + "/roles", handler=_roles),
        Route(method="GET", template=_GUILD + "/roles/{role_id}", handler=_role),
        Route(method="GET", template=_GUILD + "/members/{user_id}", handler=_member),
    ]


async def _get(call: Call) -> Answer:
    guild = call.guild()
    body = wire.guild(guild)
    if call.wants("with_counts"):
        body |= {"approximate_member_count": len(guild.members), "approximate_presence_count": len(guild.members)}
    return Answer(body=body)


async def _channels(call: Call) -> Answer:
    return Answer(body=[wire.channel(each) for each in call.guild().channels])


async def _roles(call: Call) -> Answer:
    guild = call.guild()
    return Answer(body=[wire.role(each) for each in (guild.everyone, *guild.roles)])


async def _role(call: Call) -> Answer:
    guild, wanted = call.guild(), call.id_of("role_id")
    found = next((each for each in (guild.everyone, *guild.roles) if each.id == wanted), None)
    if found is None:
        raise Known.UNKNOWN_ROLE.refusal()
    return Answer(body=wire.role(found))


async def _member(call: Call) -> Answer:
    found: Member | None = call.guild().members.get(call.id_of("user_id"))
    if found is None:
        raise Known.UNKNOWN_MEMBER.refusal()
    return Answer(body=wire.member(found))
