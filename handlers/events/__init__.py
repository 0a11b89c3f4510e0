"""EventBridge: buses, rules, targets, and the events themselves."""
