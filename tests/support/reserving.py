"""A process that asks for many pictures of one person at once, on a database that others use as well.

`python -m tests.support.reserving FOLDER FIRST COUNT LIMIT`: FIRST numbers the requests; what was admitted is printed.
"""

import asyncio
import sys
from pathlib import Path

from bot.errors import LimitReached
from bot.jobs.model import Asker, Drawing, Request
from tests.support.admissions import admission_of
from tests.support.clock import ManualClock
from tests.support.stored_jobs import PLENTY, new_job, open_store

USER, GUILD, CHANNEL = 20, 30, 40


async def ask_for_many(folder: Path, *, first: int, count: int, limit: int) -> int:
    """Ask at once, and return how many were let in; the others have met the limit."""
    async with open_store(folder) as store:
        admission = admission_of(store, ManualClock(), default_member_images_per_day=limit)

        async def ask(number: int) -> bool:
            job = new_job(id=f"{number:016x}", origin_id=number, callback_token=f"secret-{number}")
            asker = Asker(user_id=USER, guild_id=GUILD, channel_id=CHANNEL)
            request = Request(
                origin_id=number,
                user_id=USER,
                guild_id=GUILD,
                asker=asker,
                drawing=Drawing(prompt="a paper lighthouse"),
                route=job.route,
            )
            try:
                await admission.insert(job, request, max_waiting=PLENTY)
            except LimitReached:
                return False
            return True

        return sum(await asyncio.gather(*(ask(number) for number in range(first, first + count))))


if __name__ == "__main__":
    where, *numbers = sys.argv[1:]
    number_of_first, how_many, most = map(int, numbers)
    print(asyncio.run(ask_for_many(Path(where), first=number_of_first, count=how_many, limit=most)))
