"""A hundred jobs of the soak: `python -m benchmarks.soak` runs thousands, each time with other dice."""

from pathlib import Path

from tests.support.nursery import Nursery
from tests.support.soak import soak

N_JOBS = 100
SEED = 1


async def test_whatever_fails_or_dies_every_promise_is_kept(tmp_path: Path) -> None:
    """Each job delivered, collectable or released; the ledger exact; nothing paid twice or left behind."""
    with Nursery.opened() as nursery:
        report = await soak(nursery, tmp_path, n_jobs=N_JOBS, seed=SEED)
    assert report.ends.total() >= N_JOBS
    assert report.ends["delivered"] > N_JOBS / 2
    assert report.faults["kill -9"] >= 3
