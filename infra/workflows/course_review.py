"""course-review: a review of a course is screened and moderated, and its course ranked within the resort."""

from infra.lambdas import allow, allow_table
from infra.workflow import WorkflowStack


class CourseReview(WorkflowStack):
    ends_session = ("PublishReview", "CloseReview")
    awaits_signals = ("AskAuthor",)

    def configure(self) -> None:
        reviews = self.table("reviews", key="courseId", sort_key="userId")
        rankings = self.table("course-rankings", key="resort")

        self.step("SubmitReview").add_environment("MODERATION_SECONDS", self.setting("moderationSeconds"))
        self.step("SubmitReview").add_environment("REVISION_SECONDS", self.setting("revisionSeconds"))
        self.step("ScreenReview").add_environment("BANNED_WORDS", self.setting("bannedWords"))
        self.step("AskModerator").add_environment("MODERATORS", self.setting("moderators"))

        allow_table(self.step("ScreenReview"), "REVIEWS_TABLE", reviews, "PutItem")
        allow(self.step("ScreenReview"), ["dynamodb:GetItem"], self._stateful.sessions.table_arn)
        allow_table(self.step("PublishReview"), "REVIEWS_TABLE", reviews, "PutItem")
        allow_table(self.step("PublishReview"), "COURSE_RANKINGS_TABLE", rankings, "GetItem", "PutItem")
        self.notifies(self.step("PublishReview"))
        self.notifies(self.step("CloseReview"))
