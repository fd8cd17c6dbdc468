"""Commands about arrivals: handing them in, making up a day of them, following one of them."""
