"""The app on the local cloud, and sessions of it to ask about."""

import uuid
from collections.abc import Callable
from typing import NamedTuple

import pytest

from local.cloud import Cloud
from tests.e2e.conftest import Deployed

PRICE = 2500
"""Of one piece, in US cents: two need an approval on stage local."""


class Asked(NamedTuple):
    """A session of order that waits for an approval, and the link its approver was sent."""

    session_id: str
    link: str


@pytest.fixture(scope="session")
def deployed(deployed_cloud: Cloud) -> Deployed:
    return Deployed(deployed_cloud)


@pytest.fixture
def asked(deployed: Deployed) -> Callable[[], Asked]:
    """Starts an order that somebody must approve."""

    def start() -> Asked:
        session_id = f"sess_{uuid.uuid4().hex}"
        product = f"prod-{session_id[-6:]}"
        deployed.stock(product, 2)
        items = [{"productId": product, "price": PRICE, "quantity": 2}]
        body = {"sessionId": session_id, "customerId": "cust-123", "items": items}
        assert deployed.call("POST", "/workflows/order/start", body)[0] == 202
        deployed.waiting(session_id)
        return Asked(session_id, deployed.link(session_id))

    return start
