#!/bin/sh
# pipeline.sh FILE BYTES - the word count of a shell, on the first BYTES of
# FILE. The counts go nowhere.
set -eu

export LC_ALL=C
head -c "$2" "$1" | tr -s ' \t\n\v\f\r' '\n' | sort | uniq -c >/dev/null
