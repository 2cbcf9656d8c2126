"""What Discord says no with: status, code and words (discord.md 1, 2 and Discord's own table of codes)."""

import enum
from typing import Any

Json = dict[str, Any]


class ApiRefusal(Exception):
    """One refused call: the HTTP status, Discord's code and words, and the `errors` tree of a refused form."""

    def __init__(self, status: int, code: int, message: str, *, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message} {errors or ''}".rstrip())
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    @property
    def body(self) -> Json:
        """Return the JSON Discord answers with."""
        body: Json = {"message": self.message, "code": self.code}
        return body if self.errors is None else {**body, "errors": self.errors}


class Known(enum.Enum):
    """The refusals the stand-in gives by itself, or as an ordered fault, as Discord words them."""

    UNAUTHORIZED = (401, 0, "401: Unauthorized")
    NOT_FOUND = (404, 0, "404: Not Found")
    METHOD_NOT_ALLOWED = (405, 0, "405: Method Not Allowed")
    UNKNOWN_APPLICATION = (404, 10002, "Unknown Application")
    UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
    UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
    UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
    UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
    UNKNOWN_ROLE = (404, 10011, "Unknown Role")
    UNKNOWN_USER = (404, 10013, "Unknown User")
    UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
    UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
    UNKNOWN_COMMAND = (404, 10063, "Unknown application command")
    UNKNOWN_COMMAND_PERMISSIONS = (404, 10066, "Unknown application command permissions")
    WRONG_APPLICATION = (403, 20012, "You are not authorized to perform this action on this application")
    TOO_MANY_COMMANDS = (400, 30032, "Maximum number of application commands reached (100).")
    TOO_MANY_OLD_EDITS = (429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later.")
    BODY_TOO_LARGE = (413, 40005, "Request entity too large")
    ALREADY_ANSWERED = (400, 40060, "Interaction has already been acknowledged.")
    TOO_MANY_FOLLOWUPS = (400, 40094, "This interaction has reached its maximum number of follow-up messages.")
    MISSING_ACCESS = (403, 50001, "Missing Access")
    DM_ONLY_AUTHOR = (403, 50003, "Cannot execute action on a DM channel")
    NOT_YOUR_MESSAGE = (403, 50005, "Cannot edit a message authored by another user")
    EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
    CANNOT_MESSAGE_USER = (403, 50007, "Cannot send messages to this user")
    NOT_A_TEXT_CHANNEL = (400, 50008, "Cannot send messages in a non-text channel")
    MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
    INVALID_WEBHOOK_TOKEN = (401, 50027, "Invalid Webhook Token")
    INVALID_API_VERSION = (400, 50041, "Invalid API version provided.")
    FILE_TOO_LARGE = (400, 50045, "File uploaded exceeds the maximum size")
    ARCHIVED_THREAD = (400, 50083, "Thread is archived")
    NOT_JSON = (400, 50109, "The request body contains invalid JSON.")
    BLOCKED_BY_AUTOMOD = (400, 200000, "Message was blocked by automatic moderation")
    REPLY_WITHOUT_HISTORY = (400, 160002, "Cannot reply without permission to read message history")

    def refusal(self) -> ApiRefusal:
        """Return a fresh exception to raise."""
        status, code, message = self.value
        return ApiRefusal(status, code, message)


def invalid_form(errors: Json) -> ApiRefusal:
    """Return 50035 with the nested tree that names each faulty field."""
    return ApiRefusal(400, 50035, "Invalid Form Body", errors=errors)
