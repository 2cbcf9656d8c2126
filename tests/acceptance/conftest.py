"""The house as a fixture."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.support.house import House, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House, None]:
    async with open_house(tmp_path / "data") as opened:
        yield opened
