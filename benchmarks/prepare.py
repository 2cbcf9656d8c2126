"""How long preparing a large attachment takes, what it costs in memory, and that the event loop does not notice.

    python -m benchmarks.prepare [folder]

Each picture goes through a worker process of its own, with the limit it has in the bot. The floor beside it is a bare
decoding by the library in this process: whoever has to look at the pixels pays at least that, and the rest is turning,
scaling and encoding. The pictures are drawn once and kept in the folder (default: benchmarks-prepare in the temporary
folder); drawing the HEIC takes a minute.
"""

import asyncio
import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pillow_heif
from PIL import Image, ImageChops

from bot.clock import SystemClock
from bot.images.prepare import Prepared, prepare
from bot.images.worker import MEMORY_LIMIT_BYTES, ImageWorkers

MEGABYTE = 1_000_000
MAX_STALL_S = 0.05
BAND_PX = 512

Image.MAX_IMAGE_PIXELS = None


def draw(width: int, height: int, *, grain: float) -> Image.Image:
    """Draw soft colour with camera-like grain, in bands too far apart for a packer to see that they are the same."""
    shade = Image.linear_gradient("L").resize((width, BAND_PX))
    colour = Image.merge("RGB", (shade, Image.radial_gradient("L").resize(shade.size), ImageChops.invert(shade)))
    noise = Image.merge("RGB", [Image.effect_noise(shade.size, grain) for _ in range(3)])
    band = ImageChops.add(colour, noise, 1, -128)
    picture = Image.new("RGB", (width, height))
    for top in range(0, height, BAND_PX):
        picture.paste(band, (0, top))
    return picture


def encode_phone_jpeg() -> bytes:
    """Encode 12 megapixels lying on their side, as a phone held upright does."""
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    draw(4_032, 3_024, grain=6).save(buffer, "JPEG", quality=93, exif=exif)
    return buffer.getvalue()


def encode_scan_png() -> bytes:
    """Encode an A4 page at 600 dpi and twice its grain: some 40 MB."""
    buffer = io.BytesIO()
    draw(4_960, 3_508, grain=18).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def encode_phone_heic() -> bytes:
    """Encode 48 megapixels in tiles of 512, as the largest phones do."""
    buffer = io.BytesIO()
    image = pillow_heif.from_pillow(draw(8_064, 6_048, grain=3))
    image.save(buffer, format="HEIF", quality=60, tile_size=512, enc_params={"preset": "ultrafast"})
    return buffer.getvalue()


def encode_vast_png() -> bytes:
    """Encode 100 megapixels: the most that is taken."""
    buffer = io.BytesIO()
    draw(10_000, 10_000, grain=1).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


PICTURES: dict[str, Callable[[], bytes]] = {
    "12 MP phone JPEG": encode_phone_jpeg,
    "40 MB scan PNG": encode_scan_png,
    "48 MP phone HEIC": encode_phone_heic,
    "100 MP PNG": encode_vast_png,
}


def decode(path: Path) -> None:
    """Decode and forget."""
    with Image.open(path) as image:
        image.load()


def read_peaks() -> tuple[float, float]:
    """Return the address space and the memory our worker had at most, in MB."""
    children = " ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children")).split()
    peaks = {"VmPeak": 0.0, "VmHWM": 0.0}
    for child in children:
        for line in Path(f"/proc/{child}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in peaks:
                peaks[name] = max(peaks[name], int(value.split()[0]) * 1_024 / MEGABYTE)
    return peaks["VmPeak"], peaks["VmHWM"]


async def measure(source: Path, target: Path) -> tuple[Prepared, float, float, float, float]:
    """Prepare in a fresh worker; return it with seconds, peaks in MB, and the longest stall of the loop in seconds."""
    longest_s = 0.0

    async def watch() -> None:
        nonlocal longest_s
        while True:
            before = time.thread_time()  # of this thread alone, however busy the machine is
            await asyncio.sleep(0.001)
            longest_s = max(longest_s, time.thread_time() - before)

    async with ImageWorkers(clock=SystemClock(), max_workers=1) as workers:
        await workers.run(Path.exists, source)  # starting the process is not what is measured
        watching = asyncio.create_task(watch())
        started = time.perf_counter()
        prepared = await workers.run(prepare, source, target, name=source.stem)
        took_s = time.perf_counter() - started
        watching.cancel()
        space, memory = read_peaks()
    return prepared, took_s, space, memory, longest_s


def main(folder: Path) -> int:
    """Print one line a picture; 1 where a worker or the loop broke its budget."""
    pillow_heif.register_heif_opener()
    target = folder / "prepared"
    target.mkdir(parents=True, exist_ok=True)
    is_within = True
    print("picture             in MB  took s floor s  space MB memory MB stall ms  out")
    for name, draw_picture in PICTURES.items():
        source = folder / name.lower().replace(" ", "-")
        if not source.exists():
            source.write_bytes(draw_picture())
        prepared, took_s, space, memory, stall_s = asyncio.run(measure(source, target))
        started = time.perf_counter()
        decode(source)
        floor_s = time.perf_counter() - started
        is_within = is_within and space * MEGABYTE <= MEMORY_LIMIT_BYTES and stall_s <= MAX_STALL_S
        print(
            f"{name:18} {source.stat().st_size / MEGABYTE:6.1f} {took_s:7.2f} {floor_s:7.2f} {space:9.0f} {memory:9.0f}"
            f" {stall_s * 1_000:8.1f}  {prepared.width}x{prepared.height} {prepared.extension}"
            f" {prepared.n_bytes / MEGABYTE:.1f} MB, {', '.join(prepared.changes)}"
        )
    print("within budget" if is_within else "OVER BUDGET (700 MiB a worker, 50 ms of the loop)")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir()) / "benchmarks-prepare"))
