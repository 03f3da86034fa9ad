"""Searches: what is started, what is told of them, and the client that is made when none is given."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from durable_workflows import AsyncWorkflowClient, NotConfigured, Unknown, WorkflowClient, matching
from durable_workflows.matching import (
    SearchStatus,
    get_search_status,
    get_search_status_async,
    start_matching_workflow,
    start_matching_workflow_async,
)
from durable_workflows.settings import MatchingSettings
from tests.unit.client.api import RECORD, STARTED, Api

SEEKER: dict[str, Any] = {"userId": "u-1", "level": 2, "languages": ["en"], "disciplines": ["freeride"]}
CRITERIA: dict[str, Any] = {"resort": "whistler", "startDate": "2027-01-10", "endDate": "2027-01-17", "kind": "buddy"}
SEARCH = {**RECORD, "workflow": "matching"}
RESULT = {"searchId": "s-1", "matches": []}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, api: Api) -> Iterator[None]:
    monkeypatch.setenv("MATCHING_WORKFLOW_URL", api.url)
    monkeypatch.setenv("MATCHING_WORKFLOW_API_KEY", "the-key")
    matching._clients.cache_clear()
    yield
    if matching._clients.cache_info().currsize:
        matching._clients().close()
    matching._clients.cache_clear()


def test_a_search_is_a_start_of_matching(api: Api) -> None:
    api.answers(STARTED, 202)
    start_matching_workflow(search_id="s-1", seeker=SEEKER, criteria=CRITERIA, owner="ann")
    start_matching_workflow(seeker=SEEKER, criteria=CRITERIA, callback_url="https://partner.example.com/x")
    first, second = api.requests
    assert first.target == "/prod/workflows/matching/start"
    assert first.json == {"sessionId": "s-1", "owner": "ann", "seeker": SEEKER, "criteria": CRITERIA}
    assert second.json["callbackUrl"] == "https://partner.example.com/x"


def test_results_go_where_the_settings_say_unless_the_search_says_otherwise(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHING_WORKFLOW_CALLBACK_URL", "https://partner.example.com/all")
    api.answers(STARTED, 202)
    start_matching_workflow(seeker=SEEKER, criteria=CRITERIA)
    start_matching_workflow(seeker=SEEKER, criteria=CRITERIA, callback_url="https://partner.example.com/one")
    assert [sent.json["callbackUrl"][-4:] for sent in api.requests] == ["/all", "/one"]


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ({**SEARCH, "status": "waiting"}, SearchStatus("s-1", "waiting", None)),
        ({**SEARCH, "status": "completed", "result": RESULT}, SearchStatus("s-1", "completed", RESULT)),
        ({**SEARCH, "status": "failed"}, SearchStatus("s-1", "failed", None)),
    ],
    ids=["waiting", "completed", "failed"],
)
def test_a_search_has_a_payload_once_it_is_completed(api: Api, record: Any, status: SearchStatus) -> None:
    api.answers(record)
    assert get_search_status("s-1") == status


def test_a_session_of_another_workflow_is_no_search(api: Api) -> None:
    api.answers({**RECORD, "status": "completed", "result": {"secret": "of the order"}})
    with pytest.raises(Unknown, match="There is no search of this id"):
        get_search_status("s-1")


def test_a_client_is_made_from_the_environment_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.answers(SEARCH)
    get_search_status("s-1")
    monkeypatch.delenv("MATCHING_WORKFLOW_URL")
    get_search_status("s-1")
    matching._clients().close()
    matching._clients.cache_clear()
    with pytest.raises(NotConfigured, match=r"^MATCHING_WORKFLOW_URL: is missing"):
        get_search_status("s-1")


def test_a_client_that_is_given_is_used(api: Api) -> None:
    api.answers(STARTED, 202)
    settings = MatchingSettings(callback_url="https://partner.example.com/given")
    with WorkflowClient(settings) as client:
        start_matching_workflow(seeker=SEEKER, criteria=CRITERIA, client=client)
    assert api.requests[0].json["callbackUrl"] == "https://partner.example.com/given"


async def _search(client: AsyncWorkflowClient | None = None) -> tuple[str, SearchStatus]:
    started = await start_matching_workflow_async(search_id="s-1", seeker=SEEKER, criteria=CRITERIA, client=client)
    return started.session_id, await get_search_status_async("s-1", client=client)


def test_a_search_may_be_awaited_in_one_event_loop_after_another(api: Api) -> None:
    api.answers({**STARTED, **SEARCH, "status": "completed", "result": RESULT})

    async def main() -> None:
        assert await _search() == ("s-1", SearchStatus("s-1", "completed", RESULT))
        await matching._clients().close_async()

    asyncio.run(main())
    asyncio.run(main())
    assert [sent.target for sent in api.requests] == ["/prod/workflows/matching/start", "/prod/sessions/s-1"] * 2


def test_a_client_that_is_given_is_awaited(api: Api) -> None:
    api.answers({**STARTED, **SEARCH})

    async def main() -> None:
        async with AsyncWorkflowClient(MatchingSettings()) as client:
            assert (await _search(client))[1].status == "processing"

    asyncio.run(main())
