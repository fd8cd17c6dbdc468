"""Pages for officers: the board, lists with filters and figures, a case, bulk acts, the staff."""
