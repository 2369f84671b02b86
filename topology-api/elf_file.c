/*
 * elf_file.c - bytes of a named section of a shared object, read with distrust.
 *
 * The file is read with pread(), piece by piece, and not mapped, since a file
 * that shrinks under a mapping kills the process. What is read is bounded by
 * N_SECTIONS_MAX and by the caller's limit, whatever the file claims.
 */
#include "topology-api/elf_file.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define N_SECTIONS_MAX 65536u
#define EXPECTED "expected a shared object, as cc -shared -fPIC makes it"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__riscv)
#define MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define MACHINE EM_PPC64
#elif defined(__s390x__)
#define MACHINE EM_S390
#else
#error "say here which e_machine this architecture has"
#endif

#if __BYTE_ORDER == __LITTLE_ENDIAN
#define BYTE_ORDER_HERE ELFDATA2LSB
#else
#define BYTE_ORDER_HERE ELFDATA2MSB
#endif

/* -- reading --------------------------------------------------------------- */

static bool within(const struct elf_file *elf, uint64_t offset, uint64_t size)
{
    return offset <= elf->size && size <= elf->size - offset;
}

static int truncated(const struct elf_file *elf, const char *what,
                     gale_err *error)
{
    return error_set(error,
                     "%s is damaged or truncated: its %s lies beyond its end "
                     "at byte %llu",
                     elf->path, what, (unsigned long long)elf->size);
}

static int64_t read_some(const struct elf_file *elf, uint64_t offset, void *to,
                         size_t size)
{
    if (elf->source != NULL)
        return elf->source->read_at(elf->source->arg, offset, to, size);
    return pread(elf->fd, to, size, (off_t)offset);
}

/* Exactly size bytes from offset. */
static int read_at(const struct elf_file *elf, uint64_t offset, void *to,
                   size_t size, gale_err *error)
{
    size_t n = 0;

    if (!within(elf, offset, size))
        return truncated(elf, "content", error);
    while (n < size) {
        int64_t got = read_some(elf, offset + n, (char *)to + n, size - n);

        if (FAULT_FAILS("elf_read", EIO))
            got = -1;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, "cannot read %s: %s", elf->path,
                             strerror(errno));
        if (got == 0)
            return truncated(elf, "content", error);
        n += (size_t)got;
    }
    return 0;
}

/* -- the header ------------------------------------------------------------ */

/* It may be as it should, and there be no place to open it in. */
static const char *remedy(int error)
{
    switch (error) {
    case EMFILE:
        return "raise the limit of open files (ulimit -n), or look who leaves "
               "files open";
    case ENFILE:
        return "raise the system's limit (fs.file-max), or look who leaves "
               "files open";
    case ENOMEM:
        return "there is no memory left for it";
    default:
        return EXPECTED;
    }
}

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
static int open_regular(struct elf_file *elf, const char *path, gale_err *error)
{
    elf->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (elf->fd < 0 || fstat(elf->fd, &elf->stat) != 0 ||
        FAULT_FAILS("elf_open", EMFILE))
        return error_set(error, "cannot open %s: %s; %s", elf->path,
                         strerror(errno), remedy(errno));
    if (S_ISDIR(elf->stat.st_mode))
        return error_set(error, "%s is a directory; " EXPECTED, elf->path);
    if (!S_ISREG(elf->stat.st_mode))
        return error_set(error, "%s is no regular file; " EXPECTED, elf->path);
    elf->size = (uint64_t)elf->stat.st_size;
    return 0;
}

static int check_magic(struct elf_file *elf, gale_err *error)
{
    unsigned char *ident = elf->header.e_ident;

    if (elf->size == 0)
        return error_set(error, "%s is empty; " EXPECTED, elf->path);
    if (elf->size >= SELFMAG && read_at(elf, 0, ident, SELFMAG, error))
        return -1;
    if (memcmp(ident, ELFMAG, SELFMAG) != 0)
        return error_set(error, "%s is not an ELF file; " EXPECTED, elf->path);
    if (!within(elf, 0, sizeof(elf->header)))
        return truncated(elf, "ELF header", error);
    return read_at(elf, 0, &elf->header, sizeof(elf->header), error);
}

static const char *machine_name(unsigned machine, char *buffer, size_t size)
{
    static const struct {
        unsigned machine;
        const char *name;
    } known[] = {
        {EM_X86_64, "x86-64"},
        {EM_386, "i386"},
        {EM_AARCH64, "aarch64"},
        {EM_ARM, "arm"},
        {EM_RISCV, "riscv"},
        {EM_PPC64, "ppc64"},
        {EM_PPC, "ppc"},
        {EM_S390, "s390"},
        {EM_MIPS, "mips"},
        {EM_SPARCV9, "sparc"},
        {EM_LOONGARCH, "loongarch"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].machine == machine)
            return known[i].name;
    snprintf(buffer, size, "machine number %u", machine);
    return buffer;
}

/* A file of the other byte order has its machine number the other way round. */
static int check_machine(const struct elf_file *elf, gale_err *error)
{
    const Elf64_Ehdr *header = &elf->header;
    bool swapped = header->e_ident[EI_DATA] != BYTE_ORDER_HERE;
    bool narrow = header->e_ident[EI_CLASS] != ELFCLASS64;
    unsigned machine =
        swapped ? (uint16_t)(header->e_machine >> 8 | header->e_machine << 8)
                : header->e_machine;
    char found[32], expected[32];

    if (!swapped && !narrow && machine == MACHINE)
        return 0;
    return error_set(error,
                     "%s is built for %s%s%s, expected %s; build it for this "
                     "machine",
                     elf->path, machine_name(machine, found, sizeof(found)),
                     narrow ? ", 32 bits" : "",
                     swapped ? ", other byte order" : "",
                     machine_name(MACHINE, expected, sizeof(expected)));
}

static int check_type(const struct elf_file *elf, gale_err *error)
{
    const char *found = elf->header.e_type == ET_REL    ? "an object file"
                        : elf->header.e_type == ET_EXEC ? "a program"
                        : elf->header.e_type == ET_CORE
                            ? "a core dump"
                            : "an ELF file of another type";

    if (elf->header.e_type == ET_DYN)
        return 0;
    return error_set(error, "%s is %s; " EXPECTED, elf->path, found);
}

/* -- its tables ------------------------------------------------------------ */

/* The dynamic loader maps these and does not ask how long the file is. */
static int check_segments(const struct elf_file *elf, gale_err *error)
{
    const Elf64_Ehdr *header = &elf->header;
    Elf64_Phdr segment;

    if (header->e_phnum > 0 && header->e_phentsize != sizeof(segment))
        return error_set(error,
                         "%s is damaged: its segment headers have %u bytes, "
                         "expected %zu",
                         elf->path, header->e_phentsize, sizeof(segment));
    if (!within(elf, header->e_phoff,
                (uint64_t)header->e_phnum * sizeof(segment)))
        return truncated(elf, "table of segments", error);
    for (uint32_t i = 0; i < header->e_phnum; i++) {
        if (read_at(elf, header->e_phoff + i * sizeof(segment), &segment,
                    sizeof(segment), error))
            return -1;
        if (segment.p_type == PT_LOAD &&
            !within(elf, segment.p_offset, segment.p_filesz))
            return truncated(elf, "code or data", error);
    }
    return 0;
}

static int read_section(const struct elf_file *elf, uint64_t i,
                        Elf64_Shdr *section, gale_err *error)
{
    if (!within(elf, elf->header.e_shoff, (i + 1) * sizeof(*section)))
        return truncated(elf, "table of sections", error);
    return read_at(elf, elf->header.e_shoff + i * sizeof(*section), section,
                   sizeof(*section), error);
}

/* Large counts stand in section 0, as the ELF format says. */
static int find_sections(struct elf_file *elf, gale_err *error)
{
    const Elf64_Ehdr *header = &elf->header;
    Elf64_Shdr first;
    uint64_t n = header->e_shnum, names = header->e_shstrndx;

    elf->n_sections = 0;
    if (header->e_shoff == 0)
        return 0;
    if (header->e_shentsize != sizeof(first))
        return error_set(error,
                         "%s is damaged: its section headers have %u bytes, "
                         "expected %zu",
                         elf->path, header->e_shentsize, sizeof(first));
    if (read_section(elf, 0, &first, error))
        return -1;
    n = n == 0 ? first.sh_size : n;
    names = names == SHN_XINDEX ? first.sh_link : names;
    if (n > N_SECTIONS_MAX)
        return error_set(error,
                         "%s is damaged: it says that it has %llu sections, "
                         "at most %u are expected",
                         elf->path, (unsigned long long)n, N_SECTIONS_MAX);
    if (names == SHN_UNDEF || names >= n)
        return 0;
    elf->n_sections = (uint32_t)n;
    return read_section(elf, n - 1, &first, error) ||
                   read_section(elf, names, &elf->names, error)
               ? -1
               : 0;
}

static int look(struct elf_file *elf, gale_err *error)
{
    return check_magic(elf, error) || check_machine(elf, error) ||
                   check_type(elf, error) || check_segments(elf, error) ||
                   find_sections(elf, error)
               ? -1
               : 0;
}

int elf_file_open(struct elf_file *elf, const char *path, const char *name,
                  gale_err *error)
{
    memset(elf, 0, sizeof(*elf));
    elf->path = name;
    if (open_regular(elf, path, error) == 0 && look(elf, error) == 0)
        return 0;
    elf_file_close(elf);
    return -1;
}

int elf_file_open_from(struct elf_file *elf, const struct elf_source *source,
                       const char *name, gale_err *error)
{
    memset(elf, 0, sizeof(*elf));
    elf->path = name;
    elf->source = source;
    elf->size = source->size;
    elf->fd = -1;
    return look(elf, error);
}

void elf_file_close(struct elf_file *elf)
{
    if (elf->fd >= 0)
        close(elf->fd);
    elf->fd = -1;
}

/* -- sections by name ------------------------------------------------------ */

/* A name that lies outside the table of names is no name. */
static bool has_name(const struct elf_file *elf, const Elf64_Shdr *section,
                     const char *name)
{
    size_t size = strlen(name) + 1;
    char found[64];

    if (size > sizeof(found) || elf->names.sh_size < size ||
        section->sh_name > elf->names.sh_size - size ||
        elf->names.sh_offset > elf->size ||
        read_at(elf, elf->names.sh_offset + section->sh_name, found, size,
                NULL))
        return false;
    return !memcmp(found, name, size);
}

static int append(const struct elf_file *elf, const Elf64_Shdr *section,
                  size_t max, char **data, size_t *size, gale_err *error)
{
    size_t more = section->sh_size;

    if (section->sh_type != SHT_PROGBITS ||
        !within(elf, section->sh_offset, section->sh_size))
        return truncated(elf, "manifest", error);
    if (more > max - *size)
        return error_set(error,
                         "%s is damaged: its manifest has more than %zu bytes",
                         elf->path, max);
    *data = xrealloc(*data, *size + more);
    if (read_at(elf, section->sh_offset, *data + *size, more, error))
        return -1;
    *size += more;
    return 0;
}

int elf_file_section(const struct elf_file *elf, const char *name, size_t max,
                     char **data, size_t *size, gale_err *error)
{
    *data = NULL;
    *size = 0;
    for (uint32_t i = 0; i < elf->n_sections; i++) {
        Elf64_Shdr section;

        if (read_section(elf, i, &section, error) ||
            (has_name(elf, &section, name) &&
             append(elf, &section, max, data, size, error))) {
            free(*data);
            *data = NULL;
            return -1;
        }
    }
    return 0;
}
