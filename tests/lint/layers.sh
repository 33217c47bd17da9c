#!/bin/sh
# Fails when a file includes a directory, or a third-party header, that layers.txt does not allow its own directory.
cd "$(dirname "$0")/../.." && awk '
  FILENAME ~ /layers.txt$/ { if ($1 !~ /^#/) for (i = 2; i <= NF; i++) ok[$1, $i] = 1; next }
  FNR == 1 { split(FILENAME, p, "/"); layer = p[1] "/" p[2] }
  /^#include "/ { split($2, q, /["\/]/); dep = q[2] "/" q[3]
    if (dep != layer && !ok[layer, dep] && !ok[layer, q[2]]) { print FILENAME ":" FNR ": " layer " may not include " dep; bad = 1 } }
  /^#include <.*\.h(pp)?>/ && !/<(sys\/|netinet\/|arpa\/|unistd|fcntl|pwd|grp|spawn|signal|poll|dirent|fnmatch|glob|netdb|resolv|iconv)/ {
    if (!ok[layer, $2]) { print FILENAME ":" FNR ": " layer " may not include " $2; bad = 1 } }
  END { exit bad }' tests/lint/layers.txt $(find rules milter -name '*.[ch]pp')
