"""Registration: who came, from where, how risky, and to whose doorstep."""
