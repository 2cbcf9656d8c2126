"""The words of a report of what was used: in its chart, and wherever the same is said in a table."""

from bot.quota.report import ChartWords

REASONS = {
    "limit_of_member": "a member's limit",
    "limit_of_channel": "the channel's limit",
    "limit_of_server": "the server's budget",
    "limit_of_operator": "the operator's limit",
    "too_many_at_once": "too many at once",
    "quality_not_allowed": "quality not allowed",
    "not_allowed_channel": "channel not allowed",
    "not_allowed_private": "private not allowed",
    "not_allowed_search": "search not allowed",
    "not_allowed_direct": "no direct messages",
    "not_allowed_server": "server not allowed",
    "blocked": "blocked member",
    "word_not_allowed": "word not allowed",
    "spending_stopped": "spending stopped",
    "queue_full": "the line was full",
    "too_many_waiting": "too many waiting",
    "storage_full": "the disk was full",
    "store_unavailable": "database not available",
}
"""What each word of `quota.report.reason_of` means that is counted; short, they stand beside bars."""

CHART = ChartWords(
    title="What was used",
    summary="{days} ({zone}): {images} pictures, {credits} credits",
    per_day="Pictures and credits per day",
    images="pictures",
    credits="credits",
    top="Who made most pictures",
    refusals="Requests that were refused",
    no_usage="No pictures were made in this time",
    no_members="Nobody made any",
    no_refusals="None was refused",
    others="{count} other reasons",
    reasons=REASONS,
)


def reason(word: str) -> str:
    """Return what a reason is called; one that an older or newer version counted is written out."""
    return REASONS.get(word, word.replace("_", " "))
