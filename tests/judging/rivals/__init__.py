"""Our own implementations of the judges that ours is compared with."""
