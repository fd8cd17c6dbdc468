"""How things of the field are shown to people, and how what people type is read. Pure."""
