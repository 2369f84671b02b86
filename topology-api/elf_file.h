/*
 * elf_file.h - bytes of a named section of a shared object, read with distrust.
 *
 * Nothing is mapped or run. An object is opened, asked, closed, by one thread.
 */
#ifndef GALE_ELF_FILE_H
#define GALE_ELF_FILE_H

#include "topology-api/model.h"
#include <elf.h>
#include <sys/stat.h>

/* Where the bytes are, if they are in no file of the system: of whoever opens
 * it, until it is closed. */
struct elf_source {
    uint64_t size;
    void *arg;
    /* How many bytes from there on; -1 and errno. */
    int64_t (*read_at)(void *arg, uint64_t offset, void *to, size_t size);
};

struct elf_file {
    const char *path;                /* as errors name it; borrowed */
    const struct elf_source *source; /* NULL: … */
    int fd;                          /* … this is it */
    struct stat stat;
    uint64_t size; /* of the file */
    Elf64_Ehdr header;
    uint32_t n_sections;
    Elf64_Shdr names; /* the section that holds the sections' names */
};

/* 0 if path, which errors call `name`, is a shared object for this machine
 * whose parts lie within the file; -1 with the error, and then there is nothing
 * to close. */
int elf_file_open(struct elf_file *elf, const char *path, const char *name,
                  gale_err *error);
/* The same of what is there. */
int elf_file_open_from(struct elf_file *elf, const struct elf_source *source,
                       const char *name, gale_err *error);
void elf_file_close(struct elf_file *elf);

/*
 * All bytes of the sections of this name, one behind the other, at most max of
 * them; the caller frees *data, which is NULL if there is no such section. -1
 * with the error.
 */
int elf_file_section(const struct elf_file *elf, const char *name, size_t max,
                     char **data, size_t *size, gale_err *error);

#endif
