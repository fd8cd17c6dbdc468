"""Acts that phones kept while they reached nobody: opened; kept for an officer where they were not done."""
