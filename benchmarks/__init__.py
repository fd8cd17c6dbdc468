"""Doorstep's pipeline measured beside its peers. Start with README.md; run with `make bench`."""
