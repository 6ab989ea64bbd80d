"""The ledger screen."""
