"""The durable way: searches run in the workflow `matching`, and survive whatever happens to this process."""

from pydantic import BaseModel

from durable_workflows import AsyncWorkflowClient, Conflict, InvalidInput, NotAllowed, Refused, Unavailable, Unknown
from durable_workflows.errors import WorkflowError
from durable_workflows.matching import get_search_status_async, start_matching_workflow_async
from matching.models import MatchingInput
from service.errors import Refusal, invalid, log, other_input
from service.views import SearchView

_CALLBACK_FIELDS = {"callbackUrl", "callback_url"}


class DurableUnavailable(Refusal):
    """503: the workflow does not take, or tell, what it is asked, and the caller is not the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(503, "DurableWorkflowUnavailable", f"The durable workflow is not available: {reason}.")


class DurableWay:
    """Starts and follows searches through the workflows' API."""

    def __init__(self, client: AsyncWorkflowClient) -> None:
        self._client = client

    async def start(self, search_id: str, raw: MatchingInput) -> str:
        """The status of the search, which is begun unless it was before; its result is delivered to the settings'
        callback URL. Raises Refusal 409 and 422 for what the caller sent, DurableUnavailable.
        """
        try:
            started = await start_matching_workflow_async(
                search_id=search_id,
                owner=raw.owner,
                seeker=_plain(raw.seeker),
                criteria=_plain(raw.criteria),
                client=self._client,
            )
        except Conflict:
            raise other_input(search_id) from None
        except InvalidInput as refusal:
            if any(detail.field in _CALLBACK_FIELDS for detail in refusal.details):  # this service's, not the caller's
                raise _unavailable(refusal) from None
            raise invalid((detail.field, detail.problem) for detail in refusal.details) from None
        except WorkflowError as error:
            raise _unavailable(error) from None
        return started.status

    async def view(self, search_id: str) -> SearchView | None:
        """The search as the workflow knows it, or None. Raises DurableUnavailable."""
        try:
            search = await get_search_status_async(search_id, client=self._client)
        except Unknown:
            return None
        except WorkflowError as error:
            raise _unavailable(error) from None
        return SearchView(search_id=search.search_id, status=search.status, payload=search.payload)

    async def stop(self) -> None:
        """Closes the connections; the searches go on."""
        await self._client.close()


def _plain(given: BaseModel) -> dict[str, object]:
    return given.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _unavailable(error: WorkflowError) -> DurableUnavailable:
    """Says why in words that name nothing of the inside; the log has all of them."""
    log.error("the durable workflow is not available: %s", error)
    match error:
        case Unavailable(status=None):
            return DurableUnavailable("it gave no answer")
        case Unavailable():
            return DurableUnavailable(f"it answered {error.status}")
        case NotAllowed():
            return DurableUnavailable(f"it refuses this service's key or signature ({error.status} {error.code})")
        case InvalidInput():
            return DurableUnavailable("it delivers no results to this service's callback URL")
        case Refused():
            return DurableUnavailable(f"it refused with {error.status} {error.code}")
    return DurableUnavailable("this service's access to it is not set up")
