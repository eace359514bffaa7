"""How often one address may ask for something. Pure; times are seconds of any steady clock."""

_MOST_ADDRESSES = 1000
"""Addresses that are remembered; set by hand."""


class RequestBudget:
    """A token bucket for each address: `burst` requests at once, then `per_s` a second."""

    def __init__(self, burst: float, per_s: float) -> None:
        self._burst = burst
        self._per_s = per_s
        self._left: dict[str, tuple[float, float]] = {}
        """What is left, and when that was so."""

    def has_any(self, address: str, now_s: float) -> bool:
        """Return whether `address` has a request left; takes none."""
        return self._left_at(address, now_s) >= 1

    def take(self, address: str, now_s: float) -> bool:
        """Return whether `address` has a request left, and take it."""
        left = self._left_at(address, now_s)
        # Inserted anew, so that the first entry is the address that asked longest ago.
        self._left.pop(address, None)
        if len(self._left) >= _MOST_ADDRESSES:
            del self._left[next(iter(self._left))]
        self._left[address] = max(0.0, left - 1), now_s
        return left >= 1

    def _left_at(self, address: str, now_s: float) -> float:
        left, then_s = self._left.get(address, (self._burst, now_s))
        return min(self._burst, left + (now_s - then_s) * self._per_s)
