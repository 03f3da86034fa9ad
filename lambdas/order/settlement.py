"""How an order that is not confirmed ends: no stock reserved and no money taken.

Money comes before stock: a charge is taken back before the stock is given back, and from the moment it is being taken
back (`voiding`) the order is neither charged nor confirmed. So money taken and stock released never both stand.
"""

import time
from collections.abc import Callable

from core.errors import NotYet
from core.observability import logger
from order.errors import OrderConflict, StockBusy
from order.orders import OrderRow, Orders, OrderStatus
from order.payments import PaymentProvider

_TRIES = 20


def release(orders: Orders, session_id: str) -> None:
    """Gives an order's stock back; where there is no order, none will be reserved. Repeating it changes nothing.

    Raises NotYet while the order may be being charged, OrderConflict where it is charged.
    """
    row = _without_money(orders, session_id)
    if row["status"] == OrderStatus.CHARGING:
        raise NotYet(f"the order of session {session_id} is being charged")
    if row["status"] != OrderStatus.RELEASED:
        raise OrderConflict(f"the order of session {session_id} is {row['status']}: its stock is not released")


def settle(orders: Orders, connect: Callable[[], PaymentProvider], session_id: str) -> None:
    """Takes the money of an order back and releases its stock; a confirmed order keeps both.

    To be called once the session has ended: what was charging then comes to its end. Connects to the payment service
    only for an order that it may have charged. Raises NotYet until no delivery can be charging, PaymentUnavailable, and
    VoidRefused where the payment service keeps the money: the stock is then kept too.
    """
    for _ in range(_TRIES):
        row = _without_money(orders, session_id)
        if row["status"] in (OrderStatus.RELEASED, OrderStatus.CONFIRMED):
            return
        if row["status"] == OrderStatus.VOIDING:
            _take_back(connect(), row["chargeKey"])
            orders.release(row)
        elif row["status"] == OrderStatus.CHARGING and time.time() < row["chargeUntil"]:
            raise NotYet(f"the order of session {session_id} may be being charged until {row['chargeUntil']}")
        else:
            orders.begin_void(row)
    raise _busy(session_id)


def _take_back(provider: PaymentProvider, key: str) -> None:
    """Also where no charge is found: a request that is still on its way must then find its key voided."""
    found = provider.find(key)
    provider.void(key)
    logger.info("charge voided", extra={"charge_id": None if found is None else found.charge_id})


def _without_money(orders: Orders, session_id: str) -> OrderRow:
    """Releases an order that was not charged; the row as it then is."""
    for _ in range(_TRIES):
        row = orders.get(session_id)
        if row is None:
            orders.forbid(session_id)
        elif row["status"] == OrderStatus.RESERVED:
            orders.release(row)
        else:
            return row
    raise _busy(session_id)


def _busy(session_id: str) -> StockBusy:
    return StockBusy(f"the order of session {session_id} kept changing under {_TRIES} tries to settle it")
