"""Certificates of release: the paper, and the page that anybody checks one with."""
