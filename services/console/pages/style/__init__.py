"""`/style`: every part of the pages in every state, to look at and to test. It shows nobody's data."""
