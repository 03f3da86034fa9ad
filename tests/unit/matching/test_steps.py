"""matching's Lambdas one after another, as the state machine calls them, and what they leave."""

import json
from itertools import count
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from core import aws
from core.errors import DeliveryRefused, DeliveryUnavailable, InvalidInput
from core.settings import Settings, WrongSettings, load
from core.step import Step
from matching import (
    deliver_result,
    find_candidates,
    open_search,
    park_delivery,
    rank_matches,
    request_vendor_review,
    save_matches,
)
from matching.errors import VendorRefused
from tests.support.matching import VENDOR_KEY, outside, profile, search, seed_profiles
from tests.support.tables import API_URL, callback_of, forget_settings, record_of, result_of

pytestmark = pytest.mark.usefixtures("tables")

COACH: dict[str, Any] = {"kind": "coach", "certifiedOnly": True}
_executions = count(1)


class Run:
    """A search on its way through the steps, each given what the machine gives it."""

    def __init__(self, resort: str = "whistler", **fields: Any) -> None:
        name = f"execution-{next(_executions)}"
        arn = f"arn:aws:states:us-east-1:123456789012:execution:matching-test:{name}"
        self.execution = {"id": arn, "name": name, "startTime": "2026-11-21T09:30:00.000Z"}
        answer = self.call(open_search.handler, search(resort, **fields))
        self.session_id, self.search = answer["sessionId"], answer["input"]
        self.found: dict[str, Any] = {}

    def call(self, handler: Step, input: Any, **beside: Any) -> Any:  # noqa: A002  # the event's word
        return json.loads(json.dumps(handler({"execution": self.execution, "input": input, **beside}, None)))

    def find(self) -> list[str]:
        self.found = self.call(find_candidates.handler, self.search)
        return [each["userId"] for each in self.found["candidates"]]

    def ask(self) -> Any:
        return self.call(request_vendor_review.handler, {**self.search, **self.found}, taskToken="token-1")

    def rank(self, **review: Any) -> Any:
        return self.call(rank_matches.handler, {**self.search, **self.found, **review})

    def save(self, matches: Any) -> Any:
        return self.call(save_matches.handler, {**matches, "sessionId": self.session_id})

    def deliver(self, handler: Step, matches: Any) -> Any:
        return self.call(
            handler,
            {"sessionId": self.session_id, "callbackUrl": self.search["callbackUrl"], "result": matches},
        )


def saved(**fields: Any) -> tuple[Run, Any]:
    """A search whose result is kept, and the result."""
    run = Run(**fields)
    run.find()
    ending = run.save(run.rank())
    return run, ending["result"]


def test_the_session_is_the_search() -> None:
    run = Run(searchId="search-of-ann", owner="ann")
    assert (run.session_id, run.search["searchId"]) == ("search-of-ann", "search-of-ann")
    assert record_of("search-of-ann")["owner"] == "ann"
    assert run.search["reviewSeconds"] == 60


def test_a_search_without_an_id_goes_by_its_execution() -> None:
    run = Run()
    assert run.search["searchId"] == run.session_id == run.execution["name"]


@pytest.mark.parametrize(
    "url",
    ["https://evil.example.com/", "http://partner.example.com/", "https://partner.example.com:8443/"],
)
def test_a_callback_url_elsewhere_than_the_stage_allows_is_refused_and_named(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Run(callbackUrl=url, searchId="search-1")
    ((field, _),) = refused.value.problems
    assert field == "callbackUrl"
    assert record_of("search-1")["steps"]["OpenSearch"]["error"]["type"] == "InvalidInput"


def test_candidates_come_from_the_resort_in_the_season_of_the_search() -> None:
    seed_profiles([profile("summer-1", season="2027"), profile("niseko-1", "niseko")])
    assert Run().find() == ["rider-1", "rider-2", "rider-3"]
    assert Run("niseko").find() == ["niseko-1"]


def test_the_vendor_is_asked_once_however_often_the_step_is_delivered() -> None:
    run = Run(**COACH)
    run.find()
    assert run.ask() == run.ask()
    ((path, headers, body),) = outside().requests
    row = callback_of(run.session_id, "RequestVendorReview")
    assert (path, headers["authorization"]) == ("/v1/reviews", f"Bearer {VENDOR_KEY}")
    assert json.loads(body)["callbackUrl"] == f"{API_URL}/callbacks/{row['callbackId']}"
    assert row["accepts"] == ["review"]
    assert record_of(run.session_id)["waitingFor"]["kind"] == "webhook"


def test_a_vendor_that_refuses_is_told_in_the_record_and_the_next_step_goes_on() -> None:
    run = Run("refusing", **COACH)
    run.find()
    with pytest.raises(VendorRefused):
        run.ask()
    assert record_of(run.session_id)["steps"]["RequestVendorReview"]["error"]["type"] == "VendorRefused"
    assert run.rank()["review"] == "unreviewed"
    assert "waitingFor" not in record_of(run.session_id)


def test_the_vendor_s_address_must_be_safe_to_send_a_key_to() -> None:
    name = "/durable-workflows/test/matching-vendor-url"
    aws.ssm().put_parameter(Name=name, Value="http://vendor.example.com", Type="String", Overwrite=True)
    run = Run(**COACH)
    run.find()
    with pytest.raises(WrongSettings, match="https"):
        run.ask()


def test_an_answer_that_cannot_be_read_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    run = Run(**COACH)
    run.find()
    assert run.rank(reviews={"words": "a secret"})["review"] == "unreviewed"
    assert "not what its protocol says" in caplog.text
    assert not any("a secret" in str(vars(record)) for record in caplog.records)


def test_the_result_is_there_for_whoever_asks_before_it_is_delivered() -> None:
    run, result = saved(callbackUrl=f"{outside().url}/taken")
    record = record_of(run.session_id)
    assert (record["status"], record["outcome"], record["progress"]) == ("completed", "matched", 100)
    assert result_of(run.session_id)["result"] == result
    assert outside().requests == []


def test_the_result_is_posted_as_promised_and_signed() -> None:
    run, result = saved(callbackUrl=f"{outside().url}/taken")
    run.deliver(deliver_result.handler, result)
    ((path, headers, body),) = outside().requests
    secret = aws.secretsmanager().get_secret_value(SecretId="deliveries-test")["SecretString"]
    posted = Webhook(f"whsec_{secret}").verify(body, headers)
    assert path == "/taken"
    assert posted == {"search_id": run.session_id, "status": "completed", "payload": result}
    assert record_of(run.session_id)["delivery"] == "delivered"


@pytest.mark.parametrize(("path", "error"), [("down", DeliveryUnavailable), ("gone", DeliveryRefused)])
def test_what_nobody_takes_is_parked_and_the_session_stays_completed(path: str, error: type[Exception]) -> None:
    url = f"{outside().url}/{path}"
    run, result = saved(callbackUrl=url)
    with pytest.raises(error):
        run.deliver(deliver_result.handler, result)
    run.deliver(park_delivery.handler, result)
    record = record_of(run.session_id)
    assert (record["status"], record["delivery"]) == ("completed", "failed")
    queue = aws.sqs().get_queue_url(QueueName="deliveries-dead-test")["QueueUrl"]
    (message,) = aws.sqs().receive_message(QueueUrl=queue)["Messages"]
    parked = json.loads(message["Body"])
    assert (parked["url"], parked["body"]["payload"]) == (url, result)


@pytest.mark.parametrize(
    ("settings", "variable", "value"),
    [
        (open_search.Settings, "REVIEW_SECONDS", "86401"),
        (open_search.Settings, "CALLBACK_ORIGINS", "https://partner.example.com"),
        (find_candidates.Settings, "PROFILES_TABLE", ""),
        (request_vendor_review.Settings, "VENDOR_SECRET", ""),
    ],
)
def test_a_wrong_setting_is_named(
    environment: pytest.MonkeyPatch, settings: type[Settings], variable: str, value: str
) -> None:
    environment.setenv(variable, value)
    forget_settings()
    with pytest.raises(WrongSettings, match=variable):
        load(settings)
