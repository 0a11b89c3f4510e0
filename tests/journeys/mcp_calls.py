"""Calls of an MCP server's tools, run by the Python that the server is installed for.

Arguments: the server's command. A line of JSON on standard input is a tool's name and arguments;
the line that answers says whether it failed, and what it said.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TextIO

from mcp import ClientSession, StdioServerParameters  # type: ignore[import-not-found]
from mcp.client.stdio import stdio_client  # type: ignore[import-not-found]


async def main(nowhere: TextIO) -> None:
    """Answer until there is nothing more to call."""
    server = StdioServerParameters(command=sys.argv[1], args=[], env=dict(os.environ))
    async with (
        stdio_client(server, errlog=nowhere) as (reads, writes),
        ClientSession(reads, writes) as session,
    ):
        await session.initialize()
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, arguments = json.loads(line)
            answer = await session.call_tool(name, arguments)
            text = "".join(getattr(part, "text", "") for part in answer.content)
            print(json.dumps(text), flush=True)


with Path(os.devnull).open("w") as nowhere:
    asyncio.run(main(nowhere))
