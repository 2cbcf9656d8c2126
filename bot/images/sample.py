"""A small picture that stands for a large one: tiles cut from all over it, to try encodings on in milliseconds.

A tile begins at a multiple of 16 pixels and is a multiple of 16 long, so that a block codec makes of it exactly what it
would make of it within the whole: likeness measured on the tiles is the likeness there, not an estimate of it.
"""

from PIL import Image

_GRID_PX = 16
_TILE_PX = 112  # also a multiple of likeness.WINDOW_PX: no window sees two tiles
_TILES_PER_SIDE = 12
_STRIP_PX = _TILE_PX * _TILES_PER_SIDE**2  # all tiles in a row; within what every format has room for


def cut_sample(picture: Image.Image) -> Image.Image:
    """Return evenly spread tiles as one picture of at most 1.8 megapixels; a small picture stands for itself.

    Of one narrower than a tile it is the beginning.
    """
    if max(picture.size) <= _STRIP_PX and picture.width * picture.height <= _TILE_PX * _STRIP_PX:
        return picture
    if min(picture.size) < _TILE_PX:
        return picture.crop((0, 0, min(picture.width, _STRIP_PX), min(picture.height, _STRIP_PX)))
    columns, rows = (_place_tiles(side) for side in picture.size)
    sample = Image.new(picture.mode, (len(columns) * _TILE_PX, len(rows) * _TILE_PX))
    for row, top in enumerate(rows):
        for column, left in enumerate(columns):
            tile = picture.crop((left, top, left + _TILE_PX, top + _TILE_PX))
            sample.paste(tile, (column * _TILE_PX, row * _TILE_PX))
    return sample


def _place_tiles(side_px: int) -> list[int]:
    """Spread tile starts over a side, none beyond its end."""
    last_start = (side_px - _TILE_PX) // _GRID_PX
    count = min(_TILES_PER_SIDE, side_px // _TILE_PX)
    return [round(index * last_start / max(1, count - 1)) * _GRID_PX for index in range(count)]
