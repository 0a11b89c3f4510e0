"""Noise is the same in the database and in Python."""

import asyncpg
from hypothesis import given
from hypothesis import strategies as st

from drift.noise import hexadecimal, noise, text_hash

TEXTS = [
    "",
    "a",
    "i-0123456789abcdef0",
    "i-0123456789abcdef0/cpu",
    "é" * 30,
    "x" * 11,
    "y" * 12,
    "z" * 13,
]
SEEDS = [0, 1, -1, 42, 2**63 - 1, -(2**63), 123456789012345678]


async def test_the_hash_is_postgresqls(owner: asyncpg.Connection) -> None:
    for text in TEXTS:
        for seed in SEEDS:
            assert text_hash(text, seed) == await owner.fetchval(
                "SELECT hashtextextended($1, $2)", text, seed
            ), (text, seed)


async def test_noise_is_the_database_functions(owner: asyncpg.Connection) -> None:
    for seed in SEEDS:
        assert noise(seed, "vol-1", "/w") == await owner.fetchval(
            "SELECT driftcloud_noise($1, 'vol-1', '/w')", seed
        )


async def test_noise_is_spread_evenly(owner: asyncpg.Connection) -> None:
    row = await owner.fetchrow(
        """SELECT min(u), max(u), avg(u), stddev(u) FROM (
           SELECT driftcloud_noise(7, 'i-' || i, '/cpu') AS u FROM generate_series(1, 20000) i) x"""
    )
    assert 0 <= row["min"] < 0.01
    assert 0.99 < row["max"] < 1
    assert abs(row["avg"] - 0.5) < 0.01
    assert abs(row["stddev"] - 0.2887) < 0.01


@given(st.text(), st.integers(-(2**63), 2**63 - 1))
def test_noise_is_in_range_and_ids_look_like_awss(text: str, seed: int) -> None:
    assert 0 <= noise(seed, text, "/x") < 1
    assert len(hexadecimal(seed, text)) == 17
    assert set(hexadecimal(seed, text)) <= set("0123456789abcdef")


async def test_the_walk_stays_in_bounds_over_three_thousand_days(owner: asyncpg.Connection) -> None:
    row = await owner.fetchrow(
        """WITH RECURSIVE days AS (
             SELECT 0 AS day, env, 1::float8 AS w, 1::float8 AS before FROM unnest(ARRAY[1.0, 1.02]) env
             UNION ALL
             SELECT day + 1, env, driftcloud_walk(w, driftcloud_noise(day, 'i-1', '/w'), env::float8, 1), w
               FROM days WHERE day < 3000)
           SELECT min(w), max(w), avg(w), min(w / before), max(w / before) AS step_up FROM days"""
    )
    assert row[0] >= 0.8
    assert row[1] <= 1.25
    assert abs(row[2] - 1.01) < 0.02
    assert row[3] >= 0.97 - 1e-9
    assert row[4] <= 1.05 + 1e-9
