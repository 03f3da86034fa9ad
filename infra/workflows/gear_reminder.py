"""gear-reminder: a member is reminded of their gear, once or every so many days."""

from infra.workflow import WorkflowStack


class GearReminder(WorkflowStack):
    ends_session = ("EndReminder",)
    awaits_signals = ("AwaitDue",)
    continues = ("ContinueReminder",)

    def configure(self) -> None:
        self.give("ScheduleReminder", "longestWaitSeconds")
        self.closes(self.step("ClaimDue"))
        self.notifies(self.step("SendReminder"))
