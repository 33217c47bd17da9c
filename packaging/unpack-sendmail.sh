#!/bin/sh
# Unpacks Debian's Sendmail into DIRECTORY, for trying things out: packaging/unpack-sendmail.sh build/sendmail
# The packages cannot be installed beside Postfix, so they are only fetched with apt-get and unpacked; nothing outside
# DIRECTORY is touched, and nothing is started. Needs no root. What is there already is kept.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DIRECTORY" >&2; exit 2; }
mkdir -p "$1"
directory=$(cd "$1" && pwd)
[ ! -e "$directory/complete" ] || exit 0

# Sendmail, its m4 files, m4 itself, and the libraries that a Debian with Postfix may lack.
packages="sendmail-bin sendmail-cf m4 libdb5.3 libldap-2.5-0 liblockfile1 libnsl2 libsasl2-2 libwrap0"
archives=$(mktemp -d)
trap 'rm -rf "$archives"' EXIT
chmod 755 "$archives"
# shellcheck disable=SC2086 # a list of words
fetch() { (cd "$archives" && apt-get download -q $packages); }
fetch || { [ "$(id -u)" -eq 0 ] && apt-get update -q && fetch; } || {
  echo "cannot fetch Debian's Sendmail packages; is there a network?" >&2
  exit 1
}
for archive in "$archives"/*.deb; do
  dpkg-deb -x "$archive" "$directory"
done
# The dynamic linker ignores LD_LIBRARY_PATH for a set-group-id program, and this one needs no rights over a queue.
chmod g-s "$directory/usr/libexec/sendmail/sendmail"
touch "$directory/complete"
