"""The flags screen."""
