"""Pages for people: what all of them share. They are whole without JavaScript."""
