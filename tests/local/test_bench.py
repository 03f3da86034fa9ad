"""The arithmetic of `make bench`, how its tables read, and what it changes in a machine it records."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from local.bench import requests
from local.bench.figures import Write, at_most, compare, figures_table, none_lost, writes_table
from local.bench.lambdas import Function
from local.bench.machines import recorded
from local.bench.recordings import Recording, ending, replay, telling


def printed(table: object) -> list[str]:
    """The lines of the table, each run of spaces as one."""
    console = Console(file=io.StringIO(), width=140)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_a_comparison_shows_medians_ranges_and_both_ratios() -> None:
    row = compare("A session", [0.2, 0.3, 1.5], [0.1, 0.2, 0.3], limit=1.3)

    assert (row.ours, row.bare) == ("300 ms (200 ms to 1.50 s)", "200 ms (100 ms to 300 ms)")
    assert (row.ratio, row.pairs) == ("1.50", "2.00 (1.50 to 5.00)")


def test_a_comparison_is_judged_by_its_pairs_so_that_a_busy_machine_falls_on_both() -> None:
    ours, bare = [0.11, 0.22, 0.88], [0.1, 0.2, 0.8]

    assert compare("A session", ours, bare, limit=1.1 + 1e-9).ok is True
    assert compare("A session", ours, bare, limit=1.09).ok is False


def test_a_comparison_without_a_limit_has_no_verdict() -> None:
    row = compare("Its steps", [0.2], [0.1])

    assert (row.limit, row.ok) == ("", None)


def test_a_duration_keeps_its_limit_or_is_over_it() -> None:
    assert at_most("make demo", 29.5, 30).ok is True
    assert at_most("make demo", 30.5, 30).ok is False


def test_a_lost_session_is_over_the_limit_on_either_side() -> None:
    assert none_lost("sessions", 100, 100, 100).ok is True
    assert none_lost("sessions", 100, 99, 100).ok is False
    assert none_lost("sessions", 100, 100, 99).ok is False
    assert none_lost("records", 100, 100).ok is True


def test_the_table_says_of_each_figure_whether_it_keeps_its_limit() -> None:
    rows = [at_most("make demo", 12, 30), at_most("make test", 400, 360), compare("its steps", [0.2], [0.1])]

    lines = printed(figures_table(rows))

    assert "make demo 12.00 s 30.00 s ok" in lines
    assert "make test 400.00 s 360.00 s over" in lines
    assert "its steps 200 ms (200 ms to 200 ms) 100 ms (100 ms to 100 ms) 2.00 2.00 (2.00 to 2.00)" in lines


def test_writes_are_summed_by_step_and_by_write() -> None:
    writes = [
        Write("first", "PutItem", "sessions", 900),
        Write("second", "UpdateItem", "sessions", 1000),
        Write("second", "PutItem", "steps", 1100),
    ]

    lines = printed(writes_table(writes))

    assert "second PutItem steps 1,100" in lines
    assert "2 steps 3 writes 1.5 a step 3,000, 1,000 a write" in lines


def test_a_recorded_machine_calls_the_recorder_in_place_of_each_lambda_wherever_its_state_is() -> None:
    task: dict[str, Any] = {"Type": "Task", "Arguments": {"FunctionName": "price", "Payload": {"fish": "{% $fish %}"}}}
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% $fresh %}", "Next": "Buy"}]}
    machine = {"StartAt": "Look", "States": {"Look": choice, "Each": {"ItemProcessor": {"States": {"Buy": task}}}}}

    states = recorded(machine, "recorder")["States"]

    assert states["Look"] == choice
    assert states["Each"]["ItemProcessor"]["States"]["Buy"]["Arguments"] == {
        "FunctionName": "recorder",
        "Payload": {
            "session": "{% $states.context.Execution.Name %}",
            "function": "price",
            "event": {"fish": "{% $fish %}"},
        },
    }


def test_a_recording_is_replayed_for_a_new_session_each_time_and_says_which_lambdas_came_before() -> None:
    first, second = (Function(name, name, name, {}, Path()) for name in ("first", "second"))
    event = {"execution": {"name": "old"}, "input": {"id": "old"}}
    recordings = [
        Recording("old", "machine", ((first, event),)),
        Recording("old", "machine", ((first, event), (second, event))),
    ]

    calls = list(replay(recordings))

    assert [(function.name, known) for function, _, known in calls] == [
        ("first", False),
        ("first", True),
        ("second", False),
    ]
    assert {event["execution"]["name"] for _, event, _ in calls} == {"old"}
    ids = [event["input"]["id"] for _, event, _ in calls]
    assert ids[1] == ids[2]
    assert len({"old", *ids}) == 3


def recording(*names: str) -> Recording:
    """A session in which these Lambdas were called."""
    return Recording("old", "machine", tuple((Function(name, name, name, {}, Path()), {}) for name in names))


def test_recordings_are_kept_as_far_as_they_call_a_lambda_that_no_longer_one_calls() -> None:
    accepted, declined, changed = (
        recording("ask", "close"),
        recording("ask", "end"),
        recording("ask", "change", "close"),
    )

    assert telling([accepted, declined, changed]) == [declined, changed]


@pytest.mark.parametrize(
    ("workflow", "accepts", "action"),
    [
        ("trip-request", ["update", "accept", "cancel"], "accept"),
        ("gear-reminder", ["move", "cancel"], "cancel"),
        ("course-review", ["resubmit"], "resubmit"),
    ],
)
def test_a_session_that_asks_again_is_answered_so_that_it_ends(workflow: str, accepts: list[str], action: str) -> None:
    assert ending(workflow, accepts) == action


def test_a_link_is_opened_with_its_ticket_and_decided_with_a_form() -> None:
    link = "http://localhost/api/approvals/1?ticket=a%2Eb"

    opened, decided = requests.opened(link), requests.opened(link, action="approve", comment="so be it")

    assert (opened["httpMethod"], opened["path"], opened["body"]) == ("GET", "/approvals/1", None)
    assert (decided["httpMethod"], decided["body"]) == ("POST", "action=approve&comment=so+be+it")
    assert opened["queryStringParameters"] == decided["queryStringParameters"] == {"ticket": "a.b"}
