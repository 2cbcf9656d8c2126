"""The form behind Edit: what it asks, where its answer goes, and how a filled one is read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.model import Quality, Size
from bot.settings import DEFAULT_PRICES
from bot.ui import edit_form
from bot.ui.choices import OfferedQualities
from bot.ui.edit_form import FilledForm, PicturesOf, ResultOf

MAX_ID = 2**64 - 1


def offered(*qualities: Quality, usual: Quality = Quality.TWO_K) -> OfferedQualities:
    """Return what a person may use: everything, or some of it."""
    return OfferedQualities(prices={each: DEFAULT_PRICES[each] for each in qualities or Quality}, usual=usual)


@pytest.mark.parametrize(
    ("target", "form_id"),
    [
        (ResultOf("k3v9q0ab"), "v1:edit-modal:jk3v9q0ab"),
        (ResultOf("m" * 40), "v1:edit-modal:j" + "m" * 40),
        (PicturesOf(12, 345), "v1:edit-modal:m12-345"),
        (PicturesOf(MAX_ID, MAX_ID), f"v1:edit-modal:m{MAX_ID}-{MAX_ID}"),
    ],
)
def test_where_the_answer_goes_stands_in_the_id(target: edit_form.EditTarget, form_id: str) -> None:
    """So that a form opened before a restart can be sent after it."""
    form = edit_form.edit_form(target, offered())
    assert form.custom_id == form_id
    assert len(form_id) <= 100
    assert edit_form.find_target(form_id) == target


@pytest.mark.parametrize(
    "form_id",
    [
        "",
        "v1:edit-modal:",
        "v1:edit-modal:j",
        "v1:edit-modal:jABC",
        "v1:edit-modal:j" + "a" * 41,
        "v1:edit-modal:jabc ",
        "v1:edit-modal:m12",
        "v1:edit-modal:m12-",
        "v1:edit-modal:m-12",
        "v1:edit-modal:m12-34-56",
        "v1:edit-modal:m" + "1" * 21 + "-1",
        "v1:edit-modal:m١٢-٣",
        "v0:edit-modal:jabc",
        "v1:edit:abc",
    ],
)
def test_a_foreign_id_leads_nowhere(form_id: str) -> None:
    """It is left to whoever answers unknown forms."""
    assert edit_form.find_target(form_id) is None


@given(st.text())
def test_any_id_can_be_asked_about(form_id: str) -> None:
    """Nothing that stands there is a fault of ours."""
    edit_form.find_target(form_id)


def parts(of: OfferedQualities | None = None, **changes: Any) -> dict[str, dict[str, Any]]:
    labels = edit_form.edit_form(ResultOf("abc"), of or offered(), **changes).to_dict()["components"]
    return {label["component"]["custom_id"]: label for label in labels}


def test_the_form_keeps_discords_limits() -> None:
    """Heads, hints and names of options (discord.md 4); no field that a form may not have."""
    form = edit_form.edit_form(ResultOf("abc"), offered()).to_dict()
    assert 0 < len(form["title"]) <= 45
    assert len(form["components"]) <= 5
    for label in form["components"]:
        assert 0 < len(label["label"]) <= 45
        assert len(label.get("description") or "") <= 100
        assert "disabled" not in label["component"]
        assert len(label["component"].get("options", [])) <= 25
        assert all(0 < len(option["label"]) <= 100 for option in label["component"].get("options", []))
    assert len(parts()["instruction"]["component"]["placeholder"]) <= 100


def test_the_form_asks_for_what_the_model_takes() -> None:
    """As long a text as it reads, every shape and quality, and up to ten more pictures, or none."""
    asked = parts()
    assert asked["instruction"]["component"]["max_length"] == 2000
    assert {option["value"] for option in asked["size"]["component"]["options"]} == {size.value for size in Size}
    assert {option["value"] for option in asked["quality"]["component"]["options"]} == {each.value for each in Quality}
    uploads = asked["pictures"]["component"]
    assert (uploads["min_values"], uploads["max_values"], uploads["required"]) == (0, 10, False)


@pytest.mark.parametrize("quality", Quality)
def test_the_form_starts_with_the_quality_of_the_picture(quality: Quality) -> None:
    """And with its shape."""
    chosen = {
        name: [option["value"] for option in label["component"]["options"] if option.get("default")]
        for name, label in parts(quality=quality).items()
        if "options" in label["component"]
    }
    assert chosen == {"size": ["auto"], "quality": [quality.value]}


@pytest.mark.parametrize(
    ("of_picture", "begins_with"),
    [(Quality.FOUR_K, Quality.HALF_K), (Quality.ONE_K, Quality.ONE_K), (None, Quality.HALF_K)],
)
def test_the_form_offers_only_what_the_person_may_use(of_picture: Quality | None, begins_with: Quality) -> None:
    """And begins with what is usual where the picture's own quality is none of it, or there is no picture's own."""
    small = offered(Quality.HALF_K, Quality.ONE_K, usual=Quality.HALF_K)
    options = parts(small, quality=of_picture)["quality"]["component"]["options"]
    assert [option["value"] for option in options] == ["0.5K", "1K"]
    assert [option["value"] for option in options if option["default"]] == [begins_with.value]


def test_the_library_keeps_nothing_of_a_form() -> None:
    """It stores what is not finished, for ever where a person closes the form without a word."""
    assert edit_form.edit_form(ResultOf("abc"), offered()).is_finished()


def sent(**values: Any) -> dict[str, Any]:
    """Return the data of a submission; a text is a `value`, a list are `values`."""
    return {
        "custom_id": "v1:edit-modal:jabc",
        "components": [
            {"type": 10, "id": 9},
            *(
                {
                    "type": 18,
                    "component": {"custom_id": name, ("value" if isinstance(value, str) else "values"): value},
                }
                for name, value in values.items()
            ),
        ],
    }


@pytest.mark.parametrize(
    ("data", "filled"),
    [
        (
            sent(instruction="make it night", size=["16:9"], quality=["4K"], pictures=["30", "10", "20"]),
            FilledForm(
                instruction="make it night",
                size=Size.WIDESCREEN,
                quality="4K",
                upload_ids=("30", "10", "20"),
            ),
        ),
        (
            sent(instruction="x", size=[], quality=[], pictures=[]),
            FilledForm(instruction="x", size=Size.AUTO, quality=None, upload_ids=()),
        ),
        (sent(), FilledForm(instruction="", size=Size.AUTO, quality=None, upload_ids=())),
    ],
    ids=["everything", "nothing chosen", "nothing at all"],
)
def test_a_filled_form_is_read_in_the_person_s_order(data: dict[str, Any], filled: FilledForm) -> None:
    """What is missing has its default."""
    assert edit_form.read(data) == filled
