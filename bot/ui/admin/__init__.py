"""What administrators see and press under /admin, but for the panel of settings."""
