"""Rollback, and whatever else needs other people's approval: plan, request, approval, execution."""
