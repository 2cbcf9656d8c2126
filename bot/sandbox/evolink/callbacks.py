"""Telling a `callback_url` that a task has ended (provider.md 7): same body as the query, 10 s, four tries at most."""

import aiohttp

from bot.sandbox.evolink import answers
from bot.sandbox.evolink.records import CallbackTry, Task
from bot.sandbox.evolink.state import State, random_name, within

TIMEOUT_S = 10.0
WAITS_S = (0.0, 1.0, 2.0, 4.0)
"""Before the first try and before each further one."""


async def send(state: State, task: Task) -> None:
    """Send the event as often and as late as the knob says."""
    url: str | None = task.request.get("callback_url")
    habit = state.knobs.callback
    if url is None or habit.times == 0:
        return
    if habit.late_s > 0:
        await state.clock.sleep(habit.late_s)
    for _ in range(habit.times):
        await _send_once(state, task, url)


async def _send_once(state: State, task: Task, url: str) -> None:
    """Try until an answer is 2xx or the tries are used up."""
    for wait_s in WAITS_S:
        if wait_s > 0:
            await state.clock.sleep(wait_s)
        at = state.clock.now()
        status = await _post(state, task, url)
        task.callbacks.append(CallbackTry(at=at, status=status))
        if status is not None and 200 <= status < 300:
            return


async def _post(state: State, task: Task, url: str) -> int | None:
    body = answers.query_answer(task, state.clock.now(), state.knobs.shape, request_id=random_name(24))

    async def post() -> int:
        async with state.session.post(url, json=body, allow_redirects=False) as response:
            return response.status

    try:
        return await within(state.clock, TIMEOUT_S, post())
    except (TimeoutError, aiohttp.ClientError, ValueError):
        return None
