"""The link of a household: a token by which its people reach their page, in their text messages."""
