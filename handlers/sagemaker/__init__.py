"""Amazon SageMaker AI."""
