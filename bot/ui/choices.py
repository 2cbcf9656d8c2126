"""What Discord offers a person to choose from, named so that it is understood."""

from discord.app_commands import Choice

from bot.ui import texts

SIZE_CHOICES = [Choice(name=name, value=str(size)) for size, name in texts.SIZE_NAMES.items()]
QUALITY_CHOICES = [Choice(name=name, value=str(quality)) for quality, name in texts.QUALITY_NAMES.items()]
THINKING_CHOICES = [Choice(name=name, value=str(thinking)) for thinking, name in texts.THINKING_NAMES.items()]
