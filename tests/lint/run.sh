#!/bin/sh
# run.sh BUILD - every check of this folder; the exit status is 1 if one fails.
#
# A check is a script beside this one. It gets BUILD, prints one line per
# finding (FILE:LINE: what is wrong, and what is expected), and exits 1 if it
# found anything. Warnings need no check: the build turns them into errors.
set -u

build=$1
failed=0
for check in tests/lint/*.sh; do
    name=$(basename "$check" .sh)
    [ "$name" != run ] || continue
    if sh "$check" "$build"; then
        echo "lint: $name ok"
    else
        echo "lint: $name FAILED"
        failed=1
    fi
done
exit $failed
