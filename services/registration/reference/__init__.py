"""Reference data: how tables are imported, and how replicas notice a change."""
