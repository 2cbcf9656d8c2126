"""The order of those who wait: between servers, then between people, then as they came."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.fair_line import FairLine, Party

JOIN = st.tuples(st.just("join"), st.sampled_from([None, 1, 2]), st.sampled_from([11, 12]))
SERVE = st.tuples(st.just("serve"), st.none(), st.just(0))
LEAVE = st.tuples(st.just("leave"), st.none(), st.integers(0, 9))
MOVES = st.lists(st.one_of(JOIN, SERVE, LEAVE), max_size=60)
DRAIN = [("serve", None, 0)] * 60


def line_of(jobs: Sequence[str]) -> FairLine:
    """Return a line of jobs that came in this order, each named by server ("-" for none), person and number."""
    line = FairLine()
    for job in jobs:
        line.join(job, Party(guild_id=None if job[0] == "-" else ord(job[0]), user_id=ord(job[1])))
    return line


def served(line: FairLine) -> list[str]:
    order: list[str] = []
    while len(line):
        order.append(next(iter(line)))
        line.serve(order[-1])
    return order


@pytest.mark.parametrize(
    ("came", "order"),
    [
        ("Sa1 Sa2 Sa3", "Sa1 Sa2 Sa3"),
        ("Sa1 Sa2 Sa3 Sb1 Sb2", "Sa1 Sb1 Sa2 Sb2 Sa3"),
        ("Sa1 Sa2 Sb1 Tc1 Tc2", "Sa1 Tc1 Sb1 Tc2 Sa2"),
        ("Sa1 Sb1 Sc1 Sd1 Te1 Te2", "Sa1 Te1 Sb1 Te2 Sc1 Sd1"),
        ("-a1 -a2 -b1 -c1 -b2", "-a1 -b1 -c1 -a2 -b2"),
        ("Sa1 Sb1 Sc1 -a1 -b1", "Sa1 -a1 -b1 Sb1 Sc1"),
    ],
)
def test_servers_take_turns_then_people_then_it_is_as_they_came(came: str, order: str) -> None:
    """The order that is told is the one that is kept; without a server ("-") each person counts as one."""
    line = line_of(came.split())
    assert list(line) == order.split()
    assert served(line) == order.split()


def test_who_comes_anew_goes_before_the_one_who_has_just_had_a_turn_once() -> None:
    """A flooder was served: the next newcomer comes first, the one after that waits for one job of the flooder's."""
    for bob, carol in (("Sb1", "Sc1"), ("Tb1", "Uc1"), ("-b1", "-c1")):
        line = line_of(["Sa1", "Sa2", "Sa3"])
        line.serve("Sa1")
        for job in (bob, carol):
            line.join(job, Party(guild_id=None if job[0] == "-" else ord(job[0]), user_id=ord(job[1])))
        assert list(line) == [bob, "Sa2", carol, "Sa3"]


def test_a_turn_that_needed_no_waiting_counts() -> None:
    """Who took the last free place gives way like one who was served from the line."""
    line = FairLine()
    line.note_served(Party(guild_id=1, user_id=1))
    for job, user_id in (("a2", 1), ("a3", 1), ("b1", 2)):
        line.join(job, Party(guild_id=1, user_id=user_id))
    assert list(line) == ["b1", "a2", "a3"]


def test_who_gives_up_costs_nobody_a_turn() -> None:
    """The person keeps their turn for what else they wait for."""
    line = line_of(["Sa1", "Sa2", "Sb1"])
    line.leave("Sa1")
    assert list(line) == ["Sa2", "Sb1"]
    for job in ("Sa2", "Sb1"):
        line.leave(job)
    assert list(line) == []


@given(MOVES)
def test_between_two_turns_of_one_everyone_who_waits_has_one(moves: list[tuple[str, int | None, int]]) -> None:
    """Whatever comes and goes: no server, and no person in a server, is served twice while another of its kind waits.

    And a person's own jobs keep their order, whatever the others do.
    """
    line = FairLine()
    waiting: dict[str, Party] = {}
    everyone: dict[str, Party] = {}
    passed_by: dict[str, list[Party]] = {}
    for number, (move, guild_id, which) in enumerate([*moves, *DRAIN]):
        if move == "join":
            job = f"{number:03}"
            waiting[job] = everyone[job] = Party(guild_id=guild_id, user_id=which)
            passed_by[job] = []
            line.join(job, waiting[job])
        elif waiting and move == "leave":
            gone = sorted(waiting)[which % len(waiting)]
            line.leave(gone)
            del waiting[gone]
        elif waiting:
            job = next(iter(line))
            line.serve(job)
            party = waiting.pop(job)
            assert not any(other < job for other, its in waiting.items() if its == party)
            for other in waiting:
                passed_by[other].append(party)
        assert sorted(line) == sorted(waiting)
    assert not waiting
    for job, parties in passed_by.items():
        check_turns(job, parties, its=everyone[job])


def check_turns(job: str, parties: list[Party], *, its: Party) -> None:
    """While a job waited, no server came twice without the job's own in between, and no person of its server either."""
    since_own: list[int] = []
    for party in parties:
        since_own = [] if party.server == its.server else [*since_own, party.server]
        assert len(since_own) == len(set(since_own)), job
    people: list[int] = []
    for party in parties:
        if party.server == its.server:
            people = [] if party.user_id == its.user_id else [*people, party.user_id]
            assert len(people) == len(set(people)), job
