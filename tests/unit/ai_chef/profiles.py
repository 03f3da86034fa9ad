"""Profiles for the tests: one that asks for nothing special, and hypothesis's idea of any."""

from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st

from ai_chef.diets import CONDITIONS
from ai_chef.models import Level, Profile, Target
from tests.unit.ai_chef.labels import CONTAINING

BUDGET = 100_000

deterministic = settings(derandomize=True, deadline=None)


def profile(**fields: Any) -> Profile:
    return Profile.model_validate({"target": "general", "cookingLevel": "advanced", "budget": BUDGET} | fields)


profiles = st.builds(
    Profile,
    target=st.sampled_from(get_args(Target)),
    health_conditions=st.lists(st.sampled_from([words[0] for words in CONDITIONS]), max_size=2, unique=True),
    allergies=st.lists(st.sampled_from(sorted(CONTAINING)), max_size=3, unique=True),
    cooking_level=st.sampled_from(get_args(Level)),
    budget=st.integers(500, 60_000),
    servings=st.integers(1, 6),
)
