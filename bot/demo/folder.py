"""The files that the demo leaves: what an earlier one left goes first, and nothing else in the folder is touched."""

import glob
import html
import re
import shutil
from pathlib import Path

from bot.demo import page
from bot.demo.scenes import Aside, Scene

LOG_NAME = "bot.log"
_SHOWN = re.compile(r'<img class="picture" src="([^"]+)"')


def make_clean(out: Path) -> None:
    """Make the folder, without anything that an earlier demo wrote; raises OSError where it cannot be used."""
    out.mkdir(parents=True, exist_ok=True)
    earlier = out / page.NAME
    if earlier.is_file():
        for name in _pictures_of(earlier):
            (out / name).unlink(missing_ok=True)
            for original in out.glob(f"{glob.escape(Path(name).stem)}.original.*"):
                original.unlink()
    for path in (earlier, out / LOG_NAME):
        path.unlink(missing_ok=True)


def keep_picture(scene: Scene, out: Path) -> None:
    """Write the picture as it arrived in Discord, once."""
    if scene.picture is None or scene.file_name is not None:
        return
    scene.file_name = f"{scene.person.name}-{scene.picture.filename}"
    (out / scene.file_name).write_bytes(scene.picture.read())


def keep_file(aside: Aside, out: Path) -> None:
    """Write the file that came with an answer as it arrived in Discord, where it shall be kept."""
    if aside.file_name is not None and aside.message.attachments:
        (out / aside.file_name).write_bytes(aside.message.attachments[0].read())


def keep_original(original: Path, *, beside: str, out: Path) -> None:
    """Copy the picture as the provider made it beside the fitted one of that name."""
    shutil.copyfile(original, out / f"{Path(beside).stem}.original{original.suffix}")


def _pictures_of(earlier: Path) -> list[str]:
    """List the pictures beside an earlier page that it shows; a page that is not ours shows none."""
    shown = {html.unescape(name) for name in _SHOWN.findall(earlier.read_text(encoding="utf-8", errors="replace"))}
    return [name for name in shown if Path(name).name == name and (earlier.parent / name).is_file()]
