"""How much is in a pack, read from the title that a Korean shop gives it: `곰곰 두부 300g, 2개` holds 600 g."""

import re
import unicodedata
from collections.abc import Iterator

from ai_chef.ingredients import Ingredient
from ai_chef.models import Unit

_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
_TIMES = (
    r"(?:\s*[x*\u00d7]\s*(?P<times>\d{1,3})(?!\d)"
    r"|(?P<gap>[\s,)]*)(?P<packs>\d{1,3})\s*(?P<counted>개입|개(?!월)|팩|봉지|봉|병|캔|입|포|통|박스|판))?"
)
_MEASURED = re.compile(rf"(?<![\d.,]){_NUMBER}\s*(?P<unit>kg|g|그램|ml|l|리터)(?![a-z]){_TIMES}")
_COUNTED = re.compile(rf"(?<![\d.,]){_NUMBER}\s*(?:구|개입|알|개(?!월)|입|마리|쪽|송이){_TIMES}")
_UNITS: dict[str, tuple[Unit, float]] = {
    "kg": ("g", 1000),
    "g": ("g", 1),
    "그램": ("g", 1),
    "l": ("ml", 1000),
    "리터": ("ml", 1000),
    "ml": ("ml", 1),
}
_SAMPLES = re.compile(r"[~/]\s*\d|\d\s*(?:kg|g|ml|l)?\s*[-\u2013]\s*\d|택\s*1|옵션|골라")


def pack_size(title: str, ingredient: Ingredient) -> int | None:
    """A pack's size in the ingredient's unit, rounded down; grams become millilitres and pieces by its known weight.

    None where the title names no size, several that differ, or a choice of them: its price would then be anybody's
    guess.
    """
    plain = unicodedata.normalize("NFKC", title).casefold()
    if _SAMPLES.search(plain):
        return None
    sizes = set(_measured(plain, ingredient)) or set(_counted(plain, ingredient))
    return int(sizes.pop() + 1e-9) or None if len(sizes) == 1 else None


def _measured(title: str, ingredient: Ingredient) -> Iterator[float]:
    for found in _MEASURED.finditer(title):
        unit, factor = _UNITS[found["unit"]]
        amount = _amount(found) * factor
        for size in (amount, amount / _packs(found)) if _may_be_pieces(found) else (amount,):
            if unit == ingredient.unit:
                yield size
            elif unit == "g":
                yield size / ingredient.grams


def _may_be_pieces(found: re.Match[str]) -> bool:
    """Whether what is counted may be what has the weight: `사과 3kg 15개입` are 15 apples; `10kg, 2개` are packs."""
    counted = found["counted"]
    return found["unit"] == "kg" and (counted in ("개입", "입") or (counted == "개" and "," not in found["gap"]))


def _counted(title: str, ingredient: Ingredient) -> Iterator[float]:
    if ingredient.unit == "piece":
        yield from map(_amount, _COUNTED.finditer(title))


def _amount(found: re.Match[str]) -> float:
    """What is in all packs."""
    return float(found["number"].replace(",", "")) * _packs(found)


def _packs(found: re.Match[str]) -> int:
    return int(found["times"] or found["packs"] or 1)
