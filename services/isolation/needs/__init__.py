"""Needs: what a household that stays in asks for, by when it is met, and what came of it."""
