"""The `doorstep` command: one file a command, in groups. The work is done in `operations`."""
