#!/bin/sh
# mutants.sh - each mutant of tests/mutants still applies, line by line, and says
# what is wrong in it; the table in its README has a row for each, and no other. What
# the bench plants applies, too.
set -u

folder=tests/mutants
bad=0
report() {
    echo "$1"
    bad=1
}

for patch in "$folder"/*.patch; do
    name=$(basename "$patch" .patch)
    said=$(patch --dry-run -s -p1 -F0 -r - <"$patch" 2>&1) ||
        report "$patch:1: does not apply ($(echo "$said" | head -n 1)), expected a \
patch of the tree as it is: write it anew"
    head -n 1 "$patch" | grep -q '^[A-Z].*[a-z.]$' ||
        report "$patch:1: expected a sentence that says what is wrong in it"
    grep -q "^| $name | " "$folder/README.md" ||
        report "$folder/README.md:1: has no row for $name, expected what \`make \
mutants\` shows"
done
for patch in tests/bench/planted/*.patch; do
    [ -e "$patch" ] || continue
    patch --dry-run -s -p1 -F0 -r - <"$patch" >/dev/null 2>&1 ||
        report "$patch:1: does not apply, expected a patch of the tree as it is"
done
for name in $(sed -n 's/^| \([a-z_]*\) | .* |$/\1/p' "$folder/README.md"); do
    [ "$name" = mutant ] || [ -e "$folder/$name.patch" ] ||
        report "$folder/README.md:1: there is no $folder/$name.patch, expected no row"
done
exit $bad
