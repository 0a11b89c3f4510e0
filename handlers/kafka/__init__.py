"""MSK: Kafka clusters, their operations and configurations."""
