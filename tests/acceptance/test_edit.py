"""/edit: any picture in, prepared and hosted; the person's order kept; the result in the reply."""

import hashlib
import io

import pytest
from PIL import Image

from bot.jobs.model import Status
from bot.ui import texts
from tests.support.house import House, title, words

PREPARING = texts.status_title(Status.PREPARING)


def a_picture(colour: str, size: tuple[int, int] = (640, 480), form: str = "PNG", **options: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, form, **options)
    return written.getvalue()


async def edit(house: House, *pictures: tuple[str, bytes], **options: object):
    named = {
        ("image" if number == 1 else f"image{number}"): picture for number, picture in enumerate(pictures, start=1)
    }
    asked = {"instruction": "make it night", "quality": "0.5K", **named, **options}
    use = await house.alice.use(house.channel, "/edit", **asked)
    message = await use.message()
    return await message.wait_until(lambda seen: title(seen) != PREPARING)  # real work, for which no time is moved


async def test_a_picture_is_edited_and_keeps_its_shape(house: House) -> None:
    """The provider reads exactly what was prepared; the size asked for is the shape of the first source."""
    async with house.bot():
        message = await edit(house, ("beach.png", a_picture("teal")))
        await house.until(lambda: message.attachments)
        [task] = house.tasks
        assert task.request["size"] == "4:3"
        assert len(task.request["image_urls"]) == 1
        assert task.sources[0].width == 640
        assert hashlib.sha256(message.attachments[0].read()).hexdigest() == task.results[0].sha256


async def test_pictures_reach_the_provider_in_the_person_s_order(house: House) -> None:
    """ "The hat of picture 2" means what it says."""
    async with house.bot():
        widths = (300, 310, 320, 330)
        message = await edit(house, *((f"{width}.png", a_picture("red", (width, 300))) for width in widths), size="1:1")
        await house.until(lambda: message.attachments)
        assert tuple(source.width for source in house.tasks[0].sources) == widths


async def test_imagine_takes_references(house: House) -> None:
    """The same pictures, without the shape of the first one."""
    async with house.bot():
        message = await house.imagine(image=("ref.webp", a_picture("navy", form="WEBP")))
        await message.wait_until(lambda seen: title(seen) != PREPARING)
        await house.until(lambda: message.attachments)
        assert len(house.tasks[0].request["image_urls"]) == 1
        assert house.tasks[0].request["size"] == "auto"


BAD = {
    "not a picture": ("notes.png", b"just some words"),
    "cut off": ("half.png", a_picture("red")[:400]),
    "empty": ("empty.jpg", b""),
    "svg": ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "pdf": ("paper.png", b"%PDF-1.7 ..."),
}


@pytest.mark.parametrize("picture", BAD.values(), ids=BAD.keys())
async def test_a_file_that_is_no_picture_is_refused_by_its_name_and_costs_nothing(
    house: House, picture: tuple[str, bytes]
) -> None:
    """The sentence names the file; the provider never hears of it."""
    async with house.bot():
        message = await edit(house, ("good.png", a_picture("red")), picture)
        await house.until(lambda: message.states[-1].components == ())
        assert picture[0].split(".")[0] in words(message)
        assert house.tasks == []


async def test_the_same_picture_is_hosted_once(house: House) -> None:
    """Same content, same live URL: no second upload."""
    async with house.bot():
        for _ in range(2):
            message = await edit(house, ("beach.png", a_picture("teal")))
            await house.until(lambda message=message: message.attachments)
        first, second = house.tasks
        assert first.request["image_urls"] == second.request["image_urls"]
        assert len(house.evolink.files) == 1


async def test_where_it_was_taken_does_not_leave_with_a_photo(house: House) -> None:
    """Metadata goes; the pixels stay."""
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    async with house.bot():
        message = await edit(house, ("photo.jpg", a_picture("olive", form="JPEG", exif=exif, comment=b"at home")))
        await house.until(lambda: message.attachments)
        [stored] = house.evolink.files.values()
        assert b"Exif" not in stored.path.read_bytes()
        assert b"at home" not in stored.path.read_bytes()


async def test_killed_while_the_pictures_are_prepared_the_job_is_taken_up_again(house: House) -> None:
    """The row was on disk before the first answer; Discord's link is read again."""
    house.evolink.knobs.duration_s = 60
    async with house.bot_process() as process:
        message = await edit(house, ("beach.png", a_picture("teal")))
        await house.until(lambda: title(message) == "Drawing")
        await process.kill()
    async with house.bot_process():
        await house.until(lambda: message.attachments)
    assert len(house.tasks) == 1
