"""The command behind `make compare`. It exits with 1 when the durable way lost a search, or a result differs between
the ways.
"""

import os
import sys

from rich.console import Console

from local.cloud import STATE, Cloud, LocalError, caller_environment, free_port
from local.compare.comparison import Comparison, compare
from local.compare.prices import bill
from local.compare.report import costs_table, problems, ways_table
from local.compare.trial import Timing
from local.compare.usage import prod_memory_gb
from local.deploy import deploy
from local.stages import stage

FOLDER = STATE / "compare"
SEARCHES = 30
TIMING = Timing()
WIDTH = 110  # of the tables, in columns; whatever they are printed to


def main() -> int:
    for name in os.environ.keys() - caller_environment().keys():
        del os.environ[name]
    console = Console(highlight=False, soft_wrap=True)
    try:
        comparison = measure(console)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return show(comparison, console)


def measure(console: Console) -> Comparison:
    """Compare on a local cloud of its own, of which only logs stay."""
    cloud = Cloud(FOLDER)
    try:
        cloud.stop()  # of a run that was killed
        with stage(console, "Start and deploy"):
            cloud.start(free_port())
            machine = deploy(cloud)["matching"]
        return compare(cloud, machine, SEARCHES, TIMING, FOLDER, console)
    finally:
        cloud.stop()


def show(comparison: Comparison, console: Console) -> int:
    """Print the tables and what they mean; the exit code."""
    costs = bill(comparison.usage, prod_memory_gb())
    tables = Console(highlight=False, width=WIDTH)
    tables.print("\nThe same searches through both ways; the service was killed before the vendor had answered")
    tables.print(ways_table(comparison.durable, comparison.local, costs), costs_table(costs))
    console.print(
        f"Scaled: a vendor takes 15 to 30 minutes, here {TIMING.vendor:g} s. "
        f"The service was down for {TIMING.down:g} s and its start;\n"
        f"callers send a search again that has no result after {TIMING.patience:g} s. "
        "What the cost counts, and what it does not: docs/comparison.md\n"
    )
    found = problems(comparison.durable, comparison.local)
    console.print(
        "\n".join(found) if found else "The durable way lost none, and every result is the same in both ways."
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
