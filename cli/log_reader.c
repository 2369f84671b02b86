/* log_reader.c - a worker's log from its supervisor; see log_reader.h. */
#include "cli/log_reader.h"
#include "cli/command.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

#define PIECE (256u << 10)

struct piece {
    char *data;
    size_t size;
    int64_t rotated_us;
};

/* -- a piece --------------------------------------------------------------- */

static void pack_question(const struct log_reader *r,
                          const struct log_place *place, uint32_t file,
                          uint64_t offset, size_t size, struct pack *p)
{
    pack_map(p, 5);
    pack_key_text(p, "topology", r->topology);
    pack_key_uint(p, "worker", place->worker);
    pack_key_uint(p, "file", file);
    pack_key_uint(p, "offset", offset);
    pack_key_uint(p, "size", size);
}

static int read_piece(const struct log_reader *r, const struct log_place *place,
                      uint32_t file, uint64_t offset, size_t size,
                      struct piece *piece)
{
    struct unpacked answer;
    struct pack params;
    gale_str data;
    int status;

    *piece = (struct piece){.data = NULL};
    pack_init(&params);
    pack_question(r, place, file, offset, size, &params);
    status =
        cluster_call_at(r->cluster, &place->address, "log", &params, &answer);
    pack_free(&params);
    if (status != EXIT_OK)
        return status;
    data = unpack_str(unpack_key(answer.root, "data"));
    piece->data = xstrndup(data.data != NULL ? data.data : "", data.size);
    piece->size = data.size;
    piece->rotated_us = unpack_int(unpack_key(answer.root, "rotated_us"), 0);
    unpacked_free(&answer);
    return EXIT_OK;
}

/* -- the end of a log ------------------------------------------------------ */

struct tail {
    char *data;
    size_t size;
    uint64_t lines; /* ends of lines in it */
    uint64_t wanted;
};

static uint64_t count_lines(const char *data, size_t size)
{
    uint64_t n = 0;

    for (size_t i = 0; i < size; i++)
        n += data[i] == '\n';
    return n;
}

/* One more than what is wanted: the end of the line before them. */
static bool is_enough(const struct tail *t)
{
    return t->lines > t->wanted || t->size >= LOG_TAIL_BYTES_MAX;
}

static void put_before(struct tail *t, const struct piece *piece)
{
    char *data = xmalloc(piece->size + t->size + 1);

    memcpy(data, piece->data, piece->size);
    if (t->size > 0)
        memcpy(data + piece->size, t->data, t->size);
    t->lines += count_lines(piece->data, piece->size);
    t->size += piece->size;
    free(t->data);
    t->data = data;
}

/* One file, from its end on. */
static int read_back(const struct log_reader *r, const struct log_place *place,
                     uint32_t file, struct tail *t)
{
    uint64_t at = place->sizes[file];

    while (at > 0 && !is_enough(t)) {
        size_t step = at < PIECE ? (size_t)at : PIECE;
        struct piece piece;
        int status = read_piece(r, place, file, at - step, step, &piece);

        if (status != EXIT_OK) /* its name has changed just now */
            return cluster_has_not_found(r->cluster) ? EXIT_OK : status;
        put_before(t, &piece);
        free(piece.data);
        at -= step;
    }
    return EXIT_OK;
}

/* Where the last lines begin. A last line without an end counts, too. */
static size_t begin_of(const struct tail *t)
{
    uint64_t left = t->wanted;
    size_t at = t->size;

    if (at > 0 && t->data[at - 1] == '\n')
        at--;
    for (; at > 0; at--)
        if (t->data[at - 1] == '\n' && --left == 0)
            break;
    return t->wanted == 0 ? t->size : at;
}

int log_reader_tail(const struct log_reader *r, struct log_place *place,
                    uint32_t lines, char **text, size_t *size)
{
    struct tail t = {.wanted = lines};
    int status = EXIT_OK;
    size_t begin;

    for (uint32_t i = 0;
         i < place->n_files && !is_enough(&t) && status == EXIT_OK; i++)
        status = read_back(r, place, i, &t);
    begin = begin_of(&t);
    *size = t.size - begin;
    *text = xstrndup(t.data == NULL ? "" : t.data + begin, *size);
    free(t.data);
    place->offset = place->n_files > 0 ? place->sizes[0] : 0;
    return status;
}

/* -- what comes behind it -------------------------------------------------- */

/*
 * The file that is followed, by whatever name: it is the one before which the
 * last was written at place->rotated_us. Its piece behind the offset, if it was
 * found; next_us: the same of the file that comes after it; 0: none does.
 */
static int find_piece(const struct log_reader *r, const struct log_place *place,
                      bool *found, struct piece *piece, int64_t *next_us)
{
    int status = EXIT_OK;

    *found = false;
    *next_us = 0;
    for (uint32_t file = 0;
         file < LOG_FILES_MAX && status == EXIT_OK && !*found; file++) {
        status = read_piece(r, place, file, place->offset, PIECE, piece);
        if (status != EXIT_OK)
            continue;
        *found = piece->rotated_us == place->rotated_us;
        if (*found)
            continue;
        *next_us = piece->rotated_us;
        free(piece->data);
    }
    return cluster_has_not_found(r->cluster) ? EXIT_OK : status;
}

/* Names change one after the other, and that takes an instant: it is looked for
 * again. What cannot be found then was written faster than it was read, and is
 * gone, or all of it is. */
static int go_on_with_newest(const struct log_reader *r,
                             struct log_place *place)
{
    struct piece piece;
    int status = EXIT_OK;

    if (++place->in_vain < LOG_READER_TRIES)
        return EXIT_OK;
    status = read_piece(r, place, 0, 0, 0, &piece);
    if (status != EXIT_OK)
        return status;
    place->offset = 0;
    place->rotated_us = piece.rotated_us;
    place->in_vain = 0;
    free(piece.data);
    return EXIT_OK;
}

/* When all of a file was read that has got another name, the next one is
 * followed. */
int log_reader_more(const struct log_reader *r, struct log_place *place,
                    char **text, size_t *size)
{
    struct piece piece;
    int64_t next_us;
    bool found;
    int status = find_piece(r, place, &found, &piece, &next_us);

    *text = NULL;
    *size = 0;
    if (status != EXIT_OK)
        return status;
    if (!found)
        return go_on_with_newest(r, place);
    place->in_vain = 0;
    place->offset += piece.size;
    if (next_us != 0 && piece.size < PIECE) {
        place->offset = 0;
        place->rotated_us = next_us;
    }
    *text = piece.data;
    *size = piece.size;
    return EXIT_OK;
}
