"""The panel of /admin settings: its menus and buttons, what they offer, the forms they open."""
