"""Functions that tests of Lambda begin with."""

import io
import zipfile
from typing import Any

ROLE = "arn:aws:iam::{}:role/runner"


def package(text: str = "def handler(event, context): ...") -> bytes:
    """A deployment package, the same bytes for the same text."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py", (2026, 1, 1, 0, 0, 0)), text)
    return content.getvalue()


def create(lambdas: Any, cloud: Any, name: str = "ingest", **more: Any) -> dict[str, Any]:
    """A new function: Python with 512 MB, unless told otherwise."""
    asked = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Role": ROLE.format(cloud.account.number),
        "Handler": "index.handler",
        "Code": {"ZipFile": package()},
        "MemorySize": 512,
    }
    made: dict[str, Any] = lambdas.create_function(**asked | more)
    return made
