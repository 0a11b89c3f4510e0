"""The database: embedded or external PostgreSQL, its pool, its transactions, its migrations."""
