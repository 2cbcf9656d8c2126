"""How often a message may be edited. Pure; the figures are those of discord.md 6."""

TOKEN_GAPS_S = ((60.0, 6.0), (300.0, 10.0), (float("inf"), 30.0))
"""(until this age of the job, this gap): a token has a bucket of its own, so the age alone counts.

With the first edit at once, a job of half a minute is edited six times at most (DESIGN 8)."""
CHANNEL_GAP_S = 5.0
CHANNEL_GAP_PER_JOB_S = 1.5
OLD_S, OLD_GAP_S = 3600.0, 600.0
"""Messages older than an hour have an edit quota of their own, which Discord does not publish (30046): it is spared."""


def token_gap_s(age_s: float) -> float:
    """Return the least seconds between two edits by an interaction token."""
    return next(gap_s for until_s, gap_s in TOKEN_GAPS_S if age_s < until_s)


def channel_gap_s(age_s: float, *, jobs_in_channel: int) -> float:
    """Return the least seconds between two edits by the channel route, whose bucket all messages of a channel share."""
    gap_s = max(token_gap_s(age_s), CHANNEL_GAP_S, CHANNEL_GAP_PER_JOB_S * jobs_in_channel)
    return max(gap_s, OLD_GAP_S) if age_s >= OLD_S else gap_s
