"""What stands in a server's log channel: one line for each job, and what administrators have to know of money."""

from bot.jobs.model import Job, Kind, Status
from bot.quota.model import BudgetWarning, in_millionths
from bot.quota.spending import News
from bot.ui.texts import amounts, late
from bot.ui.texts.history import message_link
from bot.ui.texts.names import settings_line
from bot.ui.texts.quotas import stamps

_WISHES = {Kind.IMAGINE: "asked for a picture", Kind.EDIT: "asked for an edit"}

_MADE = {
    Status.DELIVERED: "It was delivered",
    Status.READY: "It could not be put there, so it is kept for them",
}
_CANCELLED_LATE = "It was cancelled while it was being made, so the picture is kept for them; it counts"
_NOT_COUNTED = {
    Status.FAILED: "No picture came of it, so nothing is counted.",
    Status.CANCELLED: "It was cancelled, so nothing is counted.",
    Status.EXPIRED: "It was not collected in time and is gone, so nothing is counted.",
    Status.LOST: "No picture came in time, so nothing is counted; the bot looks for it for another day.",
}
_NO_TRACE = "Whether a picture was made is not known, and nothing leads the bot to one, so nothing is counted."

_FULL = 100


def job_line(job: Job, *, url: str | None) -> str:
    """Return who asked for what, how it ended and what it truly cost; `url` of the message where all can see it."""
    where = message_link(url) if url else "It is private." if job.private else ""
    asked = f"<@{job.user_id}> {_WISHES[job.kind]} ({settings_line(job)})."
    return " ".join(filter(None, [asked, _ending(job), where]))


def budget_warning(warning: BudgetWarning) -> str:
    """Return that a share of the server's budget is used."""
    rule = warning.rule
    used = amounts.amount(rule.unit, warning.used)
    limit = f"{amounts.amount(rule.unit, warning.limit)} {amounts.period(rule.period, rolling=rule.rolling)}"
    ends_at = warning.window.ends_at
    if warning.percent < _FULL:
        anew = f" It begins anew {stamps(ends_at)}." if ends_at else ""
        return (
            f"**{warning.percent} % of this server's budget is used:** {used} of {limit}.{anew} "
            "`/admin budget` shows and changes it."
        )
    anew = f"until it begins anew {stamps(ends_at)}" if ends_at else "until enough of it is long enough ago"
    return (
        f"**This server's budget is used up:** {used} of {limit}. No more pictures are made here {anew}. "
        "`/admin budget` changes it."
    )


def spending(news: News) -> str:
    """Return that nothing is spent for now, or that it goes on."""
    if not news.holds:
        return "**Pictures are made again.** What the bot's operator spends on them is not used up any more."
    when = (
        f"It begins anew {stamps(news.until)}."
        if news.until
        else "It goes on by itself as soon as there is money again, which is looked at every 10 minutes."
    )
    return (
        "**No new pictures for now.** What the bot's operator spends on them is used up, in all servers. "
        f"Pictures that are being made still come, and no request is counted meanwhile. {when}"
    )


def _is_kept_after_cancel(job: Job) -> bool:
    return job.status is Status.READY and job.cancel_requested_at is not None


def _ending(job: Job) -> str:
    cost = None if job.credits_used is None else amounts.amount("credits", in_millionths(job.credits_used))
    if job.status in _MADE:
        made = _CANCELLED_LATE if _is_kept_after_cancel(job) else _MADE[job.status]
        told = f"{made}{f' and cost {cost}' if cost else '; what it cost is not known'}."
        return f"{told} {late.came_late(job) or ''}".rstrip()
    charged = f"The image service took {cost} all the same." if cost and job.credits_used else ""
    ending = _NO_TRACE if late.leaves_no_trace(job) else _NOT_COUNTED[job.status]
    return " ".join(filter(None, [ending, charged]))
