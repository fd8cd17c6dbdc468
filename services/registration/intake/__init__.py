"""Intake: reports are received, corrected or refused, and their source is answered."""
