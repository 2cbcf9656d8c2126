"""The house as a fixture."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from tests.support.cradle import Cradle
from tests.support.house import House, open_house


@pytest.fixture(scope="session")
def cradle() -> Generator[Cradle, None, None]:
    with Cradle() as opened:
        yield opened


@pytest.fixture
async def house(tmp_path: Path, cradle: Cradle) -> AsyncGenerator[House, None]:
    async with open_house(tmp_path / "data", cradle=cradle) as opened:
        yield opened
