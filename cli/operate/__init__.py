"""Commands with which a running system is looked after."""
