#!/bin/sh
# jet.sh DIR build - compiles the word count for Hazelcast Jet, which Maven fetches, into
# DIR; says the class path that it runs with. Exit status 77: this machine has not got
# what is needed, one sentence says what.
. "$(dirname "$0")/../../servers/common.sh"
. "$HERE/../../servers/jars.sh"

[ "$VERB" = build ] || die "there is no verb $VERB"
need javac default-jdk-headless
jars jet
javac -proc:none -d "$DIR" -cp "$LIB/*" "$HERE/jet/JetWords.java" || exit 1
echo "$DIR:$LIB/*"
