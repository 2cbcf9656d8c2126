"""Who may make how many pictures: rules and usage, and the pure decision that joins them."""
