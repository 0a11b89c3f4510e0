"""What a server process has answered, counted for health and Prometheus."""

import bisect
from collections import Counter
from collections.abc import Iterator

# Upper bounds of the latency histogram, in seconds.
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Counters:
    """Counts since the process started: nothing here is kept or shared."""

    def __init__(self) -> None:
        self.served: Counter[tuple[str, str]] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        self.not_emulated: Counter[tuple[str, str]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._seconds: Counter[str] = Counter()

    def answer(self, service: str, operation: str, code: str, seconds: float) -> None:
        """Count one answer; `code` is empty for a success."""
        if code:
            self.refused[service, code] += 1
            if code.startswith("NotImplemented"):
                self.not_emulated[service, operation] += 1
        else:
            self.served[service, operation] += 1
        buckets = self._buckets.get(service)
        if buckets is None:
            buckets = self._buckets[service] = [0] * (len(BOUNDS) + 1)
        buckets[bisect.bisect_left(BOUNDS, seconds)] += 1
        self._seconds[service] += seconds  # type: ignore[assignment]

    @property
    def answers(self) -> int:
        """How many answers there were."""
        return sum(map(sum, self._buckets.values()))

    def prometheus(self) -> Iterator[str]:
        """The lines of a Prometheus text exposition."""
        yield "# HELP driftcloud_requests_total AWS calls answered."
        yield "# TYPE driftcloud_requests_total counter"
        for (service, name), count in sorted(self.served.items()):
            yield f'driftcloud_requests_total{{service="{service}",operation="{name}"}} {count}'
        yield "# HELP driftcloud_refusals_total AWS calls refused, by error code."
        yield "# TYPE driftcloud_refusals_total counter"
        for (service, code), count in sorted(self.refused.items()):
            yield f'driftcloud_refusals_total{{service="{service}",code="{_label(code)}"}} {count}'
        yield "# HELP driftcloud_request_seconds How long answers took."
        yield "# TYPE driftcloud_request_seconds histogram"
        for service, buckets in sorted(self._buckets.items()):
            name, label, total = "driftcloud_request_seconds", f'service="{service}"', 0
            for bound, count in zip((*BOUNDS, "+Inf"), buckets, strict=True):
                total += count
                yield f'{name}_bucket{{{label},le="{bound}"}} {total}'
            yield f"{name}_sum{{{label}}} {self._seconds[service]:.6f}"
            yield f"{name}_count{{{label}}} {total}"


def _label(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum() or letter in "._-")[:64]
