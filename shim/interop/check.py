"""Drives pai-mcp with the official Python SDK.

Usage: check.py <pai-mcp> <paictl> legacy|auto

Needs a daemon in the environment (PAI_SOCKET and so on). Prints a line per check and
"N passed, M failed"; exits 1 when a check failed. Works with the 1.x and the 2.x SDK: 1.x knows
"legacy" only.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.metadata import version

import anyio
import mcp
from mcp import StdioServerParameters

PROGRAM, PAICTL, MODE = sys.argv[1:]
SDK = version("mcp")
FIRST = SDK.startswith("1.")
LIMIT = 45
TOOLS = [
    "pai_config", "pai_job_get", "pai_job_list", "pai_job_logs", "pai_job_stop", "pai_job_submit",
    "pai_job_wait", "pai_whoami",
]

passed = failed = 0


def check(what, holds, detail=""):
    global passed, failed
    passed, failed = (passed + 1, failed) if holds else (passed, failed + 1)
    line = f"{'ok  ' if holds else 'FAIL'} python {SDK} {MODE}: {what}"
    print(line if holds else f"{line}: {detail}", flush=True)


class Result:
    """A tool's result, in the words of neither SDK."""

    def __init__(self, result):
        self.is_error = result.isError if FIRST else result.is_error
        self.record = result.structuredContent if FIRST else result.structured_content
        self.text = result.content[0].text


class Peer:
    """A connected client of either SDK."""

    def __init__(self, client, protocol, instructions):
        self.client = client
        self.protocol = protocol
        self.instructions = instructions

    async def tools(self):
        return (await self.client.list_tools()).tools

    async def call(self, tool, arguments, seconds=LIMIT, progress=None):
        timeout = timedelta(seconds=seconds) if FIRST else seconds
        return Result(
            await self.client.call_tool(
                tool, arguments, read_timeout_seconds=timeout, progress_callback=progress
            )
        )

    async def give_up(self, tool, arguments):
        """Begins a call and cancels it. The 1.x SDK leaves the saying of it to us."""
        try:
            await self.call(tool, arguments, seconds=0.5)
            return False
        except Exception:
            if FIRST:
                number = self.client._request_id - 1
                params = mcp.types.CancelledNotificationParams(requestId=number)
                note = mcp.types.CancelledNotification(
                    method="notifications/cancelled", params=params
                )
                await self.client.send_notification(mcp.types.ClientNotification(note))
            return True


@asynccontextmanager
async def connected():
    server = StdioServerParameters(command=PROGRAM, env=dict(os.environ))
    if FIRST:
        async with mcp.stdio_client(server) as (read, write):
            async with mcp.ClientSession(read, write) as session:
                hello = await session.initialize()
                yield Peer(session, hello.protocolVersion, hello.instructions)
    else:
        async with mcp.Client(server, mode=MODE) as client:
            yield Peer(client, client.protocol_version, client.instructions)


def waiters():
    """How many waits the daemon knows of for our jobs."""
    said = subprocess.run(
        [PAICTL, "daemon", "status", "--json"], capture_output=True, text=True, check=True
    )
    return json.loads(said.stdout)["contexts"][0]["waiters"]


async def until(holds):
    """Looks at a foreign thing until it is so."""
    with anyio.move_on_after(LIMIT):
        while not holds():
            await anyio.sleep(0.05)
        return True
    return False


async def converse(peer):
    newest = "2026-07-28" if MODE == "auto" else "2025-11-25"
    check("the version is the newest of both", peer.protocol == newest, peer.protocol)
    check("there are instructions", bool(peer.instructions))
    tools = await peer.tools()
    check("the tools are listed", [tool.name for tool in tools] == TOOLS, tools)
    check("every tool has annotations", all(tool.annotations for tool in tools))

    config = await peer.call("pai_config", {})
    check("the settings are told", config.record["prefix"] == "interop", config.text)
    who = await peer.call("pai_whoami", {})
    check("whose key it is is told", bool(who.record["account_id"]), who.text)

    # Every session means a job of its own; equal submits would be joined.
    arguments = {"name": "short", "command": "echo first; sleep 1; echo last", "another": True}
    submitted = await peer.call("pai_job_submit", arguments)
    job_id = submitted.record["job_id"]
    check("a job is submitted", job_id.startswith("dlc"), submitted.text)
    told = []

    async def progress(number, total, message):
        told.append((number, message))

    waited = await peer.call("pai_job_wait", {"job_ids": [job_id]}, progress=progress)
    job = waited.record["jobs"][0]
    check("the wait tells the result", job.get("result") == "succeeded", waited.text)
    check("both forms say the same", json.loads(waited.text) == waited.record, waited.text)
    numbers = [number for number, _ in told]
    check("progress grows", numbers and numbers == sorted(set(numbers)), told)
    check("progress tells the changes", any("Running" in said for _, said in told), told)

    log = await peer.call("pai_job_logs", {"job_id": job_id})
    check("the log is text", log.record is None and log.text.endswith("\nfirst\nlast"), log.text)
    got = await peer.call("pai_job_get", {"job_id": job_id})
    check("the job is told", got.record["command"] == arguments["command"], got.text)
    listed = await peer.call("pai_job_list", {})
    ids = [row["job_id"] for row in listed.record["jobs"]]
    check("the job is listed", job_id in ids, listed.text)

    unknown = await peer.call("pai_job_get", {"job_id": "dlc0nosuchjob"})
    check("a refusal is a result", unknown.is_error and "dlc0nosuchjob" in unknown.text, unknown.text)
    wrong = await peer.call("pai_job_get", {"id": job_id})
    check("a wrong argument is a result", wrong.is_error and "`job_id`" in wrong.text, wrong.text)


async def endings():
    async with connected() as peer:
        submitted = await peer.call("pai_job_submit", {"name": "long", "command": "sleep 1000", "another": True})
        job_id = submitted.record["job_id"]
        running = await peer.call("pai_job_wait", {"job_ids": [job_id], "until": "running"})
        check("a wait for running ends before the job", running.record["met"], running.text)
        check("a call is cancelled", await peer.give_up("pai_job_wait", {"job_ids": [job_id]}))
        got = await peer.call("pai_job_get", {"job_id": job_id})
        check("a cancelled wait leaves the job alone", got.record["status"] == "Running", got.text)

    took = None
    async with anyio.create_task_group() as group:
        heard = anyio.Event()

        async def progress(number, total, message):
            heard.set()

        async def waiting(peer):
            try:
                await peer.call("pai_job_wait", {"job_ids": [job_id]}, progress=progress)
            except Exception:
                pass  # It is to be cut off.

        async with connected() as peer:
            group.start_soon(waiting, peer)
            with anyio.fail_after(LIMIT):
                await heard.wait()
            begin = time.monotonic()
        took = time.monotonic() - begin
        group.cancel_scope.cancel()
    check("closing in the middle of a wait takes less than a second", took < 1, f"{took:.2f} s")

    async with connected() as peer:
        got = await peer.call("pai_job_get", {"job_id": job_id})
        check("the end of a client leaves the job alone", got.record["status"] == "Running", got.text)
        stopped = await peer.call("pai_job_stop", {"job_id": job_id})
        check("a job is stopped", stopped.record["outcome"] == "requested", stopped.text)
        waited = await peer.call("pai_job_wait", {"job_ids": [job_id]})
        result = waited.record["jobs"][0].get("result")
        check("the wait tells that it was stopped", result == "stopped", waited.text)


async def main():
    async with connected() as peer:
        await converse(peer)
    await endings()
    check("no wait is left at the daemon", await until(lambda: waiters() == 0))
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(anyio.run(main))
