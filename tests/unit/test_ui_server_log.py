"""Words in the log channel of a server."""

import re
from datetime import timedelta
from typing import Any

import pytest

from bot.jobs.model import NO_TRACE, Failure, FailureKind, Kind, Quality, Status
from bot.quota.model import MILLIONTHS, BudgetWarning, Period, Rule, Scope, Subject, Unit, Whose, Window
from bot.quota.spending import Cause, News
from bot.ui.texts import server_log
from tests.support.ui_jobs import NOW, job

STAMP = int(NOW.timestamp())
CONTENT_MAX_CHARS = 2000


def warning(*, rolling: bool = False, **changes: Any) -> BudgetWarning:
    rule = Rule(scope=Scope.GUILD, unit=Unit.CREDITS, period=Period.MONTH, limit=500 * MILLIONTHS, rolling=rolling)
    window = Window(
        subject=Subject(whose=Whose.GUILD, guild_id=3),
        begins_at=NOW - timedelta(days=30),
        ends_at=None if rolling else NOW,
        length=timedelta(days=30) if rolling else None,
    )
    facts: dict[str, Any] = {"percent": 80, "used": 402 * MILLIONTHS, "limit": 500 * MILLIONTHS, **changes}
    return BudgetWarning(rule=rule, window=window, **facts)


@pytest.mark.parametrize(
    ("status", "credits_used", "words"),
    [
        (Status.DELIVERED, 6.3867, "It was delivered and cost 6.3867 credits."),
        (Status.DELIVERED, 1.0, "It was delivered and cost 1 credit."),
        (Status.DELIVERED, None, "It was delivered; what it cost is not known."),
        (Status.READY, 4.2578, "It could not be put there, so it is kept for them and cost 4.2578 credits."),
        (Status.FAILED, None, "No picture came of it, so nothing is counted."),
        (Status.FAILED, 0.0, "No picture came of it, so nothing is counted."),
        (Status.FAILED, 2.5, "nothing is counted. The image service took 2.5 credits all the same."),
        (Status.CANCELLED, None, "It was cancelled, so nothing is counted."),
        (Status.LOST, None, "nothing is counted; the bot looks for it for another day."),
        (Status.EXPIRED, 6.3867, "nothing is counted. The image service took 6.3867 credits all the same."),
    ],
)
def test_an_end_is_told_with_its_true_cost(status: Status, credits_used: float | None, words: str) -> None:
    """What the provider took, and whether it counts."""
    line = server_log.job_line(job(status=status, credits_used=credits_used), url=None)
    assert line.endswith(words)
    assert line.startswith("<@2> asked for a picture (automatic shape | 2K). ")


def test_a_picture_that_came_after_its_cancel_is_told_as_such() -> None:
    """It could have been put there; nobody wanted it any more."""
    line = server_log.job_line(job(status=Status.READY, credits_used=4.2578, cancel_requested_at=NOW), url=None)
    assert line.endswith(
        "It was cancelled while it was being made, so the picture is kept for them; it counts and cost 4.2578 credits."
    )


@pytest.mark.parametrize(("gift", "words"), [(True, "it is a gift and is not counted."), (False, "counted once.")])
def test_a_late_picture_is_said_to_be_so(gift: bool, words: str) -> None:
    """Whether it counts is what administrators compare with their numbers."""
    late = job(status=Status.DELIVERED, credits_used=6.3867, lost_at=NOW, gift=gift)
    line = server_log.job_line(late, url=None)
    assert "and cost 6.3867 credits. This picture came later" in line
    assert line.endswith(words)


def test_what_nothing_leads_to_is_not_said_to_be_looked_for() -> None:
    """Nobody waits for what may never come."""
    failure = Failure(kind=FailureKind.OUTCOME_UNKNOWN, code=NO_TRACE)
    line = server_log.job_line(job(status=Status.LOST, failure=failure), url=None)
    assert "nothing leads the bot to one, so nothing is counted" in line
    assert "looks for" not in line


def test_a_line_says_what_was_asked_for_and_where_it_is() -> None:
    """Not in which words: the prompt is its writer's."""
    edit = job("a secret wish", status=Status.DELIVERED, kind=Kind.EDIT, quality=Quality.FOUR_K, web_search=True)
    line = server_log.job_line(edit, url="https://discord.com/channels/1/2/3")
    assert line.startswith("<@2> asked for an edit (as picture 1 | 4K | web search).")
    assert line.endswith(" [Go to the message](https://discord.com/channels/1/2/3)")
    assert "secret" not in line


def test_a_private_picture_is_said_to_be_so() -> None:
    """Nobody looks for its message."""
    assert server_log.job_line(job(status=Status.DELIVERED, private=True), url=None).endswith(" It is private.")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (warning(), f"402 credits of 500 credits a month. It begins anew <t:{STAMP}:R> (<t:{STAMP}:f>). `/admin"),
        (warning(rolling=True), "402 credits of 500 credits in any 30 days. `/admin budget` shows"),
        (warning(percent=100), f"No more pictures are made here until it begins anew <t:{STAMP}:R>"),
        (warning(percent=100, rolling=True), "No more pictures are made here until enough of it is long enough ago."),
    ],
)
def test_a_budget_is_told_with_its_numbers(told: BudgetWarning, words: str) -> None:
    """And when it begins anew, where it does."""
    assert words in server_log.budget_warning(told)


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (News(holds=True, cause=Cause.TOTAL, until=NOW), f"It begins anew <t:{STAMP}:R>"),
        (News(holds=True, cause=Cause.ACCOUNT, until=None), "looked at every 10 minutes"),
        (News(holds=False, cause=Cause.ACCOUNT, until=None), "Pictures are made again"),
    ],
)
def test_a_stop_of_spending_is_told_at_its_beginning_and_its_end(news: News, words: str) -> None:
    """No number of the operator's is in it."""
    told = server_log.spending(news)
    assert words in told
    assert not re.search(r"\d+ credits", told)
    assert len(told) <= CONTENT_MAX_CHARS
