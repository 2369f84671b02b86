/*
 * plugin_files.h - the shared objects that tests load or break.
 *
 * tests/plugins and tests/plugins/bad are built into one directory, which
 * GALE_TEST_PLUGINS names. A copy of one is held in memory, changed there, and
 * read by its path like any file; nothing is written to a disk.
 */
#ifndef PLUGIN_FILES_H
#define PLUGIN_FILES_H

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static inline const char *plugin_files_directory(void)
{
    static char directory[4096];
    const char *plugins = getenv("GALE_TEST_PLUGINS");
    const char *build = getenv("GALE_BUILD");

    if (plugins != NULL)
        return plugins;
    snprintf(directory, sizeof(directory), "%s/tests/plugins",
             build == NULL ? "build/release" : build);
    return directory;
}

/* The path of a test plugin; one of the last four stays valid. */
static inline const char *plugin_files_path(const char *name)
{
    static char paths[4][4200];
    static unsigned last;
    char *path = paths[++last % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", plugin_files_directory(), name);
    return path;
}

/* A file in memory: data is what is in it, path is how to open it. */
struct file_copy {
    int fd;
    size_t size;
    unsigned char *data;
    char path[64];
};

static inline void file_copy_new(struct file_copy *copy, const void *data,
                                 size_t size)
{
    copy->fd = memfd_create("copy", MFD_CLOEXEC);
    copy->size = size;
    snprintf(copy->path, sizeof(copy->path), "/proc/self/fd/%d", copy->fd);
    if (copy->fd < 0 || ftruncate(copy->fd, (off_t)size) != 0)
        abort();
    copy->data = size == 0 ? NULL
                           : mmap(NULL, size, PROT_READ | PROT_WRITE,
                                  MAP_SHARED, copy->fd, 0);
    if (copy->data == MAP_FAILED)
        abort();
    if (size > 0 && data != NULL)
        memcpy(copy->data, data, size);
}

/* A copy of a test plugin. */
static inline void file_copy_of(struct file_copy *copy, const char *name)
{
    int fd = open(plugin_files_path(name), O_RDONLY | O_CLOEXEC);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0)
        abort();
    file_copy_new(copy, NULL, (size_t)status.st_size);
    if (read(fd, copy->data, copy->size) != (ssize_t)copy->size)
        abort();
    close(fd);
}

static inline void file_copy_free(struct file_copy *copy)
{
    if (copy->data != NULL)
        munmap(copy->data, copy->size);
    close(copy->fd);
}

/* The header of a section of a copy of a shared object, NULL if it has none. */
static inline Elf64_Shdr *file_copy_section(struct file_copy *copy,
                                            const char *name)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)copy->data;
    Elf64_Shdr *sections = (Elf64_Shdr *)(void *)(copy->data + header->e_shoff);
    const char *names =
        (const char *)copy->data + sections[header->e_shstrndx].sh_offset;

    for (uint32_t i = 0; i < header->e_shnum; i++)
        if (!strcmp(names + sections[i].sh_name, name))
            return &sections[i];
    return NULL;
}

#endif
