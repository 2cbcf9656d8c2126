"""The Integrations page decides as Discord's own chart of command permissions does."""

import pytest

from bot.sandbox.discord.integrations import CHANNEL, ROLE, USER, Asked, Key, Overrides, all_channels

GUILD, APP, COMMAND, PERSON, PAINTERS, ADMINS, HERE, THERE = 100, 1, 2, 3, 4, 5, 6, 7
ASKED = Asked(user_id=PERSON, role_ids=frozenset({PAINTERS, ADMINS}), channel_id=HERE, guild_id=GUILD)
PERSON_OF, PAINTERS_OF, ADMINS_OF = Key(USER, PERSON), Key(ROLE, PAINTERS), Key(ROLE, ADMINS)
EVERYONE, IN_HERE, IN_THERE = Key(ROLE, GUILD), Key(CHANNEL, HERE), Key(CHANNEL, THERE)
EVERYWHERE = Key(CHANNEL, all_channels(GUILD))
STRANGERS = Key(ROLE, 99)


@pytest.mark.parametrize(
    ("of_command", "of_application", "decided"),
    [
        ({}, {}, None),
        # A person, by the command: the nearest word is the last one.
        ({PERSON_OF: True}, {}, True),
        ({PERSON_OF: False, PAINTERS_OF: True}, {}, False),
        ({PAINTERS_OF: False, ADMINS_OF: True}, {}, True),
        ({PAINTERS_OF: False, EVERYONE: True}, {}, False),
        ({EVERYONE: True}, {}, True),
        ({EVERYONE: False}, {}, False),
        ({STRANGERS: False}, {}, None),
        # The command's word goes before the application's.
        ({EVERYONE: True}, {PERSON_OF: False}, True),
        # The application's yes leaves the default permissions to say; its no is one.
        ({}, {PERSON_OF: True}, None),
        ({}, {PERSON_OF: False}, False),
        ({}, {PAINTERS_OF: False, ADMINS_OF: True}, None),
        ({}, {PAINTERS_OF: False, EVERYONE: True}, False),
        ({}, {EVERYONE: False}, False),
        # The channel is asked first, and its yes allows nobody anything.
        ({IN_HERE: False, PERSON_OF: True}, {}, False),
        ({EVERYWHERE: False, PERSON_OF: True}, {}, False),
        ({EVERYWHERE: False, IN_HERE: True}, {}, None),
        ({IN_THERE: False}, {}, None),
        ({IN_HERE: True}, {IN_HERE: False}, None),
        ({EVERYWHERE: True}, {IN_HERE: False}, None),
        ({}, {IN_HERE: False}, False),
        ({}, {EVERYWHERE: False}, False),
        ({}, {EVERYWHERE: False, IN_HERE: True}, None),
    ],
)
def test_the_nearest_setting_decides(
    of_command: dict[Key, bool], of_application: dict[Key, bool], decided: bool | None
) -> None:
    """Channel before person, command before application, person before roles before everyone."""
    overrides = Overrides()
    for subject, held in ((COMMAND, of_command), (APP, of_application)):
        for key, allowed in held.items():
            overrides.put(subject, key, allowed=allowed)
    assert overrides.decide(ASKED, command_id=COMMAND, application_id=APP) is decided


def test_a_setting_can_be_taken_back_and_a_hundred_are_the_most() -> None:
    """None takes back; the 101st is refused, the hundredth may still change."""
    overrides = Overrides()
    overrides.put(COMMAND, EVERYONE, allowed=False)
    overrides.put(COMMAND, EVERYONE, allowed=None)
    assert overrides.by_subject == {}
    for number in range(100):
        overrides.put(COMMAND, Key(USER, 1000 + number), allowed=True)
    with pytest.raises(ValueError, match="100"):
        overrides.put(COMMAND, EVERYONE, allowed=False)
    overrides.put(COMMAND, Key(USER, 1099), allowed=False)
    overrides.forget([COMMAND])
    assert overrides.by_subject == {}
