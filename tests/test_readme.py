"""The README's list of what is served, held against the code and written by `make served`."""

import re
import sys
from pathlib import Path

from emulator import api, operations

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(r"(<!-- served: [^>]*-->\n).*?(<!-- /served -->)", re.S)


def served() -> str:
    """The list, as Markdown: services at a glance, and every operation below a fold."""
    every = operations.served()
    titles = {name: f"{api.service(name).service_id} (`{name}`)" for name in every}
    total = sum(len(names) for names in every.values())
    glance = ", ".join(f"{titles[name]} {len(names)}" for name, names in every.items())
    lines = [
        f"{total:,} operations of {len(every)} services: {glance}.",
        "",
        "<details><summary>Every operation</summary>",
        "",
        "| service | operations |",
        "|---|---|",
        *(f"| {titles[name]} | {', '.join(names)} |" for name, names in every.items()),
        "",
        "</details>",
    ]
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
