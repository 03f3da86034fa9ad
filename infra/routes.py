"""The public API's routes, as lambdas/api/openapi.json lists them. An operationId is the module that answers."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.convention import Workflow, defines_handler
from infra.errors import ConfigurationError

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_DOCUMENT = "lambdas/api/openapi.json"


@dataclass(frozen=True)
class Route:
    """A method of a path. is_open: who calls brings proof in the request itself; otherwise an API key or IAM's."""

    path: str
    method: str
    module: str
    is_open: bool


def routes_of(root: Path) -> list[Route]:
    """The routes of the API. Raises ConfigurationError when they and the modules of lambdas/api do not match."""
    document = json.loads((root / _DOCUMENT).read_text(encoding="utf-8"))
    routes = [
        Route(path, method.upper(), operation["operationId"], is_open=operation.get("security") == [])
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    ]
    modules = {path.stem for path in (root / "lambdas" / "api").glob("*.py") if defines_handler(path)}
    for route in routes:
        if route.module not in modules:
            raise ConfigurationError(
                f"{_DOCUMENT}: {route.method} {route.path} is answered by {route.module}, but "
                f"lambdas/api/{route.module}.py defines no `handler`: add it, or correct the operationId"
            )
    for module in sorted(modules - {route.module for route in routes}):
        raise ConfigurationError(
            f"lambdas/api/{module}.py defines a `handler`, but {_DOCUMENT} has no operation {module}: generate the "
            "document anew, or remove the module"
        )
    return routes


def model_files(workflows: list[Workflow], root: Path) -> list[Path]:
    """What the API's asset holds of each workflow: models.py, and the modules of its package that this imports."""
    return [file for workflow in workflows for file in sorted(_imported(root / "lambdas" / workflow.package, "models"))]


def _imported(package: Path, module: str, known: frozenset[Path] = frozenset()) -> frozenset[Path]:
    file = package / f"{module}.py"
    if file in known or not file.is_file():
        return known
    known |= {file} | {path for path in [package / "__init__.py"] if path.is_file()}
    for name in _own_modules(file, package.name):
        known = _imported(package, name, known)
    return known


def _own_modules(file: Path, package: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        match node:
            case ast.ImportFrom(module=str(module)) if module == package:
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str(module)) if module.startswith(f"{package}."):
                yield module.removeprefix(f"{package}.")
            case ast.Import(names=names):
                yield from (name.name.removeprefix(f"{package}.") for name in names if name.name.startswith(package))
