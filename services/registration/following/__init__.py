"""Following an arrival to the end: what people say who went to the door or phoned."""
