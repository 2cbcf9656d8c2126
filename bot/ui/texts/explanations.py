"""How a picture that never came is explained: the parts from which the tables by code are made."""

import enum
from dataclasses import dataclass


class Cost(enum.Enum):
    """What a picture that never came has cost. It never counts for the person who asked."""

    NOTHING = "It cost you nothing and is not counted."
    PERHAPS_OPERATOR = "It is not counted for you, but the image service may still charge whoever runs this bot for it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One way to end without a picture, in words."""

    title: str
    happened: str
    advice: str
    cost: Cost = Cost.NOTHING


TELL_OPERATOR = "Please tell whoever runs this bot; nothing you could change would help."
NOT_YOUR_FAULT = "That is not your fault."
CHANGE_PROMPT = "Change the prompt, or leave out what the service objects to, and try again."
GENTLER_PROMPT = (
    "Describe it without real or famous people, characters and brands of others, nudity, violence or minors, "
    "and try again; the same prompt would be declined again."
)
SAY_ID = "Please try once more; if it happens again, tell whoever runs this bot the job's id below."


def declined(happened: str) -> Explanation:
    """Explain that the prompt's content is not welcome."""
    return Explanation(title="The image service declined this prompt", happened=happened, advice=GENTLER_PROMPT)


def misunderstood(happened: str, advice: str) -> Explanation:
    """Explain that the request's form is not accepted."""
    return Explanation(title="The image service did not accept the request", happened=happened, advice=advice)


def no_credit(happened: str, advice: str = TELL_OPERATOR) -> Explanation:
    """Explain that the operator has to pay in."""
    return Explanation(
        title="The bot's account is out of credit", happened=f"{happened} {NOT_YOUR_FAULT}", advice=advice
    )


def no_access(happened: str) -> Explanation:
    """Explain that the operator has to see to a key or an account."""
    return Explanation(
        title="The bot has no access to the model", happened=f"{happened} {NOT_YOUR_FAULT}", advice=TELL_OPERATOR
    )


def busy(happened: str, advice: str) -> Explanation:
    """Explain that there is too much to do at the moment."""
    return Explanation(title="The image service is busy", happened=happened, advice=advice)


def trouble(happened: str, advice: str) -> Explanation:
    """Explain that something is broken over there."""
    return Explanation(title="The image service has trouble", happened=happened, advice=advice)


INVALID_REQUEST = misunderstood(
    "The image service found something wrong with the request.",
    "Try a shorter or simpler prompt or other settings; if that fails too, tell whoever runs this bot.",
)
UNKNOWN_KEY = no_access("The image service does not accept this bot's key.")
OUT_OF_CREDIT = no_credit("The account behind this bot has not enough credit left.")
FORBIDDEN = no_access("This bot's account is not allowed to do that at the image service.")
NOT_FOUND = trouble("The image service does not know what the bot asked for.", SAY_ID)
CONFLICT = Explanation(
    title="The image service saw two requests in one",
    happened="The image service took this request for another one that it had already seen.",
    advice="Please send the command again; it then counts as a new request.",
)
TOO_LARGE = misunderstood(
    "The request was larger than the image service accepts.",
    "Shorten the prompt, use fewer or smaller pictures, and try again.",
)
TOO_FAST = busy(
    "The bot has sent the image service more requests than it takes at a time.", "Wait about a minute and try again."
)
SERVER_FAULT = trouble(
    "The image service had a fault of its own.", "Try again in a minute; your prompt is not the reason."
)
BAD_GATEWAY = trouble(
    "The model behind the image service did not answer properly.",
    "Try again in a minute or two; your prompt is not the reason.",
)
UNAVAILABLE = trouble(
    "The image service is not available at the moment.", "Try again in a few minutes; your prompt is not the reason."
)
MODEL_AWAY = busy("The model is not available at the moment.", "Try again in 5 minutes or so.")
LOST_TRACK = Explanation(
    title="The image service has trouble",
    happened="The image service lost track of this picture.",
    cost=Cost.PERHAPS_OPERATOR,
    advice=SAY_ID,
)
