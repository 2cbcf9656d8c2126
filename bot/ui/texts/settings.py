"""Why an administrator's change was not made: a sentence for each fault that `errors.BadSetting` names."""

from bot import errors
from bot.guilds.model import MAX_CHANNELS, MAX_JOBS_AT_ONCE, MAX_WORD_CHARS, MAX_WORDS
from bot.jobs.model import Quality
from bot.quota.model import MAX_CREDITS, MAX_IMAGES, MAX_RULES_OF_GUILD, MILLIONTHS
from bot.ui.texts.quotas import written

NOTHING_CHANGED = "Nothing was changed."

SENTENCES = {
    "limit_blank": "The limit is missing. {unchanged} Write a number, or the word unlimited.",
    "limit_not_a_number": (
        "The text{given} is not a number the bot can read. {unchanged} "
        "Write it like 10, 1,000 or 2.5, with a point before decimals; a limit may also be the word unlimited."
    ),
    "limit_negative": (
        "The number{given} is less than nothing. {unchanged} 0 blocks, a higher number allows as much, "
        "and the word unlimited allows everything."
    ),
    "limit_too_high": (
        "The number{given} is more than can be set: at most {images:,} pictures or {credits:,} credits. {unchanged} "
        "Write unlimited if that is what you mean."
    ),
    "limit_not_whole": (
        "The number{given} is too fine: pictures are counted whole and credits to six decimals. {unchanged} "
        "Write a whole number, or fewer decimals."
    ),
    "limit_none": (
        "The word{given} could mean that nothing is allowed, or that nothing limits. {unchanged} "
        "Write `0` for the one and `unlimited` for the other; `/admin quota remove` takes a limit away."
    ),
    "amount_zero": "The number{given} would change nothing. {unchanged} Write how much is to be granted, like 2.",
    "amount_blank": "The amount is missing. {unchanged} Write how much is to be granted, like 2.",
    "amount_not_a_number": (
        "The text{given} is not a number the bot can read. {unchanged} Write how much is to be granted, like 2 or "
        "1,000, credits also like 2.5; `/admin quota set` with `limit:unlimited` lifts the limit of a member."
    ),
    "amount_negative": (
        "The number{given} is less than nothing. {unchanged} Write how much is to be granted, like 2; "
        "`/admin quota set` lowers the limit of a member."
    ),
    "amount_too_high": (
        "The number{given} is more than can be granted: at most {images:,} pictures or {credits:,} credits. "
        "{unchanged} `/admin quota set` with `limit:unlimited` lifts the limit of a member."
    ),
    "amount_not_whole": (
        "The number{given} is too fine: pictures are counted whole and credits to six decimals. {unchanged} "
        "Write a whole number, or fewer decimals."
    ),
    "too_many_rules": (
        "This server has {rules} limits already, which is as many as it may have. {unchanged} "
        "Remove one by `/admin quota remove`; `/admin quota list` shows them all."
    ),
    "too_many_words": (
        "That is more than the word filter holds: at most {words} words and phrases, which also have to fit into one "
        "form. {unchanged} Leave some out."
    ),
    "word_too_long": (
        "The entry{given} is too long: a word or phrase has at most {word_chars} characters. {unchanged} Shorten it."
    ),
    "word_blank": "The entry{given} holds nothing that could be found in a prompt. {unchanged} Leave it out.",
    "unknown_time_zone": (
        "The bot does not know the time zone{given}. {unchanged} "
        "Write its name in the tz database, like Europe/Berlin or America/New\\_York, or UTC."
    ),
    "too_many_channels": "More than {channels} channels cannot be listed. {unchanged} Choose fewer.",
    "bad_number": (
        "The number{given} cannot be set here. {unchanged} "
        "Write a whole number from 1 to {jobs:,}, or nothing for any number."
    ),
    "log_channel_closed": (
        "The bot may not see the channel{given} and write there. {unchanged} "
        "Give it View Channel and Send Messages in that channel, or choose another one."
    ),
    "role_above_bot": (
        "The role{given} stands above the bot's own role. {unchanged} "
        "Move the bot's role above it in the server settings, or choose another role."
    ),
    "role_everyone": (
        "Everyone is no role of its own here. {unchanged} "
        "A limit for all members is the default: name no role, member or channel."
    ),
    "member_left": (
        "The member{given} is not in this server any more. {unchanged} "
        "What was set for them can still be removed by `/admin quota remove`."
    ),
    "bot_member": "The member{given} is a bot, and bots ask for no pictures. {unchanged} Choose a person.",
    "nothing_named": "It is not said what this is about. {unchanged} Fill in one of the fields of the command.",
    "two_named": (
        "More than one is named, and the command is about one at a time. {unchanged} Use it once for each of them."
    ),
    "unit_without_limit": (
        "What `unit` and `per` say is for a new budget, and `limit` is not filled in. {unchanged} Fill it in as well, "
        "or leave all three out to see the budget."
    ),
    "orphaned_alone": (
        "The field `orphaned` removes every limit of deleted roles and channels, and goes with no other. {unchanged} "
        "Leave out the others, or `orphaned`."
    ),
    "unknown_quality": "The model does not know the quality{given}. {unchanged} Choose one of these: {qualities}.",
}
"""By what is wrong. `{given}` is what they wrote, quoted, with a space before it; or nothing."""

_FACTS = {
    "unchanged": NOTHING_CHANGED,
    "images": MAX_IMAGES,
    "credits": MAX_CREDITS // MILLIONTHS,
    "rules": MAX_RULES_OF_GUILD,
    "words": MAX_WORDS,
    "word_chars": MAX_WORD_CHARS,
    "channels": MAX_CHANNELS,
    "jobs": MAX_JOBS_AT_ONCE,
    "qualities": ", ".join(Quality),
}


def bad_setting(error: errors.BadSetting) -> str:
    """Return why a change was not made; raises KeyError for a fault that the table does not name."""
    given = f" {written(error.given)}" if error.given.strip() else ""
    return SENTENCES[error.what].format(given=given, **_FACTS)
