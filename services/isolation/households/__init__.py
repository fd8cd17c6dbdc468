"""What a household sees of itself on its page, and how the page is found by its link."""
