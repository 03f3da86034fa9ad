"""novel-analysis: a novel becomes a storyboard, its chapters read and drawn side by side."""

from infra.workflow import WorkflowStack


class NovelAnalysis(WorkflowStack):
    ends_session = ("SaveStoryboard",)
    queued = True

    def configure(self) -> None:
        self.receives_files(prefix="novels/")
        self.files(self.step("OpenAnalysis"), write=("texts/",))
        self.files(self.step("LoadNovel"), read=("uploads/", "texts/", "novels/"), write=("work/",))
        self.files(self.step("SaveStoryboard"), read=("work/",), write=("storyboards/",))
        for name in ("SplitChapters", "ExtractFacts", "MergeBible", "DrawStoryboards"):
            self.files(self.step(name), read=("work/",), write=("work/",))
        for name in ("MergeBible", "SaveStoryboard"):
            self.reads_items(self.step(name))
            self.looks_up_sessions(self.step(name))  # why nothing was kept of a chapter
            self.give(name, "failedShare")
        for name in ("LoadNovel", "SplitChapters"):  # the whole text, as bytes and as characters
            self.memory(name, 512)
        for name in ("ExtractFacts", "DrawStoryboards"):
            self._analyse(name)

    def _analyse(self, name: str) -> None:
        provider = self.settings.provider("analysis")
        self.step(name).add_environment("ANALYSIS_PROVIDER", provider)
        if provider == "llm":
            self.asks_model(self.step(name))
