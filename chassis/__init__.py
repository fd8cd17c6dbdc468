"""Every service stands on the chassis, which knows nothing about epidemics."""
