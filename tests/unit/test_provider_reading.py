"""Reading answers: everything the provider was seen to send, and everything it might."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.provider import reading
from bot.provider.errors import BadAnswer
from bot.provider.models import Credits, FileQuota, StoredFile, TaskError, TaskStatus

ID = "task-unified-1795338000-k3v9q0ab"
URL = "https://files.evolink.ai/a/images/2026/11/22/0123.jpg"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def task(**fields: Any) -> Any:
    return reading.read_task({"id": ID, **fields})


def test_the_documented_create_answer_is_read_whole() -> None:
    """The example of provider.md 2."""
    made = task(
        created=1795338000,
        model="gemini-3.1-flash-image-preview",
        object="image.generation.task",
        progress=0,
        status="pending",
        task_info={"can_cancel": True, "estimated_time": 45},
        type="image",
        usage={"billing_rule": "per_call", "credits_reserved": 6.4222, "user_group": "default"},
    )
    assert (made.id, made.status, made.progress) == (ID, TaskStatus.PENDING, 0)
    assert (made.estimated_s, made.credits_reserved) == (45, 6.4222)
    assert made.model == "gemini-3.1-flash-image-preview"
    assert (made.credits_used, made.result_urls, made.error) == (None, (), None)


def test_a_really_seen_completed_answer_is_read_whole() -> None:
    """The full form of provider.md 3.1."""
    made = task(
        duration=31,
        progress=100,
        result_data=[{"url": URL}],
        results=[URL],
        status="completed",
        task_info={"can_cancel": False},
        usage={"credits_used": 6.4231, "image_output_tokens": 1680},
    )
    assert (made.status, made.progress, made.duration_s) == (TaskStatus.COMPLETED, 100, 31)
    assert (made.credits_used, made.result_urls) == (6.4231, (URL,))


@pytest.mark.parametrize(
    "payload",
    [None, [], "text", 5, {}, {"id": None}, {"id": ""}, {"id": "  "}, {"id": {"x": 1}}, {"id": True}, [{"id": ID}]],
)
def test_without_an_id_the_answer_is_of_no_use(payload: object) -> None:
    """Only `id` is indispensable (provider.md 2)."""
    with pytest.raises(BadAnswer):
        reading.read_task(payload)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("pending", TaskStatus.PENDING),
        ("processing", TaskStatus.PROCESSING),
        ("completed", TaskStatus.COMPLETED),
        ("failed", TaskStatus.FAILED),
        ("cancelled", TaskStatus.CANCELLED),
        ("canceled", TaskStatus.CANCELLED),
        ("COMPLETED", TaskStatus.COMPLETED),
        ("settling", TaskStatus.PROCESSING),
        ("", TaskStatus.PROCESSING),
        (None, TaskStatus.PROCESSING),
        (7, TaskStatus.PROCESSING),
    ],
)
def test_a_state_we_do_not_know_is_work_in_progress(said: object, status: TaskStatus) -> None:
    """Waiting on is safe; giving up would lose a picture that was paid for."""
    made = task(status=said)
    assert made.status is status
    assert made.status.is_final == (status in {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED})


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (
            {"code": "content_policy_violation", "message": "Declined.\nChange it.", "type": "task_error"},
            TaskStatus.FAILED,
            TaskError(code="content_policy_violation", message="Declined.\nChange it.", type="task_error"),
        ),
        ({"code": 500, "message": "m"}, TaskStatus.FAILED, TaskError(code="500", message="m")),
        ({"message": "m"}, TaskStatus.FAILED, TaskError(code="unknown_error", message="m")),
        ("plain words", TaskStatus.FAILED, TaskError(code="unknown_error", message="plain words")),
        (None, TaskStatus.FAILED, TaskError(code="unknown_error")),
        ({"code": "Request_Cancelled"}, TaskStatus.CANCELLED, TaskError(code="Request_Cancelled")),
    ],
)
def test_a_failed_task_always_says_why_as_far_as_it_is_known(
    error: object, status: TaskStatus, expected: TaskError
) -> None:
    """`error` may lack its type, its code, or be missing; a cancelled one may be called failed (provider.md 3.1)."""
    made = task(status="failed", error=error)
    assert (made.status, made.error) == (status, expected)


def test_an_error_beside_a_healthy_state_is_no_failure() -> None:
    """The state decides."""
    assert task(status="processing", error={"code": "x"}).error is None


@pytest.mark.parametrize(
    ("fields", "urls"),
    [
        ({"results": [URL]}, (URL,)),
        ({"results": [URL, URL + "2", URL]}, (URL, URL + "2")),
        ({"results": URL}, (URL,)),
        ({"results": [{"url": URL}]}, (URL,)),
        ({"results": [{"image_url": URL}]}, (URL,)),
        ({"results": {"url": URL}}, (URL,)),
        ({"results": [None, 5.5, {}, [], "", {"url": None, "image_url": URL}]}, (URL,)),
        ({"results": [], "result_data": [{"url": URL}]}, (URL,)),
        ({"result_data": [{"url": URL}]}, (URL,)),
        ({"result_data": {"url": URL}}, (URL,)),
        ({"results": [URL], "result_data": [{"url": "other"}]}, (URL,)),
        ({"results": None}, ()),
        ({}, ()),
    ],
)
def test_results_are_found_in_every_shape_they_come_in(fields: dict[str, object], urls: tuple[str, ...]) -> None:
    """Strings, objects, or only in `result_data` (provider.md 3.2, C15); completed without any is for the caller."""
    assert task(status="completed", **fields).result_urls == urls


@pytest.mark.parametrize(
    ("said", "progress"),
    [(0, 0), (40, 40), (40.9, 40), ("40", 40), (1000, 100), (-5, 0), (None, 0), ("x", 0), (True, 0), ([], 0)],
)
def test_progress_is_a_whole_number_from_0_to_100_whatever_was_said(said: object, progress: int) -> None:
    """C20: a thousand was a misprint."""
    assert task(progress=said).progress == progress


@pytest.mark.parametrize(
    ("fields", "reserved", "used"),
    [
        ({}, None, None),
        ({"usage": None, "billing": None, "task_info": None}, None, None),
        ({"usage": "x", "billing": [], "task_info": 3}, None, None),
        ({"usage": {"credits_reserved": "8.7", "credits_used": 0}}, 8.7, 0),
        ({"usage": {"credits_reserved": float("nan"), "credits_used": -1}}, None, None),
        ({"usage": {"credits_reserved": 10**400}}, None, None),
        ({"usage": {"cost": {"credits": 6.1}}}, None, 6.1),
        ({"billing": {"reserved_credits": 6.4, "charged_credits": 6.3}}, 6.4, 6.3),
        ({"usage": {"credits_used": None, "cost": None}, "billing": {"charged_credits": 6.3}}, None, 6.3),
        ({"usage": {"credits_used": 1}, "billing": {"charged_credits": 2}}, None, 1),
    ],
)
def test_credits_are_taken_where_they_stand_and_never_required(
    fields: dict[str, object], reserved: float | None, used: float | None
) -> None:
    """`usage` is absent from the documented query answer (C16), `billing` only in the newest."""
    made = task(**fields)
    assert (made.credits_reserved, made.credits_used) == (reserved, used)
    assert made.estimated_s is None


def test_the_documented_balance_is_read() -> None:
    """The shape of provider.md 3.3."""
    payload = {
        "success": True,
        "message": "",
        "data": {
            "token": {"remaining_credits": 10.5, "used_credits": 1, "unlimited_credits": False},
            "user": {"remaining_credits": 99, "used_credits": 2},
        },
    }
    balance = reading.read_credits(payload)
    assert balance == Credits(token_remaining=10.5, token_used=1, token_unlimited=False, user_remaining=99, user_used=2)


@pytest.mark.parametrize(
    ("token", "user", "spendable"),
    [
        ({"remaining_credits": 5}, {"remaining_credits": 9}, 5),
        ({"remaining_credits": 9}, {"remaining_credits": 5}, 5),
        ({"remaining_credits": 0, "unlimited_credits": True}, {"remaining_credits": 5}, 5),
        ({"remaining_credits": 0, "unlimited_credits": True}, {"used_credits": 5}, None),
        ({"remaining_credits": 4}, None, 4),
    ],
)
def test_what_can_be_spent_is_the_smaller_of_key_and_account(
    token: object, user: object, spendable: float | None
) -> None:
    """A key without a limit of its own has the account's."""
    assert reading.read_credits({"data": {"token": token, "user": user}}).spendable == spendable


@pytest.mark.parametrize("payload", [None, {}, {"data": None}, {"data": {"token": {}}}, [1]])
def test_a_balance_without_any_number_is_of_no_use(payload: object) -> None:
    """Better an error than a made-up zero."""
    with pytest.raises(BadAnswer):
        reading.read_credits(payload)


def test_the_documented_upload_answer_is_read_whole() -> None:
    """The example of provider.md 5; its times carry +08:00."""
    upload = reading.read_upload(
        {
            "success": True,
            "code": 200,
            "data": {
                "file_id": "f_7Qm2x",
                "file_name": "a1b2c3.png",
                "file_size": 482113,
                "mime_type": "image/png",
                "file_url": "https://files.evolink.ai/x/a1b2c3.png",
                "download_url": "https://files.evolink.ai/api/v1/files/download/f_7Qm2x",
                "expires_at": "2026-11-25T16:00:00+08:00",
            },
        },
        now=NOW,
    )
    assert upload.file_url == "https://files.evolink.ai/x/a1b2c3.png"
    assert upload.expires_at == datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    assert (upload.file_id, upload.file_name) == ("f_7Qm2x", "a1b2c3.png")
    assert (upload.media_type, upload.n_bytes) == ("image/png", 482113)


@pytest.mark.parametrize(
    ("stated", "expires_at"),
    [
        (None, NOW + timedelta(hours=72)),
        ("rubbish", NOW + timedelta(hours=72)),
        (1795338000, NOW + timedelta(hours=72)),
        ("2026-11-23T17:00:00+08:00", NOW + timedelta(hours=24)),
        ("2026-11-23T17:00:00", NOW + timedelta(hours=24)),
        ("2027-11-23T17:00:00Z", NOW + timedelta(hours=72)),
    ],
)
def test_an_upload_never_lives_longer_than_the_service_keeps_files(stated: object, expires_at: datetime) -> None:
    """72 hours (provider.md 5); a time without a zone is the service's."""
    upload = reading.read_upload({"data": {"file_url": "u", "expires_at": stated}}, now=NOW)
    assert upload.expires_at == expires_at


def test_the_download_address_serves_where_the_file_address_is_missing() -> None:
    """As public clients do (provider.md 5)."""
    assert reading.read_upload({"data": {"file_url": None, "download_url": "d"}}, now=NOW).file_url == "d"


@pytest.mark.parametrize("payload", [None, {}, {"data": None}, {"data": {"file_id": "f"}}])
def test_an_upload_without_any_address_is_of_no_use(payload: object) -> None:
    """There is nothing to hand to the model."""
    with pytest.raises(BadAnswer):
        reading.read_upload(payload, now=NOW)


@pytest.mark.parametrize(
    ("data", "quota"),
    [
        ({"used_files": 35, "max_files": 2000, "remain_files": 65}, FileQuota(used=35, maximum=2000, remaining=65)),
        ({"used_files": "35"}, FileQuota(used=35, maximum=None, remaining=None)),
        (None, FileQuota(used=None, maximum=None, remaining=None)),
    ],
)
def test_a_quota_is_read_as_it_is_said_and_nothing_is_derived(data: object, quota: FileQuota) -> None:
    """The documented example does not add up (C4)."""
    assert reading.read_quota({"data": data}) == quota


def test_a_list_of_files_leaves_out_lines_without_an_id() -> None:
    """A file without an id cannot be deleted."""
    payload = {"data": {"total": 3, "files": [{"file_id": "a", "file_name": "n", "file_size": 5}, {}, None]}}
    assert reading.read_file_list(payload) == (StoredFile(file_id="a", file_name="n", n_bytes=5),)


def test_addresses_are_kept_out_of_what_is_printed() -> None:
    """A result's link may be signed, and logs are read by many."""
    assert URL not in repr(task(status="completed", results=[URL]))


@pytest.mark.parametrize("said", [-0.01, 1_000_001, 1e300, float("nan"), "many", True, None])
def test_what_cannot_be_a_price_is_none(said: object) -> None:
    """Nothing is settled in the ledger by such a number; the estimate stays."""
    task = reading.read_task({"id": "task-1", "status": "completed", "usage": {"credits_used": said}})
    assert task.credits_used is None


INSTANTS = [
    (1795338000, datetime(2026, 11, 22, 9, 0, tzinfo=UTC)),
    (1795338000.5, datetime(2026, 11, 22, 9, 0, 0, 500_000, tzinfo=UTC)),
    ("1795338000", datetime(2026, 11, 22, 9, 0, tzinfo=UTC)),
    (1795338000123, datetime(2026, 11, 22, 9, 0, 0, 123_000, tzinfo=UTC)),
    ("2026-11-22T17:00:00+08:00", datetime(2026, 11, 22, 9, 0, tzinfo=UTC)),
    ("2026-11-22T17:00:00", None),
    (None, None),
    (True, None),
    (1e300, None),
    (-1e17, None),
    ({}, None),
]


@pytest.mark.parametrize(("stated", "instant"), INSTANTS)
def test_when_a_task_was_created_is_read_in_each_form_or_not_at_all(stated: object, instant: datetime | None) -> None:
    """Of a task, and of a line of the list, which without it is counted as not read."""
    assert task(created=stated).created_at == instant
    page = reading.read_task_page({"data": [{"id": ID, "model": "m", "created_at": stated}], "total": 7})
    assert [line.created_at for line in page.tasks] == [instant] * (instant is not None)
    assert (page.n_unread, page.total) == (0 if instant else 1, 7)


@pytest.mark.parametrize("payload", [None, [], {}, {"data": None}, {"data": {"id": ID}}, {"data": "x"}])
def test_what_is_no_list_of_tasks_is_refused(payload: object) -> None:
    """It is in no public document: any other answer means that there is no list."""
    with pytest.raises(BadAnswer):
        reading.read_task_page(payload)


def test_lines_that_are_no_tasks_are_counted() -> None:
    """Whoever needs the whole list has to know that something is missing."""
    lines = [None, 7, {}, {"id": "", "created_at": 1795338000}, {"id": ID, "created_at": 1795338000}]
    page = reading.read_task_page({"data": lines})
    assert ([line.id for line in page.tasks], page.n_unread, page.total) == ([ID], 4, None)
