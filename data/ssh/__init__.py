"""Signatures with the SSH keys that people have already, through OpenSSH's own ssh-keygen."""
