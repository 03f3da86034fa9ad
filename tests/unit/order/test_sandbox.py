"""The sandbox: what its test amounts do, and that a key has one final answer."""

import pytest

from order.errors import PaymentDeclined, PaymentRefused, PaymentUnavailable, VoidRefused
from order.providers.sandbox import Sandbox
from tests.support.tables import every_row

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox("payments-test")


def charge(sandbox: Sandbox, amount: int, key: str = "key") -> str:
    return sandbox.charge(key, amount, "USD", "cust-123").charge_id


@pytest.mark.parametrize("amount", [100, 2000, 110, 120, 199, 4])
def test_most_amounts_are_charged_once_whatever_is_repeated(sandbox: Sandbox, amount: int) -> None:
    assert charge(sandbox, amount) == charge(sandbox, amount)
    (row,) = every_row("payments-test")
    assert (row["status"], row["amount"], row["attempts"]) == ("charged", amount, 2)
    assert sandbox.find("key") is not None


def test_01_is_declined_and_stays_declined(sandbox: Sandbox) -> None:
    for _ in range(2):
        with pytest.raises(PaymentDeclined):
            charge(sandbox, 501)
    sandbox.void("key")
    (row,) = every_row("payments-test")
    assert row["status"] == "declined"
    assert sandbox.find("key") is None


def test_02_is_charged_though_the_first_answer_is_lost(sandbox: Sandbox) -> None:
    with pytest.raises(PaymentUnavailable):
        charge(sandbox, 502)
    found = sandbox.find("key")
    assert found is not None
    assert charge(sandbox, 502) == found.charge_id


def test_03_cannot_be_voided(sandbox: Sandbox) -> None:
    charge(sandbox, 503)
    with pytest.raises(VoidRefused):
        sandbox.void("key")
    assert sandbox.find("key") is not None


@pytest.mark.parametrize("failures", range(1, 10))
def test_11_to_19_are_unavailable_one_to_nine_times(sandbox: Sandbox, failures: int) -> None:
    for _ in range(failures):
        with pytest.raises(PaymentUnavailable):
            charge(sandbox, 510 + failures)
        assert sandbox.find("key") is None
    charge(sandbox, 510 + failures)
    assert sandbox.find("key") is not None


def test_a_voided_key_never_charges_again_even_if_it_never_had(sandbox: Sandbox) -> None:
    charge(sandbox, 100, "charged")
    for key in ("charged", "never"):
        for _ in range(2):
            sandbox.void(key)
        with pytest.raises(PaymentDeclined, match="voided"):
            charge(sandbox, 100, key)
        assert sandbox.find(key) is None


def test_a_key_is_not_charged_with_another_amount(sandbox: Sandbox) -> None:
    charge(sandbox, 100)
    with pytest.raises(PaymentRefused):
        charge(sandbox, 200)
