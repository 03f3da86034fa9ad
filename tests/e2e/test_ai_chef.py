"""ai-chef on the local cloud, driven through the AWS CLI and boto3."""

import json
from typing import Any

import boto3
import pytest

from tests.e2e.conftest import Deployed
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

PROFILE: dict[str, Any] = {"target": "keto", "healthConditions": ["diabetes"], "budget": 30000}
STEPS = ["OrchestrateSession", "GenerateRecipe", "FetchPrices", "CombineResults"]


@pytest.fixture
def warm(deployed: Deployed) -> Deployed:
    """GenerateRecipe's Lambda has a process, which stands idle."""
    assert deployed.run("ai-chef", {"profile": PROFILE})["status"] == "SUCCEEDED"
    return deployed


def test_the_aws_cli_starts_it_and_finds_execution_record_and_result(deployed: Deployed, session_id: str) -> None:
    raw = json.dumps({"sessionId": session_id, "profile": PROFILE})
    machine = f"arn:aws:states:us-east-1:{'0' * 12}:stateMachine:ai-chef-local"
    started = deployed.aws(
        "stepfunctions", "start-execution", "--state-machine-arn", machine, "--name", f"by-{session_id}", "--input", raw
    )
    deployed.ended(started["executionArn"])

    execution = deployed.aws("stepfunctions", "describe-execution", "--execution-arn", started["executionArn"])
    assert execution["status"] == "SUCCEEDED"
    key = json.dumps({"sessionId": {"S": session_id}})
    record = deployed.aws("dynamodb", "get-item", "--table-name", "sessions-local", "--key", key)["Item"]
    assert (record["status"]["S"], record["progress"]["N"], record["phase"]["S"]) == ("completed", "100", "finished")
    result = deployed.row("results", sessionId=session_id)["result"]
    assert json.loads(execution["output"])["result"] == result
    assert result["withinBudget"] is True
    assert 0 < result["totalCost"] <= PROFILE["budget"]
    assert len(result["pricing"]) + len(result["unpriced"]) == len(result["recipe"]["ingredients"])


def test_phases_and_progress_come_in_order_each_written_by_its_step(deployed: Deployed, session_id: str) -> None:
    deployed.run("ai-chef", {"sessionId": session_id, "profile": PROFILE})
    versions = deployed.versions(session_id)
    seen = [(version["phase"], version["progress"], version["status"]) for version in versions]
    assert seen == [
        ("started", 0, "processing"),
        ("recipe_generation", 10, "processing"),
        ("recipe_completed", 50, "processing"),
        ("price_lookup", 60, "processing"),
        ("price_completed", 80, "processing"),
        ("combining_results", 90, "processing"),
        ("finished", 100, "completed"),
    ]
    assert list(versions[-1]["steps"]) == STEPS


def test_the_same_session_under_another_execution_s_name_runs_nothing_again(
    deployed: Deployed, session_id: str
) -> None:
    raw = {"sessionId": session_id, "profile": PROFILE}
    first = deployed.run("ai-chef", raw)
    before = deployed.record(session_id)
    second = deployed.run("ai-chef", raw)
    assert second["status"] == "SUCCEEDED"
    assert json.loads(second["output"]) == {
        "sessionId": session_id,
        "duplicate": True,
        "executionArn": first["executionArn"],
    }
    assert deployed.record(session_id) == before


def test_the_same_session_with_other_input_is_refused_and_the_first_is_untouched(
    deployed: Deployed, session_id: str
) -> None:
    deployed.run("ai-chef", {"sessionId": session_id, "profile": PROFILE})
    before = deployed.record(session_id)
    other = deployed.run("ai-chef", {"sessionId": session_id, "profile": {**PROFILE, "budget": 20000}})
    assert (other["status"], other["error"]) == ("FAILED", "SessionConflict")
    assert deployed.record(session_id) == before


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ({}, ["profile"]),
        ({"profile": {"target": "paleo", "budget": -1}}, ["profile.target", "profile.budget"]),
        ({"profile": {**PROFILE, "budget": "much"}}, ["profile.budget"]),
        ({"profile": {**PROFILE, "allergies": ["x" * 1000]}}, ["profile.allergies.0"]),
        ([1, 2], ["input"]),
        ({"sessionId": "no/slashes", "profile": PROFILE}, ["sessionId"]),
    ],
)
def test_bad_input_fails_naming_each_field_and_writes_nothing_but_the_record(
    deployed: Deployed, session_id: str, raw: Any, fields: list[str]
) -> None:
    execution = deployed.run("ai-chef", raw, name=session_id)
    assert (execution["status"], execution["error"]) == ("FAILED", "InvalidInput")
    record = deployed.ended_record(session_id)
    assert (record["status"], record["progress"]) == ("failed", 0)
    assert (record["error"]["type"], record["error"]["step"]) == ("InvalidInput", "OrchestrateSession")
    told = json.loads(execution["cause"])["errorMessage"]
    assert record["error"]["message"] == told
    assert all(f"{field}: " in told for field in fields)
    assert deployed.steps_of(session_id) == []
    assert deployed.row("results", sessionId=session_id) is None


def test_a_final_error_fails_the_session_with_step_and_reason(deployed: Deployed, session_id: str) -> None:
    execution = deployed.run("ai-chef", {"sessionId": session_id, "profile": {**PROFILE, "budget": 1}})
    assert execution["error"] == "NoRecipeFits"
    record = deployed.ended_record(session_id)
    assert (record["status"], record["error"]["step"]) == ("failed", "GenerateRecipe")
    assert record["error"]["type"] == "NoRecipeFits"
    assert "budget" in record["error"]["message"]


def test_an_execution_stopped_in_the_middle_cancels_its_session(warm: Deployed, session_id: str) -> None:
    with warm.frozen("ai-chef-generate-recipe-local"):
        execution = warm.start("ai-chef", {"sessionId": session_id, "profile": PROFILE})
        eventually(lambda: warm.in_state(execution, "GenerateRecipe"))
        warm.aws("stepfunctions", "stop-execution", "--execution-arn", execution, "--cause", "changed my mind")
        record = warm.ended_record(session_id)
    assert record["status"] == "cancelled"
    assert record["error"]["message"] == "changed my mind"


def test_a_lambda_killed_in_the_middle_is_retried_and_there_is_one_result(warm: Deployed, session_id: str) -> None:
    with warm.frozen("ai-chef-generate-recipe-local"):
        execution = warm.start("ai-chef", {"sessionId": session_id, "profile": PROFILE})
        eventually(lambda: warm.in_state(execution, "GenerateRecipe"))
    assert warm.ended(execution)["status"] == "SUCCEEDED"
    history = warm.stepfunctions.get_execution_history(executionArn=execution)["events"]
    assert any(event["type"] in ("TaskFailed", "LambdaFunctionFailed") for event in history)
    assert warm.record(session_id)["status"] == "completed"
    assert sorted(row["stepKey"] for row in warm.steps_of(session_id)) == ["FetchPrices", "GenerateRecipe"]


def test_without_status_events_the_sweep_gets_there(warm: Deployed, session_id: str) -> None:
    events = boto3.client("events", **warm.cloud.connection())
    (rule,) = [
        rule["Name"]
        for rule in events.list_rules()["Rules"]
        if "Step Functions" in rule.get("EventPattern", "") and rule["Name"] != "status"
    ]
    events.disable_rule(Name=rule)
    try:
        with warm.frozen("ai-chef-generate-recipe-local"):
            execution = warm.start("ai-chef", {"sessionId": session_id, "profile": PROFILE})
            eventually(lambda: warm.in_state(execution, "GenerateRecipe"))
            warm.stepfunctions.stop_execution(executionArn=execution)
        with warm.setting("sweep-sessions-local", "STALE_AFTER_SECONDS", "1"):
            eventually(lambda: swept(warm, session_id) == "cancelled")
    finally:
        events.enable_rule(Name=rule)


def swept(deployed: Deployed, session_id: str) -> str:
    """The session's status after a sweep."""
    answer = deployed.functions.invoke(FunctionName="sweep-sessions-local")
    assert "FunctionError" not in answer, answer["Payload"].read()
    return str(deployed.record(session_id)["status"])


@pytest.mark.parametrize("step", ["orchestrate-session", "generate-recipe", "fetch-prices", "combine-results"])
def test_a_step_without_its_grants_is_denied_and_the_record_says_so(
    deployed: Deployed, session_id: str, step: str
) -> None:
    with deployed.without_grants(f"ai-chef-{step}-local"):
        execution = deployed.run("ai-chef", {"sessionId": session_id, "profile": PROFILE})
        record = deployed.ended_record(session_id)
    assert (execution["status"], execution["error"]) == ("FAILED", "AccessDenied")
    assert (record["status"], record["error"]["type"]) == ("failed", "AccessDenied")


def test_twenty_sessions_started_at_once_all_complete(deployed: Deployed, session_id: str) -> None:
    names = [f"{session_id}-{number}" for number in range(20)]
    executions = [deployed.start("ai-chef", {"profile": PROFILE}, name) for name in names]
    assert {deployed.ended(execution)["status"] for execution in executions} == {"SUCCEEDED"}
    assert {deployed.record(name)["status"] for name in names} == {"completed"}
