"""ExtractFacts: the first pass over the chapters finds who and what is in each."""

from collections.abc import Iterator

from core.items import Items, Outcomes, items_step
from novel_analysis.analysis import analyser
from novel_analysis.chapter_pass import each_chapter
from novel_analysis.models import ChapterFile, ExtractRequest


@items_step(phase="extracting_facts", progress=(5, 45), until="MergeBible")
def handler(request: ExtractRequest, items: Items) -> Iterator[Outcomes[ChapterFile]]:
    """Extract the facts of each chapter. Raises ProviderUnavailable (retried)."""
    return each_chapter("facts", request, items, analyser().extract)
