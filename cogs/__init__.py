"""What Discord offers people: thin translators between a command and the bot's services."""
