#!/bin/sh
# Runs the tests named, or all: on SQLite; beside them, those that use the database again on PostgreSQL; and beside both,
# what is played in a browser, which waits more than it works. What ran beside is printed at the end, whole.
set -u
bin=.venv/bin
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# pytest's exit code 5 means that none of the named tests is of this kind.
passed() { [ "$1" = 0 ] || [ "$1" = 5 ]; }

"$bin/python" -m tests.counterparts.postgres "$bin/python" -m pytest -m database "$@" >"$logs/postgres" 2>&1 &
postgres=$!
browser=
if [ $# = 0 ]; then
    "$bin/python" -m pytest tests/browser >"$logs/browser" 2>&1 &
    browser=$!
    set -- --ignore=tests/browser
fi
echo "== SQLite"
"$bin/python" -m pytest "$@"
sqlite=$?
failed=
[ "$sqlite" = 0 ] || failed="$failed SQLite"
if [ -n "$browser" ]; then
    wait "$browser" || failed="$failed browser"
    echo "== Browser"
    cat "$logs/browser"
fi
wait "$postgres"
passed $? || failed="$failed PostgreSQL"
echo "== PostgreSQL"
cat "$logs/postgres"
[ -z "$failed" ] || { echo "Failed:$failed"; exit 1; }
