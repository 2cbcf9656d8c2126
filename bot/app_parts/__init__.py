"""The parts of the house, each joined from its own pieces; `app` knows their order."""
