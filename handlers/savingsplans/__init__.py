"""Savings Plans: an amount committed to for each hour, at lower prices for what it covers."""
