"""`imagebot usage` and `imagebot quota` on a real database: what they tell, what they change, and what they refuse."""

import asyncio
import csv
import json
import sqlite3
import stat
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot import cli
from bot.clock import SystemClock
from bot.quota.model import ByHand, Period, Rule, Scope, Unit
from bot.settings import Settings
from bot.store.admin_log import AdminLogStore
from bot.store.database import Database
from bot.store.guilds import GuildStore
from bot.store.ledger import LedgerStore
from bot.store.rules import RuleStore
from bot.store.usage import UsageStore
from tests.support.patience import PATIENCE_S

GUILD, MEMBER = 500, 42
PICTURES_A_DAY = ("--default", "--unit", "images", "--per", "day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    code: int
    out: str
    err: str


class Here:
    """A folder with a database in `data`, where the command line is run in this process, without key and token."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.path = folder / "data" / "imagebot.sqlite3"
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def run(self, *arguments: str, **settings: str) -> Ended:
        for name, value in settings.items():
            self._monkeypatch.setenv(name, value)
        try:
            code = cli.main(list(arguments))
        except SystemExit as left:
            code = int(left.code or 0)
        out, err = self._capsys.readouterr()
        return Ended(code=code, out=out, err=err)

    def quota(self, action: str, *arguments: str, **settings: str) -> Ended:
        return self.run("quota", action, "--server", str(GUILD), *arguments, **settings)

    def database(self, work: Callable[[Database], Awaitable[Any]]) -> Any:
        """Do something with the database, as the bot would."""

        async def opened() -> Any:
            database = await Database.open(self.path)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(opened())

    def rules(self) -> list[Rule]:
        return self.database(lambda database: RuleStore(database).list(GUILD))

    def log(self) -> list[tuple[int, str, str]]:
        """Return the server's log, oldest first: by whom, what, of whom."""
        entries = self.database(lambda database: AdminLogStore(database).page(GUILD, None, 100))
        return [(entry.by_id, entry.action, entry.subject) for entry in reversed(entries)]

    def use(self, *, guild_id: int | None = GUILD, user_id: int = MEMBER, images: int = 1, credits: int = 0) -> None:
        """Let somebody have used something just now."""
        now = SystemClock().now()
        self.database(
            lambda database: LedgerStore(database).adjust(
                ByHand(guild_id=guild_id, user_id=user_id, images=images, credits=credits, by_id=0, why="=test"), at=now
            )
        )


@pytest.fixture(name="here")
def _here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    (tmp_path / "data").mkdir()
    here = Here(tmp_path, capsys, monkeypatch)

    async def nothing(_: Database) -> None:
        """Opening migrates."""

    here.database(nothing)
    return here


def test_an_empty_ledger_is_told_in_one_line(here: Here) -> None:
    """No table without rows."""
    done = here.run("usage")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    assert done.out.startswith("all servers, ")
    assert done.out.endswith("(UTC): 0 pictures, 0 credits, 0 people\n")


def test_usage_is_told_by_day_server_person_limit_and_refusal(here: Here) -> None:
    """Of all servers, beside the operator's limits; a day without use has no line."""
    here.use(images=3, credits=12_500_000)
    here.use(guild_id=None, user_id=7, images=1, credits=1)
    now = SystemClock().now()
    here.database(lambda database: UsageStore(database, path=here.path).note_refusal(GUILD, "blocked", now))
    done = here.run("usage", TOTAL_CREDITS_PER_DAY="50", SERVER_CREDITS_PER_MONTH="99")
    assert (done.code, done.err) == (0, "")
    lines = [line.split() for line in done.out.splitlines() if line]
    assert done.out.splitlines()[0].endswith("(UTC): 4 pictures, 12.500001 credits, 2 people")
    assert [str(GUILD), "3", "12.5"] in lines
    assert ["outside", "of", "servers", "1", "0.000001"] in lines
    assert [str(MEMBER), "3", "12.5"] in lines
    assert ["at", "most", "50", "credits", "a", "day", "12.500001", "credits", "25%"] in lines
    assert ["blocked", "member", "1"] in lines
    assert sum(line[1:] == ["4", "12.500001"] for line in lines) == 1
    assert "99" not in done.out


def test_usage_of_a_server_is_by_its_own_calendar(here: Here) -> None:
    """And beside the operator's limit of one server."""
    now = SystemClock().now()
    here.use(images=3, credits=12_500_000)
    here.use(guild_id=501, images=100)

    async def set_zone(database: Database) -> None:
        store = GuildStore(database)
        await store.put(GUILD, lambda old: replace(old, time_zone="Pacific/Kiritimati"), by_id=0, at=now)

    here.database(set_zone)
    done = here.run("usage", "--server", str(GUILD), "--days", "2", SERVER_CREDITS_PER_MONTH="25")
    assert done.code == 0
    assert done.out.splitlines()[0].endswith("(Pacific/Kiritimati): 3 pictures, 12.5 credits, 1 person")
    assert "at most 25 credits a month" in done.out
    assert "50%" in done.out
    assert "501" not in done.out


def test_usage_for_programs_is_one_json_document(here: Here) -> None:
    """Identities as text, days with nothing included, and no other line."""
    here.use(images=3, credits=12_500_000)
    files = ("--csv", "ledger.csv", "--chart", "chart.png")
    done = here.run("usage", "--days", "7", "--json", *files, TOTAL_CREDITS_PER_MONTH="50")
    document = json.loads(done.out)
    assert (document["server"], document["images"], document["credits"], document["people"]) == (None, 3, 12.5, 1)
    assert len(document["days"]) == 7
    assert document["days"][-1]["images"] + document["days"][-2]["images"] == 3
    assert document["top"] == [{"user": str(MEMBER), "images": 3, "credits": 12.5}]
    assert document["servers"] == [{"server": str(GUILD), "images": 3, "credits": 12.5}]
    [limit] = document["limits"]
    assert (limit["unit"], limit["period"], limit["limit"], limit["used"]) == ("credits", "month", 50.0, 12.5)
    assert (here.folder / "ledger.csv").exists()
    assert (here.folder / "chart.png").exists()


def test_the_ledger_and_a_chart_are_written_to_new_files(here: Here) -> None:
    """What an administrator would get, and of one server what is its own."""
    here.use(images=3)
    here.use(guild_id=501)
    done = here.run("usage", "--csv", "all.csv", "--chart", "chart.png")
    assert done.out.splitlines()[-2:] == ["all.csv: 2 rows of the ledger", "chart.png: the chart"]
    done = here.run("usage", "--server", str(GUILD), "--csv", "own.csv")
    [row] = csv.DictReader((here.folder / "own.csv").read_text("utf-8-sig").splitlines())
    assert (row["kind"], row["images"], row["server"], row["why"]) == ("adjust", "3", str(GUILD), "'=test")
    with Image.open(here.folder / "chart.png") as chart:
        assert chart.size == (1200, 900)
    modes = {stat.S_IMODE((here.folder / name).stat().st_mode) for name in ("all.csv", "own.csv", "chart.png")}
    assert modes == {0o600}  # they tell who made what, and why


@pytest.mark.parametrize("option", ["--csv", "--chart"])
def test_no_file_is_overwritten_and_no_folder_made(option: str, here: Here) -> None:
    """Said before anything is read."""
    (here.folder / "mine").write_text("mine")
    done = here.run("usage", option, "mine")
    assert (done.code, done.out) == (2, "")
    assert done.err == "imagebot: mine exists already, and no file is overwritten; nothing was written.\n"
    done = here.run("usage", option, "nowhere/file")
    assert (done.code, done.out) == (2, "")
    assert done.err == "imagebot: there is no folder nowhere; nothing was written.\n"
    assert (here.folder / "mine").read_text() == "mine"


def test_a_limit_is_set_changed_listed_and_removed(here: Here) -> None:
    """Each time it is told what was before, and the server's log has it as done by the operator."""
    assert here.quota("set", *PICTURES_A_DAY, "--limit", "20").out == (
        "every other member: at most 20 pictures a day; before: none\n"
    )
    assert here.quota("set", *PICTURES_A_DAY, "--limit", "2,000").out == (
        "every other member: at most 2,000 pictures a day; before: at most 20 pictures a day\n"
    )
    assert here.rules() == [Rule(scope=Scope.DEFAULT, unit=Unit.IMAGES, period=Period.DAY, limit=2000)]
    assert here.quota("list").out == "every other member: at most 2,000 pictures a day\n"
    assert here.quota("remove", "--default").out == "every other member: removed: at most 2,000 pictures a day\n"
    assert here.rules() == []
    assert here.log() == [(0, "rule_set", "default"), (0, "rule_set", "default"), (0, "rule_removed", "default")]


@pytest.mark.parametrize(
    ("target", "scope", "subject_id", "named"),
    [
        (("--user", "42"), Scope.USER, 42, "member 42"),
        (("--role", "9"), Scope.ROLE, 9, "role 9"),
        (("--channel", "77"), Scope.CHANNEL, 77, "channel 77"),
        (("--ceiling",), Scope.GUILD, None, "the whole server"),
        (("--default",), Scope.DEFAULT, None, "every other member"),
    ],
)
def test_a_limit_is_for_whom_it_says(
    target: tuple[str, ...], scope: Scope, subject_id: int | None, named: str, here: Here
) -> None:
    """In credits, rolling, and unlimited, too."""
    done = here.quota("set", *target, "--limit", "2.5", "--unit", "credits", "--per", "month", "--rolling")
    assert done.out == f"{named}: at most 2.5 credits in any 30 days; before: none\n"
    facts: dict[str, Any] = {"scope": scope, "subject_id": subject_id}
    assert here.rules() == [Rule(**facts, unit=Unit.CREDITS, period=Period.MONTH, limit=2_500_000, rolling=True)]
    here.quota("set", *target, "--limit", "unlimited", "--unit", "images", "--per", "hour")
    assert Rule(**facts, unit=Unit.IMAGES, period=Period.HOUR, limit=None) in here.rules()
    assert here.quota("remove", *target, "--unit", "credits").code == 0
    assert [rule.unit for rule in here.rules()] == [Unit.IMAGES]


def test_the_list_tells_what_holds_where_nobody_has_set_anything(here: Here) -> None:
    """The operator's limits, by the variables that set them."""
    done = here.quota("list", DEFAULT_MEMBER_IMAGES_PER_DAY="4", USER_IMAGES_PER_DAY="30", TOTAL_CREDITS_PER_DAY="9")
    assert done.out.splitlines() == [
        "every other member: 4 pictures a day (DEFAULT_MEMBER_IMAGES_PER_DAY)",
        "every person, over all servers (USER_IMAGES_PER_DAY): at most 30 pictures a day",
        "all servers together (TOTAL_CREDITS_PER_DAY, TOTAL_CREDITS_PER_MONTH): at most 9 credits a day",
    ]


def test_a_grant_raises_what_a_member_has_left(here: Here) -> None:
    """It says how they stood and stand, and the reason is kept."""
    here.use(images=10)
    done = here.quota("grant", "--user", str(MEMBER), "--images", "2", "--why", "birthday")
    assert done.out.splitlines() == [
        "member 42: granted 2 pictures",
        "  at most 10 pictures a day (every other member): 10 of 12 pictures used; before: 10 of 10 pictures used",
    ]
    assert here.log()[-1] == (0, "granted", "user:42")
    with closing(sqlite3.connect(here.path)) as connection:
        [row] = connection.execute("SELECT user_id, guild_id, images, why, by_id FROM ledger WHERE kind = 'grant'")
    assert row == (MEMBER, GUILD, 2, "birthday", 0)


def test_a_grant_that_no_limit_feels_says_so(here: Here) -> None:
    """Credits, where only pictures are limited."""
    done = here.quota("grant", "--user", str(MEMBER), "--credits", "2.5")
    assert done.out.splitlines()[0] == "member 42: granted 2.5 credits"
    assert "no limit stands otherwise now" in done.out


def test_usage_is_corrected_up_and_down(here: Here) -> None:
    """By the difference."""
    done = here.quota("adjust", "--user", str(MEMBER), "--images", "3", "--credits", "1.5", "--why", "by hand")
    assert done.out.splitlines() == [
        "member 42: 3 pictures more used and 1.5 credits more used",
        "  at most 10 pictures a day (every other member): 3 of 10 pictures used; before: 0 of 10 pictures used",
    ]
    done = here.quota("adjust", "--user", str(MEMBER), "--images", "-2", "--credits", "-0.5", "--why", "by hand")
    assert done.out.splitlines()[0] == "member 42: 2 pictures less used and 0.5 credits less used"
    assert here.log() == [(0, "adjusted", "user:42")] * 2


@pytest.mark.parametrize(
    ("whom", "named", "logged"),
    [
        (("--user", "42"), "member 42", "user:42"),
        (("--channel", "77"), "channel 77", "channel:77"),
        (("--ceiling",), "the whole server", "guild"),
    ],
)
def test_a_reset_lets_what_was_used_count_no_more(whom: tuple[str, ...], named: str, logged: str, here: Here) -> None:
    """Of whom it says; the ledger keeps what was used."""
    here.use(images=10)
    done = here.quota("reset", *whom)
    assert done.out.splitlines()[0] == f"{named}: what was used until now counts no more"
    assert here.log()[-1] == (0, "reset", logged)
    assert ("SERVER_CREDITS_PER_MONTH" in done.out) == (whom == ("--ceiling",))
    if whom == ("--user", "42"):
        assert done.out.splitlines()[1].endswith("0 of 10 pictures used; before: 10 of 10 pictures used")
    assert "10 pictures" in here.run("usage").out
    assert "granted" not in done.out


def test_a_reset_says_what_it_takes_away_of_grants(here: Here) -> None:
    """For windows begin anew with it; once they have, there is nothing to say any more."""
    here.use(images=10)
    here.quota("grant", "--user", str(MEMBER), "--images", "2")
    done = here.quota("reset", "--user", str(MEMBER))
    assert done.out.splitlines()[1] == (
        "  what was granted before counts no more, either: 2 pictures; imagebot quota grant gives it again"
    )
    assert "0 of 10 pictures used; before: 10 of 12 pictures used" in done.out
    assert "granted" not in here.quota("reset", "--user", str(MEMBER)).out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("set", *PICTURES_A_DAY, "--limit", "-1"),
            "-1 is less than nothing; 0 blocks, and unlimited allows everything",
        ),
        (("set", *PICTURES_A_DAY, "--limit", "1000000000000"), "1000000000000 is more than can be set"),
        (("set", *PICTURES_A_DAY, "--limit", "ten"), "'ten' is not a number"),
        (("set", *PICTURES_A_DAY, "--limit", "2.5"), "2.5 is too fine"),
        (("set", *PICTURES_A_DAY, "--limit", " "), "the number is missing"),
        (("grant", "--user", "42", "--images", "0"), "0 would change nothing"),
        (("grant", "--user", "42", "--images", "-1"), "-1 is less than nothing"),
        (("adjust", "--user", "42", "--why", "x"), "0 would change nothing"),
        (("adjust", "--user", "42", "--why", "x", "--images", "--5"), None),
        (("adjust", "--user", "42", "--images", "5"), None),
        (("set", "--limit", "1", "--unit", "images", "--per", "day"), None),
        (("set", *PICTURES_A_DAY, "--user", "42", "--limit", "1"), None),
        (("set", *PICTURES_A_DAY, "--limit", "1", "--per", "year"), None),
        (("reset", "--user", "42", "--channel", "7"), None),
        (("reset",), None),
        (("grant", "--user", "42", "--images", "2", "--why", "x" * 201), None),
        (("grant", "--user", "42", "--images", "unlimited"), "'unlimited' is not a number"),
        (("set", *PICTURES_A_DAY, "--limit", "none"), "'none' could mean nothing or everything"),
        (("grant", "--user", "42"), None),
        (("grant", "--user", "ada", "--images", "1"), None),
        (("grant", "--user", str(2**63), "--images", "1"), None),
        (("fly",), None),
    ],
)
def test_what_cannot_be_meant_is_a_sentence_and_code_2(
    arguments: tuple[str, ...], sentence: str | None, here: Here
) -> None:
    """And nothing is changed; where the sentence is argparse's own, only that there is one."""
    done = here.quota(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    if sentence is None:
        assert "error: " in done.err
    else:
        assert done.err.startswith(f"imagebot: {sentence}")
        assert done.err.endswith("; nothing was changed.\n")
    assert (here.rules(), here.log()) == ([], [])


@pytest.mark.parametrize("days", ["0", "367", "-1", "ten", "٣"])
def test_a_number_of_days_that_makes_no_sense_is_code_2(days: str, here: Here) -> None:
    """With the numbers that do."""
    done = here.run("usage", "--days", days)
    assert done.code == 2
    assert "from 1 to 366" in done.err


def test_a_server_that_is_full_of_limits_takes_no_more(here: Here) -> None:
    """The sentence names how many there are."""
    now = SystemClock().now()

    async def fill(database: Database) -> None:
        for number in range(250):
            rule = Rule(scope=Scope.USER, subject_id=number + 1, unit=Unit.IMAGES, period=Period.DAY, limit=1)
            await RuleStore(database).put(GUILD, rule, by_id=1, at=now)

    here.database(fill)
    done = here.quota("set", *PICTURES_A_DAY, "--limit", "1")
    assert done.code == 2
    assert done.err.startswith("imagebot: the server has 250 limits already")


def test_removing_what_is_not_there_is_said_with_code_1(here: Here) -> None:
    """Nothing was changed, and nothing stands in the log."""
    done = here.quota("remove", "--default")
    assert (done.code, done.out) == (1, "")
    assert done.err == "imagebot: there is no such limit in this server; nothing was changed.\n"
    assert here.log() == []


@pytest.mark.parametrize("arguments", [["usage"], ["quota", "list", "--server", "5"]], ids=" ".join)
def test_a_database_that_is_missing_is_a_sentence_and_code_1(arguments: list[str], here: Here) -> None:
    """And none is made."""
    here.path.unlink()
    done = here.run(*arguments)
    assert (done.code, done.out) == (1, "")
    assert "there is none at data/imagebot.sqlite3" in done.err
    assert not here.path.exists()


def test_settings_that_are_not_usable_are_named(here: Here) -> None:
    """Of those that these commands read; a token that was never set is none of them."""
    done = here.run("usage", TOTAL_CREDITS_PER_DAY="much")
    assert (done.code, done.out) == (2, "")
    assert "TOTAL_CREDITS_PER_DAY" in done.err
    assert "DISCORD_TOKEN" not in done.err


async def test_it_works_on_the_database_of_a_bot_that_runs(tmp_path: Path) -> None:
    """Another process sets a limit, and the one that has the database open sees it at once."""
    (tmp_path / "data").mkdir()
    database = await Database.open(tmp_path / "data" / "imagebot.sqlite3")
    try:
        await LedgerStore(database).adjust(ByHand(guild_id=GUILD, user_id=1, images=3, by_id=0), at=SystemClock().now())
        for arguments in (
            ("quota", "set", "--server", str(GUILD), *PICTURES_A_DAY, "--limit", "5"),
            ("usage", "--server", str(GUILD)),
        ):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", *arguments, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
            )
            async with asyncio.timeout(PATIENCE_S):
                out, _ = await process.communicate()
            assert process.returncode == 0
        assert b"3 pictures" in out
        [rule] = await RuleStore(database).list(GUILD)
        assert rule.limit == 5
    finally:
        await database.close()
