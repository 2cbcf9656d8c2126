"""What Discord shows of /admin before it is used. The whole group counts as one command: 8,000 characters in all."""

from bot.quota.model import Period, Unit

ADMIN = "Limits, costs and rules of this server"
QUOTA = "Who may make how many pictures"

SET = "Set a limit; without a member, role or channel it is the default for every member"
REMOVE = "Remove limits that were set"
LIST = "Show every limit of this server, and who is blocked"
GRANT = "Give a member some more, once"
RESET = "Count from nothing again"
BUDGET = "Show or set the ceiling for the whole server"
BLOCK = "Let a member make no pictures"
UNBLOCK = "Let a blocked member make pictures again"
QUALITY = "Set the highest quality that a role may use"
SETTINGS = "Open the settings of this server: where, in which quality, with which defaults"
WORDS = "Open the list of words that no prompt may hold"
USAGE = "Show what was used: pictures and credits a day, top members, refusals"
EXPORT = "Get every entry of the ledger as a CSV file"
LOG = "Show who changed what, and when"

_MEMBER = "For this member"
_ROLE = "For everybody with this role"
_CHANNEL = "For all together in this channel, threads included"
_UNIT = "What is counted; pictures if left out"

SET_OPTIONS = {
    "limit": "A number; 0 blocks, unlimited sets no limit",
    "unit": _UNIT,
    "per": "A day if left out",
    "rolling": "Count the last 24 hours (60 minutes, 7 or 30 days) instead of by the calendar",
    "member": _MEMBER,
    "role": _ROLE,
    "channel": _CHANNEL,
}
REMOVE_OPTIONS = {
    "unit": "Only limits that count this",
    "per": "Only limits over this time",
    "member": _MEMBER,
    "role": _ROLE,
    "channel": _CHANNEL,
    "orphaned": "Instead: every limit of a role or channel that was deleted",
}
GRANT_OPTIONS = {
    "member": "Who gets more",
    "images": "How many pictures",
    "credits": "Or how many credits",
    "why": "A note for the ledger",
}
RESET_OPTIONS = {
    "member": "What this member has used; what was granted to them counts no more, either",
    "channel": "What was used in this channel, for its ceiling",
    "server": "What the whole server has used, for its budget",
}
BUDGET_OPTIONS = {
    "limit": "A number; none removes it; left out, the budget is only shown",
    "unit": "What is counted; credits if left out",
    "per": "A month if left out",
}
BLOCK_OPTIONS = {"member": "Who may make no pictures"}
UNBLOCK_OPTIONS = {"member": "Who may make pictures again"}
QUALITY_OPTIONS = {
    "role": "Whom it is for; of several roles the best one counts",
    "highest": "Left out: the same as for everybody here",
}
DAYS_OPTIONS = {"days": "How many days back; 30 if left out"}

UNIT_NAMES = {Unit.IMAGES: "pictures", Unit.CREDITS: "credits"}
PERIOD_NAMES = {Period.HOUR: "hour", Period.DAY: "day", Period.WEEK: "week", Period.MONTH: "month"}
