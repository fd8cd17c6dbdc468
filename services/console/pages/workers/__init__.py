"""Pages of those who go from door to door, and the page by which their phones are let in."""
