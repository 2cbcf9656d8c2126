"""What Discord shows of a command before it is used: at most 100 characters each."""

IMAGINE_DESCRIPTION = "Make a picture from a description"

FURTHER_IMAGES = {f"image{number}": f"Picture {number}; call it so in what you write" for number in range(2, 15)}

IMAGINE_OPTIONS = {
    "prompt": "What to draw, in any language: up to 2,000 characters",
    "size": "The shape of the picture; without it as this server has it",
    "quality": "How many pixels, and at what price; without it as this server has it",
    "web_search": "Let the model look things up on the web first; each search costs a little more",
    "image_search": "Let the model look at pictures from the web first; each search costs a little more",
    "thinking": "How long the model ponders before it draws",
    "private": "Show the picture to you only",
    "use_references": "Also use the pictures you collected by Apps → Use as reference, after those given here",
    "image": "A picture to go by, picture 1; up to 14 in all, of which at most 4 may show real people",
    **FURTHER_IMAGES,
}

EDIT_DESCRIPTION = "Change a picture, or put several together, as you tell"

EDIT_OPTIONS = {
    "instruction": "What to change, in any language; pictures go by their number, as in: the hat of picture 2",
    "image": "Picture 1; up to 14 in all, of which at most 4 may show real people",
    **FURTHER_IMAGES,
    "size": "The shape of the picture; without it the shape of picture 1",
    "quality": IMAGINE_OPTIONS["quality"],
    "private": IMAGINE_OPTIONS["private"],
    "web_search": IMAGINE_OPTIONS["web_search"],
    "image_search": IMAGINE_OPTIONS["image_search"],
    "thinking": IMAGINE_OPTIONS["thinking"],
    "use_references": IMAGINE_OPTIONS["use_references"],
}

HISTORY_DESCRIPTION = "Look through your pictures: post one again, edit it, or remove it"
