"""The app as the CDK runs it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from infra.app import ROOT, add_stacks
from infra.errors import ConfigurationError
from infra.layer import layer_folder
from tests.infra.project import machine, stack, task, write, write_machine
from tests.infra.synth import context, synthesise

# Nothing to reach the world with: no credentials, no Docker or other program, proxies that lead nowhere.
SEALED = {
    "PATH": "",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "UV_OFFLINE": "1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def run(output: Path, **more: str) -> subprocess.CompletedProcess[str]:
    settings = json.dumps(context() | more)
    return subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env=SEALED | {"HOME": str(output), "CDK_OUTDIR": str(output), "CDK_CONTEXT_JSON": settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("stage", ["local", "prod"])
def test_synth_needs_no_credentials_no_docker_and_no_network(tmp_path: Path, stage: str) -> None:
    layer_folder(ROOT)  # as `make setup` does, with network
    synth = run(tmp_path, stage=stage)
    assert synth.returncode == 0, synth.stderr
    assert (tmp_path / f"stateful-{stage}.template.json").is_file()


def test_a_mistake_ends_in_one_sentence_and_a_failure(tmp_path: Path) -> None:
    synth = run(tmp_path)
    assert synth.returncode == 1
    assert synth.stderr.startswith("choose a stage: ")
    assert synth.stderr.count("\n") == 1


# Starts wait in a queue of the workflow's; API Gateway writes logs under the role that the API brings.
BESIDE = {"api-local": {"novel-analysis-data-local"}, "progress-local": {"api-local"}}


def test_stacks_depend_one_way_from_what_holds_data(tmp_path: Path) -> None:
    app = cdk.App(context=context() | {"stage": "local"}, outdir=str(tmp_path))
    add_stacks(app)
    for artifact in app.synth().stacks:
        needed = {other.stack_name for other in artifact.dependencies if hasattr(other, "stack_name")}
        own_data = artifact.stack_name.replace("-local", "-data-local")
        assert needed <= {"stateful-local", own_data} | BESIDE.get(artifact.stack_name, set())
        assert not needed or not artifact.stack_name.startswith("stateful")


def test_what_cdk_nag_finds_fails_synth(tmp_path: Path) -> None:
    app = cdk.App(context=context() | {"stage": "local"}, outdir=str(tmp_path))
    add_stacks(app)
    sqs.Queue(cdk.Stack(app, "careless"), "PlainQueue")
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    findings = (tmp_path / "validation-report.json").read_text()
    assert "AwsSolutions-SQS4" in findings
    assert "Serverless-SQSRedrivePolicy" in findings


def refusal(project: Path, output: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        synthesise("local", output, project)
    return str(refused.value)


def test_a_stack_file_without_its_class_is_refused(project: Path, tmp_path: Path) -> None:
    write(project / "infra/workflows/gift_card.py", stack("Giftcard"))
    assert refusal(project, tmp_path / "out") == (
        "infra/workflows/gift_card.py defines no class GiftCard(WorkflowStack); add it: it says what the workflow's "
        "steps may touch"
    )


@pytest.mark.parametrize("ends_session", ["pass", "ends_session = ()"])
def test_a_workflow_that_no_step_ends_is_refused(project: Path, tmp_path: Path, ends_session: str) -> None:
    write(project / "infra/workflows/order.py", stack("Order", ends_session))
    assert refusal(project, tmp_path / "out").startswith(
        "infra/workflows/order.py: say in `ends_session` which steps of Order end the session"
    )


@pytest.mark.parametrize(
    ("ends_session", "body"),
    [
        ('ends_session = ("SendOrder",)', ""),
        ('ends_session = ("CloseOrder",)', "    def configure(self):\n        self.step('SendOrder')\n"),
    ],
)
def test_a_stack_that_names_an_unknown_step_is_refused(
    project: Path, tmp_path: Path, ends_session: str, body: str
) -> None:
    write(project / "infra/workflows/order.py", stack("Order", ends_session, body))
    assert refusal(project, tmp_path / "out") == (
        "infra/workflows/order.py names the step SendOrder, which statemachines/order.asl.json does not call; its "
        "steps: OpenOrder, ChargePayment, CloseOrder"
    )


@pytest.mark.parametrize(("used", "module"), [("compensation", "compensate"), ("starter", "start")])
def test_a_workflow_that_configures_a_compensation_or_a_start_needs_one(
    project: Path, tmp_path: Path, used: str, module: str
) -> None:
    write(
        project / "infra/workflows/order.py",
        stack("Order", body=f"    def configure(self):\n        self.{used}\n"),
    )
    assert refusal(project, tmp_path / "out") == (
        f"infra/workflows/order.py configures lambdas/order/{module}.py, which defines no `handler`: add it"
    )


def test_a_workflows_tables_have_a_stack_of_their_own(project: Path, tmp_path: Path) -> None:
    body = "    def configure(self):\n        self.table('gift-boxes', key='boxId')\n"
    write(project / "infra/workflows/gift_card.py", stack("GiftCard", body=body))
    templates = synthesise("local", tmp_path / "out", project).templates
    [table] = templates["gift-card-data-local"]["Resources"].values()
    assert table["Properties"]["TableName"] == "gift-boxes-local"
    assert "order-data-local" not in templates


def test_a_step_that_asks_is_granted_it_by_its_state(project: Path, tmp_path: Path) -> None:
    definition = machine(("OpenOrder", "ChargePayment", "CloseOrder"))
    definition["States"]["ChargePayment"]["Resource"] += ".waitForTaskToken"
    write_machine(project, "order", definition)
    functions = synthesise("local", tmp_path / "out", project).functions()
    variables = functions["order-charge-payment-local"]["Environment"]["Variables"]
    assert {"CALLBACKS_TABLE", "API_URL_PARAMETER", "APPROVALS_SECRET", "NOTIFICATIONS_QUEUE_URL"} <= variables.keys()


KINDS = [
    ("asks_systems", {"API_URL_PARAMETER"}),
    ("awaits_signals", {"NOTIFICATIONS_QUEUE_URL"}),
]


@pytest.mark.parametrize(("kind", "wanted"), KINDS)
def test_a_step_that_asks_no_people_is_granted_no_more_than_it_needs(
    kind: str, wanted: set[str], project: Path, tmp_path: Path
) -> None:
    definition = machine(("OpenOrder", "ChargePayment", "CloseOrder"))
    definition["States"]["ChargePayment"]["Resource"] += ".waitForTaskToken"
    write_machine(project, "order", definition)
    ends = f'ends_session = ("CloseOrder",)\n    {kind} = ("ChargePayment",)'
    write(project / "infra/workflows/order.py", stack("Order", ends))
    functions = synthesise("local", tmp_path / "out", project).functions()
    variables = functions["order-charge-payment-local"]["Environment"]["Variables"]
    all_of_them = {"API_URL_PARAMETER", "APPROVALS_SECRET", "NOTIFICATIONS_QUEUE_URL"}
    assert variables.keys() & all_of_them == wanted


def mapped(*, items: bool) -> dict[str, Any]:
    """A machine whose charges are made in a Map."""
    definition = machine(("OpenOrder", "CloseOrder"))
    charge = task("ChargePayment") | {"End": True}
    charge["Arguments"]["Payload"] = {"items": "{% $states.input %}"} if items else {}
    inner = {"StartAt": "ChargePayment", "States": {"ChargePayment": charge}}
    definition["States"]["Each"] = {"Type": "Map", "ItemProcessor": inner, "Next": "CloseOrder"}
    definition["States"]["OpenOrder"]["Next"] = "Each"
    return definition


def test_a_visit_within_a_map_says_which_items_it_deals_with(project: Path, tmp_path: Path) -> None:
    write_machine(project, "order", mapped(items=False))
    assert refusal(project, tmp_path / "out") == (
        'statemachines/order.asl.json: state ChargePayment is in a Map; pass "items" in its Payload, {"first", "last", '
        '"of"}: which items of how many this visit deals with'
    )


def test_a_step_within_a_map_is_granted_what_items_take(project: Path, tmp_path: Path) -> None:
    write_machine(project, "order", mapped(items=True))
    deployment = synthesise("local", tmp_path / "out", project)
    granted = deployment.grants(deployment.functions()["order-charge-payment-local"]["Role"])
    assert {grant for grant in granted if grant[0].startswith("dynamodb:")} == {
        ("dynamodb:GetItem", "table/sessions-local"),
        ("dynamodb:UpdateItem", "table/sessions-local"),
        ("dynamodb:BatchGetItem", "table/steps-local"),
        ("dynamodb:PutItem", "table/steps-local"),
    }


def test_a_workflow_whose_starts_are_queued_needs_what_takes_them_out(project: Path, tmp_path: Path) -> None:
    ends = 'ends_session = ("CloseOrder",)\n    queued = True'
    write(project / "infra/workflows/order.py", stack("Order", ends))
    assert refusal(project, tmp_path / "refused") == (
        "infra/workflows/order.py configures lambdas/order/start.py, which defines no `handler`: add it"
    )
    write(project / "lambdas/order/start.py", "def handler(event, context): ...\n")
    deployment = synthesise("local", tmp_path / "out", project)
    start = deployment.functions()["api-start-workflow-local"]
    assert json.loads(start["Environment"]["Variables"]["START_QUEUES"]) == {
        "order": "https://queue/order-events-local"
    }
    assert ("sqs:SendMessage", "queue/order-events-local") in deployment.grants(start["Role"])


def test_a_loop_whose_state_does_not_tell_its_visits_apart_is_refused(project: Path, tmp_path: Path) -> None:
    definition = machine(("OpenOrder", "ChargePayment", "CloseOrder"))
    charge = definition["States"]["ChargePayment"]
    charge["Catch"] = [{"ErrorEquals": ["Busy"], "Next": "ChargePayment"}]
    write_machine(project, "order", definition)
    with pytest.raises(ConfigurationError, match=r'a session may come to state ChargePayment more than once; .*"item"'):
        synthesise("local", tmp_path / "refused", project)
    charge["Arguments"]["Payload"]["item"] = "{% $round %}"
    write_machine(project, "order", definition)
    assert synthesise("local", tmp_path / "out", project).functions()


def test_a_session_that_continues_tells_the_visits_of_each_state_apart(project: Path, tmp_path: Path) -> None:
    ends = 'ends_session = ("CloseOrder",)\n    continues = ("ChargePayment",)'
    write(project / "infra/workflows/order.py", stack("Order", ends))
    with pytest.raises(ConfigurationError, match="a session may come to state ChargePayment more than once"):
        synthesise("local", tmp_path / "out", project)


def test_adding_a_workflow_changes_no_other_stack_but_operations_and_the_api(project: Path, tmp_path: Path) -> None:
    both = synthesise("local", tmp_path / "both", project).templates
    (project / "statemachines/gift-card.asl.json").unlink()
    (project / "infra/workflows/gift_card.py").unlink()
    for path in (project / "lambdas/gift_card").glob("*.py"):
        path.unlink()
    one = synthesise("local", tmp_path / "one", project).templates
    assert both.keys() - one.keys() == {"gift-card-local"}
    assert {name for name in one if one[name] != both[name]} == {"operations-local", "api-local"}
