"""What the flows stand on: a private Postfix, the milter, a TLS smart host and the normal route, all on loopback."""
