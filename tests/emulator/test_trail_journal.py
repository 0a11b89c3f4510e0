"""The trail's journal: what a killed process leaves is read once, whole lines only."""

import subprocess
import sys
from pathlib import Path

from emulator.trail_journal import Journal

# Writes two entries and half of a third one, and is killed.
KILLED = """
import os, signal, sys, uuid
from datetime import UTC, datetime
from pathlib import Path
from emulator.trail_journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(2):
    row = {"account_id": uuid.UUID(int=number), "event_id": uuid.UUID(int=7),
           "event_time": datetime(2026, 5, 4, tzinfo=UTC), "event_name": f"Call{number}"}
    journal.note(row, 60.0)
os.write(journal._file, b'[0.0, {"account_id": ')
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_handed_over(tmp_path: Path) -> None:
    folder = tmp_path / "trail"
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False, timeout=60)
    assert done.returncode == -9
    mine, other = Journal(folder), Journal(folder)
    try:
        [left] = mine.left()
        # held by one, it is nobody else's; and of a living process nobody takes any
        assert list(other.left()) == []
        entries = left.entries()
        assert [row["event_name"] for _, row in entries] == ["Call0", "Call1"]
        assert {shift for shift, _ in entries} == {60.0}
        left.done()
        left.close()
        assert list(mine.left()) == []
    finally:
        mine.close()
        other.close()
    assert list(folder.iterdir()) == []
