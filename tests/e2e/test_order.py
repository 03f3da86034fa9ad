"""order on the local cloud: stock, approval, payment and what undoes them."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.conftest import Deployed
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

LIMIT, LARGE = 1000, 2000


@pytest.fixture
def product(deployed: Deployed, session_id: str) -> str:
    """A product of this test alone, ten pieces of it."""
    name = f"product-{session_id}"
    deployed.stock(name, 10)
    return name


def order(session_id: str, product: str, price: int = 1000, quantity: int = 1) -> dict[str, Any]:
    items = [{"product_id": product, "price": price, "quantity": quantity}]
    return {"sessionId": session_id, "customer_id": "cust-123", "items": items}


def left(deployed: Deployed, product: str) -> int:
    return int(deployed.row("inventory", productId=product)["available"])


def order_status(deployed: Deployed, session_id: str) -> str | None:
    return (deployed.row("orders", sessionId=session_id) or {}).get("status")


def test_a_small_order_is_confirmed_without_asking_anybody(deployed: Deployed, session_id: str, product: str) -> None:
    execution = deployed.run("order", order(session_id, product, LIMIT))
    assert execution["status"] == "SUCCEEDED"
    assert json.loads(execution["output"])["outcome"] == "confirmed"
    record = deployed.record(session_id)
    assert (record["status"], record["progress"], record["outcome"]) == ("completed", 100, "confirmed")
    assert "RequestApproval" not in record["steps"]
    assert (left(deployed, product), deployed.charges(session_id)) == (9, ["charged"])
    (letter,) = deployed.letters(session_id)
    assert (letter.audience, letter.recipient) == ("customers", "cust-123")


def test_a_large_order_waits_and_goes_on_when_its_approver_says_yes(
    deployed: Deployed, session_id: str, product: str
) -> None:
    execution = deployed.start("order", order(session_id, product, LARGE))
    record = deployed.waiting(session_id)
    assert (record["waitingFor"]["kind"], record["waitingFor"]["step"]) == ("approval", "RequestApproval")
    assert (left(deployed, product), deployed.charges(session_id)) == (9, [])
    assert deployed.decide(deployed.link(session_id), "approve", "fine").status == 200
    assert deployed.ended(execution)["status"] == "SUCCEEDED"
    record = deployed.record(session_id)
    assert (record["status"], record["outcome"]) == ("completed", "confirmed")
    assert "waitingFor" not in record
    assert {entry["status"] for entry in record["steps"].values()} == {"succeeded"}
    assert deployed.charges(session_id) == ["charged"]
    assert [letter.audience for letter in deployed.letters(session_id, 2)] == ["approvers", "customers"]


def test_a_rejected_order_gives_its_stock_back_and_says_who_and_why(
    deployed: Deployed, session_id: str, product: str
) -> None:
    execution = deployed.start("order", order(session_id, product, LARGE))
    deployed.waiting(session_id)
    deployed.decide(deployed.link(session_id), "reject", "too much")
    result = json.loads(deployed.ended(execution)["output"])
    assert result["outcome"] == "rejected"
    assert (result["result"]["ending"]["by"], result["result"]["ending"]["comment"]) == ("shop-approvers", "too much")
    assert (left(deployed, product), order_status(deployed, session_id)) == (10, "released")


def test_an_operator_s_signal_decides_as_a_click_does(deployed: Deployed, session_id: str, product: str) -> None:
    execution = deployed.start("order", order(session_id, product, LARGE))
    deployed.waiting(session_id)
    status, answer = deployed.call("POST", f"/sessions/{session_id}/signals/approve", {"by": "ops-ann"})
    assert (status, answer["sessionId"]) == (202, session_id)
    assert deployed.ended(execution)["status"] == "SUCCEEDED"
    assert deployed.call("POST", f"/sessions/{session_id}/signals/approve", {"by": "ops-ann"})[0] == 409


def test_an_order_nobody_decides_in_time_expires_and_gives_its_stock_back(
    deployed: Deployed, session_id: str, product: str
) -> None:
    # The state waits longer than people may take, so that what they decide at the last moment still arrives.
    with (
        deployed.definition("order", "approvalSeconds + 60", "approvalSeconds + 1"),
        deployed.setting("order-validate-order-local", "APPROVAL_SECONDS", "1"),
    ):
        execution = deployed.start("order", order(session_id, product, LARGE))
        assert deployed.ended(execution)["status"] == "SUCCEEDED"
    record = deployed.record(session_id)
    assert (record["status"], record["outcome"]) == ("expired", "expired")
    assert record["steps"]["RequestApproval"]["error"]["type"] == "NoAnswer"
    assert (left(deployed, product), order_status(deployed, session_id)) == (10, "released")
    assert deployed.request("GET", deployed.link(session_id)).status == 410


@pytest.mark.parametrize(
    ("price", "outcome", "ledger", "pieces"),
    [
        (901, "declined", ["declined"], 10),
        (912, "confirmed", ["charged"], 9),
        (902, "confirmed", ["charged"], 9),
    ],
    ids=["declined", "unavailable twice, then charged", "charged, but the answer was lost"],
)
def test_a_payment_is_made_once_or_not_at_all(
    deployed: Deployed, session_id: str, product: str, price: int, outcome: str, ledger: list[str], pieces: int
) -> None:
    execution = deployed.run("order", order(session_id, product, price))
    assert json.loads(execution["output"])["outcome"] == outcome
    assert (deployed.charges(session_id), left(deployed, product)) == (ledger, pieces)


def test_a_lambda_killed_after_the_charge_charges_once(deployed: Deployed, session_id: str, product: str) -> None:
    assert deployed.run("order", order(f"{session_id}-warm", product))["status"] == "SUCCEEDED"
    execution = deployed.start("order", order(session_id, product))
    eventually(lambda: deployed.charges(session_id) == ["charged"])
    for process in deployed.processes("order-charge-payment-local"):
        process.kill()
    assert deployed.ended(execution)["status"] == "SUCCEEDED"
    assert (deployed.charges(session_id), order_status(deployed, session_id)) == (["charged"], "confirmed")


def test_fifty_orders_for_ten_pieces_sell_ten(deployed: Deployed, session_id: str, product: str) -> None:
    names = [f"{session_id}-{number}" for number in range(50)]
    with ThreadPoolExecutor(10) as pool:
        executions = list(pool.map(lambda name: deployed.start("order", order(name, product)), names))
    outcomes = [json.loads(deployed.ended(execution)["output"])["outcome"] for execution in executions]
    assert (outcomes.count("confirmed"), outcomes.count("out_of_stock")) == (10, 40)
    assert left(deployed, product) == 0
    assert sum(len(deployed.charges(name)) for name in names) == 10


def test_an_execution_stopped_while_it_waits_is_compensated(deployed: Deployed, session_id: str, product: str) -> None:
    execution = deployed.start("order", order(session_id, product, LARGE))
    deployed.waiting(session_id)
    link = deployed.link(session_id)
    deployed.aws("stepfunctions", "stop-execution", "--execution-arn", execution)
    record = deployed.ended_record(session_id)
    assert record["status"] == "cancelled"
    eventually(lambda: deployed.record(session_id).get("compensation") == "done")
    assert (left(deployed, product), order_status(deployed, session_id)) == (10, "released")
    assert deployed.request("GET", link).status == 410
    assert deployed.decide(link, "approve").status == 410


def test_an_execution_stopped_while_it_charges_ends_without_money_and_with_its_stock(
    deployed: Deployed, session_id: str, product: str
) -> None:
    deployed.run("order", order(f"{session_id}-warm", product))
    with deployed.setting("order-charge-payment-local", "CHARGE_SECONDS", "3"):
        deployed.run("order", order(f"{session_id}-warm2", product))
        with deployed.frozen("order-charge-payment-local"):
            execution = deployed.start("order", order(session_id, product))
            eventually(lambda: deployed.in_state(execution, "ChargePayment"))
            deployed.stepfunctions.stop_execution(executionArn=execution)
            eventually(lambda: deployed.record(session_id).get("compensation") == "done")
    assert order_status(deployed, session_id) == "released"
    assert left(deployed, product) == 8
    assert "charged" not in deployed.charges(session_id)


def test_an_unforeseen_failure_after_the_reservation_is_compensated(
    deployed: Deployed, session_id: str, product: str
) -> None:
    with deployed.without_grants("order-charge-payment-local"):
        execution = deployed.run("order", order(session_id, product))
        assert (execution["status"], execution["error"]) == ("FAILED", "AccessDenied")
        eventually(lambda: (deployed.record(session_id) or {}).get("compensation") == "done")
    assert deployed.record(session_id)["status"] == "failed"
    assert (left(deployed, product), order_status(deployed, session_id)) == (10, "released")
    status, answer = deployed.call("POST", f"/sessions/{session_id}/retry")
    assert (status, answer["error"]["code"]) == (409, "NotRetryable")


@pytest.mark.parametrize(
    "step", ["validate-order", "reserve-stock", "request-approval", "confirm-order", "release-stock"]
)
def test_a_step_without_its_grants_is_denied(deployed: Deployed, session_id: str, product: str, step: str) -> None:
    price = {"request-approval": LARGE, "release-stock": 901}.get(step, 900)
    with deployed.without_grants(f"order-{step}-local"):
        execution = deployed.run("order", order(session_id, product, price))
        record = deployed.ended_record(session_id)
    assert (execution["status"], execution["error"]) == ("FAILED", "AccessDenied")
    assert (record["status"], record["error"]["type"]) == ("failed", "AccessDenied")
