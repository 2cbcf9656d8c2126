"""What people see: words, cards and buttons. Pure: no I/O, no clock, nothing of the store or the provider."""
