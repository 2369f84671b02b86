/* log_files.c - a log and the files that it was before; see log_files.h. */
#include "connectors/log_files.h"
#include "connectors/must.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { NS = 1000000000 };

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

int64_t log_file_changed(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * NS + st->st_mtim.tv_nsec;
}

/* -- those that are done --------------------------------------------------- */

void log_files_done(struct log_files_done *done, const struct stat *st)
{
    file_mark_begin(&done->marks[done->n++ % LOG_FILES_DONE], st->st_dev,
                    st->st_ino, log_file_changed(st));
}

/* A file that has a done one's inode has changed later. */
static bool is_done(const struct log_files_done *done, const struct stat *st)
{
    for (uint32_t i = 0; i < done->n && i < LOG_FILES_DONE; i++)
        if (done->marks[i].device == st->st_dev &&
            done->marks[i].inode == st->st_ino &&
            done->marks[i].changed == log_file_changed(st))
            return true;
    return false;
}

/* -- opening --------------------------------------------------------------- */

static struct log_file none(int error)
{
    errno = error;
    return (struct log_file){.fd = -1};
}

static struct log_file close_with(struct log_file f, int error)
{
    close(f.fd);
    return none(error);
}

static struct log_file open_at(int dir, const char *path)
{
    struct log_file f = {.fd = -1};

    f.fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (f.fd < 0)
        return none(errno);
    if (fstat(f.fd, &f.st))
        return close_with(f, errno);
    if (!S_ISREG(f.st.st_mode))
        return close_with(f, S_ISDIR(f.st.st_mode) ? EISDIR : ENOTSUP);
    snprintf(f.name, sizeof(f.name), "%s", base_of(path));
    return f;
}

struct log_file log_files_open(const char *path)
{
    return open_at(AT_FDCWD, path);
}

bool log_file_is(int fd, const struct file_mark *mark)
{
    char head[FILE_MARK_HEAD];
    size_t size = file_mark_head(mark);
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_size >= mark->offset &&
           pread(fd, head, size, 0) == (ssize_t)size &&
           file_mark_begins(mark, head);
}

/* -- the directory --------------------------------------------------------- */

static bool is_rotated(const char *name, const char *base)
{
    size_t n = strlen(base), size = strlen(name);

    return size > n + 1 && !strncmp(name, base, n) &&
           (name[n] == '.' || name[n] == '-') &&
           isdigit((unsigned char)name[n + 1]) &&
           isdigit((unsigned char)name[size - 1]);
}

/* What is looked for in a directory, and the best that was found. */
struct search {
    const char *base;
    const struct file_mark *mark;
    int64_t since;
    const struct log_files_done *done;
    bool (*fits)(const struct search *, const char *name,
                 const struct stat *st);
    struct log_file found;
};

static void close_found(struct search *s)
{
    if (s->found.fd >= 0)
        close(s->found.fd);
}

/* Of several, the one that has changed first. */
static void look_at(struct search *s, int dir, const char *name)
{
    struct log_file f;
    struct stat st;

    if (fstatat(dir, name, &st, 0) || !S_ISREG(st.st_mode) ||
        !s->fits(s, name, &st))
        return;
    if (s->found.fd >= 0 &&
        log_file_changed(&s->found.st) <= log_file_changed(&st))
        return;
    f = open_at(dir, name);
    if (f.fd < 0)
        return;
    if (!s->fits(s, name, &f.st) ||
        (s->mark != NULL && !log_file_is(f.fd, s->mark))) {
        close(f.fd);
        return;
    }
    close_found(s);
    s->found = f;
}

static DIR *open_directory(const char *path)
{
    size_t size = (size_t)(base_of(path) - path);
    char *name = size > 0 ? strndup(path, size) : strdup(".");
    DIR *dir;

    must(name != NULL);
    dir = opendir(name);
    free(name);
    return dir;
}

void log_files_watch(int inotify, const char *path)
{
    size_t size = (size_t)(base_of(path) - path);
    char *name = size > 0 ? strndup(path, size) : strdup(".");

    must(name != NULL);
    if (inotify >= 0)
        inotify_add_watch(inotify, name, IN_CREATE | IN_MOVED_TO);
    free(name);
}

/* The path itself counts before all others. */
static struct log_file search(struct search s, const char *path)
{
    DIR *dir = open_directory(path);

    s.base = base_of(path);
    s.found = none(ENOENT);
    if (dir == NULL)
        return none(errno);
    look_at(&s, dirfd(dir), s.base);
    for (struct dirent *e; s.found.fd < 0 || strcmp(s.found.name, s.base);) {
        e = readdir(dir);
        if (e == NULL)
            break;
        look_at(&s, dirfd(dir), e->d_name);
    }
    closedir(dir);
    if (s.found.fd < 0)
        return none(ENOENT);
    return s.found;
}

static bool is_marked(const struct search *s, const char *name,
                      const struct stat *st)
{
    (void)name;
    return st->st_dev == s->mark->device && st->st_ino == s->mark->inode;
}

static bool may_be_copy(const struct search *s, const char *name,
                        const struct stat *st)
{
    return (!strcmp(name, s->base) || is_rotated(name, s->base)) &&
           log_file_changed(st) >= s->mark->changed;
}

static bool is_unread(const struct search *s, const char *name,
                      const struct stat *st)
{
    return is_rotated(name, s->base) && log_file_changed(st) >= s->since &&
           !is_done(s->done, st);
}

struct log_file log_files_marked(const char *path, const struct file_mark *mark)
{
    struct log_file f =
        search((struct search){.mark = mark, .fits = is_marked}, path);

    if (f.fd >= 0 || mark->offset == 0)
        return f;
    return search((struct search){.mark = mark, .fits = may_be_copy}, path);
}

struct log_file log_files_next(const char *path, int64_t since,
                               const struct log_files_done *done)
{
    struct log_file f = search(
        (struct search){.since = since, .done = done, .fits = is_unread}, path);

    return f.fd >= 0 ? f : log_files_open(path);
}
