"""`make upgrade`: a compose deployment of an earlier version becomes one of this version."""
