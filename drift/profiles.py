"""What kinds of use a machine is put to, and the SQL fragments that every day shares.

A resource's profile and its levels in absolute units (busy vCPUs, GiB) are kept in
`resource_profiles` from its first day on, so that a resize shows in its percentages. A generator
names the profile; whatever it leaves null is filled in here, from the row's own 7-day columns
where they are set, else from chance.

In the fragments `r` is the resource (id, env, type, …), `y` its metrics of yesterday, `p` its
profile and `c` the capacity of its type.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.statement import Statement

# profile, CPU % from … to, memory % from … to, network MB a day from … to
SHAPES = """(VALUES
    ('idle',          0.5,  2.5,  4.0, 12.0,     0.5,      4.0),
    ('light',        10.0, 28.0, 20.0, 38.0,   200.0,   4000.0),
    ('oversized',     8.0, 15.0, 12.0, 32.0,   300.0,   4000.0),
    ('steady',       32.0, 56.0, 42.0, 68.0,  1000.0,  15000.0),
    ('bursty',        3.2,  4.6, 25.0, 50.0,   300.0,   3000.0),
    ('batch',         3.2,  4.6, 20.0, 45.0,   500.0,   4000.0),
    ('memory_bound',  6.0, 15.0, 68.0, 84.0,   500.0,   8000.0),
    ('network_bound', 1.5,  4.0, 10.0, 30.0, 40000.0, 200000.0),
    ('gpu_busy',     12.0, 28.0, 40.0, 65.0,  2000.0,  20000.0),
    ('gpu_idle',      0.5,  2.5,  5.0, 15.0,     0.5,      4.0)
) AS s (profile, cpu_low, cpu_high, memory_low, memory_high, network_low, network_high)"""

SHAPED = """('idle', 'light', 'oversized', 'steady', 'bursty', 'batch', 'memory_bound',
    'network_bound', 'gpu_busy', 'gpu_idle')"""

# Profiles whose mean does not follow the working week.
FLAT = "('idle', 'gpu_idle', 'bursty', 'batch', 'network_bound')"

BUSY = "(CASE WHEN r.env = 'prod' THEN :busy_prod ELSE :busy END)"

_WALK = """driftcloud_walk(coalesce((y.metric_payload -> 'w')::float8, 1),
        driftcloud_noise(:seed, r.id, '/w'),
        CASE WHEN r.env = 'prod' THEN 1.02::float8 ELSE 1 END, :variance)"""

FRAGMENTS = {
    # today's cost factor of what is billed by the hour, and of what is billed by use
    "walk": f"CASE WHEN :exact THEN 1 ELSE {_WALK} END",
    "usage_walk": _WALK,
    # outside prod, weekends cost 0.7 to 0.85 of a weekday: for that day only, never fed back
    "weekend": """CASE WHEN NOT :weekend OR :exact OR r.env = 'prod' THEN 1
        ELSE 0.7 + 0.15 * driftcloud_noise(:seed, r.id, '/weekend') END""",
    "yesterday": """LEFT JOIN metrics_daily y ON y.account_id = :account AND y.resource_type = '{kind}'
        AND y.resource_id = r.id AND y.date = :date - 1""",
    "profile": """LEFT JOIN resource_profiles p ON p.account_id = :account
        AND p.resource_type = '{kind}' AND p.resource_id = r.id""",
    "capacity": """LEFT JOIN unnest(:types::text[], :vcpus::float8[], :memory::float8[])
        AS c (type, vcpus, memory_gib) ON c.type = r.type""",
    "busy": BUSY,
    # the working week, for profiles that follow it
    "rhythm": f"(CASE WHEN p.profile IN {FLAT} THEN 1 ELSE {BUSY} END)",
    "cpu": """least(97, greatest(0.05, 100 * p.load / (r.units * coalesce(c.vcpus, 2)) * {rhythm}
        * greatest(0.3, 1 + (driftcloud_noise(:seed, r.id, '/cpu') - 0.5) * 0.3 * :variance)))""",
    "used_memory": """least(97, greatest(0.5, 100 * p.memory_gib / ({holding} * coalesce(c.memory_gib, 8))
        * greatest(0.5, 1 + (driftcloud_noise(:seed, r.id, '/memory') - 0.5) * 0.1 * :variance)))""",
    # the machines over which the data is spread
    "holding": "r.units",
    # the day's highest minute: bursts and batches are busy for less than their mean tells
    "cpu_max": """greatest(cpu, CASE profile WHEN 'bursty' THEN 82 + 15 * peak
        WHEN 'batch' THEN 93 + 6 * peak WHEN 'idle' THEN least(4.8, cpu * 1.7)
        WHEN 'gpu_idle' THEN least(4.8, cpu * 1.7)
        ELSE least(99.9, cpu * (1.35 + 0.5 * peak)) END)""",
    # Up to the payload and the cost. In order of ids, and with keys that follow one another, rows
    # come to lie on the same pages of every index: a third of what random keys cost.
    "insert": """INSERT INTO metrics_daily (id, account_id, resource_type, resource_id, date,
        metric_payload, estimated_daily_cost)
SELECT ((SELECT driftcloud_row_keys(:account, :date, '{kind}'))
           || lpad(to_hex(row_number() OVER (ORDER BY d.id COLLATE "C")), 12, '0'))::uuid,
       :account, '{kind}', d.id, :date,""",
}  # fmt: skip

_FILL = """
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, load,
    memory_gib, network_mb, connections)
SELECT :account, '{kind}', r.id, r.chosen,
       coalesce(c.vcpus, 2) * r.units / 100 * CASE WHEN r.cpu_7d > 0 AND r.given IS NULL
           THEN r.cpu_7d ELSE s.cpu_low + (s.cpu_high - s.cpu_low) * driftcloud_noise(:world, r.id, '/load') END,
       coalesce(c.memory_gib, 8) * {holding} / 100 * CASE WHEN r.memory_7d > 0 AND r.given IS NULL
           THEN r.memory_7d ELSE s.memory_low + (s.memory_high - s.memory_low) * driftcloud_noise(:world, r.id, '/memory') END,
       s.network_low + (s.network_high - s.network_low) * driftcloud_noise(:world, r.id, '/network') ^ 2,
       CASE WHEN r.connections_7d > 0 AND r.given IS NULL THEN r.connections_7d
            WHEN r.chosen = 'idle' THEN 0
            ELSE 12 + 25 * s.cpu_high / 10 * driftcloud_noise(:world, r.id, '/connections') END
  FROM (SELECT x.*, p.profile AS given, coalesce(p.profile, CASE
               WHEN x.cpu_7d >= 20 THEN 'steady' WHEN x.cpu_7d >= 5 THEN 'oversized'
               WHEN x.cpu_7d > 0 THEN CASE WHEN x.has_gpu THEN 'gpu_idle' ELSE 'idle' END
               WHEN x.has_gpu THEN 'gpu_busy'
               WHEN x.env = 'prod' THEN CASE WHEN x.draw < 0.8 THEN 'steady' ELSE 'oversized' END
               WHEN x.draw < 0.55 THEN 'light' WHEN x.draw < 0.8 THEN 'oversized'
               WHEN x.draw < 0.93 THEN 'steady' ELSE 'idle' END) AS chosen
          FROM (SELECT r.*, driftcloud_noise(:world, r.id, '/profile') AS draw FROM ({source}) r) x
          LEFT JOIN resource_profiles p ON p.account_id = :account AND p.resource_type = '{kind}'
               AND p.resource_id = x.id
         WHERE p.load IS NULL OR p.memory_gib IS NULL) r
  JOIN {shapes} ON s.profile = CASE WHEN r.chosen IN {shaped} THEN r.chosen ELSE 'light' END
  {capacity}
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET
    load = coalesce(old.load, excluded.load),
    memory_gib = coalesce(old.memory_gib, excluded.memory_gib),
    network_mb = coalesce(old.network_mb, excluded.network_mb),
    connections = coalesce(old.connections, excluded.connections)
"""


def statement(sql: str, *, occasion: str = "", **fragments: str) -> Statement:
    """A statement of a day module: the shared fragments, and those of the module's own."""
    return Statement(sql, occasion=occasion, **{**FRAGMENTS, **fragments})


def unprofiled(kind: str, table: str, key: str, *levels: str) -> str:
    """The occasion of giving levels to what has none: rows of `table`, whose resource id is `key`."""
    unknown = " OR ".join(f"p.{level} IS NULL" for level in levels)
    return f"""EXISTS (SELECT FROM {table} r LEFT JOIN resource_profiles p ON p.account_id = :account
        AND p.resource_type = '{kind}' AND p.resource_id = r.{key}
  WHERE r.account_id = :account AND ({unknown}))"""


def fill(kind: str, source: str, *, occasion: str = "", **fragments: str) -> Statement:
    """The statement that gives every machine of `source` without one a profile and levels.

    `source` selects id, env, type, units (machines of that type), cpu_7d, memory_7d,
    connections_7d (0 where unknown) and has_gpu. `fragments` are the module's own.
    """
    given = {"kind": kind, "source": source, "shapes": SHAPES, "shaped": SHAPED, **fragments}
    return statement(_FILL, occasion=occasion, **given)
