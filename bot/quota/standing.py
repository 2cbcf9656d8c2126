"""How a request stands with the rules that bind a person, and which of them is in its way. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from bot.quota.model import OF_MEMBER, Rule, Usage, Window
from bot.quota.windows import Event, fits, latest_reset, resets_at

ALWAYS = 0
"""The group of what must admit whatever else does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a request stands with one rule. Numbers are images or millionths of credits, as the rule's unit says."""

    rule: Rule
    group: int
    """0 must admit. Those of one number above 0 are the rules of one role: any one whole number must admit."""
    window: Window
    usage: Usage
    needed: int

    @property
    def grants(self) -> bool:
        """Tell whether grants raise this limit."""
        return self.rule.scope in OF_MEMBER

    @property
    def granted(self) -> int:
        """Return by how much grants raise this limit in the window."""
        return self.usage.granted(self.rule.unit) if self.grants else 0

    @property
    def limit(self) -> int | None:
        """Return the limit with what was granted, or None for unlimited."""
        return None if self.rule.limit is None else self.rule.limit + self.granted

    @property
    def used(self) -> int:
        """Return what was used in the window; a settlement or a lowered limit may leave it above the limit."""
        return self.usage.used(self.rule.unit)

    @property
    def left(self) -> int | None:
        """Return what is left, never below 0, or None for unlimited."""
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def admits(self) -> bool:
        """Tell whether the request fits now."""
        return fits(self.limit, used=self.used, needed=self.needed)

    @property
    def admits_when_empty(self) -> bool:
        """Tell whether the request fits where nothing is used or granted, so that waiting helps."""
        return fits(self.rule.limit, used=0, needed=self.needed)

    def resets_at(self, events: Sequence[Event] = ()) -> datetime | None:
        """Return when this rule has room for a request it refuses now; None where no waiting helps, or none is needed.

        `events` are those inside the window, oldest first. Only a rolling one needs them, and without them the answer
        is the latest it can be.
        """
        if self.rule.limit is None or self.admits:
            return None
        return resets_at(
            self.window,
            self.usage,
            events,
            unit=self.rule.unit,
            limit=self.rule.limit,
            needed=self.needed,
            grants=self.grants,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """As many jobs go on as may at once, of this person or (`of_server`) of all in the server."""

    limit: int
    of_server: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is answered to a request, and how it stands with every rule that binds the person."""

    refused_by: Standing | TooMany | None
    standings: tuple[Standing, ...]
    """The member's own rules first, those of one role together; then the ceilings, the widest last."""

    @property
    def admitted(self) -> bool:
        """Tell whether nothing refuses."""
        return self.refused_by is None

    @property
    def refusing(self) -> tuple[Standing, ...]:
        """Return every standing that is in the way."""
        return refusing(self.standings)

    def resets_at(self, events: Mapping[Window, Sequence[Event]]) -> datetime | None:
        """Return when all that refuses has room for the same request; None where no waiting helps, or none is needed.

        `events` holds those of the rolling windows among `refusing`, each as `Standing.resets_at` says.
        """
        always, roles = _split(self.refusing)
        instants = [each.resets_at(events.get(each.window, ())) for each in always]
        if roles:
            waits = (_last(each.resets_at(events.get(each.window, ())) for each in role) for role in roles)
            instants.append(min((wait for wait in waits if wait is not None), default=None))
        return _last(instants)


def refusing(standings: Sequence[Standing]) -> tuple[Standing, ...]:
    """Return what is in the way of a request: of roles nothing where one of them admits, else what refuses in each."""
    refused_groups = {standing.group for standing in standings if not standing.admits}
    a_role_admits = any(standing.group not in refused_groups | {ALWAYS} for standing in standings)
    return tuple(each for each in standings if not each.admits and (each.group == ALWAYS or not a_role_admits))


def foremost(in_the_way: Sequence[Standing]) -> Standing | None:
    """Return which of what refuses is told to the person: `policy` says which, and why."""
    always, roles = _split(in_the_way)
    of_roles = min(
        (max(role, key=_hold) for role in roles), key=lambda each: (_hold(each), -_n_requests(each)), default=None
    )
    return max([of_roles, *always] if of_roles else always, key=_hold, default=None)


def _hold(standing: Standing) -> tuple[bool, datetime]:
    """Rank how long a refusing standing holds a person up, as far as the window alone tells."""
    return not standing.admits_when_empty, latest_reset(standing.window)


def _n_requests(standing: Standing) -> float:
    """Return how many such requests the whole limit takes: a measure that images and credits have in common."""
    return (standing.limit or 0) / max(standing.needed, 1)


def _split(standings: Sequence[Standing]) -> tuple[list[Standing], list[list[Standing]]]:
    groups = {group: list(members) for group, members in groupby(standings, key=attrgetter("group"))}
    return groups.pop(ALWAYS, []), list(groups.values())


def _last(instants: Iterable[datetime | None]) -> datetime | None:
    known = list(instants)
    return None if None in known else max((instant for instant in known if instant is not None), default=None)
