"""The single gateway: one signed JSON endpoint for platforms that want no SDK."""
