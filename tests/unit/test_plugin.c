/* test_plugin.c - shared objects in this process: loaded once, or refused. */
#include "tests/support/cmocka_all.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/plugin.h"
#include <gale/bolt.h>
#include <pthread.h>

static void a_file_is_loaded_once_by_whatever_path(void **state)
{
    char other[4300];
    struct plugin *first = plugin_load(plugin_files_path("lone.so"), NULL);

    (void)state;
    snprintf(other, sizeof(other), "%s/../%s/./lone.so",
             plugin_files_directory(),
             strrchr(plugin_files_directory(), '/') + 1);
    assert_non_null(first);
    assert_string_equal(plugin_path(first), plugin_files_path("lone.so"));
    assert_ptr_equal(plugin_load(other, NULL), first);
    assert_ptr_equal(plugin_load(plugin_files_path("lone.so"), NULL), first);
    assert_ptr_not_equal(plugin_load(plugin_files_path("parts.so"), NULL),
                         first);
}

static void a_path_without_slash_is_in_this_directory(void **state)
{
    char here[4096];
    struct plugin *plugin;
    gale_err error = {""};

    (void)state;
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(chdir(plugin_files_directory()), 0);
    plugin = plugin_load("descriptors.so", &error);
    assert_int_equal(chdir(here), 0);
    assert_string_equal(error.text, "");
    assert_non_null(plugin);
}

static void *load(void *path)
{
    return plugin_load(path, NULL);
}

/* None of them is the first: the file has not been loaded before. */
static void threads_that_want_the_same_file_get_the_same_plugin(void **state)
{
    void *path = (void *)plugin_files_path("hidden_symbol.so");
    pthread_t threads[4];
    void *plugins[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load, path), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], &plugins[i]), 0);
    assert_non_null(plugins[0]);
    for (int i = 1; i < 4; i++)
        assert_ptr_equal(plugins[i], plugins[0]);
}

static void a_descriptor_is_found_by_its_symbol(void **state)
{
    struct plugin *plugin = plugin_load(plugin_files_path("lone.so"), NULL);
    size_t size = 0;
    const gale_bolt *bolt;

    (void)state;
    bolt = plugin_symbol(plugin, MANIFEST_BOLT, "hermit", &size, NULL);
    assert_non_null(bolt);
    assert_string_equal(bolt->name, "hermit");
    assert_int_equal(size, sizeof(gale_bolt));
}

static void a_descriptor_that_is_not_exported_is_missed(void **state)
{
    struct plugin *plugin =
        plugin_load(plugin_files_path("hidden_symbol.so"), NULL);
    gale_err error;
    size_t size;

    (void)state;
    assert_non_null(plugin);
    assert_null(plugin_symbol(plugin, MANIFEST_BOLT, "shy", &size, &error));
    assert_non_null(strstr(error.text,
                           "hidden_symbol.so has bolt \"shy\" in its manifest, "
                           "but does not export the symbol gale_bolt_shy"));
}

static void expect_refused(const char *path, const char *expected)
{
    gale_err error = {""};

    assert_null(plugin_load(path, &error));
    if (strstr(error.text, path) == NULL ||
        strstr(error.text, expected) == NULL)
        fail_msg("found \"%s\", expected %s with \"%s\"", error.text, path,
                 expected);
}

static void what_has_no_good_manifest_is_not_loaded(void **state)
{
    (void)state;
    expect_refused(plugin_files_path("nowhere.so"), "No such file");
    expect_refused(plugin_files_path("no_manifest.so"), "has no gale manifest");
    expect_refused(plugin_files_path("other_abi.so"), "built for ABI 77");
}

static void a_missing_symbol_is_named(void **state)
{
    (void)state;
    expect_refused(plugin_files_path("missing_symbol.so"),
                   " uses the symbol \"function_that_nobody_defines\", which "
                   "neither it nor a library that it names defines");
}

/* Change the name of the first library that the file needs; returns it. */
static const char *miss_a_library(struct file_copy *copy)
{
    Elf64_Shdr *names = file_copy_section(copy, ".dynstr");
    Elf64_Dyn *entry =
        (Elf64_Dyn *)(void *)(copy->data +
                              file_copy_section(copy, ".dynamic")->sh_offset);
    char *name;

    while (entry->d_tag != DT_NEEDED)
        entry++;
    name = (char *)copy->data + names->sh_offset + entry->d_un.d_val;
    name[0] = '~';
    return name;
}

static void a_missing_library_is_named(void **state)
{
    struct file_copy copy;
    char expected[128];

    (void)state;
    file_copy_of(&copy, "parts.so");
    snprintf(expected, sizeof(expected),
             " needs the shared library \"%s\", which is not found on this "
             "machine; install it (gale local",
             miss_a_library(&copy));
    expect_refused(copy.path, expected);
    file_copy_free(&copy);
}

static void a_library_that_is_too_old_is_named(void **state)
{
    struct file_copy copy;
    Elf64_Shdr *names;
    char *version;

    (void)state;
    file_copy_of(&copy, "cpp_words.so");
    names = file_copy_section(&copy, ".dynstr");
    version =
        memmem(copy.data + names->sh_offset, names->sh_size, "GLIBCXX_3.", 10);
    assert_non_null(version);
    version[8] = '9';
    expect_refused(copy.path, " needs \"GLIBCXX_9.");
    expect_refused(
        copy.path,
        "\" of the library \"libstdc++.so.6\", which is older on this "
        "machine; build it on a system that is as old as the oldest "
        "that runs it");
    file_copy_free(&copy);
}

/* What is in order for the manifest need not be so for the dynamic loader. */
static void what_else_the_loader_says_is_passed_on(void **state)
{
    struct file_copy copy;
    Elf64_Phdr *segment;

    (void)state;
    file_copy_of(&copy, "parts.so");
    segment = (Elf64_Phdr *)(void *)(copy.data + sizeof(Elf64_Ehdr));
    while (segment->p_type != PT_DYNAMIC)
        segment++;
    segment->p_type = PT_NULL;
    expect_refused(copy.path, "cannot load ");
    file_copy_free(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_loaded_once_by_whatever_path),
        cmocka_unit_test(a_path_without_slash_is_in_this_directory),
        cmocka_unit_test(threads_that_want_the_same_file_get_the_same_plugin),
        cmocka_unit_test(a_descriptor_is_found_by_its_symbol),
        cmocka_unit_test(a_descriptor_that_is_not_exported_is_missed),
        cmocka_unit_test(what_has_no_good_manifest_is_not_loaded),
        cmocka_unit_test(a_missing_symbol_is_named),
        cmocka_unit_test(a_missing_library_is_named),
        cmocka_unit_test(a_library_that_is_too_old_is_named),
        cmocka_unit_test(what_else_the_loader_says_is_passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
