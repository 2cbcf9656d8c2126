"""Routes about the caller itself: the gateway's address, users, the application."""

from collections.abc import Callable

from bot.sandbox.discord import forms, wire
from bot.sandbox.discord.refusals import Json, Known
from bot.sandbox.discord.rest.calls import Answer, Call, Route

_OPEN_DM = forms.record({"recipient_id": forms.snowflake})


class DiscoveryRoutes:
    """Answers who and where."""

    def __init__(self, *, gateway_url: Callable[[], str], begins_left: Callable[[], int]) -> None:
        self._gateway_url = gateway_url
        self._begins_left = begins_left

    def routes(self) -> list[Route]:
        """List the routes of this family."""
        return [
            Route(method="GET", template="/gateway", handler=self._gateway, auth="none"),
            Route(method="GET", template="/gateway/bot", handler=self._gateway_bot),
            Route(method="GET", template="/users/@me", handler=self._own_user),
            Route(method="GET", template="/users/@me/guilds", handler=self._own_guilds, query=_PAGE),
            Route(method="POST", template="/users/@me/channels", handler=self._open_dm, takes_body=True),
            Route(method="GET", template="/users/{user_id}", handler=self._user),
            Route(method="GET", template="/applications/@me", handler=self._application),
            Route(method="GET", template="/oauth2/applications/@me", handler=self._application),
        ]

    async def _gateway(self, _call: Call) -> Answer:
        return Answer(body={"url": self._gateway_url()})

    async def _gateway_bot(self, _call: Call) -> Answer:
        limit = {
            "total": 1000,
            "remaining": self._begins_left(),
            "reset_after": 86_400_000,
            "max_concurrency": 1,
        }
        return Answer(body={"url": self._gateway_url(), "shards": 1, "session_start_limit": limit})

    async def _own_user(self, call: Call) -> Answer:
        return Answer(body=wire.own_user(call.world.bot))

    async def _own_guilds(self, call: Call) -> Answer:
        guilds: list[Json] = [
            {
                "id": str(each.id),
                "name": each.name,
                "icon": None,
                "banner": None,
                "owner": False,
                "permissions": str(each.everyone.permissions),
                "features": [],
            }
            for each in call.world.bot_guilds
        ]
        return Answer(body=guilds)

    async def _open_dm(self, call: Call) -> Answer:
        fields = call.form(_OPEN_DM)
        person = call.world.accounts.get(int(fields["recipient_id"]))
        if person is None or person.bot:
            raise Known.UNKNOWN_USER.refusal()
        return Answer(body=wire.channel(call.world.direct_channel(person)))

    async def _user(self, call: Call) -> Answer:
        account = call.world.accounts.get(call.id_of("user_id"))
        if account is None:
            raise Known.UNKNOWN_USER.refusal()
        return Answer(body=wire.user(account))

    async def _application(self, call: Call) -> Answer:
        return Answer(body=wire.application(call.world.application, n_guilds=len(call.world.bot_guilds)))


_PAGE = ("before", "after", "limit", "with_counts")
