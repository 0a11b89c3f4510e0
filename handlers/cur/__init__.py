"""AWS Cost and Usage Reports: the bill in files, as it was delivered before data exports."""
