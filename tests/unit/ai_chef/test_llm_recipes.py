"""Dishes of a language model, through the step that finds one: they keep to every rule, or are refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_chef import generate_recipe, orchestrate_session
from ai_chef.allergens import contents, foods_in, is_free_of
from ai_chef.errors import NoRecipeFits
from ai_chef.models import Recipe
from ai_chef.recipes import CatalogRecipes
from core import http
from core.errors import ModelAnswerInvalid, ModelRefused, ProviderUnavailable
from tests.support.loopback import serving
from tests.support.model_server import Fails, ModelServer, Says, model_environment
from tests.support.tables import record_of
from tests.unit.ai_chef.profiles import profile
from tests.unit.ai_chef.test_steps import event

PROFILE = {"target": "general", "allergies": ["우유"], "budget": 30000, "servings": 3}
TOFU = {
    "name": "Pan-fried tofu",
    "nameKo": "두부구이",
    "level": "beginner",
    "minutes": 15,
    "ingredients": [
        {"name": "tofu", "amount": 150},
        {"name": "olive oil", "amount": 5},
        {"name": "tofu", "amount": 10},
    ],
    "steps": ["Slice the tofu.", "Fry it in the olive oil until golden. Add a spoon of water."],
}
BUTTERED = TOFU | {
    "ingredients": [{"name": "tofu", "amount": 150}, {"name": "butter", "amount": 10}],
    "steps": ["Fry it."],
}
SPOKEN = TOFU | {"steps": ["Slice the tofu.", "Fry it in olive oil and a knob of Butter."]}


@pytest.fixture
def server(tables: None, environment: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with serving(ModelServer(Says(TOFU))) as server:
        environment.setenv("RECIPE_PROVIDER", "llm")
        model_environment(environment, server.url)
        yield server
    http._pool().clear()


def cook(**profile: Any) -> Recipe:
    session = {"sessionId": "s1", "profile": PROFILE | profile}
    accepted = orchestrate_session.handler(event(session), None)["input"]
    return Recipe.model_validate(generate_recipe.handler(event({"sessionId": "s1", **accepted}), None))


def test_the_model_s_dish_gets_its_nutrition_amounts_and_korean_names_from_us(server: ModelServer) -> None:
    dish = cook()
    assert (dish.name, dish.name_ko, dish.targets, dish.servings) == ("Pan-fried tofu", "두부구이", ["general"], 3)
    assert [(item.name, item.name_ko, item.amount, item.unit) for item in dish.ingredients] == [
        ("tofu", "두부", 480, "g"),
        ("olive oil", "올리브유", 15, "ml"),
    ]
    assert dish.nutrition.protein > 10
    assert record_of("s1")["phase"] == "recipe_completed"


def test_the_model_is_told_the_needs_and_none_of_the_words_that_people_wrote(server: ModelServer) -> None:
    cook(target="keto", healthConditions=["고혈압"], allergies=["우유"])
    [asked] = server.asked
    needs = json.loads(asked.text.split("\n")[1])
    assert needs["perServingAtMost"] == {"carbohydrate": 16, "sodium": 667}
    assert (needs["levels"], needs["budget"], needs["servings"]) == (["beginner"], 30000, 3)
    lines = asked.instructions.split("\n")
    assert "name | unit | price | carbohydrate | sodium" in lines
    assert any(line.startswith("tofu | g | ") for line in lines)
    assert not any(line.startswith("butter ") for line in lines)
    assert not any(word in json.dumps(asked.body, ensure_ascii=False) for word in ("우유", "고혈압"))


@pytest.mark.parametrize(
    ("wrong", "profile", "told"),
    [
        (BUTTERED, {}, "butter must not be in it"),
        (SPOKEN, {}, "steps.1 names butter, which must not be in the dish"),
        (TOFU | {"steps": ["Fry the tofu with rice."]}, {}, "steps.0 names rice, which is nothing of its ingredients"),
        (TOFU | {"steps": ["Top the tofu with anchovies."]}, {"allergies": ["생선"]}, "steps.0 names anchovies, which"),
        (TOFU | {"steps": ["Fry the tofu with blueberries."]}, {}, "steps.0 names blueberries, which is nothing"),
        (TOFU | {"steps": ["Add fish-sauce."]}, {"allergies": ["anchovy"]}, "steps.0 names fish-sauce, which must not"),
        (TOFU | {"steps": ["두부를 굽는다."]}, {}, "name and steps must be in English"),
        (TOFU | {"steps": ["\u1107\u1165\u1110\u1165 and tofu."]}, {}, "name and steps must be in English"),
        (TOFU | {"steps": ["バターで豆腐を焼く。"]}, {}, "name and steps must be in English"),
        (TOFU | {"steps": ["加入黄油和牛奶。"]}, {}, "name and steps must be in English"),
        (TOFU | {"nameKo": "버터 두부구이"}, {}, "nameKo names 버터, which must not be in the dish"),
        (
            TOFU | {"nameKo": "새우두부구이"},
            {"allergies": ["갑각류"]},
            "nameKo names 새우, which must not be in the dish",
        ),
        (TOFU | {"nameKo": "고기 두부구이"}, {"target": "vegan"}, "nameKo names 고기, which must not be in the dish"),
        (TOFU | {"nameKo": "牛乳豆腐"}, {}, "nameKo must be in Korean"),
        (TOFU | {"level": "advanced"}, {}, "its level is advanced, and may be beginner"),
        (TOFU | {"ingredients": [{"name": "Tofu", "amount": 1}]}, {}, "ingredients.0.name is not in the list"),
        (TOFU | {"ingredients": [{"name": "tofu", "amount": 0}]}, {}, "ingredients.0.amount: Input should be greater"),
        (
            TOFU | {"ingredients": [{"name": "tofu", "amount": 10**40}]},
            {},
            "ingredients.0.amount: Input should be less",
        ),
        (
            TOFU | {"ingredients": [{"name": "rice", "amount": 90}], "steps": ["Cook the rice."]},
            {"target": "keto"},
            "carbohydrate, and may have 16",
        ),
        (
            TOFU | {"ingredients": [{"name": "beef sirloin", "amount": 900}], "steps": ["Fry it."]},
            {"budget": 5000},
            "KRW, and may cost 5000",
        ),
    ],
)
def test_a_dish_that_breaks_a_rule_is_put_right_once_it_is_told(
    server: ModelServer, wrong: Any, profile: Any, told: str
) -> None:
    server.script = [Says(wrong), Says(TOFU)]
    assert cook(**profile).name == "Pan-fried tofu"
    assert told in server.asked[1].text


@pytest.mark.parametrize(
    ("insisted", "named"),
    [(BUTTERED, "profile.allergies"), (SPOKEN, "steps.1"), (SPOKEN | {"name": "Milk toast"}, "name")],
)
def test_a_model_that_insists_on_an_allergen_is_refused_and_the_record_says_so(
    server: ModelServer, insisted: Any, named: str
) -> None:
    server.script = [Says(insisted)]
    with pytest.raises(NoRecipeFits, match=f"breaks .*{named}"):
        cook()
    assert len(server.asked) == 2
    error = record_of("s1")["steps"]["GenerateRecipe"]["error"]
    assert error["type"] == "NoRecipeFits"
    assert not any(word in error["message"].lower() for word in ("butter", "milk", "우유"))


def test_a_dish_whose_check_was_passed_by_meets_the_rules_of_every_dish_all_the_same(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_chef.llm_recipes.broken_rules", lambda *_: iter(()))
    server.script = [Says(BUTTERED | {"name": "Toast"})]
    with pytest.raises(NoRecipeFits):
        cook()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Says("I would rather talk about something else."), ModelAnswerInvalid),
        (Says("", ended="refused"), ModelRefused),
        (Fails(503), ProviderUnavailable),
    ],
)
def test_what_a_model_does_instead_has_its_own_names(server: ModelServer, answer: Any, error: type[Exception]) -> None:
    server.script = [answer]
    with pytest.raises(error):
        cook()
    assert record_of("s1")["steps"]["GenerateRecipe"]["error"]["type"] == error.__name__


def test_a_model_that_answers_no_dish_in_the_end_is_not_said_to_insist_on_one(server: ModelServer) -> None:
    server.script = [Says(BUTTERED), Says("I would rather not.")]
    with pytest.raises(ModelAnswerInvalid):
        cook()


def test_the_korean_names_of_the_catalog_s_dishes_name_what_is_in_them() -> None:
    for dish in CatalogRecipes().propose(profile()):
        held = frozenset().union(*(contents(item.name) for item in dish.ingredients))
        called = "".join(item.name_ko.replace(" ", "") for item in dish.ingredients)
        for word, names in foods_in(dish.name_ko):
            assert not held.isdisjoint(names) or word in called, dish.name_ko


@pytest.mark.parametrize("name", ["두부불고기", "세 가지 두부구이", "오리엔탈 두부구이"])
def test_a_korean_name_may_hold_a_food_s_word_where_nobody_avoids_the_food(server: ModelServer, name: str) -> None:
    server.script = [Says(TOFU | {"nameKo": name})]
    assert cook(target="vegan" if "불고기" in name else "general").name_ko == name


def test_what_the_model_may_choose_from_is_free_of_what_is_avoided(server: ModelServer) -> None:
    everything = [{"name": name, "amount": 1} for name in ("tofu", "butter", "parmesan", "whole-wheat bread")]
    server.script = [Says(TOFU | {"ingredients": everything}), Says(TOFU)]
    assert is_free_of(cook(), {"milk"})
    assert all(name in server.asked[1].text for name in ("butter must", "parmesan must", "whole-wheat bread must"))


def test_steps_may_call_an_ingredient_by_what_it_is(server: ModelServer) -> None:
    named = [{"name": name, "amount": 50} for name in ("cod", "whole-wheat pasta", "cherry tomato", "sweet potato")]
    steps = ["Boil the pasta and the potatoes. Fry the fish.", "Add the tomatoes, and a cup of water."]
    server.script = [Says(TOFU | {"name": "Fish pasta", "nameKo": "생선 파스타", "ingredients": named, "steps": steps})]
    assert cook().steps == steps
