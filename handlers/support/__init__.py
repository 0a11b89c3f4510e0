"""AWS Support: the checks of Trusted Advisor, and cases."""
