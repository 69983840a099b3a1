"""How people run it: command line, supervisor, embedded broker, feed, audit, contract."""
