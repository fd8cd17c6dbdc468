"""Days in the field: simulated residents, workers, officers and a laboratory say what they did."""
