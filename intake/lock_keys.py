"""Classes of PostgreSQL's advisory locks that imports take; nothing is imported here, so that a backup can take one."""

KIND = 0x5649_0002  # the second key says which
FILES = 0x5649_0004  # shared by those who bring or read received files, held alone by who removes some
