"""How long one publisher's report waits while another one floods: `python -m benchmarks.stranger`."""
