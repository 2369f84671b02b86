/* file_mark.c - how far a file has been read; see file_mark.h. */
#include "connectors/file_mark.h"
#include "connectors/must.h"
#include <inttypes.h>
#include <string.h>

/* FNV-1a. */
#define SUM_BEGIN UINT64_C(0xcbf29ce484222325)
#define SUM_PRIME UINT64_C(0x100000001b3)

static uint64_t summed(uint64_t sum, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ (unsigned char)data[i]) * SUM_PRIME;
    return sum;
}

void file_mark_begin(struct file_mark *m, uint64_t device, uint64_t inode,
                     int64_t changed)
{
    *m = (struct file_mark){device, inode, changed, 0, SUM_BEGIN};
}

size_t file_mark_head(const struct file_mark *m)
{
    return m->offset < FILE_MARK_HEAD ? (size_t)m->offset : FILE_MARK_HEAD;
}

void file_mark_pass(struct file_mark *m, const char *data, size_t n)
{
    size_t room = FILE_MARK_HEAD - file_mark_head(m);

    if (room > 0)
        m->sum = summed(m->sum, data, n < room ? n : room);
    m->offset += (int64_t)n;
}

bool file_mark_begins(const struct file_mark *m, const char *head)
{
    return summed(SUM_BEGIN, head, file_mark_head(m)) == m->sum;
}

size_t file_mark_write(const struct file_mark *m, char text[FILE_MARK_TEXT])
{
    int n = snprintf(text, FILE_MARK_TEXT,
                     "device %" PRIu64 " inode %" PRIu64 " changed %" PRId64
                     " offset %" PRId64 " sum %016" PRIx64,
                     m->device, m->inode, m->changed, m->offset, m->sum);

    must(n > 0 && n < FILE_MARK_TEXT);
    return (size_t)n;
}

bool file_mark_read(gale_str text, struct file_mark *m)
{
    char copy[FILE_MARK_TEXT], again[FILE_MARK_TEXT];

    if (text.size >= sizeof(copy) || text.size == 0)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    if (sscanf(copy,
               "device %" SCNu64 " inode %" SCNu64 " changed %" SCNd64
               " offset %" SCNd64 " sum %" SCNx64,
               &m->device, &m->inode, &m->changed, &m->offset, &m->sum) != 5)
        return false;
    file_mark_write(m, again); /* it takes blanks and signs that are not ours */
    return !strcmp(copy, again) && m->offset >= 0;
}
