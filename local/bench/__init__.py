"""What `make bench` measures: sessions against bare Lambdas, first invocations, writes, and the commands' own time."""
