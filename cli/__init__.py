"""The `doorstep` command. A module here imports what is slow inside its functions, so that help is quick."""
