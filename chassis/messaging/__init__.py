"""The one way to consume, the one way to publish, and the handling of failures of both."""
