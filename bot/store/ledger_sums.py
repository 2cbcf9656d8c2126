"""How the ledger is summed: the SQL that looks at whole windows, and nothing that writes.

A window begins at any instant. What was counted from there to the next full hour of UTC is summed row by row, by index;
the hours after that, and of those who have something in every hour the days, are added up already by the database with
every row that is written (migrations 0007 and 0016).

A reset that lies ahead of now by `LEEWAY` or more was made while a clock was wrong: until that instant comes, windows
begin as if it was not there, for else nothing that is counted now would stand in them.
"""

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot.quota.model import Subject, Usage, Whose, Window
from bot.store.database import Row
from bot.store.instants import from_stored, to_stored
from bot.store.ledger_rows import LEEWAY

USAGE_KINDS = "kind IN ('reserve', 'release', 'settle', 'adjust')"
"""As it stands in the conditions of the indexes."""

GOING_ON = "status IN ('preparing', 'queued', 'submitting', 'running', 'delivering')"
"""Of jobs, as it stands in the condition of their index."""

USED_BY = {
    # the plus keeps the server's index out of it: a person has fewer rows
    Whose.MEMBER: f"ledger WHERE {USAGE_KINDS} AND user_id = :id_{{n}} AND +guild_id IS :guild_{{n}}",
    Whose.USER: f"ledger WHERE {USAGE_KINDS} AND user_id = :id_{{n}}",
    Whose.CHANNEL: f"ledger WHERE {USAGE_KINDS} AND guild_id = :guild_{{n}} AND channel_id = :id_{{n}}",
    Whose.GUILD: f"ledger WHERE {USAGE_KINDS} AND guild_id = :guild_{{n}}",
    Whose.OPERATOR_GUILD: f"ledger WHERE {USAGE_KINDS} AND guild_id = :guild_{{n}}",
    Whose.TOTAL: f"ledger WHERE {USAGE_KINDS}",
}
"""The rows that are usage of somebody; `{n}` numbers the parameters."""

GRANTED_TO = "ledger WHERE kind = 'grant' AND user_id = :id_{n} AND guild_id IS :guild_{n}"

_BEGINS = """
max(:begins_{n}, ifnull((
    SELECT max(counted_at) FROM ledger
    WHERE kind = 'reset' AND whose = '{whose}'
      AND guild_id IS :guild_{n} AND user_id IS :user_{n} AND channel_id IS :channel_{n} AND counted_at < :ahead
), 0))
"""
"""Where a window begins: a reset of its subject moves it."""
_BEGINS_FOR_GOOD = ":begins_{n}"
"""Where a window begins that no reset moves."""
_BEGUN = "(SELECT {begins} AS begins_at) AS begun CROSS JOIN"
"""The same, to be named more than once in a statement."""

_SUM = "SELECT {n}, ifnull(sum(images), 0), ifnull(sum(credits), 0), 0, 0"
_ROLLED_UP = "whose = '{rolled_up}' AND guild_id = ifnull(:guild_{n}, 0) AND id = ifnull(:id_{n}, 0)"
_OF_PERSON = {
    # the plus as above: the other index is the one of a server's report
    Whose.MEMBER: "user_id = :id_{n} AND +guild_id = ifnull(:guild_{n}, 0)",
    Whose.USER: "user_id = :id_{n}",
}
_SUM_OF_DAYS = f"""
{_SUM} FROM {{begun}} usage_days WHERE {_ROLLED_UP}
  AND day >= (begins_at + 86399999999) / 86400000000
"""
_SUM_OF_HOURS_UP_TO_DAYS = f"""
{_SUM} FROM {{begun}} usage_hours WHERE {_ROLLED_UP}
  AND hour >= (begins_at + 3599999999) / 3600000000 AND hour < (begins_at + 86399999999) / 86400000000 * 24
"""
_SUM_OF_HOURS = f"""
{_SUM} FROM {{begun}} usage_of_people WHERE {{of_person}}
  AND hour >= (begins_at + 3599999999) / 3600000000
"""
_SUM_OF_ROWS = f"""
{_SUM} FROM {{begun}} {{used}}
  AND counted_at >= begins_at AND counted_at < (begins_at + 3599999999) / 3600000000 * 3600000000
"""
_SUM_OF_GRANTS = """
SELECT {n}, 0, 0, ifnull(sum(images), 0), ifnull(sum(credits), 0) FROM {begun} {granted} AND counted_at >= begins_at
"""
_HELD = f"""
SELECT {{n}}, -ifnull(sum(images), 0), -ifnull(sum(credits), 0), 0, 0
FROM {{begun}} (SELECT id AS id_of_open FROM jobs WHERE {GOING_ON}) CROSS JOIN {{used}}
  AND job_id = id_of_open AND counted_at >= begins_at
"""  # noqa: S608 - ours
"""What is held by jobs that go on, to be taken off."""
_PIECES = {
    Whose.MEMBER: (_SUM_OF_HOURS, _SUM_OF_ROWS, _SUM_OF_GRANTS),
    Whose.USER: (_SUM_OF_HOURS, _SUM_OF_ROWS),
    Whose.CHANNEL: (_SUM_OF_DAYS, _SUM_OF_HOURS_UP_TO_DAYS, _SUM_OF_ROWS),
    Whose.GUILD: (_SUM_OF_DAYS, _SUM_OF_HOURS_UP_TO_DAYS, _SUM_OF_ROWS),
    Whose.OPERATOR_GUILD: (_SUM_OF_DAYS, _SUM_OF_HOURS_UP_TO_DAYS, _SUM_OF_ROWS),
    Whose.TOTAL: (_SUM_OF_DAYS, _SUM_OF_HOURS_UP_TO_DAYS, _SUM_OF_ROWS),
}

# Not joined with the beginning, for else the index would not give the order, and LIMIT would come after all rows.
_EVENTS_OF_ROWS = """
SELECT counted_at, images, credits, 0 AS granted_images, 0 AS granted_credits
FROM {used} AND counted_at >= {begins}
"""
_EVENTS_OF_GRANTS = """
SELECT counted_at, 0, 0, images, credits FROM {granted} AND counted_at >= {begins}
"""
_EVENTS = """
SELECT counted_at, sum(images) AS images, sum(credits) AS credits,
       sum(granted_images) AS granted_images, sum(granted_credits) AS granted_credits
FROM ({counted})
GROUP BY counted_at
HAVING sum(images) <> 0 OR sum(credits) <> 0 OR sum(granted_images) <> 0 OR sum(granted_credits) <> 0
ORDER BY counted_at LIMIT :most
"""

Query = tuple[str, dict[str, int | None]]


class Counted(NamedTuple):
    """What was counted, or granted, at one instant; the fields of `quota.windows.Event`."""

    counted_at: datetime
    images: int
    credits: int
    granted_images: int
    granted_credits: int


def sums_of(windows: Sequence[Window], *, now: datetime, held: bool = True) -> Query:
    """Make the one statement that sums all windows, of which there is at least one, with what is held or without it."""
    return _sums_of(tuple(window.subject.whose for window in windows), held), _parameters(windows, now=now)


def read_sums(windows: Sequence[Window], rows: Sequence[Row]) -> dict[Window, Usage]:
    """Read what the statement of `sums_of` returned for the same windows."""
    totals = [[0, 0, 0, 0] for _ in windows]
    for row in rows:
        n, images, credits, granted_images, granted_credits = row
        total = totals[int(n)]
        total[0] += images
        total[1] += credits
        total[2] += granted_images
        total[3] += granted_credits
    return {
        window: Usage(images=images, credits=credits, granted_images=granted_images, granted_credits=granted_credits)
        for window, (images, credits, granted_images, granted_credits) in zip(windows, totals, strict=True)
    }


def events_of(window: Window, *, now: datetime, most: int) -> Query:
    """Make the statement that lists what was counted in a window, instant by instant, oldest first."""
    names = _names(0, window.subject.whose)
    counted = _EVENTS_OF_ROWS.format_map(names)
    if window.subject.whose is Whose.MEMBER:
        counted += "UNION ALL" + _EVENTS_OF_GRANTS.format_map(names)
    return _EVENTS.format(counted=counted), {**_parameters([window], now=now), "most": most}


def read_event(row: Row) -> Counted:
    """Read a row of the statement of `events_of`."""
    counted_at, *amounts = row
    return Counted(from_stored(counted_at), *amounts)


def subject_parameters(n: int, subject: Subject) -> dict[str, int | None]:
    """Name a subject in the pieces numbered `n`."""
    is_person = subject.whose in {Whose.MEMBER, Whose.USER}
    return {
        f"guild_{n}": subject.guild_id,
        f"id_{n}": subject.id,
        f"user_{n}": subject.id if is_person else None,
        f"channel_{n}": None if is_person else subject.id,
    }


@functools.lru_cache(maxsize=256)
def _sums_of(subjects: tuple[Whose, ...], held: bool) -> str:
    pieces: list[str] = []
    for n, whose in enumerate(subjects):
        of_window = _PIECES[whose] if held else (*_PIECES[whose], _HELD)
        pieces += [piece.format_map(_names(n, whose)) for piece in of_window]
    return "UNION ALL".join(pieces)


def _names(n: int, whose: Whose) -> dict[str, object]:
    of_operator = whose is Whose.OPERATOR_GUILD
    begins = (_BEGINS_FOR_GOOD if of_operator else _BEGINS).format(n=n, whose=whose.value)
    return {
        "n": n,
        "rolled_up": (Whose.GUILD if of_operator else whose).value,
        "begins": begins,
        "begun": _BEGUN.format(begins=begins),
        "of_person": _OF_PERSON[whose].format(n=n) if whose in _OF_PERSON else "",
        "used": USED_BY[whose].format(n=n),
        "granted": GRANTED_TO.format(n=n),
    }


def _parameters(windows: Sequence[Window], *, now: datetime) -> dict[str, int | None]:
    parameters: dict[str, int | None] = {"ahead": to_stored(now + LEEWAY)}
    for n, window in enumerate(windows):
        parameters |= subject_parameters(n, window.subject)
        parameters[f"begins_{n}"] = to_stored(window.begins_at)
    return parameters
