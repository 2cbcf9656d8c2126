"""How instants stand in the tables: microseconds since 1970, UTC, so that they sort and subtract as numbers."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_stored(instant: datetime) -> int:
    """Turn an aware instant into microseconds."""
    return (instant - _EPOCH) // _MICROSECOND


def from_stored(microseconds: int) -> datetime:
    """Turn microseconds into an aware instant."""
    return _EPOCH + microseconds * _MICROSECOND
