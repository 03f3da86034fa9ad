"""RequestVendorReview: has the vendor review the candidates; the state waits for its webhook."""

from pydantic import Field

from core.asking import AskingSettings, asking_step
from core.parameters import api_key, parameter
from core.questions import Webhook
from core.settings import load
from core.step import Session
from matching.models import FoundSearch
from matching.vendor import Vendor, review_request


class Settings(AskingSettings):
    """vendor_url_parameter: the SSM parameter with the vendor's URL. vendor_secret: the secret with its API key."""

    vendor_url_parameter: str = Field(min_length=1)
    vendor_secret: str = Field(min_length=1)


@asking_step(phase="awaiting_review", progress=40)
def handler(request: FoundSearch, session: Session) -> Webhook:
    """Ask for a review of the candidates. Raises VendorRefused (final), VendorUnavailable (retried)."""

    def send(callback_url: str) -> None:
        settings = load(Settings)
        vendor = Vendor(parameter(settings.vendor_url_parameter), api_key(settings.vendor_secret))
        vendor.request(review_request(request, request.candidates, callback_url))

    return Webhook(accepts=("review",), expires_in=request.review_seconds, send=send)
