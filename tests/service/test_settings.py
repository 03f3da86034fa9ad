"""What the environment says, and what is named at start when it says too little or something wrong."""

import pytest

from durable_workflows import NotConfigured
from service.app import create_app
from service.settings import configuration
from tests.service.conftest import Environment, StartService
from tests.service.world import Service


def problems() -> dict[str, str]:
    with pytest.raises(NotConfigured) as raised:
        create_app()
    return dict(raised.value.problems)


def test_an_empty_environment_names_all_that_the_local_way_needs(bare: Environment) -> None:
    assert problems() == {
        "MATCHING_SERVICE_PUBLIC_URL": "Field required",
        "MATCHING_SERVICE_VENDOR_API_KEY": "Field required",
        "MATCHING_SERVICE_VENDOR_URL": "Field required",
        "MATCHING_SERVICE_WEBHOOKS_SECRET": "Field required",
    }


def test_a_variable_that_is_set_to_nothing_counts_as_missing(local_settings: Environment) -> None:
    local_settings.setenv("MATCHING_SERVICE_PUBLIC_URL", "")
    assert problems() == {"MATCHING_SERVICE_PUBLIC_URL": "Field required"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "http://secret@localhost"),
        ("VENDOR_URL", "http://vendor.example.com/secret"),
        ("VENDOR_URL", "secret"),
        ("PUBLIC_URL", "matching.example.com/secret"),
        ("PUBLIC_URL", "https://matching.example.com/?secret"),
        ("WEBHOOKS_SECRET", "whsec_"),
        ("WEBHOOKS_SECRET", "whsec_secre"),
        ("DELIVERIES_SECRET", "whsec_"),
        ("REVIEW_SECONDS", "secret"),
        ("REVIEW_SECONDS", "0"),
        ("SEARCH_TTL_SECONDS", "49"),
    ],
)
def test_a_wrong_value_is_named_and_never_shown(local_settings: Environment, name: str, value: str) -> None:
    local_settings.setenv(f"MATCHING_SERVICE_{name}", value)
    ((variable, problem),) = problems().items()
    assert variable == f"MATCHING_SERVICE_{name}"
    assert "secre" not in problem.replace("is no secret", "")


def test_results_that_are_delivered_need_the_secret_they_are_signed_with(durable_settings: Environment) -> None:
    durable_settings.delenv("MATCHING_SERVICE_DELIVERIES_SECRET")
    assert list(problems()) == ["MATCHING_SERVICE_DELIVERIES_SECRET"]
    durable_settings.delenv("MATCHING_WORKFLOW_CALLBACK_URL")
    assert configuration().service.deliveries_secret is None


def test_a_half_set_workflow_is_named_as_the_client_names_it(durable_settings: Environment) -> None:
    durable_settings.delenv("MATCHING_WORKFLOW_API_KEY")
    assert list(problems()) == ["MATCHING_WORKFLOW_API_KEY"]


def test_the_durable_way_needs_nothing_of_the_local_one(durable_service: Service) -> None:
    assert durable_service.get("/healthz").json() == {"status": "ok", "way": "durable"}


def test_the_fallback_needs_what_the_local_way_needs(durable_settings: Environment) -> None:
    durable_settings.setenv("MATCHING_WORKFLOW_FALLBACK_ON_ERROR", "true")
    assert "MATCHING_SERVICE_VENDOR_URL" in problems()


@pytest.mark.parametrize(("name", "value"), [("URL", ""), ("AUTH_MODE", "None")])
def test_one_cleared_variable_brings_the_local_way_back(
    durable_settings: Environment, local_settings: Environment, start: StartService, name: str, value: str
) -> None:
    assert start().get("/healthz").json()["way"] == "durable"
    durable_settings.setenv(f"MATCHING_WORKFLOW_{name}", value)
    assert start().get("/healthz").json()["way"] == "local"


@pytest.mark.parametrize(("method", "path"), [("GET", "/nowhere"), ("DELETE", "/matching/searches")])
def test_what_is_no_route_is_refused_in_the_same_shape(local_service: Service, method: str, path: str) -> None:
    answer = local_service.request(method, path)
    assert answer.json()["error"]["code"] == {404: "NotFound", 405: "MethodNotAllowed"}[answer.status_code]


def test_an_id_outside_the_alphabet_is_refused(local_service: Service) -> None:
    answer = local_service.get("/matching/searches/no%20id")
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == ["search_id"]
