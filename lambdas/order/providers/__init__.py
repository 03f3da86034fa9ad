"""The payment services there are, each made from its own settings."""

from collections.abc import Callable, Mapping
from typing import Literal

from order.payments import PaymentProvider
from order.providers import http, sandbox

ProviderName = Literal["sandbox", "http"]

PROVIDERS: Mapping[ProviderName, Callable[[], PaymentProvider]] = {
    "sandbox": sandbox.from_settings,
    "http": http.from_settings,
}
