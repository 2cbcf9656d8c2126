"""Why a request is refused by a limit, a rule of the server or the operator's brake: which one, how much is left of it,
when that changes by itself, and who can change it.
"""

from datetime import datetime

from bot import errors
from bot.jobs.model import Quality
from bot.quota.model import OF_OPERATOR, Scope, Unit
from bot.ui import characters, markdown
from bot.ui.texts import amounts

NOTHING_SPENT = "Nothing was spent."
ASK_ADMINISTRATORS = "Administrators of this server can change that with `{}`."
ASK_OPERATOR = "Only whoever runs this bot can change that."

_QUOTA, _BUDGET, _QUALITY, _SETTINGS = "/admin quota", "/admin budget", "/admin quality", "/admin settings"
_MAX_WRITTEN_CHARS = 60
_MAX_CHANNELS_TOLD = 5

_LIMITS = {
    Scope.USER: "your own limit in this server",
    Scope.ROLE: "the limit of your role <@&{id}>",
    Scope.DEFAULT: "this server's limit for each member",
    Scope.CHANNEL: "the limit of <#{id}> for all its members together",
    Scope.GUILD: "this server's budget",
    Scope.OPERATOR_USER: "the limit of this bot's operator for each person",
    Scope.OPERATOR_GUILD: "the limit of this bot's operator for each server",
    Scope.OPERATOR_TOTAL: "what this bot's operator spends",
    Scope.OPERATOR_DIRECT: "the limit of this bot's operator for each person outside of servers that have the bot",
}

_NOT_HERE = {
    "private": "This server does not allow private pictures. {} Leave out `private`, and all can see the picture.",
    "search": "This server does not allow searches. {} Leave out `web_search` and `image_search`.",
    "direct": (
        "This bot makes no pictures in direct messages, nor where only you have installed it. {} "
        "Use it in a server that has it."
    ),
    "server": "This bot is not open to this server. {} Only whoever runs the bot can open it.",
}


def limit_reached(error: errors.LimitReached) -> str:
    """Return which limit does not admit a request, what is left of it and when it has room."""
    scope = Scope(error.scope)
    if error.limit == 0:
        return " ".join([_closed(error, scope), NOTHING_SPENT, _who(scope)])
    told = [_state(error, scope), NOTHING_SPENT]
    if error.fits:
        told.append(f"What is left is enough for {error.fits}: choose that quality, and it can be made now.")
    when = _never(error, scope) if error.resets_at is None else _room_again(error, error.resets_at)
    return " ".join([*told, when, _who(scope)])


def too_many_at_once(error: errors.TooManyAtOnce) -> str:
    """Return that as many pictures are being made as may be at once."""
    whose = "are being made in this server" if error.of_server else "of yours are being made"
    allowed = "at once" if error.of_server else "at once for each member"
    return (
        f"As many pictures {whose} as it may be {allowed}: {error.limit:,}. {NOTHING_SPENT} "
        f"Send it again when one of them is done. {ASK_ADMINISTRATORS.format(_SETTINGS)}"
    )


def quality_not_allowed(error: errors.QualityNotAllowed) -> str:
    """Return which quality may be asked for instead."""
    if error.highest is None:
        known = ", ".join(Quality)
        return (
            f"The model does not know the quality {written(error.asked)}. {NOTHING_SPENT} Choose one of these: {known}."
        )
    choice = error.highest if error.highest == Quality.HALF_K else f"{error.highest} or a lower one"
    whose = "your highest quality by your roles" if error.of_role else "your highest quality"
    return (
        f"The quality {written(error.asked)} is more than you may use in this server: {whose} is "
        f"{error.highest}. {NOTHING_SPENT} Choose {choice}. "
        f"{ASK_ADMINISTRATORS.format(_QUALITY if error.of_role else _SETTINGS)}"
    )


def not_allowed_here(error: errors.NotAllowedHere) -> str:
    """Return what is not allowed here, and what is."""
    if error.what != "channel":
        told = _NOT_HERE[error.what].format(NOTHING_SPENT)
        by_server = error.what in {"private", "search"}
        return f"{told} {ASK_ADMINISTRATORS.format(_SETTINGS)}" if by_server else told
    return (
        f"No pictures are made in this channel. {NOTHING_SPENT} {_other_channels(error.channel_ids)} "
        f"{ASK_ADMINISTRATORS.format(_SETTINGS)}"
    )


def blocked(error: errors.Blocked) -> str:
    """Return who has blocked a person."""
    if error.by_operator:
        return f"Whoever runs this bot has blocked you, so it makes no pictures for you. {NOTHING_SPENT}"
    return (
        f"The administrators of this server have blocked you, so the bot makes no pictures for you here. "
        f"{NOTHING_SPENT} They can change that with `/admin unblock`."
    )


def word_not_allowed(error: errors.WordNotAllowed) -> str:
    """Return which word a prompt may not hold; hidden until it is pressed, for it may be read by all."""
    return (
        f"This server does not allow what stands in the prompt: ||{markdown.quote(_line(error.word), limit=250)}||. "
        f"{NOTHING_SPENT} Leave it out and send it again. {ASK_ADMINISTRATORS.format('/admin words')}"
    )


def spending_stopped(error: errors.SpendingStopped) -> str:
    """Return that nothing is made for now, and until when."""
    when = (
        f"It begins anew {stamps(error.until)}."
        if error.until
        else "It goes on by itself as soon as there is money again; whoever runs this bot can see to that."
    )
    return (
        f"What this bot's operator spends on pictures is used up for now, so no new one is begun. {NOTHING_SPENT} "
        f"Pictures that are being made still come. {when}"
    )


def without_request(refusal: str) -> str:
    """Return a refusal as it is told to somebody who has asked for nothing yet."""
    return refusal.replace(f" {NOTHING_SPENT}", "")


def stamps(at: datetime) -> str:
    """Return an instant that counts down by itself, and its date and time, both as the reader's own clock has them."""
    return f"<t:{int(at.timestamp())}:R> (<t:{int(at.timestamp())}:f>)"


def written(given: str) -> str:
    """Return what somebody wrote, in quotation marks, short and harmless."""
    return markdown.quote(f"“{characters.cut(_line(given), _MAX_WRITTEN_CHARS)}”", limit=2 * _MAX_WRITTEN_CHARS)


def _line(text: str) -> str:
    return " ".join(text.split())


def _limit(error: errors.LimitReached, scope: Scope) -> str:
    """Return which limit it is, with its number and what was granted; what the operator spends in all is not told."""
    name = _LIMITS[scope].format(id=error.subject_id)
    period = amounts.period(error.period, rolling=error.rolling)
    if scope is Scope.OPERATOR_TOTAL:
        return f"{name} {period}"
    limit = f"{name} of {amounts.amount(error.unit, error.limit - error.granted)} {period}"
    if not error.granted:
        return limit
    granted = amounts.credits_number(error.granted) if error.unit == Unit.CREDITS else f"{error.granted:,}"
    return f"{limit}, and {granted} granted,"


def _closed(error: errors.LimitReached, scope: Scope) -> str:
    if scope is Scope.OPERATOR_DIRECT:
        return "This bot makes no pictures in direct messages, nor where only you have installed it."
    return f"No pictures can be made, for {_LIMITS[scope].format(id=error.subject_id)} is set to nothing at all."


def _state(error: errors.LimitReached, scope: Scope) -> str:
    limit = _limit(error, scope)
    left = max(0, error.limit - error.used)
    if left == 0:
        return f"{limit[0].upper()}{limit[1:]} is used up."
    if scope is Scope.OPERATOR_TOTAL:
        return f"This picture would cost more than is left of {limit}."
    return (
        f"This would take about {amounts.amount(error.unit, error.needed)}, and of {limit} only "
        f"{amounts.amount(error.unit, left)} can still be used."
    )


def _room_again(error: errors.LimitReached, at: datetime) -> str:
    if error.rolling:
        return f"There is room for it again {stamps(at)}, if nothing else is made until then."
    return f"It begins anew {stamps(at)}."


def _never(error: errors.LimitReached, scope: Scope) -> str:
    """Return why waiting is in vain; of what was granted nothing is left when the limit begins anew."""
    own = error.limit - error.granted
    if own == 0:
        return "Waiting does not help: without what was granted, the limit is nothing at all."
    price_is_told = error.used < error.limit
    if scope is Scope.OPERATOR_TOTAL or (price_is_told and not error.granted):
        return "Waiting does not help: it is more than the whole limit."
    whole = "the limit without what was granted" if error.granted else "the whole limit"
    price, most = (amounts.amount(error.unit, number) for number in (error.needed, own))
    return f"Waiting does not help: it would take about {price}, and {whole} is {most}."


def _who(scope: Scope) -> str:
    if scope in OF_OPERATOR:
        return ASK_OPERATOR
    return ASK_ADMINISTRATORS.format(_BUDGET if scope is Scope.GUILD else _QUOTA)


def _other_channels(channel_ids: tuple[int, ...]) -> str:
    if not channel_ids:
        return "Use the bot in another channel of this server."
    told = ", ".join(f"<#{channel_id}>" for channel_id in channel_ids[:_MAX_CHANNELS_TOLD])
    more = len(channel_ids) - _MAX_CHANNELS_TOLD
    return f"They are made in {told}{f' and {more} more' if more > 0 else ''}."
