"""trip-request: a trip's owner is asked whether somebody may come, and both sides are told what becomes of it."""

from infra.workflow import WorkflowStack


class TripRequest(WorkflowStack):
    ends_session = ("CloseRequest",)

    def configure(self) -> None:
        self.give("OpenRequest", "responseSeconds")
        self.notifies(self.step("CloseRequest"))
