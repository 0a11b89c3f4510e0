"""AWS CloudTrail: who called what, and where it is written down."""
