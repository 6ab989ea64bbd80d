"""The metrics screen: every metric of the catalogue, both tracks, with plot and query of the marked one."""
