"""Finds the task of a job whose create call had an unknown outcome, by reads alone.

Two traces lead to it. A callback to the job's own secret path names a task; what it says is not believed, but the task
is read with the key. And the provider's list of tasks, where it answers: it is in no public document.

What is proven before a task is taken for the job's: the account of the key has it, it is of our model, it was created
when the job was submitted, and no other job of this database has it. By the list, besides: it is the only such task,
and no other job is in doubt about that time.
What is not proven: that this job's call made it, for the provider repeats neither prompt nor key. Another program with
the same account and model, whose task was made in those very minutes, could be mistaken for it: by the list where our
call never arrived, by a callback where somebody knows the job's secret path as well as the id of such a task.
"""

import itertools
import logging
import re
from datetime import UTC, datetime, timedelta

from bot.jobs.model import Job
from bot.provider import errors
from bot.provider.api import EvoLink
from bot.provider.models import ListedTask
from bot.store.lost import LostStore

log = logging.getLogger(__name__)

CREATED_WITHIN = timedelta(seconds=150)
"""Of the submission: a create call is waited for 120 s, and two clocks never agree."""
MOST_PAGES = 5
FIRST_PAUSE_S = 10.0
LONGEST_PAUSE_S = 120.0

_SAYS_NO_LIST = (errors.NotFound, errors.AccessDenied, errors.BadRequest, errors.BadAnswer)
"""Other errors tell of the service or the key, and pass."""

_HINT = re.compile(r"[A-Za-z0-9_-]{8,100}")
_INSTANT_IN_ID = re.compile(r"task-[a-z]+-(\d{10})-")


def pause_s(looks: int) -> float:
    """Return how long to wait after so many looks."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(looks - 1, 10))


def is_task_id(text: object) -> bool:
    """Tell whether a callback's word for a task has the shape of one (provider.md 2)."""
    return isinstance(text, str) and _HINT.fullmatch(text) is not None


class TaskSearch:
    """Looks once for each call; when to look again is for others to say."""

    def __init__(self, *, store: LostStore, provider: EvoLink) -> None:
        self._store = store
        self._provider = provider
        self._has_list = True

    @property
    def has_list(self) -> bool:
        """Whether the provider may list its tasks: until it says that it does not, and again once it does."""
        return self._has_list

    async def look(self, job: Job) -> Job | None:
        """Return the job with its task, stored as its own, or None while that is not found.

        `job` is as stored now. A provider that does not answer finds nothing; raises StoreError.
        """
        if job.provider_task_id is not None:
            return job  # it was found, and the process died before it went on
        return await self._by_hint(job) or await self._by_list(job)

    async def _by_hint(self, job: Job) -> Job | None:
        if job.hinted_task_id is None:
            return None
        try:
            task = await self._provider.get(job.hinted_task_id)
        except errors.ProviderError as error:
            log.info("named task not readable", extra={"job": job.id, "error": repr(error)})
            return None
        created_at = task.created_at or _instant_in(task.id)
        if not self._is_of_model(task.model) or created_at is None or not _is_near(job, created_at):
            log.warning("named task is not the job's", extra={"job": job.id, "task": task.id})
            return None
        return _told(await self._store.adopt(job, task.id), by="callback")

    async def _by_list(self, job: Job) -> Job | None:
        if job.submitted_at is None:
            return None
        listed = await self._list_back_to(job.submitted_at - CREATED_WITHIN)
        near = [each for each in listed if self._is_of_model(each.model) and _is_near(job, each.created_at)]
        known = await self._store.list_known({each.id for each in near})
        candidates = {each.id: each for each in near if each.id not in known}
        if len(candidates) != 1:
            return None
        [task] = candidates.values()
        adopted = await self._store.adopt_alone(job, task.id, created_at=task.created_at, within=CREATED_WITHIN)
        return _told(adopted, by="list")

    async def _list_back_to(self, since: datetime) -> list[ListedTask]:
        """List every task created since then; nothing where it is not certain that all of them are there."""
        listed: list[ListedTask] = []
        n_seen = 0
        for number in range(1, MOST_PAGES + 1):
            try:
                page = await self._provider.list_tasks(page=number)
            except errors.ProviderError as error:
                log.info("no list of tasks", extra={"error": repr(error)})
                self._has_list = self._has_list and not isinstance(error, _SAYS_NO_LIST)
                return []
            self._has_list = True
            if page.n_unread:
                return []
            listed += page.tasks
            n_seen += len(page.tasks)
            if not page.tasks or (page.total is not None and n_seen >= page.total):
                return listed
            newest_first = all(one.created_at >= other.created_at for one, other in itertools.pairwise(listed))
            if newest_first and listed[-1].created_at < since:
                return listed
        return []

    def _is_of_model(self, model: str | None) -> bool:
        return model is None or model == self._provider.model


def _is_near(job: Job, created_at: datetime) -> bool:
    return job.submitted_at is not None and abs(created_at - job.submitted_at) <= CREATED_WITHIN


def _instant_in(task_id: str) -> datetime | None:
    """Read the Unix seconds in a task's id, where its answer has no `created` (provider.md 2)."""
    found = _INSTANT_IN_ID.match(task_id)
    return datetime.fromtimestamp(int(found[1]), tz=UTC) if found else None


def _told(job: Job | None, *, by: str) -> Job | None:
    if job is not None:
        log.warning("task of unknown outcome found", extra={"job": job.id, "task": job.provider_task_id, "by": by})
    return job
