"""How often a message may be edited (discord.md 6)."""

import pytest

from bot.delivery.pacing import channel_gap_s, token_gap_s

AGES_S = [0, 5, 29.9, 30, 59.9, 60, 299.9, 300, 899, 10_000_000.0]


@pytest.mark.parametrize("age_s", AGES_S)
def test_an_edit_by_token_keeps_the_safe_distance(age_s: float) -> None:
    """Never closer than what is safe: 2.5 s in the first half minute, then 5 s, then 10 s."""
    safe_s = 2.5 if age_s < 30 else 5 if age_s < 300 else 10
    assert token_gap_s(age_s) >= safe_s


def test_a_job_of_half_a_minute_is_edited_at_most_six_times() -> None:
    """The budget of Discord calls: first answer, six edits, the final one."""
    edits, age_s = 0, 0.0
    while (age_s := age_s + token_gap_s(age_s)) <= 30:
        edits += 1
    assert 3 <= edits <= 6


def test_edits_become_rarer_with_age() -> None:
    """Nobody watches a bar for five minutes."""
    gaps_s = [token_gap_s(age_s) for age_s in AGES_S]
    assert gaps_s == sorted(gaps_s)


@pytest.mark.parametrize(("jobs", "least_s"), [(0, 5), (1, 5), (3, 5), (4, 6), (10, 15), (50, 75)])
@pytest.mark.parametrize("age_s", AGES_S)
def test_the_jobs_of_a_channel_share_its_bucket(age_s: float, jobs: int, least_s: float) -> None:
    """By the channel route the distance grows with the jobs there, and is never below the token's."""
    gap_s = channel_gap_s(age_s, jobs_in_channel=jobs)
    assert gap_s == max(least_s, token_gap_s(age_s), 600 if age_s >= 3600 else 0)
