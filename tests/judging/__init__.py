"""The measuring side of the canary's judge: simulated streams, the judges beside it, and the proofs."""
