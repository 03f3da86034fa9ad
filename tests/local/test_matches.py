"""How the result of matching reads."""

import io
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from local.matches import print_matches

ANN = {"userId": "ann[1]", "score": Decimal(91), "reviewed": True, "reasons": ["Speaks en.", "Certified by CASI."]}
BOB = {"userId": "bob", "score": Decimal(80), "reviewed": False, "reasons": ["Speaks ko."]}


def printed(review: str, *matches: dict[str, Any], kind: str = "coach") -> list[str]:
    """The lines printed of a result as DynamoDB returns it, each run of spaces as one."""
    result = {"searchId": "s", "kind": kind, "review": review, "considered": Decimal(7), "matches": list(matches)}
    console = Console(file=io.StringIO(), width=120)
    print_matches(result, console)
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_matches_are_printed_with_their_scores_and_the_reasons_for_them() -> None:
    lines = printed("reviewed", ANN, BOB)

    assert lines[0] == "2 coaches of 7 who were considered. The vendor has reviewed them."
    assert "91 ann[1] yes Speaks en. Certified by CASI." in lines
    assert "80 bob no Speaks ko." in lines


@pytest.mark.parametrize(
    ("review", "said"),
    [
        ("unreviewed", "The vendor has not answered, so nobody has reviewed them."),
        ("not_needed", "The search needed no review."),
    ],
)
def test_a_result_says_whether_it_was_reviewed(review: str, said: str) -> None:
    assert printed(review, BOB, kind="buddy")[0] == f"1 buddy of 7 who were considered. {said}"


def test_a_search_that_found_nobody_says_so() -> None:
    assert printed("not_needed") == ["Nobody fits, of 7 who were considered."]
