"""RequestApproval: asks a person about a large order."""

from pydantic import Field, Json

from core.asking import ApprovalSettings, asking_step
from core.questions import Approval
from core.settings import load
from core.step import Session
from order.approvals import question
from order.models import ApprovalRequest


class Settings(ApprovalSettings):
    approvers: Json[tuple[str, ...]] = Field(min_length=1)


@asking_step(phase="awaiting_approval", progress=40)
def handler(request: ApprovalRequest, session: Session) -> Approval:
    """Ask whether the order is to be charged; the state waits for the answer."""
    return question(request, load(Settings).approvers)
