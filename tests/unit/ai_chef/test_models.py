"""What the workflow accepts from people, and what it refuses, naming the field."""

from typing import Any

import pytest
from pydantic import ValidationError

from ai_chef.models import AiChefInput

SAMPLE: dict[str, Any] = {
    "sessionId": "sess_test_123",
    "profile": {"target": "keto", "healthConditions": ["diabetes"], "budget": 30000},
}


def test_the_sample_input_is_accepted_with_its_defaults() -> None:
    profile = AiChefInput.model_validate(SAMPLE).profile
    assert profile.allergies == []
    assert profile.cooking_level == "beginner"
    assert profile.servings == 2


def test_profiles_do_not_share_their_defaults() -> None:
    one, other = (AiChefInput.model_validate({"profile": {"target": "vegan", "budget": 1}}).profile for _ in range(2))
    one.allergies.append("우유")
    assert other.allergies == []


def test_snake_case_is_accepted_as_well() -> None:
    profile = {"target": "vegan", "budget": 1, "health_conditions": ["고혈압"], "cooking_level": "advanced"}
    assert AiChefInput.model_validate({"profile": profile}).profile.health_conditions == ["고혈압"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target", "paleo"),
        ("target", None),
        ("budget", 0),
        ("budget", -30000),
        ("budget", "30000"),
        ("budget", 30000.5),
        ("budget", True),
        ("budget", 10_000_001),
        ("servings", 0),
        ("servings", 21),
        ("servings", "2"),
        ("cookingLevel", "expert"),
        ("allergies", "우유"),
        ("allergies", ["우유"] * 21),
        ("allergies", ["x" * 41]),
        ("allergies", ["  "]),
        ("allergies", [1]),
        ("healthConditions", ["x" * 41]),
        ("healthConditions", {"diabetes": True}),
        ("alergies", ["우유"]),
    ],
)
def test_a_bad_field_of_the_profile_is_named(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        AiChefInput.model_validate({"profile": SAMPLE["profile"] | {field: value}})
    assert {error["loc"][:2] for error in refusal.value.errors()} == {("profile", field)}


@pytest.mark.parametrize("field", ["target", "budget"])
def test_a_missing_field_of_the_profile_is_named(field: str) -> None:
    rest = {name: value for name, value in SAMPLE["profile"].items() if name != field}
    with pytest.raises(ValidationError) as refusal:
        AiChefInput.model_validate({"profile": rest})
    assert [error["loc"] for error in refusal.value.errors()] == [("profile", field)]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, ("profile",)),
        ({"profile": None}, ("profile",)),
        (SAMPLE | {"sessionId": "no spaces"}, ("sessionId",)),
        (SAMPLE | {"owner": "x" * 129}, ("owner",)),
        (SAMPLE | {"priority": 1}, ("priority",)),
        ([SAMPLE], ()),
    ],
)
def test_bad_input_around_the_profile_is_named(given: object, field: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as refusal:
        AiChefInput.model_validate(given)
    assert [error["loc"] for error in refusal.value.errors()] == [field]
