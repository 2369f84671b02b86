/* env_memory.c - files without a name whose size is sealed, and their way over
 * Unix sockets; see env_memory.h. */
#include "common/env_memory.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int closed(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
    return -1;
}

int env_memory_new(struct env *env, size_t size)
{
    int fd = memfd_create("gale-link", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    (void)env;
    if (fd < 0)
        return -1;
    if (ftruncate(fd, (off_t)size) != 0 || fcntl(fd, F_ADD_SEALS, SEALS) != 0)
        return closed(fd);
    return fd;
}

/* Nobody can make it smaller, which would be a signal for who looks at it. */
static bool is_whole(int fd, size_t size)
{
    struct stat status;
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & SEALS) == SEALS && fstat(fd, &status) == 0 &&
           status.st_size == (off_t)size;
}

void *env_memory_map(struct env *env, int memory, size_t size)
{
    void *at;

    (void)env;
    if (!is_whole(memory, size)) {
        errno = EINVAL;
        return NULL;
    }
    at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    return at != MAP_FAILED ? at : NULL;
}

void env_memory_unmap(struct env *env, void *at, size_t size)
{
    (void)env;
    munmap(at, size);
}

/* -- from one to another --------------------------------------------------- */

/* Room for one descriptor; the kernel closes what does not fit. */
union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

int64_t env_memory_send(struct env *env, int fd, const void *data, size_t size,
                        int memory)
{
    union control control = {.room = {0}};
    struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    int64_t n;

    (void)env;
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &memory, sizeof(int));
    do {
        n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n;
}

static int descriptor_of(struct msghdr *message)
{
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    int fd = -1;

    if (head != NULL && head->cmsg_level == SOL_SOCKET &&
        head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(head), sizeof(int));
    return fd;
}

int64_t env_memory_receive(struct env *env, int fd, void *data, size_t size,
                           int *memory)
{
    union control control;
    struct iovec part = {.iov_base = data, .iov_len = size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    int64_t n;

    (void)env;
    do {
        n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    *memory = n >= 0 ? descriptor_of(&message) : -1;
    return n;
}
