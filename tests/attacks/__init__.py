"""The threat table of approvals and of the ledger they stand in: each row is refused, or found and said."""
