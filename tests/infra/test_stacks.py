"""What the stacks hold, on every stage and for every workflow."""

import json
import os
import string
from collections.abc import Iterator
from importlib import import_module
from unittest.mock import patch

import pytest

from core.settings import Settings, load
from infra.app import ROOT
from infra.convention import Workflow, discover
from tests.infra.synth import Deployment, Json

WORKFLOWS = discover(ROOT)
SECRET = "AWS::SecretsManager::Secret"
LENGTHS = {"approvals": 64, "webhooks": 32, "deliveries": 32, "progress": 64}
DATA = ("order-data", "matching-data", "skill-sync-data", "course-review-data", "novel-analysis-data")
VISIBLE = "ApproximateNumberOfMessagesVisible"
each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)


def test_a_stage_has_one_stack_per_workflow_one_for_what_tables_it_has_and_four_of_its_own(
    deployment: Deployment,
) -> None:
    names = ["stateful", "operations", "api", "progress", *(workflow.name for workflow in WORKFLOWS), *DATA]
    assert deployment.templates.keys() == {f"{name}-{deployment.stage}" for name in names}


@each_workflow
def test_a_state_machine_shows_its_definition_and_names_its_lambdas(deployment: Deployment, workflow: Workflow) -> None:
    machine = deployment.named("AWS::StepFunctions::StateMachine", f"{workflow.name}-{deployment.stage}")
    written = (ROOT / "statemachines" / f"{workflow.name}.asl.json").read_text()
    assert json.loads(machine["DefinitionString"]) == json.loads(written)
    assert machine["DefinitionSubstitutions"] == {
        step.name: f"function/{workflow.name}-{step.slug}-{deployment.stage}" for step in workflow.steps
    }


@each_workflow
def test_a_state_machine_is_standard_traced_and_logs_no_data(deployment: Deployment, workflow: Workflow) -> None:
    name = f"{workflow.name}-{deployment.stage}"
    machine = deployment.named("AWS::StepFunctions::StateMachine", name)
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
    [destination] = logging["Destinations"]
    assert destination["CloudWatchLogsLogGroup"]["LogGroupArn"] == f"logs//aws/vendedlogs/states/{name}:*"


@each_workflow
def test_the_arn_of_a_state_machine_is_an_output(deployment: Deployment, workflow: Workflow) -> None:
    stack = f"{workflow.name}-{deployment.stage}"
    outputs = deployment.resolve(stack, deployment.templates[stack]["Outputs"])
    assert outputs["StateMachineArn"]["Value"] == f"machine/{stack}"


def tasks(machine: Json) -> Iterator[Json]:
    """The Task states of a machine, those within a Map too."""
    for state in machine.get("States", {}).values():
        yield from [state] if state["Type"] == "Task" else tasks(state.get("ItemProcessor", {}))


@each_workflow
def test_a_lambda_gives_up_before_the_state_that_calls_it(deployment: Deployment, workflow: Workflow) -> None:
    limits = {
        state["Arguments"]["FunctionName"]: state["TimeoutSeconds"]
        for state in tasks(json.loads(workflow.definition))
        if not state["Resource"].endswith(".waitForTaskToken")
    }
    functions = deployment.functions()
    for step in workflow.steps:
        function = functions[f"{workflow.name}-{step.slug}-{deployment.stage}"]
        assert step.asks or function["Timeout"] <= limits[f"${{{step.name}}}"] - 10


@each_workflow
def test_a_function_runs_the_module_of_its_step(deployment: Deployment, workflow: Workflow) -> None:
    functions = deployment.functions()
    for step in workflow.steps:
        function = functions[f"{workflow.name}-{step.slug}-{deployment.stage}"]
        assert function["Handler"] == f"{workflow.package}.{step.module}.handler"
        assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == workflow.name


def test_every_lambdas_environment_is_what_its_settings_ask_for(deployment: Deployment) -> None:
    for function in deployment.functions().values():
        module = import_module(function["Handler"].removesuffix(".handler"))
        wanted = {named for named in vars(module).values() if isinstance(named, type) and issubclass(named, Settings)}
        wanted |= {getattr(module.handler, "settings", Settings)}
        with patch.dict(os.environ, function["Environment"]["Variables"], clear=True):
            for settings in wanted - {Settings}:
                assert load.__wrapped__(settings).stage == deployment.stage
            assert load.__wrapped__(Settings).sessions_table == f"sessions-{deployment.stage}"


def test_every_lambda_logs_json_for_a_while_and_is_traced(deployment: Deployment) -> None:
    groups = {group["LogGroupName"]: group for _, group in deployment.resources("AWS::Logs::LogGroup")}
    for name, function in deployment.functions().items():
        assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": f"/aws/lambda/{name}"}
        assert groups[f"/aws/lambda/{name}"]["RetentionInDays"] > 0
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == "DurableWorkflows"


KEYS = {
    "sessions": ["sessionId"],
    "steps": ["sessionId", "stepKey"],
    "results": ["sessionId"],
    "callbacks": ["callbackId"],
    "orders": ["sessionId"],
    "inventory": ["productId"],
    "practices": ["userId", "practiceId"],
    "skill-profiles": ["userId"],
    "reviews": ["courseId", "userId"],
    "course-rankings": ["resort"],
}


@pytest.mark.parametrize("table", KEYS)
def test_a_table_is_on_demand_recoverable_and_forgets(deployment: Deployment, table: str) -> None:
    found = deployment.named("AWS::DynamoDB::Table", f"{table}-{deployment.stage}")
    assert [key["AttributeName"] for key in found["KeySchema"]] == KEYS[table]
    assert found["BillingMode"] == "PAY_PER_REQUEST"
    assert found["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert found["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


def test_sessions_are_found_by_what_no_step_changes(deployment: Deployment) -> None:
    """No status is in an index: its writes would all go to a few keys, and each cost a second one."""
    sessions = deployment.named("AWS::DynamoDB::Table", f"sessions-{deployment.stage}")
    keys = {"open-sessions": "openWorkflow", "by-workflow": "workflow", "by-owner": "owner"}
    assert sessions["GlobalSecondaryIndexes"] == [
        {
            "IndexName": index,
            "KeySchema": [
                {"AttributeName": key, "KeyType": "HASH"},
                {"AttributeName": "createdAt", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
        for index, key in keys.items()
    ]


def test_data_outlives_its_stack_in_prod_and_only_there(deployment: Deployment) -> None:
    kept = deployment.stage == "prod"
    policies = 2 * [("Retain" if kept else "Delete")]
    for stack in ("stateful", *DATA):
        for resource in deployment.templates[f"{stack}-{deployment.stage}"]["Resources"].values():
            if resource["Type"] in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::Events::Rule"):
                continue
            assert [resource["DeletionPolicy"], resource["UpdateReplacePolicy"]] == policies
            if resource["Type"] == "AWS::DynamoDB::Table":
                assert resource["Properties"]["DeletionProtectionEnabled"] is kept


def test_secrets_are_generated_of_letters_and_digits(deployment: Deployment) -> None:
    secrets = {secret["Name"]: secret["GenerateSecretString"] for _, secret in deployment.resources(SECRET)}
    lengths = {name: generated["PasswordLength"] for name, generated in secrets.items()}
    assert lengths == {f"{name}-{deployment.stage}": length for name, length in LENGTHS.items()}
    for generated in secrets.values():
        assert set(generated["ExcludeCharacters"]) == set(string.punctuation)
        assert generated["IncludeSpace"] is False


def of_operations(deployment: Deployment) -> list[Json]:
    stack = f"operations-{deployment.stage}"
    return [rule for found, rule in deployment.resources("AWS::Events::Rule") if found == stack]


def test_ends_that_no_step_wrote_down_reach_the_reconciler(deployment: Deployment) -> None:
    rules = of_operations(deployment)
    [rule] = [rule for rule in rules if "EventPattern" in rule]
    assert rule["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
            "stateMachineArn": [
                f"arn:aws:states:region:account:stateMachine:{workflow.name}-{deployment.stage}"
                for workflow in WORKFLOWS
            ],
        },
    }
    [target] = rule["Targets"]
    assert target["Arn"] == f"function/reconcile-session-{deployment.stage}"


def test_the_sweep_knows_every_workflow_and_runs_every_few_minutes(deployment: Deployment) -> None:
    [rule] = [rule for rule in of_operations(deployment) if "ScheduleExpression" in rule]
    local = deployment.stage == "local"
    assert rule["ScheduleExpression"] == ("rate(1 minute)" if local else "rate(5 minutes)")
    sweep = deployment.functions()[f"sweep-sessions-{deployment.stage}"]
    assert [target["Arn"] for target in rule["Targets"]] == [f"function/{sweep['FunctionName']}"]
    variables = sweep["Environment"]["Variables"]
    assert json.loads(variables["WORKFLOWS"]) == [workflow.name for workflow in WORKFLOWS]
    assert variables["STALE_AFTER_SECONDS"] == ("10" if local else "900")


def test_an_event_that_cannot_be_handled_is_retried_and_then_kept(deployment: Deployment) -> None:
    queue = f"queue/dead-letters-{deployment.stage}"
    for rule in of_operations(deployment):
        [target] = rule["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": f"arn:aws:sqs:region:account:dead-letters-{deployment.stage}"}
        assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
    assert len(of_operations(deployment)) == 2
    configured = {
        config["FunctionName"]: config["DestinationConfig"]
        for _, config in deployment.resources("AWS::Lambda::EventInvokeConfig")
    }
    names = [f"{name}-{deployment.stage}" for name in ("reconcile-session", "sweep-sessions")]
    assert configured == {name: {"OnFailure": {"Destination": queue}} for name in names}


def test_people_are_told_of_failures_delays_stale_sessions_and_dead_letters(deployment: Deployment) -> None:
    stage = deployment.stage
    alarms = {alarm["AlarmName"]: alarm for _, alarm in deployment.resources("AWS::CloudWatch::Alarm")}
    metrics = {
        name.removesuffix(f"-{stage}"): (
            alarm["Namespace"],
            alarm["MetricName"],
            {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]},
        )
        for name, alarm in alarms.items()
    }
    expected = {
        "stale-sessions": ("DurableWorkflows", "StaleSessions", {"service": "operations", "stage": stage}),
        "dead-letters": ("AWS/SQS", VISIBLE, {"QueueName": f"dead-letters-{stage}"}),
        "notifications-dead": ("AWS/SQS", VISIBLE, {"QueueName": f"notifications-dead-{stage}.fifo"}),
        "deliveries-dead": ("AWS/SQS", VISIBLE, {"QueueName": f"deliveries-dead-{stage}"}),
    }
    for dead in (f"{workflow.name}-events-dead" for workflow in WORKFLOWS if workflow.starts):
        expected[dead] = ("AWS/SQS", VISIBLE, {"QueueName": f"{dead}-{stage}"})
    for name in ("reconcile-session", "sweep-sessions", "deliver-decision", "send-notification", "redeliver-result"):
        expected[f"{name}-errors"] = ("AWS/Lambda", "Errors", {"FunctionName": f"{name}-{stage}"})
    for name in (
        "deliver-decision",
        "push-progress",
        *(f"{workflow.name}-compensate" for workflow in WORKFLOWS if workflow.compensates),
    ):
        expected[f"{name}-late"] = ("AWS/Lambda", "IteratorAge", {"FunctionName": f"{name}-{stage}"})
    for name in ("api", "api-iam"):
        expected[f"{name}-errors"] = ("AWS/ApiGateway", "5XXError", {"ApiName": f"{name}-{stage}", "Stage": stage})
    for workflow in WORKFLOWS:
        machine = {"StateMachineArn": f"arn:aws:states:region:account:stateMachine:{workflow.name}-{stage}"}
        expected[f"{workflow.name}-failed"] = ("AWS/States", "ExecutionsFailed", machine)
        expected[f"{workflow.name}-timed-out"] = ("AWS/States", "ExecutionsTimedOut", machine)
    assert metrics == expected
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [f"topic/alarms-{stage}"]
        threshold = 15 * 60 * 1000 if name.endswith(f"-late-{stage}") else 1
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (threshold, "GreaterThanOrEqualToThreshold")
        assert alarm["TreatMissingData"] == "notBreaching"


@each_workflow
def test_the_dashboard_shows_sessions_and_every_steps_duration(deployment: Deployment, workflow: Workflow) -> None:
    board = deployment.named("AWS::CloudWatch::Dashboard", f"durable-workflows-{deployment.stage}")
    body = json.loads(board["DashboardBody"])
    shown = [metric[:-1] for widget in body["widgets"] for metric in widget["properties"]["metrics"]]
    own = ["service", workflow.name, "stage", deployment.stage]
    for ending in ("Started", "Completed", "Failed", "Cancelled"):
        assert ["DurableWorkflows", f"Sessions{ending}", *own] in shown
    for step in workflow.steps:
        assert ["DurableWorkflows", "StepDuration", *own, "step", step.name] in shown
