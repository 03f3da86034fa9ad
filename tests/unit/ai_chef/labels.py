"""Which ingredients hold which allergen, written down by hand from labels, independently of the code under test."""

_WHEAT = {
    *("gochujang", "doenjang", "soy sauce", "low-sodium soy sauce", "oyster sauce"),
    *("buckwheat noodles", "spaghetti", "whole-wheat pasta", "udon noodles"),
    *("whole-wheat bread", "breadcrumbs", "flour"),
}
_PORK = {"pork belly", "pork shoulder", "pork tenderloin", "ground pork", "bacon"}
_BEEF = {"beef brisket", "beef sirloin", "beef round", "ground beef"}
_CHICKEN = {"chicken breast", "chicken thigh"}
_FISH = {"salmon", "mackerel", "cod", "canned tuna", "dried anchovy", "anchovy stock", "fish sauce", "kimchi"}
_SHRIMP = {"shrimp", "salted shrimp", "kimchi"}
_SHELLED_MOLLUSCS = {"clam", "mussel", "oyster sauce"}
_MILK = {
    *("butter", "milk", "heavy cream", "plain yogurt", "mozzarella", "parmesan"),
    *("whole-wheat bread", "breadcrumbs"),
}
_EGG = {"egg", "mayonnaise"}
_TREE_NUTS = {"walnut", "almond", "almond flour", "pine nut"}
_SOY = {
    *("tofu", "soft tofu", "soy milk", "soybean sprout", "doenjang", "gochujang"),
    *("soy sauce", "low-sodium soy sauce", "tamari", "oyster sauce", "mayonnaise", "canned tuna"),
    *("whole-wheat bread", "breadcrumbs"),
}

CONTAINING = {
    "egg": _EGG,
    "milk": _MILK,
    "buckwheat": {"buckwheat noodles"},
    "peanut": {"peanut butter"},
    "soy": _SOY,
    "wheat": _WHEAT,
    "mackerel": {"mackerel"},
    "crab": set[str](),
    "shrimp": _SHRIMP,
    "pork": _PORK,
    "peach": {"peach"},
    "tomato": {"tomato", "cherry tomato", "tomato puree"},
    "sulphites": {"lemon juice", "Dijon mustard"},
    "walnut": {"walnut"},
    "chicken": _CHICKEN,
    "beef": _BEEF,
    "squid": {"squid"},
    "shelled mollusc": _SHELLED_MOLLUSCS,
    "pine nut": {"pine nut"},
    "fish": _FISH,
    "tree nut": _TREE_NUTS,
    "sesame": {"sesame seed", "sesame oil"},
    "gluten": _WHEAT | {"oats"},
    "crustacean": _SHRIMP,
    "shellfish": _SHRIMP | _SHELLED_MOLLUSCS | {"squid"},
    "mustard": {"Dijon mustard", "curry powder"},
    "celery": {"celery", "vegetable stock"},
    "chili": {"gochugaru", "gochujang", "green chili", "kimchi", "curry powder"},
    "garlic": {"garlic", "kimchi"},
    "rice": {
        *("rice", "brown rice", "glutinous rice", "rice flour", "rice cake"),
        *("gochujang", "vinegar", "cooking wine"),
    },
}
_MEAT = _PORK | _BEEF | _CHICKEN | {"smoked duck"}
ANIMAL = _MEAT | _EGG | _MILK | _FISH | _SHRIMP | _SHELLED_MOLLUSCS | {"squid", "honey"}
NUTS = _TREE_NUTS | {"peanut butter"}
