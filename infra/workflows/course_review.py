"""course-review: a review of a course is screened and moderated, and its course ranked within the resort."""

from infra.grants import allow_table
from infra.workflow import WorkflowStack


class CourseReview(WorkflowStack):
    ends_session = ("PublishReview", "CloseReview")
    awaits_signals = ("AskAuthor",)

    def configure(self) -> None:
        reviews = self.table("reviews", key="courseId", sort_key="userId")
        rankings = self.table("course-rankings", key="resort")

        self.give("SubmitReview", "moderationSeconds", "revisionSeconds")
        self.give("ScreenReview", "bannedWords")
        self.give("AskModerator", "moderators")

        allow_table(self.step("ScreenReview"), "REVIEWS_TABLE", reviews, "PutItem")
        self.looks_up_sessions(self.step("ScreenReview"))
        allow_table(self.step("PublishReview"), "REVIEWS_TABLE", reviews, "PutItem")
        allow_table(self.step("PublishReview"), "COURSE_RANKINGS_TABLE", rankings, "GetItem", "PutItem")
        self.notifies(self.step("PublishReview"))
        self.notifies(self.step("CloseReview"))
