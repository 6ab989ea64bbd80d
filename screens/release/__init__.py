"""The release screen."""
