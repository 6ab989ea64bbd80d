"""Evidence that may be watched: e-processes over many lanes (a metric of a release, a cell of it) at once.

Arrays are ``[polls, lanes, …]``. A block of polls is worked through at a time, and what is carried from block
to block has a size of its own: one poll costs the same on the first day and on the tenth. Everything at
poll ``t`` depends on polls up to ``t`` only. Logarithms are natural; people are shown log10.

An *e-process* is a wealth that starts at 1 and that, were the null hypothesis true, nobody could expect to be
above 1 whenever they stop to look. So it passes ``1/alpha`` with a probability of at most ``alpha`` over all
looks together (Ville 1939).
"""
