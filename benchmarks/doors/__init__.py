"""How long people wait at the doors while arrivals come in, and how much the doors take."""
