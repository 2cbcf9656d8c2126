"""The image API: create a task, read a task, read the balance (provider.md 1 to 3).

What must hold here: a create is sent again only if it surely was not accepted, and then under the same key.
"""

import random
import urllib.parse
from collections.abc import Callable

import aiohttp
from pydantic import SecretStr

from bot.clock import Clock
from bot.net import is_loopback_url
from bot.provider import reading, retry, rules
from bot.provider.errors import (
    BadAnswer,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    ServerFault,
    Unreachable,
)
from bot.provider.models import Credits, GenerationRequest, Task, TaskPage
from bot.provider.transport import CONNECT_TIMEOUT_S, Transport

CREATE_TIMEOUT_S = 120.0
"""As first-party clients have it (provider.md 6.3)."""


TASKS_PER_PAGE = 50


class EvoLink:
    """EvoLink's image API with one key and one model."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        api_base: str,
        api_key: SecretStr,
        model: str,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
    ) -> None:
        self._transport = Transport(
            session=session,
            base=api_base,
            api_key=api_key,
            clock=clock,
            jitter=jitter,
            connect_timeout_s=connect_timeout_s,
        )
        self.model = model
        self._loopback_callback = is_loopback_url(api_base)

    async def create(self, request: GenerationRequest, *, idempotency_key: str, once: bool = False) -> Task:
        """Ask for a picture, which is reserved from the balance at once.

        `once` sends it a single time, for a caller that writes down each attempt and does the waiting itself.

        Raises InvalidRequest before any call, OutcomeUnknown if the provider may have accepted it, and any other
        ProviderError if it surely did not.
        """
        rules.check_idempotency_key(idempotency_key)
        body = request.to_wire(model=self.model, loopback_callback=self._loopback_callback)

        async def attempt() -> Task:
            try:
                payload = await self._transport.once(
                    "POST",
                    "/v1/images/generations",
                    timeout_s=CREATE_TIMEOUT_S,
                    headers={"Idempotency-Key": idempotency_key},
                    body=body,
                )
                return reading.read_task(payload)
            except ProviderError as error:
                if not _may_have_been_accepted(error):
                    raise
                raise _outcome_unknown(error) from error

        return await (attempt() if once else self._transport.repeat(attempt, when=retry.was_refused_for_now))

    async def get(self, task_id: str) -> Task:
        """Read a task. An error here is the reading's, never the task's: that one stands in the Task."""
        if not task_id.strip("."):
            raise InvalidRequest("task_id", "must not be empty")
        path = f"/v1/tasks/{urllib.parse.quote(task_id, safe='')}"
        task = reading.read_task(await self._transport.read(path))
        if task.id != task_id:
            raise BadAnswer("the answer is about another task", http_status=200)
        return task

    async def list_tasks(self, *, page: int) -> TaskPage:
        """Read a page of the tasks of the account; undocumented (provider.md 3.3), so it may not answer at all."""
        params = {"type": "image", "page": str(page), "page_size": str(TASKS_PER_PAGE)}
        return reading.read_task_page(await self._transport.read("/v1/tasks", params=params))

    async def credits(self) -> Credits:
        """Read the balance; a free way to try the key."""
        return reading.read_credits(await self._transport.read("/v1/credits"))

    async def models(self) -> frozenset[str]:
        """List the models that the key may use; empty where the answer names none (provider.md 3.3, undocumented)."""
        return reading.read_models(await self._transport.read("/v1/models"))


def _may_have_been_accepted(error: ProviderError) -> bool:
    """Tell whether a create that ended so may have been accepted, and charged (provider.md 6.1 and 6.3)."""
    if error.code_is("paid_outcome_unknown"):
        return True
    if isinstance(error, Unreachable):
        return error.maybe_sent
    if isinstance(error, ServerFault):
        return not error.refused
    if isinstance(error, BadAnswer):
        return error.http_status is not None and error.http_status < 300
    return error.http_status == 408  # a gateway's word for "nobody answered me in time", too


def _outcome_unknown(error: ProviderError) -> OutcomeUnknown:
    return OutcomeUnknown(
        error.message,
        http_status=error.http_status,
        code=error.code,
        error_type=error.error_type,
        param=error.param,
        request_id=error.request_id,
    )
