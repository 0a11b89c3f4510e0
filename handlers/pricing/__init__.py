"""AWS Price List: what everything costs, asked product by product."""
