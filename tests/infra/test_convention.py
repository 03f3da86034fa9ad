"""Names map by convention; what does not match is refused with a sentence that says what to do."""

import re
from pathlib import Path

import pytest

from infra.app import ROOT
from infra.convention import discover
from infra.errors import ConfigurationError
from tests.infra.project import STEPS, machine, task, write, write_machine


def refusal(project: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        discover(project)
    return str(refused.value)


def test_workflows_are_found_by_their_state_machines(project: Path) -> None:
    assert [workflow.name for workflow in discover(project)] == ["gift-card", "order"]


def test_a_step_maps_to_its_module_and_its_function(project: Path) -> None:
    order = discover(project)[1]
    assert [(step.name, step.module, step.slug) for step in order.steps] == [
        ("OpenOrder", "open_order", "open-order"),
        ("ChargePayment", "charge_payment", "charge-payment"),
        ("CloseOrder", "close_order", "close-order"),
    ]
    assert order.first_step == "OpenOrder"


def test_the_repository_keeps_its_own_convention() -> None:
    machines = {path.name.removesuffix(".asl.json") for path in (ROOT / "statemachines").glob("*.asl.json")}
    assert {workflow.name for workflow in discover(ROOT)} == machines


def test_an_asl_that_calls_a_lambda_without_module_is_refused(project: Path) -> None:
    (project / "lambdas/order/charge_payment.py").unlink()
    assert refusal(project) == (
        "statemachines/order.asl.json calls ${ChargePayment}, but lambdas/order/charge_payment.py defines no "
        "`handler`: add it, or correct the name in the ASL"
    )


def test_a_module_without_handler_is_no_step(project: Path) -> None:
    write(project / "lambdas/order/charge_payment.py", "def handle(event, context): ...\n")
    assert "${ChargePayment}" in refusal(project)


@pytest.mark.parametrize(
    "code",
    [
        "def handler(event, context): ...\n",
        "handler = print\n",
        "handler: object = print\n",
        "@print\ndef handler(event, context): ...\n",
    ],
)
def test_a_step_module_that_no_state_calls_is_refused(project: Path, code: str) -> None:
    write(project / "lambdas/order/send_receipt.py", code)
    assert refusal(project) == (
        "lambdas/order/send_receipt.py defines a `handler`, but no state of statemachines/order.asl.json calls "
        "${SendReceipt}: call it, or remove the module"
    )


def test_a_module_named_compensate_undoes_what_a_session_left_and_no_state_calls_it(project: Path) -> None:
    write(project / "lambdas/order/compensate.py", "def handler(event, context): ...\n")
    gift_card, order = discover(project)
    assert (gift_card.compensates, order.compensates) == (False, True)
    assert "Compensate" not in {step.name for step in order.steps}


def test_a_compensation_that_a_state_calls_is_refused(project: Path) -> None:
    write(project / "lambdas/order/compensate.py", "def handler(event, context): ...\n")
    write_machine(project, "order", machine((*STEPS, "Compensate")))
    assert refusal(project) == (
        "statemachines/order.asl.json: ${Compensate} is no step: compensate.py is what runs after a session failed or "
        "was cancelled; give the step another name"
    )


def test_a_compensation_of_no_workflow_is_refused(project: Path) -> None:
    write(project / "lambdas/trip_request/compensate.py", "def handler(event, context): ...\n")
    assert "no state of statemachines/trip-request.asl.json calls ${Compensate}" in refusal(project)


def test_a_package_of_steps_without_state_machine_is_refused(project: Path) -> None:
    write(project / "lambdas/trip_request/book_room.py", "def handler(event, context): ...\n")
    assert "no state of statemachines/trip-request.asl.json calls ${BookRoom}" in refusal(project)


def test_step_modules_are_read_and_not_run(project: Path) -> None:
    write(project / "lambdas/order/charge_payment.py", "raise SystemExit\ndef handler(event, context): ...\n")
    assert len(discover(project)) == 2


def test_an_asl_without_stack_file_is_refused(project: Path) -> None:
    (project / "infra/workflows/gift_card.py").unlink()
    assert refusal(project) == (
        "statemachines/gift-card.asl.json has no stack: add infra/workflows/gift_card.py with a class "
        "GiftCard(WorkflowStack) that says what its steps may touch"
    )


def test_a_stack_file_without_asl_is_refused(project: Path) -> None:
    (project / "statemachines/gift-card.asl.json").unlink()
    assert refusal(project) == (
        "infra/workflows/gift_card.py has no state machine: add statemachines/gift-card.asl.json, or remove the stack"
    )


def test_an_asl_that_is_not_json_is_refused_with_the_place(project: Path) -> None:
    write(project / "statemachines/order.asl.json", '{\n  "StartAt": \n}')
    assert re.match(r"statemachines/order\.asl\.json is not JSON: .*line 3", refusal(project))


@pytest.mark.parametrize("name", ["Order", "gift_card", "2nd-order", "order-"])
def test_a_workflow_is_named_in_lowercase_words_joined_by_hyphens(project: Path, name: str) -> None:
    write_machine(project, name, machine(STEPS))
    assert refusal(project).startswith(f"statemachines/{name}.asl.json: name it in lowercase words")


def test_a_task_without_timeout_is_refused(project: Path) -> None:
    definition = machine(STEPS)
    del definition["States"]["ChargePayment"]["TimeoutSeconds"]
    write_machine(project, "order", definition)
    assert refusal(project) == (
        "statemachines/order.asl.json: state ChargePayment has no TimeoutSeconds, so a lost answer would hang it for "
        "ever; give it one"
    )


@pytest.mark.parametrize("limit", [10, 12.5, "{% $limit %}"])
def test_a_timeout_that_leaves_the_lambda_no_time_is_refused(project: Path, limit: object) -> None:
    definition = machine(STEPS)
    definition["States"]["ChargePayment"]["TimeoutSeconds"] = limit
    write_machine(project, "order", definition)
    assert refusal(project).startswith(
        f"statemachines/order.asl.json: TimeoutSeconds of state ChargePayment is {limit}; make it a whole number "
        "above 10"
    )


def test_a_state_that_waits_for_an_answer_may_wait_long_and_its_lambda_does_not(project: Path) -> None:
    definition = machine(STEPS)
    definition["States"]["ChargePayment"] |= {
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "TimeoutSeconds": "{% $secondsLeft %}",
    }
    write_machine(project, "order", definition)
    steps = {step.name: step for step in discover(project)[1].steps}
    assert steps["ChargePayment"].timeout_seconds == 30
    assert {name for name, step in steps.items() if step.asks} == {"ChargePayment"}


def test_a_lambda_takes_the_shortest_of_its_states_and_no_more_than_lambda_allows(project: Path) -> None:
    definition = machine(STEPS)
    definition["States"] |= {
        "ChargeAgain": task("ChargePayment") | {"TimeoutSeconds": 15, "End": True},
        "CloseOrder": task("CloseOrder") | {"TimeoutSeconds": 86400, "End": True},
    }
    write_machine(project, "order", definition)
    steps = {step.name: step.timeout_seconds for step in discover(project)[1].steps}
    assert steps == {"OpenOrder": 20, "ChargePayment": 5, "CloseOrder": 900}


def test_steps_within_map_and_parallel_states_count(project: Path) -> None:
    definition = machine(("OpenOrder", "CloseOrder"))
    inner = {"StartAt": "ChargePayment", "States": {"ChargePayment": task("ChargePayment") | {"End": True}}}
    definition["States"]["Each"] = {
        "Type": "Map",
        "ItemProcessor": {
            "StartAt": "Both",
            "States": {"Both": {"Type": "Parallel", "Branches": [inner], "End": True}},
        },
        "End": True,
    }
    write_machine(project, "order", definition)
    steps = discover(project)[1].steps
    assert {step.name for step in steps} == set(STEPS)
    assert {step.name for step in steps if step.mapped} == {"ChargePayment"}


def test_only_a_map_makes_a_step_deal_with_items(project: Path) -> None:
    definition = machine(("OpenOrder", "CloseOrder"))
    inner = {"StartAt": "ChargePayment", "States": {"ChargePayment": task("ChargePayment") | {"End": True}}}
    definition["States"]["Both"] = {"Type": "Parallel", "Branches": [inner], "End": True}
    write_machine(project, "order", definition)
    assert not [step for step in discover(project)[1].steps if step.mapped]


def test_a_lambda_is_named_in_pascal_case(project: Path) -> None:
    write_machine(project, "order", machine(("OpenOrder", "chargePayment", "CloseOrder")))
    assert refusal(project) == (
        "statemachines/order.asl.json: ${chargePayment} names no Lambda: write it in PascalCase, as its state"
    )


def test_a_function_name_that_leaves_no_room_for_a_stage_is_refused(project: Path) -> None:
    long = "ChargePaymentOfTheOrderAndTellTheCustomer"
    write_machine(project, "order", machine(("OpenOrder", long, "CloseOrder")))
    assert refusal(project).endswith("<stage> too long: shorten it by 8 characters")


@pytest.mark.parametrize("start", [{"Type": "Pass", "End": True}, {"Type": "Task", "TimeoutSeconds": 30}, {}])
def test_a_machine_begins_with_the_lambda_that_writes_the_record(project: Path, start: dict[str, object]) -> None:
    definition = machine(STEPS)
    definition["States"]["OpenOrder"] = start | {"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"}
    write_machine(project, "order", definition)
    assert "StartAt is OpenOrder; let it be a Task that calls one Lambda" in refusal(project)
