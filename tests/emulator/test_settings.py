"""Settings: flags over variables over defaults, and what no server could run with."""

from dataclasses import fields
from pathlib import Path

import pytest

from emulator.settings import PREFIX, Settings, default_data_dir

GIVEN = {
    "host": ("0.0.0.0", "0.0.0.0"),
    "port": ("4600", 4600),
    "data_dir": ("/tmp/x", Path("/tmp/x")),
    "database_url": ("postgresql://h/d", "postgresql://h/d"),
    "workers": ("3", 3),
    "estate": ("small", "small"),
    "seed": ("7", 7),
    "days": ("60", 60),
    "drift_interval": ("1.5", "1.5"),
    "durable": ("yes", True),
    "transition_seconds": ("0.25", 0.25),
    "clock": ("virtual", "virtual"),
    "allowed_hosts": ("a.example, b.example", "a.example, b.example"),
    "log_level": ("debug", "debug"),
    "pool_size": ("4", 4),
}


def test_every_setting_has_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(GIVEN) == {one.name for one in fields(Settings)}
    for name, (text, value) in GIVEN.items():
        with monkeypatch.context() as patched:
            patched.setenv(PREFIX + name.upper(), text)
            assert getattr(Settings.from_environment(), name) == value


def test_a_flag_wins_over_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTCLOUD_PORT", "4600")
    assert Settings.from_environment(port="4700").port == 4700
    assert Settings.from_environment(port=None).port == 4600
    monkeypatch.setenv("DRIFTCLOUD_PORT", "")
    assert Settings.from_environment().port == 4566


def test_a_user_without_a_home_has_settings_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", unknown)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert Settings().data_dir.name == "driftcloud"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("port", "http", "DRIFTCLOUD_PORT"),
        ("port", 70000, "0 to 65535"),
        ("workers", 0, "1 to 256"),
        ("pool_size", 0, "1 to 1000"),
        ("transition_seconds", "nan", "0 to 86400"),
        ("transition_seconds", -1, "0 to 86400"),
        ("clock", "broken", "shifted or virtual"),
        ("log_level", "loud", "debug, info"),
        ("drift_interval", "often", "or off"),
        ("drift_interval", "-5", "or off"),
        ("drift_interval", "nan", "or off"),
        ("drift_interval", "inf", "or off"),
    ],
)
def test_what_no_server_could_run_with_is_explained(name: str, value: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Settings.from_environment(**{name: value})


def test_readings_of_settings() -> None:
    assert Settings(drift_interval="off").drift_seconds is None
    assert Settings(drift_interval=" OFF ").drift_seconds is None
    assert Settings(drift_interval="0").drift_seconds is None
    assert Settings(drift_interval="300").drift_seconds == 300
    assert Settings(allowed_hosts=" a , ,b").hosts == ("a", "b")
    assert Settings().embedded
    assert not Settings(database_url="postgresql://x").embedded


def test_the_data_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", "/home/u/data")
    assert default_data_dir() == Path("/home/u/data/driftcloud")
