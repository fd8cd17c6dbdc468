"""Reports: what sources say of an arrival, the checks, and the reports as they are kept."""
