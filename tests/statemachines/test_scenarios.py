"""Every workflow's machine with its real handlers: each scenario ends as written, and faults do not change the end."""

import pytest

from core.record import Entry
from tests.support.branches import branches_of, taken
from tests.support.interpreter import TIMEOUT, Invocation, Run, definition_of, workflows
from tests.support.scenarios import Scenario, disturbed, played, scenarios_of

pytestmark = pytest.mark.usefixtures("environment")

# One process plays all scenarios of a workflow, so that each is played once.
WRITTEN = [
    pytest.param(
        workflow, scenario, id=f"{workflow}-{scenario.shows}", marks=pytest.mark.xdist_group(f"machine-{workflow}")
    )
    for workflow in workflows()
    for scenario in scenarios_of(workflow)
]
EACH = [pytest.param(workflow, marks=pytest.mark.xdist_group(f"machine-{workflow}")) for workflow in workflows()]


@pytest.mark.parametrize(("workflow", "scenario"), WRITTEN)
def test_scenario(workflow: str, scenario: Scenario) -> None:
    ended = played(workflow, scenario)
    run = ended.run
    assert (run.status, run.error) == (scenario.status, scenario.error), run.cause
    if scenario.outcome is not None:
        assert run.output["outcome"] == scenario.outcome
        own = [row for row in ended.results if row["sessionId"] == run.output["sessionId"]]
        assert [row["result"] for row in own] == [run.output["result"]]


@pytest.mark.parametrize(("workflow", "scenario"), WRITTEN)
def test_a_lost_answer_changes_nothing(workflow: str, scenario: Scenario) -> None:
    undisturbed = played(workflow, scenario).run
    for variant in disturbed(workflow, scenario):
        ended = played(workflow, variant)
        run = ended.run
        assert (run.status, run.output) == ("SUCCEEDED", undisturbed.output), variant.shows
        lost = [error for _, error, _ in run.invoked if error not in (None, TIMEOUT)]
        assert sorted(lost) == sorted(fault.error for fault in variant.faults)
        (record,) = ended.sessions
        assert all(_well(entry) for entry in record["steps"].values()), variant.shows


def _well(entry: Entry) -> bool:
    """Whether a step came to its end: its work done, or its question unanswered in its time."""
    return entry["status"] == "succeeded" or entry.get("error", {}).get("type") == "NoAnswer"


@pytest.mark.parametrize("workflow", EACH)
def test_every_state_retry_catch_and_choice_is_taken_by_a_scenario(workflow: str) -> None:
    definition = definition_of(workflow)
    runs: list[Run] = []
    for scenario in scenarios_of(workflow):
        runs.append(played(workflow, scenario).run)
        runs += [played(workflow, variant).run for variant in disturbed(workflow, scenario)]
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
    plain = Run("SUCCEEDED", None, None, None, "arn", ["Ask", "Which", "Done"], [Invocation("Ask", None)])
    errors = [Invocation("Ask", error) for error in ("Lost", "Lost", "Declined")]
    caught = Run("SUCCEEDED", None, None, None, "arn", ["Ask", "Undo"], errors)
    assert branches_of(definition) - taken(definition, [plain, caught]) == {
        ("Ask", "Retry[0]"),
        ("Ask", "Catch[1]"),
        ("Which", "Choices[0]"),
        ("Which", "Choices[1]"),
    }


def test_a_batch_of_a_map_that_is_given_up_is_caught_though_the_state_is_invoked_for_the_next_one() -> None:
    each = {
        "Type": "Task",
        "Retry": [{"ErrorEquals": ["Busy"]}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "GivenUp"}],
    }
    inner = {"States": {"Each": each, "GivenUp": {"Type": "Pass", "End": True}}}
    definition = {"States": {"All": {"Type": "Map", "ItemProcessor": inner}}}
    errors = [Invocation("Each", "Busy", 1), Invocation("Each", None, 2)]
    run = Run("SUCCEEDED", None, None, None, "arn", ["All", "Each", "GivenUp", "Each"], errors)
    assert branches_of(definition) - taken(definition, [run]) == {("Each", "Retry[0]")}
