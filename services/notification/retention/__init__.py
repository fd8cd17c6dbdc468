"""What is known of the people of a case is stripped here, too, once isolation says that it is."""
