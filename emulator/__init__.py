"""The machine: what is true of every AWS service, and of none in particular."""
