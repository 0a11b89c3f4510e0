"""AWS Config: what there is, and how it came to be so."""
