#!/bin/sh
# Fails where a word stands that this project does not use: "fix" and "listener" are the words.
cd "$(dirname "$0")/../.." || exit 1
if git grep -niE '\b(m[e]nd(s|ed)?|d[o]ors?)\b' -- milter rules tests packaging README.md; then
  echo "FAIL words: write fix, listener"
  exit 1
fi
