"""Cases that another district is asked to take over: who was asked, and what came of it."""
