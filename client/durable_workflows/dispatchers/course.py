"""Reviews of courses, which recommend them: the workflow `course-review`."""

from functools import cache
from typing import Literal, TypedDict, Unpack

from durable_workflows.dispatchers.base import BackgroundTasks, Dispatch, Dispatcher
from durable_workflows.settings import CourseSettings

Decision = Literal["approve", "reject", "request_changes"]


class Review(TypedDict):
    """What an author says of a course (a run). resort: its slug, e.g. "whistler". rating: 1 to 5, which is best."""

    course_id: str
    course_name: str
    resort: str
    user_id: str
    rating: int
    title: str
    text: str


class ReviewChanges(TypedDict, total=False):
    """What an author has changed."""

    rating: int
    title: str
    text: str


class CourseRecommendationWorkflowDispatcher(Dispatcher):
    """Tells what becomes of a review until it is published or rejected. review_id: the caller's own."""

    workflow = "course-review"
    kind = "review"
    owner = "user_id"
    settings_class = CourseSettings

    def notify_submitted(
        self, review_id: str, *, background_tasks: BackgroundTasks | None = None, **review: Unpack[Review]
    ) -> Dispatch:
        """A review was written: it is screened, and shown to the moderators."""
        return self._do(self._start(review_id, review), background_tasks)

    async def notify_submitted_async(
        self, review_id: str, *, background_tasks: BackgroundTasks | None = None, **review: Unpack[Review]
    ) -> Dispatch:
        """notify_submitted, awaited."""
        return await self._do_async(self._start(review_id, review), background_tasks)

    def notify_moderated(
        self,
        review_id: str,
        decision: Decision,
        *,
        by: str,
        reason: str | None = None,
        background_tasks: BackgroundTasks | None = None,
    ) -> Dispatch:
        """A moderator has decided elsewhere than on the page. by: who. reason: for the author."""
        return self._do(self._signal(review_id, decision, by=by, comment=reason), background_tasks)

    async def notify_moderated_async(
        self,
        review_id: str,
        decision: Decision,
        *,
        by: str,
        reason: str | None = None,
        background_tasks: BackgroundTasks | None = None,
    ) -> Dispatch:
        """notify_moderated, awaited."""
        return await self._do_async(self._signal(review_id, decision, by=by, comment=reason), background_tasks)

    def notify_resubmitted(
        self, review_id: str, *, background_tasks: BackgroundTasks | None = None, **changes: Unpack[ReviewChanges]
    ) -> Dispatch:
        """The author has changed what the moderators asked for."""
        return self._do(self._signal(review_id, "resubmit", changes), background_tasks)

    async def notify_resubmitted_async(
        self, review_id: str, *, background_tasks: BackgroundTasks | None = None, **changes: Unpack[ReviewChanges]
    ) -> Dispatch:
        """notify_resubmitted, awaited."""
        return await self._do_async(self._signal(review_id, "resubmit", changes), background_tasks)


@cache
def get_course_workflow_dispatcher() -> CourseRecommendationWorkflowDispatcher:
    """The process's dispatcher, by COURSE_WORKFLOW_*."""
    return CourseRecommendationWorkflowDispatcher()
