"""The page of a household, by the link in its text messages: no script, no log-in, for old phones."""
