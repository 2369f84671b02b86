#!/bin/sh
# e_author.sh - the path of an author outside of the tree: install gale, let
# `gale new` write a plugin, build, test and run it.
. tests/support/scenario.sh

# Installed once, for all tests of this file; a path may have blanks, and what
# others take for their own.
_place=$(mktemp -d)
PREFIX="$_place/a gale & more"
trap 'rm -rf "$_place"' EXIT
make -s -C "$TOP" VARIANT="${GALE_BUILD##*/}" PREFIX="$PREFIX" install \
    >"$_place/install.log" 2>&1 || cat "$_place/install.log"
PATH=$PREFIX/bin:$PATH
PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig
LD_LIBRARY_PATH=$PREFIX/lib
export PATH PKG_CONFIG_PATH LD_LIBRARY_PATH
unset GALE_PLUGIN_PATH CFLAGS CXXFLAGS LDFLAGS CPPFLAGS

# Sanitized, plugins of others would need the same flags.
case $GALE_BUILD in
*asan | *tsan) CFLAGS="-g $(cut -d' ' -f1- "$GALE_BUILD/flags" |
    grep -o -e '-fsanitize=[a-z,]*' | head -n 1)"
    CXXFLAGS=$CFLAGS
    export CFLAGS CXXFLAGS ;;
esac

_new() { # kind, name
    run gale new "$1" "$2"
    expect_status 0
    expect_stdout "$2/ has a $1"
    cd "$2" || fail "there is no directory $2"
    : >reason
}

# What goes wrong below must be found beside the other files of the test.
_make() { # targets
    run make "$@"
    [ "$status" = 0 ] || {
        cat out err
        cp err ../err
        echo "make $*: $(_said err)" >../reason
        exit 1
    }
}

a_prefix_begins_at_the_root() {
    run make -s -C "$TOP" VARIANT="${GALE_BUILD##*/}" PREFIX=here install
    expect_status 2
    expect_stderr 'make install: PREFIX is "here", expected a path that begins with /'
    [ ! -e "$TOP/here" ] || fail "something was installed"
}

a_staged_installation_names_its_prefix_alone() {
    run make -s -C "$TOP" VARIANT="${GALE_BUILD##*/}" DESTDIR="$PWD/a stage" \
        PREFIX='/opt/my gale' install
    expect_status 0
    [ -x 'a stage/opt/my gale/bin/gale' ] || fail "there is no command"
    PKG_CONFIG_PATH='a stage/opt/my gale/lib/pkgconfig' \
        run pkg-config --variable=bindir gale
    expect_equal "$(cat out)" '/opt/my gale/bin' bindir
}

an_installation_is_whole() {
    for file in bin/gale lib/libgale.so lib/libgale.so.0 include/gale/bolt.h \
        include/gale/local.h lib/gale/split.so lib/gale/wordcount.so \
        lib/pkgconfig/gale.pc share/doc/gale/LICENSE; do
        [ -e "$PREFIX/$file" ] || fail "$file is missing"
    done
    run pkg-config --modversion gale
    expect_status 0
    version=$(cat out)
    run gale version
    expect_stdout "gale $version"
}

# What libgale.so needs, libc apart.
pkg_config_names_all_libraries_for_a_static_link() {
    run pkg-config --static --libs gale
    expect_status 0
    for name in $(readelf -d "$PREFIX/lib/libgale.so" |
        sed -n 's/.*NEEDED.*\[lib\(.*\)\.so.*/\1/p' | sed 's/-[0-9.]*$//'); do
        [ "$name" = c ] || expect_stdout "-l$name"
    done
}

links_of_installed_pages_lead_to_installed_files() {
    pages=$(cd "$PREFIX/share/doc/gale" && find . -name '*.md')
    for page in README.md docs/configuration.md bolts/README.md; do
        [ "${pages#*./"$page"}" != "$pages" ] || fail "$page is not installed"
    done
    for page in $pages; do
        for link in $(grep -o '](\([^)#:]*\)[^):]*)' \
            "$PREFIX/share/doc/gale/$page" | sed 's/^](//; s/[#)].*//'); do
            [ -e "$PREFIX/share/doc/gale/$(dirname "$page")/$link" ] ||
                fail "$page: $link is not installed"
        done
    done
}

an_installed_gale_finds_its_plugins() {
    printf 'a b\na\n' >text
    run gale local -q wordcount text
    expect_status 0
    sort out >found
    printf '1 b\n2 a\n' >wanted
    expect_same found wanted
}

a_new_bolt_builds_and_passes_its_test() {
    _new bolt shout
    _make
    _make test
    expect_stdout 'test_shout: all is well'
}

a_new_bolt_runs_as_its_readme_says() {
    _new bolt shout
    _make
    echo 'hello world' >hello
    GALE_PLUGIN_PATH=. gale local -q ./try_shout.so <hello >out 2>../err
    echo 'HELLO WORLD!' >wanted
    cmp out wanted
    echo '["hello world"]' >tuple
    run gale try ./shout.so <tuple
    expect_stdout '{"emit":["HELLO WORLD!"]}'
    run gale check ./shout.so
    expect_status 0
    run gale inspect ./shout.so
    expect_stdout 'bolt shout'
    expect_stdout 'option mark'
}

a_new_spout_builds_and_passes_its_test() {
    _new spout numbers
    _make
    _make test
    expect_stdout 'test_numbers: all is well'
    run gale check ./numbers.so
    expect_status 0
}

_valgrind() { # OPTION… ARGUMENT…
    command -v valgrind >/dev/null || skip 'there is no valgrind'
    case $GALE_BUILD in
    *asan | *tsan) skip 'valgrind runs no program that is sanitized' ;;
    esac
    run valgrind --error-exitcode=9 "$@"
}

under_valgrind_a_sound_plugin_has_no_errors() {
    supp=$PREFIX/share/gale/valgrind.supp
    _valgrind --suppressions="$supp" gale local -q "$TEST_PLUGINS/close_fit.so" 2
    expect_status 0
    expect_stderr 'ERROR SUMMARY: 0 errors'
    expect_equal "$(grep -c '^x*$' out)" 820 'lines of texts'
}

# What it leaves out is there; an error of the plugin's own is not left out.
and_nothing_is_suppressed_but_what_gale_does() {
    supp=$PREFIX/share/gale/valgrind.supp
    _valgrind gale local -q "$TEST_PLUGINS/close_fit.so" 2
    expect_status 9
    _valgrind --suppressions="$supp" gale local -q -c beyond=true \
        "$TEST_PLUGINS/close_fit.so" 2
    expect_status 9
    expect_stderr 'Invalid read of size 1'
    expect_equal "$(grep -c 'Invalid read of size' err)" \
        "$(grep -c 'Invalid read of size 1$' err)" 'errors of the plugin alone'
}

a_new_topology_builds_and_passes_its_test() {
    _new topology my_words
    _make
    _make test
    expect_stdout 'test.sh: all is well'
}

# The Makefile would make a test of it, and no plugin.
a_name_that_begins_as_a_test_does_is_refused() {
    for kind in bolt spout topology; do
        run "$GALE" new "$kind" test_x
        expect_status 2
        expect_stderr '"test_x" is no name for a plugin' 'expected another name'
        [ ! -e test_x ] || fail 'test_x is there'
    done
}

a_name_that_is_a_word_of_c_works() {
    _new bolt int
    _make test
    cd ..
    _new spout for
    _make test
}

_in_cpp() { # a bolt and its test, in C++
    cat >once.cpp <<'END'
#include <gale/gale.hpp>
#include <set>
#include <string>

class once {
public:
    static constexpr auto streams = gale::outputs<"word">();

    void execute(gale::task task, gale::tuple in)
    {
        std::string word{in.str(0)};

        if (seen.insert(word).second)
            task.emit({word});
    }

private:
    std::set<std::string> seen;
};

GALE_CPP_BOLT(once, once, "each word once");
END
    cat >test_once.cpp <<'END'
#include <cstdio>
#include <gale/testing.h>

int main()
{
    gale_test *t = gale_test_bolt("./once.so");

    gale_test_feed(t, gale_cstr("a"));
    gale_test_expect_emit(t, gale_cstr("a"));
    gale_test_feed(t, gale_cstr("a"));
    gale_test_expect_no_emit(t);
    gale_test_free(t);
    std::puts("test_once: all is well");
}
END
}

bolts_in_cpp_beside_are_built_and_tested_too() {
    _new bolt shout
    _in_cpp
    _make
    expect_silence err
    expect_equal "$(echo *.so)" 'once.so shout.so try_shout.so' plugins
    printf '["a"]\n["a"]\n' >tuples
    run gale try ./once.so <tuples
    expect_equal "$(grep -c emit out)" 1 'words emitted'
    _make test
    expect_stdout 'test_once: all is well'
    expect_stdout 'test_shout: all is well'
    run gale check ./once.so
    expect_status 0
    _make clean
    expect_equal "$(echo *.so test_once)" '*.so test_once' 'what is left'
}

a_directory_of_c_alone_needs_no_compiler_of_cpp() {
    _new bolt shout
    _make CXX=/nowhere/c++ test
    _in_cpp
    run make CXX=/nowhere/c++
    [ "$status" != 0 ] || fail 'once.cpp was left out without a word'
    expect_stderr '/nowhere/c++'
}

without_an_installation_make_says_what_to_do() {
    mkdir nothing
    run "$GALE" new bolt shout
    PKG_CONFIG_LIBDIR=$PWD/nothing PKG_CONFIG_PATH= run make -C shout
    expect_status 2
    expect_stderr 'pkg-config does not find gale: install it (make install '\
'PREFIX=/a/path where its source is) and set PKG_CONFIG_PATH=/a/path/lib/pkgconfig'
}

a_test_of_a_skeleton_can_fail() {
    _new bolt shout
    sed -i 's/"!"/"?"/' shout.c
    run make test
    [ "$status" != 0 ] || fail "the test passes although the bolt is changed"
}

a_program_can_embed_gale() {
    cat >embed.c <<'END'
#include <gale/local.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    gale_builder *b = gale_builder_new();
    gale_local *l = NULL;
    gale_err error;

    if (gale_builder_load(b, "wordcount", argc - 1, argv + 1, &error) == 0)
        l = gale_local_start(b, NULL, &error);
    if (l == NULL) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    gale_local_wait(l, -1);
    gale_local_stop(l, GALE_STOP_DRAIN);
    gale_local_free(l);
    gale_builder_free(b);
    return 0;
}
END
    # What pkg-config says is for a shell to read, as that of make.
    run eval "${CC:-cc} -std=c11 -Wall -Wextra -Werror ${CFLAGS:-} -o embed" \
        "embed.c $(pkg-config --cflags --libs gale)"
    expect_status 0
    printf 'a b\na\n' >text
    run ./embed text
    expect_status 0
    sort out >found
    printf '1 b\n2 a\n' >wanted
    expect_same found wanted
}

scenario
