"""The image provider, EvoLink: its API, its file service, its errors. Never Discord, never the store."""
