"""Risk: the published lists, and how risky an arrival's stops were."""
