"""The people of a household, told apart: see `field/telling_apart.py`, which doors use, too."""

from field.telling_apart import Label, Someone, tell_apart

__all__ = ["Label", "Someone", "tell_apart"]
