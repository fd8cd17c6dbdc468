"""The end of a case: what holds somebody, the proposal, and the decision of an officer."""
