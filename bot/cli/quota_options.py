"""What `imagebot usage` and `imagebot quota` take on the command line, and how it is explained."""

import argparse
from collections.abc import Callable
from typing import Any

from bot.cli.new_file import new_file
from bot.quota.model import MAX_WHY_CHARS, Period, Unit
from bot.quota.report import MAX_DAYS

Commands = Any
"""argparse's own type for this is private."""
Prepare = Callable[[argparse.Namespace], Callable[[], int]]

_NO_BOT = "No bot has to run, and one that runs is not disturbed. Needs DATA_DIR; no key and no token."


def add_usage(commands: Commands, *, prepare: Prepare, look: dict[str, Any], **defaults: Any) -> None:
    """Add `usage`; `look` is what its help has in common with that of other commands."""
    usage = commands.add_parser(
        "usage",
        help="tell what was used, per day, by whom and where",
        description="Tell how many pictures were made and what they cost, per day, server and person, beside the "
        f"operator's limits; and why requests were refused. {_NO_BOT}",
        **look,
    )
    usage.add_argument("--server", type=_identity, metavar="ID", help="of one server; without it, of all")
    usage.add_argument(
        "--days", type=_days, default=30, metavar="N", help=f"the last N days, up to {MAX_DAYS} (%(default)s)"
    )
    usage.add_argument("--json", action="store_true", help="as one JSON document")
    usage.add_argument("--csv", type=new_file, metavar="FILE", help="write the ledger of these days to a new file, too")
    usage.add_argument("--chart", type=new_file, metavar="FILE.png", help="draw a chart into a new file, too")
    usage.set_defaults(prepare=prepare, **defaults)


def add_quota(commands: Commands, *, prepare: Prepare, look: dict[str, Any], **defaults: Any) -> None:
    """Add `quota` and what can be done with quotas; `look` as in `add_usage`."""
    quota = commands.add_parser(
        "quota",
        help="see and change the limits of a server",
        description="See and change the limits of a server as its administrators do in Discord; it is told in their "
        f"log as done by the operator. {_NO_BOT}",
        **look,
    )
    actions = quota.add_subparsers(required=True, metavar="{list,set,remove,grant,reset,adjust}")

    def add(name: str, explained: str, *adders: Callable[[Any], None]) -> None:
        action = actions.add_parser(name, help=explained, description=f"{explained[0].upper()}{explained[1:]}.", **look)
        action.add_argument("--server", type=_identity, metavar="ID", required=True, help="the server")
        for adder in adders:
            adder(action)
        action.set_defaults(prepare=prepare, action=name, **defaults)

    add("list", "show all limits of a server, the operator's included")
    add("set", "set a limit, in place of the one for the same", _add_target, _add_rule)
    add("remove", "remove limits", _add_target, _add_which)
    add("grant", "raise a member's limits in the hour, day, week and month of now", _add_member, _add_grant)
    reset = (
        "let what was used until now count no more, but for the operator's own limits: of a member, a channel, or all; "
        "what was granted to a member until now counts no more, either"
    )
    add("reset", reset, _add_whom)
    add("adjust", "correct what a member has used, by the difference", _add_member, _add_difference)


def _add_target(action: Any) -> None:
    target = action.add_mutually_exclusive_group(required=True)
    target.add_argument("--default", action="store_true", help="for every member without a nearer limit")
    target.add_argument("--user", type=_identity, metavar="ID", help="for one member")
    target.add_argument("--role", type=_identity, metavar="ID", help="for the members with a role")
    target.add_argument("--channel", type=_identity, metavar="ID", help="for a channel, all members together")
    target.add_argument("--ceiling", action="store_true", help="for the whole server together")


def _add_rule(action: Any) -> None:
    action.add_argument("--limit", required=True, metavar="N|unlimited", help="how much; 0 blocks")
    action.add_argument("--unit", type=Unit, choices=list(Unit), required=True, help="what is counted")
    action.add_argument("--per", type=Period, choices=list(Period), required=True, help="in how long a time")
    action.add_argument("--rolling", action="store_true", help="looking back from each moment, not by the calendar")


def _add_which(action: Any) -> None:
    action.add_argument("--unit", type=Unit, choices=list(Unit), help="of this unit only")
    action.add_argument("--per", type=Period, choices=list(Period), help="of this time only")


def _add_member(action: Any) -> None:
    action.add_argument("--user", type=_identity, metavar="ID", required=True, help="the member")


def _add_grant(action: Any) -> None:
    amount = action.add_mutually_exclusive_group(required=True)
    amount.add_argument("--images", metavar="N", help="so many pictures more")
    amount.add_argument("--credits", metavar="X", help="so many credits more")
    _add_why(action, default="")


def _add_whom(action: Any) -> None:
    whom = action.add_mutually_exclusive_group(required=True)
    whom.add_argument("--user", type=_identity, metavar="ID", help="of one member")
    whom.add_argument("--channel", type=_identity, metavar="ID", help="of one channel")
    whom.add_argument("--ceiling", action="store_true", help="of the whole server")
    _add_why(action, default="")


def _add_difference(action: Any) -> None:
    action.add_argument("--images", default="0", metavar="N", help="pictures to add to what was used; less with -")
    action.add_argument("--credits", default="0", metavar="X", help="credits to add to what was used; less with -")
    _add_why(action, required=True)


def _add_why(action: Any, **how: Any) -> None:
    action.add_argument("--why", type=_note, metavar="WORDS", help="what for; it stands in the ledger", **how)


def _identity(written: str) -> int:
    if not (written.isascii() and written.isdigit() and 0 < int(written[:20]) < 2**63 and len(written) <= 20):
        raise argparse.ArgumentTypeError("an id of Discord is a number, like 123456789012345678")
    return int(written)


def _note(written: str) -> str:
    if len(written) > MAX_WHY_CHARS:
        raise argparse.ArgumentTypeError(f"a note has at most {MAX_WHY_CHARS} characters, and this has {len(written)}")
    return written


def _days(written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) <= 3 and 1 <= int(written) <= MAX_DAYS):
        raise argparse.ArgumentTypeError(f"a number of days is from 1 to {MAX_DAYS}")
    return int(written)
