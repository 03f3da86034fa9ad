"""Every workflow's machine with its real handlers: each scenario ends as written, and faults do not change the end."""

from dataclasses import replace

import pytest

from tests.support.branches import branches_of, taken
from tests.support.interpreter import Run, definition_of, machine, workflows
from tests.support.scenarios import Scenario, play, scenarios_of, with_faults
from tests.support.tables import every_row, fresh_tables

pytestmark = pytest.mark.usefixtures("environment")

WRITTEN = [(workflow, scenario) for workflow in workflows() for scenario in scenarios_of(workflow)]
DISTURBED = [(workflow, scenario) for workflow in workflows() for scenario in with_faults(workflow)]


@pytest.mark.parametrize(("workflow", "scenario"), WRITTEN, ids=lambda value: getattr(value, "shows", value))
def test_scenario(workflow: str, scenario: Scenario) -> None:
    with fresh_tables(), machine(workflow) as made:
        run = play(made, scenario)
        stored = every_row("results-test")
    assert (run.status, run.error) == (scenario.status, scenario.error), run.cause
    if scenario.outcome is not None:
        assert run.output["outcome"] == scenario.outcome
        assert [row["result"] for row in stored] == [run.output["result"]]


@pytest.mark.parametrize(("workflow", "scenario"), DISTURBED, ids=lambda value: getattr(value, "shows", value))
def test_a_lost_answer_changes_nothing(workflow: str, scenario: Scenario) -> None:
    with fresh_tables(), machine(workflow) as made:
        undisturbed = play(made, replace(scenario, faults=()))
    with fresh_tables(), machine(workflow) as made:
        run = play(made, scenario)
        (record,) = every_row("sessions-test")
    assert (run.status, run.output) == ("SUCCEEDED", undisturbed.output), run.cause
    injected = [fault.error for fault in scenario.faults if fault.state in run.entered]
    assert [error for _, error in run.invoked if error is not None] == injected
    assert all(entry["status"] == "succeeded" for entry in record["steps"].values())


@pytest.mark.parametrize("workflow", workflows())
def test_every_state_retry_catch_and_choice_is_taken_by_a_scenario(workflow: str) -> None:
    definition = definition_of(workflow)
    runs: list[Run] = []
    for scenario in (*scenarios_of(workflow), *with_faults(workflow)):
        with fresh_tables(), machine(workflow) as made:
            runs.append(play(made, scenario))
    assert sorted(branches_of(definition) - taken(definition, runs)) == []


def test_a_branch_that_no_run_takes_is_found() -> None:
    definition = {
        "States": {
            "Ask": {
                "Type": "Task",
                "Retry": [{"ErrorEquals": ["Busy"]}, {"ErrorEquals": ["Lost", "States.Timeout"]}],
                "Catch": [
                    {"ErrorEquals": ["Declined"], "Next": "Undo"},
                    {"ErrorEquals": ["States.ALL"], "Next": "Undo"},
                ],
                "Next": "Which",
            },
            "Which": {"Type": "Choice", "Choices": [{"Next": "Undo"}, {"Next": "Ask"}], "Default": "Done"},
            "Undo": {"Type": "Pass", "End": True},
            "Done": {"Type": "Succeed"},
        }
    }
    plain = Run("SUCCEEDED", None, None, None, "arn", ["Ask", "Which", "Done"], [("Ask", None)])
    caught = Run(
        "SUCCEEDED", None, None, None, "arn", ["Ask", "Undo"], [("Ask", "Lost"), ("Ask", "Lost"), ("Ask", "Declined")]
    )
    assert branches_of(definition) - taken(definition, [plain, caught]) == {
        ("Ask", "Retry[0]"),
        ("Ask", "Catch[1]"),
        ("Which", "Choices[0]"),
        ("Which", "Choices[1]"),
    }
