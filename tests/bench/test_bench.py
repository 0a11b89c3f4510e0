"""The benchmark's machinery: that all of it runs. What it measures is no test's business."""

import pytest

from tests.bench import __main__ as bench
from tests.bench import writing
from tests.bench.table import Line


def test_the_whole_machinery_runs(capsys: pytest.CaptureFixture[str]) -> None:
    only = "bare,growth,metrics,memory,start"
    assert bench.main(["--tiny", "--moto", "off", "--only", only]) == 0
    out = capsys.readouterr().out
    for title in ("beside bare things", "CPU per request", "policy engine", "memory", "start-up"):
        assert title in out
    assert "FAILED" not in out


def test_hand_written_lists_have_the_same_bytes() -> None:
    assert [line.what.partition(":")[0] for line in writing.lines(1)] == ["ec2", "query", "json"]


def test_goals_are_read_both_ways() -> None:
    assert Line("x", 2.0, "≥2").met
    assert not Line("x", 2.1, "≤2").met
    assert Line("x", 2.0, "").met is None
