"""SQS: queues and their messages."""
