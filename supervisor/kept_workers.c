/* kept_workers.c - what is written down of workers; see kept_workers.h. */
#include "supervisor/kept_workers.h"
#include "topology-api/model.h"
#include "topology-api/memory.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

static const char magic[8] = {'G', 'A', 'L', 'E', 'K', 'E', 'P', 'T'};

enum { HEAD = sizeof(magic) + 8, VERSION = 1 };

static void put_u64(char to[8], uint64_t value)
{
    for (int i = 0; i < 8; i++)
        to[i] = (char)(value >> (8 * i));
}

static uint64_t get_u64(const char from[8])
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | (unsigned char)from[i];
    return value;
}

/* -- write ----------------------------------------------------------------- */

static void write_worker(struct pack *p, const struct kept_worker *w)
{
    pack_map(p, 10);
    pack_key_uint(p, "port", w->port);
    pack_key_text(p, "topology", w->as.topology);
    pack_key_uint(p, "worker", w->as.worker);
    pack_key_uint(p, "birth", w->as.birth);
    pack_key_uint(p, "version", w->as.version);
    pack_key_bool(p, "active", w->as.active);
    pack_key_bool(p, "closing", w->as.closing);
    pack_key_int(p, "pid", w->pid);
    pack_key_uint(p, "start", w->start);
    pack_key_text(p, "boot", w->boot);
}

void kept_write(struct pack *p, const struct kept *kept)
{
    size_t at = p->buffer.size;
    char head[HEAD] = {0};
    uint64_t sum;

    msgpack_sbuffer_write(&p->buffer, head, HEAD);
    pack_map(p, 4);
    pack_key_uint(p, "version", VERSION);
    pack_key_text(p, "supervisor", kept->supervisor);
    pack_key_uint(p, "change", kept->change);
    pack_text(p, "workers");
    pack_array(p, kept->n);
    for (uint32_t i = 0; i < kept->n; i++)
        write_worker(p, &kept->workers[i]);
    sum = XXH3_64bits(p->buffer.data + at + HEAD, p->buffer.size - at - HEAD);
    memcpy(p->buffer.data + at, magic, sizeof(magic));
    put_u64(p->buffer.data + at + sizeof(magic), sum);
}

/* -- read ------------------------------------------------------------------ */

/* "" if it is no text, or too long. */
static void read_text(char *to, size_t max, const msgpack_object *o)
{
    char *text = unpack_text(o, max);

    to[0] = '\0';
    if (text != NULL)
        memcpy(to, text, strlen(text) + 1);
    free(text);
}

bool kept_is_topology(const char *id)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t size = strlen(id);

    return size > 0 && size <= SLOT_TOPOLOGY_MAX && id[0] != '-' &&
           id[0] != '_' && strspn(id, letters) == size;
}

static uint64_t number_of(const msgpack_object *map, const char *key)
{
    return unpack_uint(unpack_key(map, key), 0);
}

/* What is not as it should be leads to none. */
static bool read_worker(struct kept_worker *w, const msgpack_object *map)
{
    uint64_t port = number_of(map, "port"), number = number_of(map, "worker");
    int64_t pid = unpack_int(unpack_key(map, "pid"), -1);

    if (port == 0 || port > UINT16_MAX || number > UINT32_MAX || pid < 0 ||
        pid > INT32_MAX)
        return false;
    *w = (struct kept_worker){
        .port = (uint16_t)port,
        .pid = (int)pid,
        .start = number_of(map, "start"),
        .as = {.worker = (uint32_t)number,
               .birth = number_of(map, "birth"),
               .version = number_of(map, "version"),
               .active = unpack_bool(unpack_key(map, "active"), false),
               .closing = unpack_bool(unpack_key(map, "closing"), false)},
    };
    read_text(w->as.topology, SLOT_TOPOLOGY_MAX, unpack_key(map, "topology"));
    read_text(w->boot, ENV_BOOT_MAX, unpack_key(map, "boot"));
    return kept_is_topology(w->as.topology);
}

void kept_add(struct kept *kept, const struct kept_worker *worker)
{
    kept->workers =
        xreallocarray(kept->workers, kept->n + 1, sizeof(*kept->workers));
    kept->workers[kept->n++] = *worker;
}

static const char *read_map(struct kept *kept, const msgpack_object *map)
{
    const msgpack_object *workers = unpack_key(map, "workers");
    uint32_t n = unpack_n(workers);
    struct kept_worker w;

    if (number_of(map, "version") != VERSION)
        return "was written by another version of gale";
    if (n > KEPT_WORKERS_MAX)
        return "is damaged (it has too many workers)";
    read_text(kept->supervisor, KEPT_ID_MAX, unpack_key(map, "supervisor"));
    kept->change = number_of(map, "change");
    for (uint32_t i = 0; i < n; i++) {
        if (!read_worker(&w, unpack_at(workers, i)))
            return "is damaged (a worker in it is none)";
        kept_add(kept, &w);
    }
    return NULL;
}

static const char *defect_of(const char *bytes, size_t size)
{
    if (size == 0)
        return "is empty";
    if (size < HEAD || memcmp(bytes, magic, sizeof(magic)) != 0)
        return "is damaged (it does not begin as such a file does)";
    if (get_u64(bytes + sizeof(magic)) !=
        XXH3_64bits(bytes + HEAD, size - HEAD))
        return "is damaged (its checksum is wrong)";
    return NULL;
}

int kept_read(struct kept *kept, const void *data, size_t size,
              const char *what, gale_err *error)
{
    static const struct pack_limits limits = {KEPT_BYTES_MAX,
                                              32 * KEPT_WORKERS_MAX};
    const char *defect = defect_of(data, size);
    struct unpacked u;

    *kept = (struct kept){0};
    if (defect == NULL) {
        if (unpack(&u, (const char *)data + HEAD, size - HEAD, limits, what,
                   error) != 0)
            return -1;
        defect = read_map(kept, u.root);
        unpacked_free(&u);
    }
    if (defect == NULL)
        return 0;
    kept_free(kept);
    return error_set(error, "%s %s", what, defect);
}

void kept_free(struct kept *kept)
{
    free(kept->workers);
    *kept = (struct kept){0};
}
