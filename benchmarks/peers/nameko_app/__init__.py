"""Three nameko services in the manner of the nameko-examples repository, run by the nameko command."""
