# taken.sh - what a server takes; sourced by whoever shows it.

# timed COMMAND…: $took are the seconds, with one digit behind the point.
timed() {
    _began=$(date +%s%N)
    "$@" || return
    took=$(echo $((($(date +%s%N) - _began) / 100000000)) | sed 's/.$/.&/; s/^\./0./')
}

# resident DIRECTORY: MB of memory that all processes of a server have.
resident() {
    for _file in "$1"/*.pid; do
        sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$(cat "$_file")/status"
    done | awk '{ all += $1 } END { printf "%d", all / 1024 }'
}
