"""The overview: release, flags touched, approvals waiting and incident, side by side where there is room."""
