"""Lambda: functions and what belongs to them."""
