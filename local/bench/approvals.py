"""Orders that wait for somebody's word, and that word."""

import re
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import urllib3

from local.bench.sessions import STARTERS, WAIT_SECONDS, Sessions
from local.cloud import Cloud, LocalError
from local.inputs import sample_of
from local.mailbox import letters

WORKFLOW = "order"
POLL_SECONDS = 0.25
_LINK = re.compile(r"https?://\S+/approvals/\S+")


class Approvals:
    """Starts orders over the approval's limit on one cloud, and decides them as approvers do: through their links."""

    def __init__(self, cloud: Cloud, machine: str) -> None:
        self._cloud, self._machine = cloud, machine
        self._sessions = Sessions(cloud)
        self._dynamodb = boto3.client("dynamodb", **cloud.connection())
        self._http = urllib3.PoolManager(maxsize=STARTERS)
        self.peak = 0
        """The most memory, in bytes, that the cloud was seen to hold."""

    def start(self, count: int) -> list[str]:
        """Start so many sessions; the ARNs of their executions, which end in the sessions' ids."""
        sample = sample_of(WORKFLOW)
        with ThreadPoolExecutor(STARTERS) as starters:
            return list(starters.map(lambda _: self._sessions.start(self._machine, sample), range(count)))

    def links(self, session_ids: Iterable[str]) -> dict[str, str]:
        """The approvers' links by session, once all these sessions wait and all links were sent.

        Raises LocalError when that takes too long.
        """
        wanted = set(session_ids)
        self.until(wanted, "waiting")
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            sent = [(letter.session_id, _LINK.search(letter.text)) for letter in letters(self._cloud)]
            links = {session_id: link.group() for session_id, link in sent if session_id in wanted and link}
            if links.keys() == wanted:
                return links
            self.look()
        raise LocalError(f"Only {len(links)} of {len(wanted)} links were sent within {WAIT_SECONDS} s.")

    def approve(self, links: Iterable[str]) -> None:
        """Send the approval page's form for each link, many at once. Raises LocalError when one is refused."""
        with ThreadPoolExecutor(STARTERS) as approvers:
            list(approvers.map(self.decide, links))
        self.look()

    def decide(self, link: str, action: str = "approve") -> None:
        """Send the approval page's form. Raises LocalError when it is refused."""
        answer = self._http.request("POST", link, fields={"action": action}, encode_multipart=False)
        if answer.status != 200:
            raise LocalError(f"An approval was answered with {answer.status}: {answer.data.decode()}")

    def until(self, session_ids: Iterable[str], status: str) -> None:
        """Wait until the records of all these sessions say so. Raises LocalError when that takes too long."""
        left = set(session_ids)
        deadline = time.monotonic() + WAIT_SECONDS
        while left:
            if time.monotonic() > deadline:
                raise LocalError(f"{len(left)} sessions were not {status} within {WAIT_SECONDS} s.")
            self.look()
            left -= {each for each, record in self.records(left).items() if record["status"]["S"] == status}
            time.sleep(POLL_SECONDS)

    def records(self, session_ids: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """The session records that there are, by id, as DynamoDB writes items."""
        keys = [{"sessionId": {"S": session_id}} for session_id in session_ids]
        found: list[Mapping[str, Any]] = []
        for first in range(0, len(keys), 100):
            page = keys[first : first + 100]
            answer = self._dynamodb.batch_get_item(RequestItems={"sessions-local": {"Keys": page}})
            found += answer["Responses"]["sessions-local"]
        return {record["sessionId"]["S"]: record for record in found}

    def look(self) -> None:
        """See how much memory the cloud holds now."""
        self.peak = max(self.peak, self._cloud.memory())


def session_of(execution: str) -> str:
    """The id of the session that an execution runs."""
    return execution.rpartition(":")[2]
