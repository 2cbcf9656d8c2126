"""Every durable effect that a clean run of each scenario counts, in order, and how a job ends that is killed after it.

A change that adds, moves or drops an effect shows here, so that none is forgotten; and a kill that costs somebody their
picture shows, too: an order in doubt, told and released, is right only between the intent to order and the knowledge of
the task, and only where no trace leads to that task.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One effect, and how the job ends where the process dies right after it and another one starts."""

    effect: str
    end: str


DELIVERED = "delivered"
IN_DOUBT = "released, told: outcome_unknown"
COLLECTABLE = "collectable"
TASK_FAILED = "released, told: task_failed"
GIFT = "delivered, a gift"


def ending(end: str, *effects: str) -> tuple[Point, ...]:
    """Name a stretch of effects after each of which a job ends alike."""
    return tuple(Point(effect=effect, end=end) for effect in effects)


def call(route: str, status: int = 200) -> tuple[str, str]:
    """Name the two effects of a call that is answered."""
    return f"sent: {route}", f"answer {status}: {route}"


UPDATE = "commit: UPDATE jobs"
RUNNING = "commit: UPDATE jobs → running"
STORED = "commit: INSERT ledger, INSERT jobs → queued"
STORED_WITH_SOURCES = "commit: INSERT ledger, INSERT jobs → preparing, INSERT sources"
ANSWERED = (*call("POST /interactions/*/*/callback"), UPDATE)
TAKEN = (STORED, *ANSWERED)
SUBMITTING = "commit: UPDATE jobs → submitting"
ORDER = call("POST /v1/images/generations")
CARD = call("PATCH /webhooks/*/*/messages/*")
LOOK = call("GET /v1/tasks/*")
FETCHED = (*call("GET /*/images/*/11/22/*.jpg"), "replace: results/*.part", "rename: results/*.jpg")
DELIVERING = "commit: UPDATE jobs → delivering"
COUNTED = "commit: UPDATE jobs → delivered, INSERT ledger"
DRAWN = (*CARD, *LOOK, *CARD, *LOOK)
SHOWN = (*FETCHED, DELIVERING, *CARD, COUNTED)
LOST = ("commit: UPDATE jobs → lost, INSERT ledger", *CARD, "commit: UPDATE jobs → lost")
SEARCHED = (
    *call("POST /users/@me/channels"),
    *call("GET /channels/*/messages"),
    *call("GET /channels/*/messages"),
    *call("GET /channels/*/messages/*", 404),
    *call("PATCH /channels/*/messages/*"),
)
"""Looked for wherever it may stand already, then put where the card is."""

IMAGINE = (
    *ending(DELIVERED, *TAKEN),
    *ending(IN_DOUBT, SUBMITTING, *ORDER),
    *ending(DELIVERED, RUNNING, *DRAWN, *SHOWN),
)

EDIT = (
    *ending(DELIVERED, STORED_WITH_SOURCES, *ANSWERED),
    *ending(DELIVERED, *call("GET /ephemeral-attachments/*/*/beach.png")),
    *ending(DELIVERED, "replace: sources/*-1.part", "replace: sources/*.png", "unlink: sources/*-1.part"),
    *ending(DELIVERED, "commit: INSERT sources", "commit: INSERT assets"),
    *ending(DELIVERED, *call("GET /api/v1/files/quota"), *call("POST /api/v1/files/upload/stream")),
    *ending(DELIVERED, "commit: UPDATE assets", *call("GET /*/images/png/*.png"), "commit: UPDATE assets"),
    *ending(DELIVERED, "commit: INSERT sources", "commit: UPDATE jobs → queued"),
    *ending(IN_DOUBT, SUBMITTING, *ORDER),
    *ending(DELIVERED, RUNNING, *DRAWN, *SHOWN, "commit: UPDATE sources"),
)

CANCELLED = (
    *ending(COLLECTABLE, *TAKEN),
    *ending(IN_DOUBT, SUBMITTING, *ORDER),
    *ending(COLLECTABLE, RUNNING, *CARD),
    *ending(COLLECTABLE, UPDATE, *call("POST /interactions/*/*/callback"), *CARD),
    *ending(COLLECTABLE, *LOOK, *LOOK, *FETCHED, DELIVERING, *CARD, "commit: UPDATE jobs → ready"),
)

FAILED = (
    *ending(TASK_FAILED, *TAKEN),
    *ending(IN_DOUBT, SUBMITTING, *ORDER),
    *ending(TASK_FAILED, RUNNING, *DRAWN, "commit: UPDATE jobs → failed, INSERT ledger", *CARD),
    *ending(TASK_FAILED, "commit: UPDATE jobs → failed"),
)

HIDDEN = (
    *ending(DELIVERED, *LOOK, *FETCHED, DELIVERING),
    *ending(DELIVERED, *call("POST /users/@me/channels"), *call("POST /channels/*/messages"), UPDATE, COUNTED),
)

COLLECTED = (
    *ending(DELIVERED, *LOOK, *FETCHED, DELIVERING, *call("POST /users/@me/channels")),
    *ending(DELIVERED, *call("POST /channels/*/messages", 403), *call("POST /channels/*/messages", 403)),
    *ending(DELIVERED, "commit: UPDATE jobs → ready", *call("POST /channels/*/messages", 403)),
    *ending(DELIVERED, *call("POST /interactions/*/*/callback"), f"{DELIVERING}, UPDATE jobs", *CARD, COUNTED),
)

TASK_LIST = (
    *ending(DELIVERED, *TAKEN),
    *ending(IN_DOUBT, SUBMITTING),
    *ending(DELIVERED, *ORDER, RUNNING, *DRAWN, *SHOWN),
)

CALLBACKS = (
    *ending(DELIVERED, *TAKEN),
    *ending(IN_DOUBT, SUBMITTING),
    *ending(DELIVERED, *ORDER, RUNNING, *CARD, *LOOK, *SHOWN),
)

KEY = (*ending(DELIVERED, *TAKEN, SUBMITTING, ORDER[0], *ORDER, *CARD, RUNNING, *LOOK, *CARD, *LOOK, *SHOWN),)

LATE = (
    *ending(DELIVERED, *LOOK, *CARD, *LOOK, *LOOK, *CARD, *LOOK, *LOOK, *CARD, *LOOK, *LOST, UPDATE),
    *ending(DELIVERED, *LOOK, *FETCHED, f"{DELIVERING}, INSERT ledger, UPDATE jobs", *SEARCHED, COUNTED),
)

LATE_FOUND = (
    *ending(DELIVERED, *LOST, UPDATE, *call("GET /v1/tasks"), "commit: UPDATE jobs → lost", *LOOK),
    *ending(DELIVERED, *FETCHED, f"{DELIVERING}, INSERT ledger, UPDATE jobs", *SEARCHED, COUNTED),
)

BESIDES_A_GIFT = f"{GIFT}, {DELIVERED}"
LATE_GIFT = (
    *ending(BESIDES_A_GIFT, *LOOK, *CARD, *LOOK, *LOOK, *CARD, *LOOK, *LOOK, *CARD, *LOOK, *LOST),
    *ending(BESIDES_A_GIFT, *TAKEN),
    *ending(f"{DELIVERED}, {IN_DOUBT}", SUBMITTING, *ORDER),
    *ending(BESIDES_A_GIFT, RUNNING, *DRAWN, *SHOWN),
    *ending(BESIDES_A_GIFT, UPDATE, *LOOK, *FETCHED, f"{DELIVERING}, UPDATE jobs", *SEARCHED, COUNTED),
)
"""The second order is in doubt where it is killed in the middle of it, and leaves the day's picture to the first."""
