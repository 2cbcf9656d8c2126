"""A key that the provider refuses: the operator reads it once, by the name of its setting, and once that it is over."""

import logging

import pytest

from bot.sandbox.evolink import HttpFault
from tests.support.house import House, title

REFUSALS = {
    "wrong": HttpFault(status=401, code="unauthorized"),
    "not for this model": HttpFault(status=403, code="key_model_not_allowed"),
}


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.levelname for each in caplog.records if "EVOLINK_API_KEY" in each.getMessage()]


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_refused_key_is_told_once_and_once_when_it_is_taken_again(
    house: House, caplog: pytest.LogCaptureFixture, refusal: HttpFault
) -> None:
    """Of three orders two are refused: one ERROR; the third is taken: one INFO, and none for the fourth."""
    caplog.set_level(logging.INFO)
    house.evolink.knobs.create.append(refusal, times=2)
    async with house.bot():
        for _ in range(2):
            message = await house.imagine()
            await house.until(lambda: title(message) == "The bot has no access to the model")  # noqa: B023 - asked at once
        assert told(caplog) == ["ERROR"]
        for _ in range(2):
            message = await house.imagine()
            await house.until(lambda: message.attachments)  # noqa: B023 - asked at once
    assert told(caplog) == ["ERROR", "INFO"]


async def test_a_prompt_that_is_declined_says_nothing_of_the_key(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever status the refusal has."""
    house.evolink.knobs.create.append(HttpFault(status=403, code="content_policy_violation"))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "The image service declined this prompt")
    assert told(caplog) == []
