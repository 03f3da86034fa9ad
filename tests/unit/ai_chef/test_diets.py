"""Health conditions in people's words, and what they ask of a dish."""

import pytest

from ai_chef.diets import CONDITIONS, DIABETES, TARGETS, Diet, diet_for
from ai_chef.models import Nutrition
from ai_chef.recipes import CatalogRecipes
from ai_chef.rules import keeps_to
from ai_chef.words import UnknownWord
from tests.unit.ai_chef.profiles import profile

DISH = CatalogRecipes().propose(profile())[0]


@pytest.mark.parametrize(
    ("word", "condition"),
    [
        ("당뇨", "diabetes"),
        ("제2형 당뇨병", "diabetes"),
        ("Type-2 Diabetes", "diabetes"),
        ("고혈압", "hypertension"),
        ("high blood pressure", "hypertension"),
        ("고지혈증", "high cholesterol"),
        ("신부전", "kidney disease"),
        ("ckd", "kidney disease"),
        ("통풍", "gout"),
        ("셀리악병", "celiac"),
        ("Coeliac Disease", "celiac"),
        ("유당불내증", "lactose intolerance"),
        ("비만", "obesity"),
    ],
)
def test_people_s_words_stand_for_a_condition(word: str, condition: str) -> None:
    assert diet_for(word) is diet_for(condition)


@pytest.mark.parametrize("word", ["lycanthropy", "땅콩 알레르기", "없음", "diabetes, gout"])
def test_a_condition_in_unknown_words_is_refused_without_repeating_them(word: str) -> None:
    with pytest.raises(UnknownWord, match="no rule for this condition") as refusal:
        diet_for(word)
    assert word not in str(refusal.value)


def test_the_target_diabetes_asks_what_the_condition_asks() -> None:
    assert TARGETS["diabetes"] is DIABETES is diet_for("diabetes")


@pytest.mark.parametrize("diet", [*TARGETS.values(), *CONDITIONS.values()])
def test_a_diet_limits_nutrients_that_there_are(diet: Diet) -> None:
    assert set(diet.at_most) <= set(Nutrition.model_fields)


@pytest.mark.parametrize("nutrient", Nutrition.model_fields)
def test_a_limit_is_kept_up_to_itself_and_not_beyond(nutrient: str) -> None:
    amount = getattr(DISH.nutrition, nutrient)
    assert keeps_to(DISH, Diet({nutrient: amount}))
    assert not keeps_to(DISH, Diet({nutrient: amount - 1}))
