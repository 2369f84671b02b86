/*
 * test_manifest.c - what a shared object says it holds, without loading it:
 * manifest.c and the reader below it, elf_file.c.
 */
#include "tests/support/cmocka_all.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/manifest.h"

/* What the error of reading the file must hold. */
static void expect_refused(const char *path, const char *expected)
{
    struct manifest manifest;
    gale_err error = {""};

    assert_int_equal(manifest_read(path, &manifest, &error), -1);
    assert_int_equal(manifest.n, 0);
    if (strstr(error.text, path) == NULL ||
        strstr(error.text, expected) == NULL)
        fail_msg("found \"%s\", expected %s with \"%s\"", error.text, path,
                 expected);
}

static void expect_bytes_refused(const void *data, size_t size,
                                 const char *expected)
{
    struct file_copy copy;

    file_copy_new(&copy, data, size);
    expect_refused(copy.path, expected);
    file_copy_free(&copy);
}

/* -- what is there --------------------------------------------------------- */

static void every_descriptor_is_listed_by_kind_and_id(void **state)
{
    static const char *const spouts[] = {"numbers"};
    static const char *const bolts[] = {"fork", "needy", "pass", "picker",
                                        "sink"};
    struct manifest manifest;
    const struct manifest_entry *only;
    gale_err error;

    (void)state;
    assert_int_equal(
        manifest_read(plugin_files_path("parts.so"), &manifest, &error), 0);
    assert_string_equal(manifest.entries[0].id, spouts[0]);
    assert_int_equal(manifest.entries[0].kind, MANIFEST_SPOUT);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(manifest.entries[1 + i].kind, MANIFEST_BOLT);
        assert_int_equal(manifest.entries[1 + i].abi, GALE_ABI);
        assert_string_equal(manifest.entries[1 + i].id, bolts[i]);
    }
    assert_int_equal(manifest_count(&manifest, MANIFEST_BOLT, &only), 5);
    assert_int_equal(manifest_count(&manifest, MANIFEST_GROUPING, &only), 1);
    assert_string_equal(only->id, "odd_even");
    assert_non_null(manifest_find(&manifest, MANIFEST_TOPOLOGY, "good"));
    assert_null(manifest_find(&manifest, MANIFEST_BOLT, "good"));
    manifest_fini(&manifest);
}

static void a_manifest_reads_as_a_sentence(void **state)
{
    struct manifest manifest;
    char text[64];

    (void)state;
    assert_int_equal(
        manifest_read(plugin_files_path("lone.so"), &manifest, NULL), 0);
    assert_string_equal(
        manifest_text(&manifest, MANIFEST_ALL_KINDS, text, sizeof(text)),
        "bolt \"hermit\", topology \"crossed\"");
    assert_string_equal(
        manifest_text(&manifest, 1u << MANIFEST_TOPOLOGY, text, sizeof(text)),
        "topology \"crossed\"");
    assert_string_equal(manifest_text(&manifest, MANIFEST_ALL_KINDS, text, 20),
                        "bolt \"hermit\", t…");
    manifest_fini(&manifest);
}

/* -- what is no plugin ----------------------------------------------------- */

static void what_cannot_be_read_is_named(void **state)
{
    char fifo[] = "/tmp/gale-test-fifo-XXXXXX";
    char denied[] = "/tmp/gale-test-denied-XXXXXX";

    (void)state;
    expect_refused("/nowhere/x.so", "No such file or directory");
    expect_refused("/tmp", "is a directory");
    expect_refused("/dev/null", "is no regular file");
    assert_int_equal(close(mkstemp(fifo)), 0);
    assert_int_equal(unlink(fifo), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    expect_refused(fifo, "is no regular file"); /* and does not wait */
    unlink(fifo);
    if (geteuid() != 0) {
        assert_int_equal(close(mkstemp(denied)), 0);
        assert_int_equal(chmod(denied, 0), 0);
        expect_refused(denied, "Permission denied");
        unlink(denied);
    }
}

static void what_is_not_elf_is_refused(void **state)
{
    (void)state;
    expect_bytes_refused("", 0, "is empty");
    expect_bytes_refused("\x7f", 1, "is not an ELF file");
    expect_bytes_refused("#!/bin/sh\n", 10, "is not an ELF file");
    expect_bytes_refused(ELFMAG, SELFMAG, "is damaged or truncated");
}

static void a_shared_object_without_manifest_is_no_plugin(void **state)
{
    (void)state;
    expect_refused(plugin_files_path("no_manifest.so"),
                   "has no gale manifest: it declares no spout, bolt, grouping "
                   "or topology");
}

static void another_abi_is_refused_with_both_numbers(void **state)
{
    (void)state;
    expect_refused(plugin_files_path("other_abi.so"),
                   "is built for ABI 77 of gale, expected ABI 0; rebuild it");
}

static void a_manifest_line_of_another_form_is_shown(void **state)
{
    (void)state;
    expect_refused(plugin_files_path("damaged_manifest.so"),
                   "has a damaged gale manifest: it says "
                   "\"gale:0:bolt:not\\na name\", expected gale:0:KIND:ID");
}

/* -- other machines and types ---------------------------------------------- */

static void what_is_built_for_something_else_is_refused(void **state)
{
    static const struct {
        size_t offset;
        unsigned char bytes[2];
        const char *expected;
    } cases[] = {
        {offsetof(Elf64_Ehdr, e_machine), {EM_AARCH64, 0}, "built for aarch64"},
        {offsetof(Elf64_Ehdr, e_machine), {EM_RISCV, 0}, "built for riscv"},
        {offsetof(Elf64_Ehdr, e_machine),
         {0xab, 0xcd},
         "built for machine number 52651"},
        {offsetof(Elf64_Ehdr, e_ident) + EI_CLASS,
         {ELFCLASS32, ELFDATA2LSB},
         "built for x86-64, 32 bits, expected x86-64"},
        {offsetof(Elf64_Ehdr, e_ident) + EI_DATA,
         {ELFDATA2MSB, EV_CURRENT},
         "other byte order, expected x86-64"},
        {offsetof(Elf64_Ehdr, e_type), {ET_REL, 0}, "is an object file"},
        {offsetof(Elf64_Ehdr, e_type), {ET_EXEC, 0}, "is a program"},
        {offsetof(Elf64_Ehdr, e_type), {ET_CORE, 0}, "is a core dump"},
        {offsetof(Elf64_Ehdr, e_type), {0x34, 0x12}, "of another type"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct file_copy copy;

        file_copy_of(&copy, "parts.so");
        memcpy(copy.data + cases[i].offset, cases[i].bytes, 2);
        expect_refused(copy.path, cases[i].expected);
        file_copy_free(&copy);
    }
}

/* -- damaged files --------------------------------------------------------- */

static void a_file_that_is_cut_off_is_refused_wherever_it_ends(void **state)
{
    struct file_copy copy;

    (void)state;
    file_copy_of(&copy, "parts.so");
    for (size_t size = copy.size - 1; size > SELFMAG; size -= size / 97 + 1) {
        assert_int_equal(ftruncate(copy.fd, (off_t)size), 0);
        expect_refused(copy.path, "is damaged or truncated: its ");
    }
    file_copy_free(&copy);
}

static Elf64_Ehdr *header_of(struct file_copy *copy)
{
    return (Elf64_Ehdr *)(void *)copy->data;
}

static void many_sections(struct file_copy *copy)
{
    Elf64_Ehdr *header = header_of(copy);

    header->e_shnum = 0; /* the count is then in section 0 */
    ((Elf64_Shdr *)(void *)(copy->data + header->e_shoff))->sh_size =
        UINT64_MAX;
}

static void far_sections(struct file_copy *copy)
{
    header_of(copy)->e_shoff = UINT64_MAX - 63;
}

static void odd_sections(struct file_copy *copy)
{
    header_of(copy)->e_shentsize = 1;
}

static void odd_segments(struct file_copy *copy)
{
    header_of(copy)->e_phentsize = 1;
}

static void far_segments(struct file_copy *copy)
{
    header_of(copy)->e_phoff = UINT64_MAX;
}

static void far_code(struct file_copy *copy)
{
    Elf64_Phdr *segment =
        (Elf64_Phdr *)(void *)(copy->data + header_of(copy)->e_phoff);

    while (segment->p_type != PT_LOAD)
        segment++;
    segment->p_filesz = UINT64_MAX - 1;
}

/* One byte too many, in the last segment. */
static void late_code(struct file_copy *copy)
{
    Elf64_Phdr *segment =
        (Elf64_Phdr *)(void *)(copy->data + header_of(copy)->e_phoff);
    Elf64_Phdr *last = segment;

    for (uint32_t i = 0; i < header_of(copy)->e_phnum; i++)
        if (segment[i].p_type == PT_LOAD)
            last = &segment[i];
    assert_true(last->p_offset > 0);
    last->p_filesz = copy->size - last->p_offset + 1;
}

static void large_manifest(struct file_copy *copy)
{
    file_copy_section(copy, "gale_manifest")->sh_offset = 0;
    file_copy_section(copy, "gale_manifest")->sh_size = copy->size;
}

static void endless_manifest(struct file_copy *copy)
{
    file_copy_section(copy, "gale_manifest")->sh_size = UINT64_MAX;
}

static void manifest_of_no_bytes(struct file_copy *copy)
{
    file_copy_section(copy, "gale_manifest")->sh_size = 0;
}

static void manifest_not_in_the_file(struct file_copy *copy)
{
    file_copy_section(copy, "gale_manifest")->sh_type = SHT_NOBITS;
}

static void manifest_of_elf_bytes(struct file_copy *copy)
{
    file_copy_section(copy, "gale_manifest")->sh_offset = 0;
}

static void far_names(struct file_copy *copy)
{
    file_copy_section(copy, ".shstrtab")->sh_offset = UINT64_MAX - 8;
}

static void no_names(struct file_copy *copy)
{
    header_of(copy)->e_shstrndx = SHN_UNDEF;
}

static void names_beyond_the_sections(struct file_copy *copy)
{
    header_of(copy)->e_shstrndx = 0xfff0;
}

static void no_sections(struct file_copy *copy)
{
    header_of(copy)->e_shoff = 0;
}

static void damage_is_found_before_it_is_believed(void **state)
{
    static const struct {
        void (*damage)(struct file_copy *);
        const char *expected;
    } cases[] = {
        {many_sections, "it says that it has 18446744073709551615 sections"},
        {far_sections, "its table of sections lies beyond its end"},
        {odd_sections, "its section headers have 1 bytes, expected 64"},
        {odd_segments, "its segment headers have 1 bytes, expected 56"},
        {far_segments, "its table of segments lies beyond its end"},
        {far_code, "its code or data lies beyond its end"},
        {late_code, "its code or data lies beyond its end"},
        {endless_manifest, "its manifest lies beyond its end"},
        {manifest_not_in_the_file, "its manifest lies beyond its end"},
        {manifest_of_elf_bytes, "has a damaged gale manifest"},
        {manifest_of_no_bytes, "has no gale manifest"},
        {far_names, "has no gale manifest"},
        {no_names, "has no gale manifest"},
        {names_beyond_the_sections, "has no gale manifest"},
        {no_sections, "has no gale manifest"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct file_copy copy;

        file_copy_of(&copy, "parts.so");
        cases[i].damage(&copy);
        expect_refused(copy.path, cases[i].expected);
        file_copy_free(&copy);
    }
}

static void a_manifest_of_more_than_64_kib_is_refused(void **state)
{
    struct file_copy copy, large;

    (void)state;
    file_copy_of(&copy, "parts.so");
    file_copy_new(&large, NULL, copy.size + 70000);
    memcpy(large.data, copy.data, copy.size);
    large_manifest(&large);
    expect_refused(large.path, "its manifest has more than 65536 bytes");
    file_copy_free(&large);
    file_copy_free(&copy);
}

/* -- lines ----------------------------------------------------------------- */

/* The manifest's bytes are replaced; it is long enough for all of these. */
static void lines_are_read_with_distrust(void **state)
{
    static const struct {
        const char *lines;
        size_t size;
        const char *error; /* NULL: it is fine, and has one entry */
    } cases[] = {
#define LINES(text_) text_, sizeof(text_)
        {LINES("gale:0:bolt:a"), NULL},
        {LINES("\0\0gale:0:bolt:a\0\0gale:0:bolt:a\0"), NULL},
        {"gale:0:bolt:a", 13, NULL}, /* no NUL byte at the end */
        {LINES("gale:00:spout:a"), NULL},
        {LINES(""), "has no gale manifest"},
        {LINES("gale:1:bolt:a"), "is built for ABI 1"},
        {LINES("gale:999999999:what:ever"), "is built for ABI 999999999"},
        {LINES("gale:0:bolt:a\0gale:3:x"), "is built for ABI 3"},
        {LINES("gale:9999999999:bolt:a"), "damaged"},
        {LINES("gale::bolt:a"), "damaged"},
        {LINES("gale:-1:bolt:a"), "damaged"},
        {LINES("gale:0"), "damaged"},
        {LINES("gale:0:bolt"), "damaged"},
        {LINES("gale:0:bolt:"), "damaged"},
        {LINES("gale:0:bolts:a"), "damaged"},
        {LINES("gale:0::a"), "damaged"},
        {LINES("gale:0:bolt:__a"), "damaged"},
        {LINES("gale:0:bolt:a:b"), "damaged"},
        {LINES("gal"), "damaged"},
#undef LINES
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct file_copy copy;
        struct manifest manifest;
        Elf64_Shdr *section;

        file_copy_of(&copy, "parts.so");
        section = file_copy_section(&copy, "gale_manifest");
        assert_true(cases[i].size <= section->sh_size);
        section->sh_size = cases[i].size;
        memcpy(copy.data + section->sh_offset, cases[i].lines, cases[i].size);
        if (cases[i].error != NULL) {
            expect_refused(copy.path, cases[i].error);
        } else {
            assert_int_equal(manifest_read(copy.path, &manifest, NULL), 0);
            assert_int_equal(manifest.n, 1);
            assert_string_equal(manifest.entries[0].id, "a");
            manifest_fini(&manifest);
        }
        file_copy_free(&copy);
    }
}

/* -- anything -------------------------------------------------------------- */

static uint64_t mix(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A byte of the ELF header, of the segments, or of the sections. */
static size_t anywhere_that_matters(const struct file_copy *copy, uint64_t r)
{
    size_t sections = copy->size - (size_t)(r >> 32) % 4096 - 1;

    return r % 2 ? sections % copy->size : (size_t)(r >> 8) % 512;
}

/* Whatever is in a file, reading it ends, and with an answer or a sentence. The
 * sanitizers see the rest. */
static void random_damage_harms_nobody(void **state)
{
    uint64_t seed = 20260101;
    unsigned char *good;
    struct file_copy copy;

    (void)state;
    file_copy_of(&copy, "parts.so");
    good = malloc(copy.size);
    assert_non_null(good);
    memcpy(good, copy.data, copy.size);
    for (int run = 0; run < 20000; run++) {
        struct manifest manifest;
        gale_err error = {""};

        for (uint64_t n = 1 + mix(&seed) % 4; n > 0; n--)
            copy.data[anywhere_that_matters(&copy, mix(&seed))] =
                (unsigned char)mix(&seed);
        if (manifest_read(copy.path, &manifest, &error) == 0)
            assert_true(manifest.n > 0);
        else
            assert_true(error.text[0] != '\0');
        manifest_fini(&manifest);
        memcpy(copy.data, good, copy.size);
    }
    free(good);
    file_copy_free(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_descriptor_is_listed_by_kind_and_id),
        cmocka_unit_test(a_manifest_reads_as_a_sentence),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(what_is_not_elf_is_refused),
        cmocka_unit_test(a_shared_object_without_manifest_is_no_plugin),
        cmocka_unit_test(another_abi_is_refused_with_both_numbers),
        cmocka_unit_test(a_manifest_line_of_another_form_is_shown),
        cmocka_unit_test(what_is_built_for_something_else_is_refused),
        cmocka_unit_test(a_file_that_is_cut_off_is_refused_wherever_it_ends),
        cmocka_unit_test(damage_is_found_before_it_is_believed),
        cmocka_unit_test(a_manifest_of_more_than_64_kib_is_refused),
        cmocka_unit_test(lines_are_read_with_distrust),
        cmocka_unit_test(random_damage_harms_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
