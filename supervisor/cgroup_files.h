/*
 * cgroup_files.h - the files by which the kernel has its control groups: they
 * lie on no disk, are written in one piece, and have no name but the kernel's.
 *
 * 0, or -1 and errno.
 */
#ifndef GALE_CGROUP_FILES_H
#define GALE_CGROUP_FILES_H

#include "common/env.h"
#include "supervisor/cgroup_plan.h"

enum { CGROUP_PATH_MAX = 4096 };

/* directory/name. */
int cgroup_join(char path[CGROUP_PATH_MAX], const char *directory,
                const char *name);
int cgroup_write(const char *directory, const char *file, const char *text);
/* To be freed; NULL and errno. */
char *cgroup_read(struct env *env, const char *directory, const char *file);
/* Also if it is there. */
int cgroup_make(const char *path);
/* EBUSY: it has processes. */
int cgroup_remove(const char *path);
/* All its processes. */
void cgroup_kill(struct env *env, const struct cgroup_place *place);

/* Where a process is (0: this one); cgroup_places_free() it. */
int cgroup_files_of(struct env *env, int pid, struct cgroup_places *places);

#endif
