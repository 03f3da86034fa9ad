"""novel-analysis with a language model that throttles: nothing is lost, nothing is asked for twice."""

from collections import Counter
from collections.abc import Iterator

import pytest

from core import http
from tests.support.interpreter import machine
from tests.support.loopback import serving
from tests.support.model_server import Fails, Hangs, ModelServer, Says, model_environment
from tests.support.novel_analysis import story, storyboard_of
from tests.support.tables import forget_settings, fresh_tables, record_of

CHAPTERS = 5
PANEL = {"shot": "wide", "action": "She walks.", "caption": None, "dialogue": [], "characters": ["Mara Venn"]}
ANSWERS = {
    "Seen": {"characters": [{"name": "Mara Venn", "aliases": ["Mara"], "looks": []}], "places": []},
    "Drawing": {"scenes": [{"place": None, "panels": [PANEL]}]},
}


class Throttling(ModelServer):
    """Answers every third request, and throttles the others."""

    def __init__(self) -> None:
        super().__init__(Fails(429, code="rate_limit_exceeded"))
        self.answered: Counter[str] = Counter()

    def next(self) -> Says | Fails | Hangs:
        if len(self.asked) % 3:
            return super().next()
        asked = self.asked[-1]
        kind = asked.body["response_format"]["json_schema"]["name"]
        self.answered[f"{kind} of {asked.text}"] += 1
        return Says(ANSWERS[kind])


@pytest.fixture
def server(environment: pytest.MonkeyPatch) -> Iterator[Throttling]:
    with serving(Throttling()) as server, fresh_tables():
        model_environment(environment, server.url)
        environment.setenv("ANALYSIS_PROVIDER", "llm")
        forget_settings()
        yield server
    http._pool().clear()


def test_each_chapter_is_read_and_drawn_once_though_the_model_throttles_two_of_three_requests(
    server: Throttling,
) -> None:
    with machine("novel-analysis") as novel_analysis:
        run = novel_analysis.run({"title": "The Harbour", "text": story(CHAPTERS)}, name="novel-1")
    assert (run.status, run.output["outcome"]) == ("SUCCEEDED", "complete")
    assert {error for _, error, _ in run.invoked} == {None, "ProviderUnavailable"}
    assert (len(server.answered), set(server.answered.values())) == (2 * CHAPTERS, {1})
    steps = record_of("novel-1")["steps"]
    assert [steps[step]["items"]["done"] for step in ("ExtractFacts", "DrawStoryboards")] == [CHAPTERS, CHAPTERS]
    board = storyboard_of("novel-1")
    assert [chapter.number for chapter in board.chapters] == list(range(1, CHAPTERS + 1))
    assert [(person.name, person.aliases) for person in board.bible.characters] == [("Mara Venn", ["Mara"])]
