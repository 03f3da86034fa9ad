"""Dispatchers' calls, made either way: those that wait, and their twins that are awaited."""

import asyncio
from typing import Any

from fastapi import BackgroundTasks

from durable_workflows.dispatchers import (
    CasiWorkflowDispatcher,
    CourseRecommendationWorkflowDispatcher,
    Dispatch,
    GearReminderWorkflowDispatcher,
    TripBuddyWorkflowDispatcher,
)
from durable_workflows.dispatchers.base import Dispatcher

PRACTICE: dict[str, Any] = {
    "practice_id": "p-1",
    "practiced_at": "2026-11-21T09:30:00Z",
    "drills": [{"drill": "garlands", "area": "edging", "score": 72}],
}
TRIP: dict[str, Any] = {
    "trip_id": "t-1",
    "trip_title": "Powder week",
    "owner_id": "u-owner",
    "requester_id": "u-1",
    "start_date": "2027-01-10",
    "end_date": "2027-01-17",
    "message": "May I come along?",
}
REVIEW: dict[str, Any] = {
    "course_id": "c-1",
    "course_name": "Peak to Creek",
    "resort": "whistler",
    "user_id": "u-1",
    "rating": 5,
    "title": "Long and quiet",
    "text": "Eleven kilometres of groomed snow, best before noon.",
}
REMINDER = ("u-1", "Board", "wax", "Wax the board.", "2027-01-09T18:00:00+09:00")

DISPATCHERS: list[type[Dispatcher]] = [
    CasiWorkflowDispatcher,
    TripBuddyWorkflowDispatcher,
    CourseRecommendationWorkflowDispatcher,
    GearReminderWorkflowDispatcher,
]


class Calls:
    """Makes calls one way, and closes in the end what they opened."""

    def __init__(self, awaited: bool, runner: asyncio.Runner) -> None:
        self._awaited, self._runner = awaited, runner
        self._used: list[Dispatcher] = []

    def __call__(self, dispatcher: Dispatcher, name: str, *args: Any, **fields: Any) -> Dispatch:
        self._used.append(dispatcher)
        made = getattr(dispatcher, f"{name}_async" if self._awaited else name)(*args, **fields)
        dispatch: Dispatch = self._runner.run(made) if self._awaited else made
        return dispatch

    def run(self, tasks: BackgroundTasks) -> None:
        """Runs what was handed over, as FastAPI does."""
        self._runner.run(tasks())

    def close(self) -> None:
        for dispatcher in self._used:
            dispatcher.close()
            self._runner.run(dispatcher.close_async())
