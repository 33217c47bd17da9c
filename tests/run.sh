#!/bin/bash
# Builds everything and runs every check and test: `tests/run.sh` on a fresh Debian 12 (as root: it installs packages,
# and Postfix in the flows needs it). PAMS_CORPUS=DIR adds a directory of messages, PAMS_HTML5LIB=DIR the tokenizer tests
# of html5lib (../shared/html5lib-tests/tokenizer, where that is there). Logs: build/logs/.
# The last line counts: "N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/.."
# Another checkout's objects are as good: ccache compares paths from here, and not the directory that debug info names.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
if [ -z "${PAMS_HTML5LIB:-}" ] && [ -d ../shared/html5lib-tests/tokenizer ]; then
  PAMS_HTML5LIB=$(realpath ../shared/html5lib-tests/tokenizer)
  export PAMS_HTML5LIB
fi
logs=$PWD/build/logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0

# step NAME COMMAND...: one check. Its own closing line "N passed, N failed, N skipped" is counted, else it counts as one.
step() {
  local name=$1 log=$logs/$1.log began=$SECONDS status counts
  shift
  printf '== %s\n' "$name"
  "$@" > "$log" 2>&1 < /dev/null
  status=$?
  counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
  if [ -z "$counts" ]; then
    [ $status -eq 0 ] && counts="1 passed, 0 failed" || counts="0 passed, 1 failed"
  elif [ $status -ne 0 ] && [[ $counts == *" 0 failed"* ]]; then
    counts="${counts/ 0 failed/ 1 failed}"
  fi
  add $counts
  [ $status -eq 0 ] || show_failure "$name" $status "$log"
  grep -E '^skip ' "$log"
  printf '   %s (%s s)\n' "$counts" $((SECONDS - began))
  return $status
}

# What failed comes first: whoever reads this may see only a part.
show_failure() {  # NAME STATUS LOG
  printf 'FAIL %s (exit %s), from %s:\n' "$@"
  grep -E '^FAIL |error: ' "$3" | cut -c 1-600 | head -n 30
  printf -- '-- what was said of each\n'
  grep -E -A 45 '^FAIL ' "$3" | cut -c 1-600 | head -n 200
  printf -- '-- the end of the log\n'
  tail -n 20 "$3"
}

add() {  # N passed, N failed[, N skipped]
  passed=$((passed + $1)) failed=$((failed + $3)) skipped=$((skipped + ${5:-0}))
}

finish() {
  printf '%s passed, %s failed, %s skipped\n' $passed $failed $skipped
  [ $failed -eq 0 ]
  exit
}

build() {  # PRESET [CMAKE OPTION...]
  cmake --preset "$@" && cmake --build --preset "$1"
}

# All of ctest; each Boost test case counts. A run of one suite calls the cases of all others skipped: skipped is what
# no run has passed or failed.
unit_tests() {  # PRESET [CTEST OPTION...]
  ctest --preset "$@"
  local status=$?
  awk '/test cases? out of [0-9]+ passed/ { passed += $1; all = $6 }
    /test cases? out of [0-9]+ failed/ { failed += $1; all = $6 }
    END { if (all > 0) printf "%d passed, %d failed, %d skipped\n", passed, failed, all - passed - failed }' \
    "build/$1/Testing/Temporary/LastTest.log"
  return $status
}

formatted() { git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run -Werror; }

step packages packaging/install-packages.sh build gateway lint deb boot || finish
step sendmail packaging/unpack-sendmail.sh build/sendmail  # without it the flows on Sendmail skip
step format formatted
step sizes tests/lint/sizes.py
step directories tests/lint/directories.py
step words tests/lint/words.sh
step metrics tests/lint/metrics.py
step build-dev build dev || finish
step manuals tests/lint/manuals.py build/dev
step thread-safety build thread-safety
step unit unit_tests dev -j "$(nproc)"
step package packaging/build-deb.sh || finish  # the flows run its programs: they are what is installed
step lintian lintian --fail-on error,warning --no-tag-display-limit build/deb/pams-milter_*.changes
step flows python3 tests/flows/run.py --jobs $((2 * $(nproc))) --bin build/deb/bin  # they wait half of the time
step boot tests/boot/run.py
step tidy tests/lint/tidy.py -j "$(nproc)"
finish
