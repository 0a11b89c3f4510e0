"""The README's list of what is served, held against the code and written by `make served`."""

import re
import sys
from pathlib import Path

from emulator import api, operations

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(r"(<!-- served: [^>]*-->\n).*?(<!-- /served -->)", re.S)


def served() -> str:
    """The list, as Markdown."""
    lines = ["| service | operations |", "|---|---|"]
    for name, names in operations.served().items():
        title = api.service(name).service_id
        lines.append(f"| **{title}** (`{name}`), {len(names)} | {', '.join(names)} |")
    return "\n".join(lines) + "\n"


def write() -> None:
    """Put the list into the README."""
    text = README.read_text()
    README.write_text(BLOCK.sub(lambda found: found[1] + served() + found[2], text))


def test_the_readme_lists_what_is_served() -> None:
    found = BLOCK.search(README.read_text())
    assert found is not None
    assert found[0] == found[1] + served() + found[2], "run `make served`"


if __name__ == "__main__":
    write()
    sys.exit(0)
