"""The order in which those who wait are served: servers take turns, in a server its people, a person's own in order.

An order only: who hands out what, and who is told, is for `slots`.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeAlias, TypeVar

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """For whom something waits. Outside of servers each person counts as a server of their own."""

    guild_id: int | None
    user_id: int

    @property
    def server(self) -> int:
        """Return what tells servers apart; ids are positive, so that a person is never taken for a server."""
        return -self.user_id if self.guild_id is None else self.guild_id


class _Ring(OrderedDict[K, V], Generic[K, V]):
    """Those who take turns, the next one first. Who comes anew goes last, but before the one who has just had a turn.

    That one gives way once; so nobody is passed twice by the same one, and nobody waits for ever.
    """

    served: K | None = None
    """Who had the latest turn, until they gave way for it."""

    def join(self, key: K, value: V) -> V:
        latest = next(reversed(self), None)
        self[key] = value
        if latest is not None and latest == self.served:
            self.move_to_end(latest)
            self.served = None
        return value

    def turn_over(self, key: K) -> None:
        """Note that one had a turn: of those who wait, they are the last now."""
        self.served = key
        if key in self:
            self.move_to_end(key)


_Jobs: TypeAlias = OrderedDict[str, None]
_People: TypeAlias = _Ring[int, _Jobs]


class FairLine:
    """Who waits, in the order in which they are served. Each move costs the same however long the line is."""

    def __init__(self) -> None:
        self._servers: _Ring[int, _People] = _Ring()
        self._parties: dict[str, Party] = {}
        self._latest: Party | None = None

    def __len__(self) -> int:
        return len(self._parties)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._parties

    def __iter__(self) -> Iterator[str]:
        """Go through the line in the order in which it is served if nobody else comes; no further than is asked."""
        return _in_turns(_in_turns(map(iter, people.values())) for people in self._servers.values())

    def join(self, job_id: str, party: Party) -> None:
        """Let a job wait."""
        people = self._servers.get(party.server)
        if people is None:
            people = self._servers.join(party.server, _Ring())
            if self._latest is not None and self._latest.server == party.server:
                people.served = self._latest.user_id
        jobs = people.get(party.user_id)
        if jobs is None:
            jobs = people.join(party.user_id, OrderedDict())
        jobs[job_id] = None
        self._parties[job_id] = party

    def leave(self, job_id: str) -> None:
        """Take out a job that gives up; its person keeps their turn."""
        party = self._parties.pop(job_id)
        people = self._servers[party.server]
        del people[party.user_id][job_id]
        if not people[party.user_id]:
            del people[party.user_id]
        if not people:
            del self._servers[party.server]

    def serve(self, job_id: str) -> None:
        """Take out the first job; server and person have had their turn."""
        party = self._parties[job_id]
        self.leave(job_id)
        self.note_served(party)

    def note_served(self, party: Party) -> None:
        """Note a turn, also one that did not have to wait."""
        self._latest = party
        self._servers.turn_over(party.server)
        if party.server in self._servers:
            self._servers[party.server].turn_over(party.user_id)


def _in_turns(lines: Iterable[Iterator[T]]) -> Iterator[T]:
    """Take one of each in turn, until there is no more in any."""
    again: deque[Iterator[T]] = deque()
    for line in chain(lines, _emptied(again)):
        for item in line:
            yield item
            again.append(line)
            break


def _emptied(queue: deque[T]) -> Iterator[T]:
    """Take from a queue that others still add to, until it is empty."""
    while queue:
        yield queue.popleft()
