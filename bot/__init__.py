"""imagebot: a Discord bot that makes and edits pictures with EvoLink's Nano Banana 2."""
