"""Recommendations: what an account could do without, or have smaller, and what that saves.

One module per kind of resource finds what there is to say, with one SQL statement each; all APIs
that recommend (Compute Optimizer, Cost Optimization Hub, Trusted Advisor, Cost Explorer) show
these findings, so that they never contradict one another.

Use is judged by metrics_daily over the look-back: of the days only on which the resource was what
it is now, so that a resize starts the observation anew. Savings are USD a month, of 730 hours or
30 days, as the resource is billed: the row's own cost less the price of what is recommended.
After discounts only that share is saved which the newest day's bill charged at all: what
commitments covered goes on being paid.
"""
