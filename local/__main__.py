"""The commands behind `make up | down | env | logs | notifications | redrive-deliveries | demo | watch`."""

import argparse
import os
import shlex
import sys
from collections.abc import Callable

from rich.console import Console

from local.api import public_api
from local.cloud import Cloud, LocalError, caller_environment
from local.demo import run_demo
from local.deploy import deploy, deployed
from local.logs import print_logs
from local.mailbox import print_notifications
from local.redrive import redrive
from local.stages import stage
from local.surroundings import vendor_url
from local.watch import watch as watch_session


def up(cloud: Cloud, options: argparse.Namespace) -> None:
    """start the local cloud, deploy to it, and print each state machine's ARN, and the API's address and key"""
    console = Console(highlight=False, soft_wrap=True)
    for workflow, arn in bring_up(cloud, options.port, console).items():
        console.print(f"{workflow}: {arn}")
    api = public_api(cloud)
    console.print(f"API: {api.url}\nAPI key: {api.key}")


def down(cloud: Cloud, _options: argparse.Namespace) -> None:
    """stop the local cloud and remove what it held"""
    cloud.stop()


def env(cloud: Cloud, _options: argparse.Namespace) -> None:
    """print the variables that point aws, cdk and boto3 at the local cloud, and people at its API and its vendor"""
    app = public_api(cloud).environment() | {"VENDOR_URL": vendor_url(cloud)} if deployed(cloud) else {}
    for name, value in (cloud.environment() | app).items():
        print(f"export {name}={shlex.quote(value)}")


def logs(cloud: Cloud, _options: argparse.Namespace) -> None:
    """print what the Lambdas logged last"""
    print_logs(cloud)


def notifications(cloud: Cloud, _options: argparse.Namespace) -> None:
    """print what was sent to people"""
    print_notifications(cloud, Console(highlight=False, soft_wrap=True))


def redrive_deliveries(cloud: Cloud, _options: argparse.Namespace) -> None:
    """send the results again that no receiver took"""
    redrive(cloud, Console(highlight=False, soft_wrap=True))


def demo(cloud: Cloud, options: argparse.Namespace) -> None:
    """run a workflow on its sample input and print the result"""
    console = Console(highlight=False, soft_wrap=True)
    machines = bring_up(cloud, options.port, console)
    run_demo(cloud, options.workflow, machines, console)


def watch(cloud: Cloud, options: argparse.Namespace) -> None:
    """show a session's progress until it ends"""
    watch_session(cloud, options.session, Console(highlight=False, soft_wrap=True))


def bring_up(cloud: Cloud, port: int | None, console: Console) -> dict[str, str]:
    """Have the local cloud running and deployed; return each state machine's ARN by its workflow's name."""
    with stage(console, "Start the local cloud"):
        cloud.start(port)
    with stage(console, "Deploy"):
        return deploy(cloud)


def port(text: str) -> int:
    """A TCP port; argparse says so of anything else."""
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError(text)
    return number


def main() -> int:
    for name in os.environ.keys() - caller_environment().keys():
        del os.environ[name]
    commands: list[Callable[[Cloud, argparse.Namespace], None]] = [
        up, down, env, logs, notifications, redrive_deliveries, demo, watch,
    ]  # fmt: skip
    parser = argparse.ArgumentParser(prog="python -m local", description="The local cloud.")
    subparsers = parser.add_subparsers(required=True)
    for command in commands:
        subparser = subparsers.add_parser(command.__name__.replace("_", "-"), help=command.__doc__)
        subparser.set_defaults(command=command)
        if command in (up, demo):
            subparser.add_argument("--port", type=port, help="where the cloud listens (4566, or where it runs)")
        if command is demo:
            subparser.add_argument("--workflow", default="ai-chef")
        if command is watch:
            subparser.add_argument("session", help="its id")
    options = parser.parse_args()
    try:
        options.command(Cloud(), options)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
