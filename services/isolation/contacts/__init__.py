"""How a household is reached and helped: contact persons, proxies, help marks, language, when to ring."""
