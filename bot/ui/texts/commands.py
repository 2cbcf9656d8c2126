"""What Discord shows of a command before it is used: at most 100 characters each."""

IMAGINE_DESCRIPTION = "Make a picture from a description"

IMAGINE_OPTIONS = {
    "prompt": "What to draw, in any language: up to 2,000 characters",
    "size": "The shape of the picture; without it the model chooses",
    "quality": "How many pixels, and at what price; without it 2K",
    "web_search": "Let the model look things up on the web first; each search costs a little more",
    "image_search": "Let the model look at pictures from the web first; each search costs a little more",
    "thinking": "How long the model ponders before it draws",
    "private": "Show the picture to you only",
}
