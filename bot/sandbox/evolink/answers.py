"""The bodies that tell of a task (provider.md 2 and 3), made from its record and the clock's time. Pure."""

from datetime import datetime
from typing import Any

from bot.sandbox.evolink import catalogue
from bot.sandbox.evolink.knobs import Shape
from bot.sandbox.evolink.outcomes import Cancelled, Completed, Failed, Stuck
from bot.sandbox.evolink.records import Task, TaskStatus

JsonObject = dict[str, Any]

_PENDING_SHARE = 0.1
"""The first tenth of a task's time it is pending."""


def status_of(task: Task, now: datetime) -> TaskStatus:
    """Say where a task stands at `now`."""
    if task.final_status is not None:
        return task.final_status
    waits = (now - task.created_at).total_seconds() < _PENDING_SHARE * task.duration_s
    return "pending" if waits and not task.starts_processing else "processing"


def progress_of(task: Task, now: datetime) -> int:
    """Return 0 to 100: 0 while pending, then rising with the clock, 100 only when completed."""
    status = status_of(task, now)
    if status == "completed":
        return 100
    if status not in {"pending", "processing"} or status == "pending":
        return 0
    ceiling = task.outcome.progress if isinstance(task.outcome, Stuck) else 99
    share = (now - task.created_at).total_seconds() / task.duration_s if task.duration_s > 0 else 1.0
    return max(1, min(ceiling, int(100 * share)))


def create_answer(task: Task, shape: Shape) -> JsonObject:
    """Make the 200 of a create call (provider.md 2)."""
    started = task.starts_processing
    body: JsonObject = _head(task) | {
        "progress": 1 if started else 0,
        "status": "processing" if started else "pending",
        "type": "image",
    }
    if shape.task_info:
        body["task_info"] = {"can_cancel": True, "estimated_time": task.estimated_s}
    if shape.usage:
        body["usage"] = {
            "billing_rule": shape.billing_rule,
            "credits_reserved": task.credits_reserved,
            "user_group": "default",
        }
    return body


def query_answer(task: Task, now: datetime, shape: Shape, *, request_id: str) -> JsonObject:
    """Make the 200 of a query (provider.md 3), which is the callback's body, too."""
    status = status_of(task, now)
    body = _head(task) | {"progress": progress_of(task, now), "status": status, "type": "image"}
    if shape.task_info:
        body["task_info"] = {"can_cancel": task.final_status is None}
    if isinstance(task.outcome, Completed) and task.finished_at is not None:
        body |= _completed_members(task, task.outcome, shape, finished_at=task.finished_at)
    if task.error is not None:
        body["error"] = dict(task.error)
    if shape.newest:
        body |= {"request_id": request_id, "billing": _billing(task)}
    if isinstance(task.outcome, Failed) and task.outcome.documented_body and status == "failed":
        for name in ("created", "task_info", "type"):
            body.pop(name, None)
    return body


def _head(task: Task) -> JsonObject:
    return {
        "created": int(task.created_at.timestamp()),
        "id": task.id,
        "model": task.request["model"],
        "object": "image.generation.task",
    }


def _completed_members(task: Task, outcome: Completed, shape: Shape, *, finished_at: datetime) -> JsonObject:
    urls = [result.url for result in task.results]
    listed = {
        "strings": urls,
        "objects": [{"url": url} for url in urls],
        "image_url_objects": [{"image_url": url} for url in urls],
        "empty": [],
    }
    members: JsonObject = {}
    if outcome.results in listed:
        members["results"] = listed[outcome.results]
    if outcome.result_data:
        members["result_data"] = [{"url": url} for url in urls]
    if outcome.usage and shape.usage:
        members["duration"] = round((finished_at - task.created_at).total_seconds())
        members["usage"] = _usage(task, shape)
    return members


def _usage(task: Task, shape: Shape) -> JsonObject:
    n_image_in = catalogue.SOURCE_TOKENS * len(task.sources)
    n_image_out = catalogue.IMAGE_TOKENS[task.request.get("quality", "2K")] * len(task.results)
    n_text = catalogue.prompt_tokens(task.request["prompt"])
    usage: JsonObject = {
        "credits_used": task.credits_used,
        "image_cached_input_tokens": 0,
        "image_input_tokens": n_image_in,
        "image_output_tokens": n_image_out,
        "text_cached_input_tokens": 0,
        "text_input_tokens": n_text,
        "total_tokens": n_image_in + n_image_out + n_text,
    }
    if shape.newest and task.credits_used is not None:
        usd = round(task.credits_used / 68, 4)
        usage["cost"] = {"credits": task.credits_used, "usd": usd, "cny": round(usd * 7, 4)}
    return usage


def _billing(task: Task) -> JsonObject:
    charged = task.credits_used or 0
    state = "reserved" if task.final_status is None else "charged" if charged else "released"
    return {
        "refund_scope": "account_balance",
        "charge_status": state,
        "refund_status": "refunded" if state == "released" else "none",
        "reserved_credits": task.credits_reserved,
        "charged_credits": charged,
        "refunded_credits": task.credits_reserved if state == "released" else 0,
        "refunded_at": task.finished_at.isoformat() if state == "released" and task.finished_at else None,
    }


def task_error(outcome: Failed | Cancelled, message: str, shape: Shape) -> JsonObject:
    """Make the `error` member of a task that did not succeed."""
    if isinstance(outcome, Cancelled):
        return {"code": "request_cancelled", "message": message, "type": "task_error"}
    error: JsonObject = {"code": outcome.code, "message": message}
    if outcome.with_type and not outcome.documented_body:
        error["type"] = "task_error"
    if shape.newest:
        error["suggestion"] = message.partition("\n")[2]
    return error


def list_item(task: Task, now: datetime) -> JsonObject:
    """Make one row of the undocumented task list (provider.md 3.3)."""
    done = task.finished_at
    return {
        "id": task.id,
        "model": task.request["model"],
        "type": "image",
        "status": status_of(task, now),
        "progress": progress_of(task, now),
        "created_at": int(task.created_at.timestamp()),
        "duration": None if done is None else round((done - task.created_at).total_seconds()),
        "has_results": bool(task.results),
        "result_count": len(task.results),
        "has_error": task.error is not None,
        "credits_used": task.credits_used,
    }
