"""Allergies in people's words, and what must not be in their dishes."""

import pytest

from ai_chef.allergens import avoided_for, contents, is_free_of
from ai_chef.ingredients import known
from ai_chef.models import RecipeIngredient
from ai_chef.recipes import CatalogRecipes
from ai_chef.words import UnknownWord
from tests.unit.ai_chef.labels import ANIMAL, CONTAINING
from tests.unit.ai_chef.profiles import profile


def ruled_out(allergy: str) -> set[str]:
    return {name for name in known() if not avoided_for(allergy).isdisjoint(contents(name))}


@pytest.mark.parametrize("allergen", CONTAINING)
def test_an_allergen_rules_out_just_what_the_labels_say_contains_it(allergen: str) -> None:
    assert ruled_out(allergen) == CONTAINING[allergen]


def test_what_is_of_animals_is_known() -> None:
    assert {name for name in known() if "animal" in contents(name)} == ANIMAL


@pytest.mark.parametrize(
    ("word", "allergen"),
    [
        ("우유", "milk"),
        ("유제품", "milk"),
        ("Dairy", "milk"),
        ("lactose", "milk"),
        ("lactose intolerance", "milk"),
        ("유당", "milk"),
        ("대두", "soy"),
        ("soybeans", "soy"),
        ("갑각류", "crustacean"),
        ("shellfish", "shellfish"),
        ("견과류", "nut"),
        ("nuts", "nut"),
        ("Tree-Nuts", "tree nut"),
        ("peanut allergy", "peanut"),
        ("땅콩 알레르기", "peanut"),
        ("달걀", "egg"),
        ("EGGS", "egg"),
        ("난류", "egg"),
        ("조개류", "shelled mollusc"),
        ("쇠고기", "beef"),
        ("소고기", "beef"),
        ("아황산류", "sulphites"),
        ("메밀", "buckwheat"),
        ("글루텐", "gluten"),
        ("밀", "wheat"),
        ("복숭아", "peach"),
        ("tomatoes", "tomato"),
        ("anchovies", "anchovy"),
        ("생선", "fish"),
        ("해산물", "seafood"),
    ],
)
def test_people_s_words_stand_for_an_allergen(word: str, allergen: str) -> None:
    assert avoided_for(word) == {allergen}


@pytest.mark.parametrize(
    ("word", "avoided"),
    [
        ("garlic", {"garlic"}),
        ("마늘", {"garlic"}),
        ("mayonnaise", {"mayonnaise", "egg", "soy"}),
        ("김치", {"kimchi", "anchovy", "shrimp", "chili"}),
        ("연어", {"salmon", "fish"}),
        ("glass noodle", {"glass noodles"}),
    ],
)
def test_an_ingredient_s_own_name_means_it_and_the_allergens_in_it(word: str, avoided: set[str]) -> None:
    assert avoided_for(word) == avoided


@pytest.mark.parametrize("name", known())
def test_every_ingredient_s_names_rule_it_out(name: str) -> None:
    for word in (name, known()[name].name_ko, *known()[name].words):
        assert name in ruled_out(word)


@pytest.mark.parametrize("word", ["unobtainium", "없음", "none", "!!", "allergy", "milk, eggs", "ㅇㅇ"])
def test_an_allergy_in_unknown_words_is_refused(word: str) -> None:
    with pytest.raises(UnknownWord, match="This allergy is not known"):
        avoided_for(word)


def test_a_dish_with_an_unknown_ingredient_is_free_of_nothing() -> None:
    dish = CatalogRecipes().propose(profile())[0]
    stranger = RecipeIngredient(name="mystery sauce", name_ko="모름", amount=1, unit="g")
    strange = dish.model_copy(update={"ingredients": [*dish.ingredients, stranger]})
    assert is_free_of(dish, {"walnut"})
    assert not is_free_of(strange, {"walnut"})
    assert is_free_of(strange, frozenset())
