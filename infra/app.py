"""The app that `cdk` runs: `cdk deploy --all -c stage=dev`.

It needs no credentials, no Docker and, once `python -m infra.layer` has run, no network.
"""

import runpy
import sys
from pathlib import Path

import aws_cdk as cdk
import cdk_nag

from infra.api import ApiStack
from infra.convention import Workflow, discover
from infra.errors import ConfigurationError
from infra.operations import OperationsStack
from infra.progress import ProgressStack
from infra.stage import stage_of
from infra.stateful import StatefulStack
from infra.workflow import WorkflowStack

ROOT = Path(__file__).parents[1]


def add_stacks(app: cdk.App, root: Path = ROOT) -> None:
    """Adds the stacks of the stage that the context chooses, for the workflows found under root.

    Raises ConfigurationError when the stage, the ASL files, the stack files and the step modules do not fit.
    """
    stage, workflows = stage_of(app), discover(root)
    stateful = StatefulStack(app, stage)
    stacks = [
        _stack_class(workflow, root)(app, workflow=workflow, stage=stage, stateful=stateful, root=root)
        for workflow in workflows
    ]
    queues = {stack.workflow.name: stack.start_queue for stack in stacks if stack.start_queue}
    api = ApiStack(app, workflows=workflows, start_queues=queues, stage=stage, stateful=stateful, root=root)
    progress = ProgressStack(app, stage=stage, stateful=stateful, root=root)
    progress.add_dependency(api)  # which gives API Gateway the role that it writes access logs under
    OperationsStack(app, workflows=workflows, stage=stage, stateful=stateful, root=root)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app), cdk_nag.ServerlessChecks(app))


def _stack_class(workflow: Workflow, root: Path) -> type[WorkflowStack]:
    path = root / "infra" / "workflows" / f"{workflow.package}.py"
    stack = runpy.run_path(str(path)).get(workflow.class_name)
    if not (isinstance(stack, type) and issubclass(stack, WorkflowStack)):
        raise ConfigurationError(
            f"{path.relative_to(root)} defines no class {workflow.class_name}(WorkflowStack); add it: it says what the "
            "workflow's steps may touch"
        )
    if not getattr(stack, "ends_session", ()):
        raise ConfigurationError(
            f"{path.relative_to(root)}: say in `ends_session` which steps of {workflow.class_name} end the session, "
            'e.g. ends_session = ("CombineResults",)'
        )
    return stack


def main() -> None:
    app = cdk.App()
    try:
        add_stacks(app)
    except ConfigurationError as error:
        sys.exit(f"{error}")
    app.synth()


if __name__ == "__main__":
    main()
