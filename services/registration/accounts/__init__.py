"""Accounts: what publishers say they have sent, held against what arrived."""
