"""Settings from the environment: what is wrong in it is named, by variable, when they are read."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from durable_workflows import NotConfigured, WorkflowSettings
from durable_workflows.settings import CasiSettings, CourseSettings, GearSettings, MatchingSettings, TripBuddySettings

URL = "https://abc.execute-api.us-east-1.amazonaws.com/prod"
ALL: list[type[WorkflowSettings]] = [MatchingSettings, CasiSettings, TripBuddySettings, CourseSettings, GearSettings]
GUIDES = (Path("docs/environment.md"), Path(".env.example"))


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("MATCHING_WORKFLOW_URL", URL)
    monkeypatch.setenv("MATCHING_WORKFLOW_API_KEY", "the-key")
    return monkeypatch


def test_everything_is_read_from_the_environment(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("MATCHING_WORKFLOW_URL", f" {URL}/ ")
    variables.setenv("MATCHING_WORKFLOW_CALLBACK_URL", "https://partner.example.com/matching?team=1")
    variables.setenv("MATCHING_WORKFLOW_TIMEOUT_SECONDS", "2.5")
    variables.setenv("MATCHING_WORKFLOW_FALLBACK_ON_ERROR", "true")
    settings = MatchingSettings()
    assert (settings.url, settings.auth_mode, settings.timeout_seconds) == (URL, "api_key", 2.5)
    assert settings.callback_url == "https://partner.example.com/matching?team=1"
    assert settings.fallback_on_error is True
    assert settings.configured
    assert "the-key" not in f"{settings!r} {settings.model_dump()} {settings.model_dump_json()}"


def test_an_environment_that_says_nothing_configures_nothing() -> None:
    settings = MatchingSettings()
    assert (settings.configured, settings.timeout_seconds, settings.fallback_on_error) == (False, 10, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [("URL", ""), ("URL", " "), ("AUTH_MODE", "None"), ("AUTH_MODE", "none")],
)
def test_one_variable_switches_the_client_off(variables: pytest.MonkeyPatch, name: str, value: str) -> None:
    variables.setenv(f"MATCHING_WORKFLOW_{name}", value)
    assert MatchingSettings().configured is False


def test_a_key_without_a_url_is_left_in_peace(variables: pytest.MonkeyPatch) -> None:
    variables.delenv("MATCHING_WORKFLOW_URL")
    assert MatchingSettings().configured is False


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("URL", "abc.execute-api.us-east-1.amazonaws.com", "must begin with https:// or http:// and name a host"),
        ("URL", "ftp://example.com", "must begin with https:// or http:// and name a host"),
        ("URL", "https:///prod", "must begin with https:// or http:// and name a host"),
        ("URL", "https://example.com:port", "is no URL"),
        ("URL", "https://ann:secret@example.com", "must have no user and no fragment"),
        ("URL", "https://example.com/prod#top", "must have no user and no fragment"),
        ("URL", "https://example.com/prod?stage=1", "must have no query"),
        ("CALLBACK_URL", "example.com/callback", "must begin with https:// or http:// and name a host"),
        ("API_KEY", "", "is missing; auth mode api_key sends it"),
        ("API_KEY", "secret\nkey", "must be printable ASCII without spaces"),
        ("AUTH_MODE", "basic", "Input should be 'api_key' or 'iam_sigv4'"),
        ("TIMEOUT_SECONDS", "soon", "Input should be a valid number"),
        ("TIMEOUT_SECONDS", "0", "Input should be greater than 0"),
        ("TIMEOUT_SECONDS", "nan", "Input should be"),
        ("FALLBACK_ON_ERROR", "perhaps", "Input should be a valid boolean"),
    ],
)
def test_a_wrong_variable_is_named_without_its_value(
    variables: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    variables.setenv(f"MATCHING_WORKFLOW_{name}", value)
    with pytest.raises(NotConfigured) as caught:
        MatchingSettings()
    assert str(caught.value).startswith(f"MATCHING_WORKFLOW_{name}: {problem}")
    assert "secret" not in str(caught.value)


def test_all_that_is_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHING_WORKFLOW_URL", "nowhere")
    monkeypatch.setenv("MATCHING_WORKFLOW_TIMEOUT_SECONDS", "soon")
    with pytest.raises(NotConfigured) as caught:
        MatchingSettings()
    assert {name for name, _ in caught.value.problems} == {
        "MATCHING_WORKFLOW_URL",
        "MATCHING_WORKFLOW_API_KEY",
        "MATCHING_WORKFLOW_TIMEOUT_SECONDS",
    }


def test_signing_needs_a_region_which_botocore_may_know(variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    variables.setenv("MATCHING_WORKFLOW_AUTH_MODE", "iam_sigv4")
    with pytest.raises(NotConfigured, match=r"^AWS_REGION: is missing; auth mode iam_sigv4 signs for a region$"):
        MatchingSettings()
    (tmp_path / "config").write_text("[default]\nregion = us-east-1\n")
    assert MatchingSettings().region == "us-east-1"
    variables.setenv("AWS_REGION", "eu-west-1")
    variables.setenv("MATCHING_WORKFLOW_URL", "https://api.example.com")
    assert MatchingSettings().region == "eu-west-1"
    variables.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(NotConfigured, match=r"^AWS_PROFILE: The config profile \(nobody\) could not be found$"):
        MatchingSettings()


@pytest.mark.parametrize("host", ["abc.execute-api.us-east-1.amazonaws.com", "abc.lambda-url.us-east-1.on.aws"])
def test_a_region_other_than_the_url_s_is_found_before_a_signature_is_refused(
    variables: pytest.MonkeyPatch, host: str
) -> None:
    variables.setenv("MATCHING_WORKFLOW_AUTH_MODE", "iam_sigv4")
    variables.setenv("MATCHING_WORKFLOW_URL", f"https://{host}")
    variables.setenv("AWS_REGION", "eu-west-1")
    with pytest.raises(NotConfigured, match=r"^AWS_REGION: is eu-west-1, but the URL's host is in us-east-1$"):
        MatchingSettings()


def test_a_variable_of_another_program_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("URL", URL)
    monkeypatch.setenv("API_KEY", "somebody's")
    settings = WorkflowSettings()
    assert (settings.url, settings.api_key) == (None, None)
    with pytest.raises(NotConfigured, match=r"^api_key: is missing"):
        WorkflowSettings(url=URL)


def test_another_workflow_s_settings_are_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    class CoachSettings(WorkflowSettings):
        model_config = SettingsConfigDict(env_prefix="COACH_WORKFLOW_")

    monkeypatch.setenv("COACH_WORKFLOW_URL", URL)
    with pytest.raises(NotConfigured, match=r"^COACH_WORKFLOW_API_KEY: is missing"):
        CoachSettings()


@pytest.mark.parametrize("settings", ALL)
def test_a_common_variable_holds_for_every_workflow_without_one_of_its_own(
    monkeypatch: pytest.MonkeyPatch, settings: type[WorkflowSettings]
) -> None:
    monkeypatch.setenv("WORKFLOW_URL", URL)
    monkeypatch.setenv("WORKFLOW_API_KEY", "the-key")
    monkeypatch.setenv("WORKFLOW_TIMEOUT_SECONDS", "3")
    assert settings().configured
    prefix = settings.model_config["env_prefix"]
    monkeypatch.setenv(f"{prefix}URL", "https://other.example.com")
    monkeypatch.setenv(f"{prefix}TIMEOUT_SECONDS", "4")
    assert (settings().url, settings().timeout_seconds) == ("https://other.example.com", 4)
    assert settings().api_key == SecretStr("the-key")


@pytest.mark.parametrize(("name", "value"), [("URL", ""), ("AUTH_MODE", "None")])
def test_one_variable_of_its_own_switches_a_workflow_off_that_common_ones_configure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("WORKFLOW_URL", URL)
    monkeypatch.setenv("WORKFLOW_API_KEY", "the-key")
    monkeypatch.setenv(f"CASI_WORKFLOW_{name}", value)
    assert (CasiSettings().configured, GearSettings().configured) == (False, True)


def test_the_variable_that_is_named_is_the_one_that_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFLOW_URL", "nowhere")
    with pytest.raises(NotConfigured, match=r"WORKFLOW_URL: must begin") as caught:
        GearSettings()
    assert [name for name, _ in caught.value.problems] == ["GEAR_WORKFLOW_API_KEY", "WORKFLOW_URL"]


@pytest.mark.parametrize("guide", GUIDES, ids=[path.name for path in GUIDES])
def test_the_guides_name_every_variable(guide: Path) -> None:
    text = guide.read_text()
    for field in MatchingSettings.model_fields:
        assert MatchingSettings.name_of(field) in text
    for settings in ALL:
        assert settings.name_of("url") in text
    for field in ("URL", "AUTH_MODE", "API_KEY", "TIMEOUT_SECONDS"):
        assert f"`WORKFLOW_{field}`" in text or f"# WORKFLOW_{field}=" in text
