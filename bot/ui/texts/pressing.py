"""The words on the buttons under a result and in the form behind Edit, and the instructions that buttons give."""

from bot.ui import characters

PRESS_LABELS = {
    "edit": "Edit",
    "again": "Again",
    "redraw": "Redraw in 4K",
    "details": "Details",
    "delete": "Delete",
}
"""By the name of the press."""

EDIT_FORM_TITLE = "Edit a picture"
EDIT_FORM_EXAMPLE = "Make the sky red; give the dog the hat of picture 2"
INSTRUCTION_LABEL = "What to change"
UPLOADS_LABEL = "Further pictures"
UPLOADS_HINT = "Numbered on from what you edit, in your order: after one picture the next is picture 2"
SAME_SHAPE = "auto · the shape of picture 1"

REDRAW_INSTRUCTION = (
    "Redraw this picture in a higher resolution. Change nothing: keep the composition, every object, face, text, "
    "colour and the style exactly as they are, only with finer detail."
)

_MAX_NAME_CHARS = 60


def name_of_result(prompt: str) -> str:
    """Return what a picture of ours is called where it is the source of another one."""
    return characters.cut(f"picture of {characters.plain_line(prompt)}", _MAX_NAME_CHARS)
