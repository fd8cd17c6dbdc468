"""The language between the services: the envelope, the events and the documents made from them."""
