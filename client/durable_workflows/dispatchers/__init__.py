"""What services call where something happens on the platform, so that a workflow takes it on. docs/environment.md lists
the variables; client/README.md shows the calls.
"""

from durable_workflows.dispatchers.base import BackgroundTasks, Dispatch
from durable_workflows.dispatchers.casi import CasiWorkflowDispatcher, get_casi_workflow_dispatcher
from durable_workflows.dispatchers.course import CourseRecommendationWorkflowDispatcher, get_course_workflow_dispatcher
from durable_workflows.dispatchers.gear import GearReminderWorkflowDispatcher, get_gear_workflow_dispatcher
from durable_workflows.dispatchers.tripbuddy import TripBuddyWorkflowDispatcher, get_tripbuddy_workflow_dispatcher

__all__ = [
    "BackgroundTasks",
    "CasiWorkflowDispatcher",
    "CourseRecommendationWorkflowDispatcher",
    "Dispatch",
    "GearReminderWorkflowDispatcher",
    "TripBuddyWorkflowDispatcher",
    "get_casi_workflow_dispatcher",
    "get_course_workflow_dispatcher",
    "get_gear_workflow_dispatcher",
    "get_tripbuddy_workflow_dispatcher",
]
