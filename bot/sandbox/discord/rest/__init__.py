"""The REST side: one module a family of routes, and the one entrance that all calls go through."""
