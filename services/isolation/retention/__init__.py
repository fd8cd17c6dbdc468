"""Some time after a case has ended, what is known of its people is stripped; what statistics need stays."""
