"""What is known of somebody whose case is stripped is stripped here, too, also from the raw reports."""
