"""What administrators read of what was used, and of the ledger they take away as a file."""

from datetime import date

from bot.quota.model import MILLIONTHS
from bot.quota.report import DayUsage, MemberUsage, RefusalCount, UsageReport
from bot.ui.texts import reports

USAGE_TITLE = "What was used"
TOP_HEAD = "Who made most pictures"
REFUSALS_HEAD = "Requests that were refused"
CHART_ALT = "Chart of the pictures and credits of each day, the members who made most, and the refused requests"
CHART_NAME = "usage.png"
_BYTES_PER_MEGABYTE = 1_000_000


def summary(report: UsageReport) -> str:
    """Return the totals in a sentence."""
    if not report.images and not report.credits:
        return f"Nothing was used {_span(report)}."
    who = "one member" if report.members == 1 else f"{report.members:,} members"
    pictures = "1 picture" if report.images == 1 else f"{report.images:,} pictures"
    return f"**{pictures}** and **{rounded(report.credits)} credits** by {who} {_span(report)}."


def day_heads() -> tuple[str, str, str]:
    """Return the heads of the table of days."""
    return ("day", "pictures", "credits")


def day_row(day: DayUsage) -> tuple[str, str, str]:
    """Return a row of the table of days."""
    return (day.day.isoformat(), f"{day.images:,}", rounded(day.credits))


def days_left_out(first: date) -> str:
    """Return what is said of days with use that the table does not show."""
    return f"The table begins {first.isoformat()}; earlier days are counted above and stand in `/admin export`."


def member_row(place: int, member: MemberUsage) -> str:
    """Return a line of who used most."""
    pictures = "1 picture" if member.images == 1 else f"{member.images:,} pictures"
    return f"{place}. <@{member.user_id}>: {pictures}, {rounded(member.credits)} credits"


def refusal_row(refusal: RefusalCount) -> str:
    """Return a line of the refusals."""
    return f"{reports.reason(refusal.reason)}: {refusal.count:,}"


def nobody() -> str:
    """Return what stands where nobody made a picture."""
    return "Nobody made any."


def none_refused() -> str:
    """Return what stands where no request was refused."""
    return "None was refused."


def in_the_making() -> str:
    """Return what the numbers count."""
    return "Pictures in the making count at their estimated price, as in every limit."


def no_chart() -> str:
    """Return what is said where the chart could not be drawn."""
    return "The chart could not be drawn just now; the numbers are whole."


def rounded(millionths: int) -> str:
    """Return credits with two decimals at most, for tables; sums of the ledger are exact in its export."""
    written = f"{millionths / MILLIONTHS:,.2f}"
    return written.rstrip("0").rstrip(".")


def ledger_name(days: int) -> str:
    """Return how the file with the ledger of so many days is called."""
    return f"ledger-{days}-{'day' if days == 1 else 'days'}.csv"


def exported(n_entries: int, *, days: int, of: int, packed: bool, limit_bytes: int) -> str:
    """Return what comes with the ledger of the newest `days` of the `of` days that were asked for."""
    if not n_entries:
        return f"The ledger has no entries of the last {_days(of)}, so the file holds nothing but its head."
    parts = [f"Every entry of the ledger of the last {_days(days)}, {n_entries:,} in all. Only you see this."]
    if packed:
        parts.append("It was too large for this place as it is, so it is packed as a ZIP file.")
    if days < of:
        parts.append(
            f"You asked for {_days(of)}: of so many it is larger than the {_megabytes(limit_bytes)} that can be sent "
            "here, packed or not. Whoever runs this bot can write the whole ledger to a file."
        )
    return " ".join(parts)


def too_large_to_send(limit_bytes: int) -> str:
    """Return what is said where even the ledger of a day cannot be sent."""
    return (
        f"The ledger of today alone is larger than the {_megabytes(limit_bytes)} that can be sent here, packed or not. "
        "Whoever runs this bot can write it to a file."
    )


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / _BYTES_PER_MEGABYTE:.0f} MB"


def _span(report: UsageReport) -> str:
    since, until = report.days[0].day.isoformat(), report.days[-1].day.isoformat()
    days = f"on {since}" if since == until else f"from {since} to {until}"
    return f"{days} (by the calendar of {report.zone})"


def _days(days: int) -> str:
    return "day" if days == 1 else f"{days} days"
