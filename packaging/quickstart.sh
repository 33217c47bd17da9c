#!/bin/sh
# Shows pams-milter at work on this machine, and leaves nothing running behind.
#   packaging/quickstart.sh        (Debian 12, as root)
# Installs what it needs, builds, starts a Postfix of its own, the milter, the relay and a TLS smart host on loopback, sends
# flagged and ordinary mail, and tells what arrived where, and what can be read while it waits. An /etc/postfix that is there
# is neither read nor changed; a machine without Postfix gets one that is for itself alone (install-packages.sh).
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
  echo "Please run this as root: Postfix starts its services as root." >&2
  exit 1
fi

echo "1. Packages"
packaging/install-packages.sh build gateway

echo "2. Build (the first time takes some minutes)"
cmake --preset release -DBUILD_TESTING=OFF > /dev/null
cmake --build --preset release

echo
exec python3 packaging/quickstart.py --bin build/release/bin
