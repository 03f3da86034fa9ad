"""What targets and health conditions ask of a dish: rules of thumb for choosing one, no medical advice.

A limit is for one serving as one of three meals a day: a third of the day's limit in the named source, which is
for an adult of 70 kg on 2,000 kcal a day where it depends on that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from ai_chef.models import Target
from ai_chef.words import UnknownWord, key, look_up


@dataclass(frozen=True)
class Diet:
    """at_most: nutrients and their limits, in the units of Nutrition. without: ingredients and allergens."""

    at_most: Mapping[str, int] = field(default_factory=dict)
    without: frozenset[str] = frozenset()


# WHO, Sodium intake for adults and children (2012): below 2,000 mg a day.
_SODIUM = {"sodium": 667}
# WHO, Saturated fatty acid and trans-fatty acid intake (2023): at most 10 % of energy, 22 g a day.
_SATURATED_FAT = {"saturated_fat": 7}
# WHO, Sugars intake for adults and children (2015): free sugars below 10 % of energy, 50 g a day; here all sugars.
_SUGAR = {"sugar": 16}

# American Diabetes Association and US CDC, carb counting: 45 to 60 g a meal to begin with.
DIABETES = Diet({"carbohydrate": 60} | _SUGAR)

TARGETS: Mapping[Target, Diet] = {
    "general": Diet(),
    # Ketogenic diets hold less than 50 g of carbohydrate a day (StatPearls, Ketogenic Diet, NBK499830).
    "keto": Diet({"carbohydrate": 16}),
    "diabetes": DIABETES,
    "vegan": Diet(without=frozenset({"animal"})),
    # Sodium: adequate intake at 6 to 11 months, 370 mg a day (Dietary Reference Intakes for Koreans 2020), so no
    # added salt. No honey (infant botulism), no whole nuts (choking), no added sugar (NHS, Foods to avoid giving
    # babies and young children); nothing hot and no alcohol.
    "baby_food": Diet({"sodium": 123}, frozenset({"honey", "nut", "salt", "sugar", "chili", "alcohol"})),
}

CONDITIONS: Mapping[tuple[str, ...], Diet] = {
    (
        "diabetes",
        "diabetic",
        "prediabetes",
        "type 1 diabetes",
        "type 2 diabetes",
        "diabetes mellitus",
        "gestational diabetes",
        "당뇨",
        "당뇨병",
        "당뇨 전단계",
        "제1형 당뇨",
        "제1형 당뇨병",
        "제2형 당뇨",
        "제2형 당뇨병",
        "임신성 당뇨",
        "고혈당",
        "high blood sugar",
    ): DIABETES,
    ("hypertension", "high blood pressure", "고혈압"): Diet(_SODIUM),
    (
        "high cholesterol",
        "hypercholesterolemia",
        "hyperlipidemia",
        "dyslipidemia",
        "고지혈증",
        "이상지질혈증",
        "고콜레스테롤",
        "고콜레스테롤혈증",
        "콜레스테롤",
    ): Diet(_SATURATED_FAT),
    (
        "heart disease",
        "cardiovascular disease",
        "coronary artery disease",
        "heart failure",
        "심장병",
        "심장질환",
        "심혈관질환",
        "협심증",
        "심부전",
    ): Diet(_SODIUM | _SATURATED_FAT),
    # KDIGO 2024 (sodium below 2 g, protein 0.8 g per kg and day) and KDOQI 2004 (potassium 2 to 4 g a day, here 2.4).
    (
        "kidney disease",
        "chronic kidney disease",
        "CKD",
        "renal failure",
        "신장병",
        "신장질환",
        "만성신장병",
        "콩팥병",
        "만성콩팥병",
        "만성신부전",
        "신부전",
    ): Diet({"protein": 19, "potassium": 800} | _SODIUM),
    # American College of Rheumatology 2020 and Mayo Clinic, Gout diet: little purine, no alcohol, little sugar.
    ("gout", "hyperuricemia", "통풍", "고요산혈증"): Diet(
        _SUGAR, frozenset({"anchovy", "mackerel", "canned tuna", "shellfish", "duck", "alcohol"})
    ),
    # Codex Standard 118-1979: no wheat, rye, barley, or oats that are not specially grown.
    ("celiac", "celiac disease", "coeliac", "coeliac disease", "gluten intolerance", "셀리악", "셀리악병"): Diet(
        without=frozenset({"gluten"})
    ),
    ("lactose intolerance", "유당불내증", "유당불내성", "젖당불내증"): Diet(without=frozenset({"milk"})),
    # EASL-EASD-EASO 2024, and as for high cholesterol: less sugar, less saturated fat, no alcohol.
    ("fatty liver", "fatty liver disease", "지방간"): Diet(_SUGAR | _SATURATED_FAT, frozenset({"alcohol"})),
    # Korean Society for the Study of Obesity 2022: 500 kcal a day less.
    ("obesity", "overweight", "비만", "과체중"): Diet({"kcal": 500}),
}


@cache
def _by_word() -> dict[str, Diet]:
    return {key(word): diet for words, diet in CONDITIONS.items() for word in words}


def diet_for(condition: str) -> Diet:
    """What a health condition, in Korean or English, asks of a dish.

    Raises UnknownWord: a condition that nothing is known of must not pass for "healthy".
    """
    diet = look_up(_by_word(), condition)
    if diet is None:
        raise UnknownWord(
            "There is no rule for this condition. Write one per entry, put allergies into profile.allergies, and "
            f"leave the list empty when there is none. Conditions: {', '.join(words[0] for words in CONDITIONS)}"
        )
    return diet
