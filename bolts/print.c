/*
 * print.c - bolt: each tuple as a line on standard output.
 *
 * Lines are gathered and written together: when enough are there, FLUSH_MS
 * after the first of them, and at the end. A tuple is held until its line is
 * written, so what is acked has been handed to the system. An output that
 * cannot be written (closed by its reader, disk full) stops the worker with a
 * sentence.
 *
 * Writing may block: the bolt has a thread of its own. Tasks of one worker take
 * turns, so that lines are not torn.
 */
#include <errno.h>
#include <gale/bolt.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    FLUSH_SIZE = 64 * 1024, /* bytes that are written at once, or more */
    HELD_MAX = 1024,        /* lines gathered at most */
    FLUSH_MS = 1,
    DEPTH_MAX = 32, /* of lists in lists that are printed */
};

/* A part of a line: text, or the field of this name. */
struct piece {
    bool field;
    char *text;
    size_t size;
};

struct print {
    gale_str format, fields, separator; /* options */

    struct piece *pieces; /* none: all fields, with the separator */
    size_t n_pieces;
    char *data; /* lines to be written */
    size_t size, capacity;
    gale_handle *held; /* their inputs */
    size_t n_held;
    pthread_mutex_t *turn; /* of all tasks of the worker */
};

static void *grown(void *memory, size_t size)
{
    void *more = realloc(memory, size);

    if (!more) {
        fprintf(stderr, "gale: print: out of memory (%zu bytes)\n", size);
        abort();
    }
    return more;
}

/* -- the line's parts ------------------------------------------------------ */

static void add_piece(struct print *p, bool field, const char *text,
                      size_t size)
{
    struct piece *piece;

    p->pieces = grown(p->pieces, (p->n_pieces + 1) * sizeof(*p->pieces));
    piece = &p->pieces[p->n_pieces++];
    piece->field = field;
    piece->size = size;
    piece->text = grown(NULL, size + 1);
    memcpy(piece->text, text, size);
    piece->text[size] = '\0';
}

/* `fields` has one name a line. */
static void pieces_of_fields(struct print *p)
{
    const char *name = p->fields.data, *end;

    for (; name; name = end ? end + 1 : NULL) {
        end = strchr(name, '\n');
        if (p->n_pieces)
            add_piece(p, false, p->separator.data, p->separator.size);
        add_piece(p, true, name, end ? (size_t)(end - name) : strlen(name));
    }
}

/* In a format, {name} is a field, {{ and }} are braces. NULL, or where it is
 * none; p NULL: it is only looked at. */
static const char *pieces_of_format(struct print *p, const char *at)
{
    while (*at) {
        size_t text = strcspn(at, "{}");
        size_t name = at[text] ? strcspn(at + text + 1, "{}") : 0;

        if (text && p)
            add_piece(p, false, at, text);
        at += text;
        if (!*at)
            break;
        if (at[1] == at[0]) {
            if (p)
                add_piece(p, false, at, 1);
            at += 2;
        } else if (at[0] == '{' && name && at[1 + name] == '}') {
            if (p)
                add_piece(p, true, at + 1, name);
            at += name + 2;
        } else {
            return at;
        }
    }
    return NULL;
}

#define WRONG_FORMAT                                                           \
    "option format, at \"%.20s\": a field is {name}, a brace is {{ or }}"

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct print *p = instance;
    const char *wrong = pieces_of_format(NULL, p->format.data);
    char text[120];

    if (!wrong)
        return GALE_OK;
    snprintf(text, sizeof(text), WRONG_FORMAT, wrong);
    return gale_declare_error(out, text);
}

/* -- values as text -------------------------------------------------------- */

static void append(struct print *p, const char *data, size_t size)
{
    if (size == 0)
        return;
    if (p->capacity - p->size < size) {
        p->capacity = 2 * p->capacity + size;
        p->data = grown(p->data, p->capacity);
    }
    memcpy(p->data + p->size, data, size);
    p->size += size;
}

/* The shortest text that reads back as the same number. */
static void append_float(struct print *p, double f)
{
    char text[32];
    int n = 0;

    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(text, sizeof(text), "%.*g", digits, isnan(f) ? NAN : f);
        if (strtod(text, NULL) == f)
            break;
    }
    append(p, text, (size_t)n);
}

static void append_text(struct print *p, const char *text)
{
    append(p, text, strlen(text));
}

static void append_value(struct print *p, const gale_tuple *in, gale_value v,
                         int depth);

/* [a, b] or {key: value} */
static void append_items(struct print *p, const gale_tuple *in, gale_value v,
                         int depth)
{
    bool map = v.kind == GALE_MAP;
    uint32_t n = map ? 2 * v.size : v.size;

    if (depth == DEPTH_MAX) {
        append_text(p, "...");
        return;
    }
    append_text(p, map ? "{" : "[");
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            append_text(p, map && i % 2 ? ": " : ", ");
        append_value(p, in, gale_item(in, v, i), depth + 1);
    }
    append_text(p, map ? "}" : "]");
}

static void append_value(struct print *p, const gale_tuple *in, gale_value v,
                         int depth)
{
    char text[32];

    switch (v.kind) {
    case GALE_STRING:
    case GALE_BYTES:
        append(p, v.as.data, v.size);
        break;
    case GALE_INT:
        snprintf(text, sizeof(text), "%" PRId64, v.as.i);
        append_text(p, text);
        break;
    case GALE_FLOAT:
        append_float(p, v.as.f);
        break;
    case GALE_BOOL:
        append_text(p, v.as.i ? "true" : "false");
        break;
    case GALE_LIST:
    case GALE_MAP:
        append_items(p, in, v, depth);
        break;
    default:
        append_text(p, "nil");
    }
}

static gale_result append_field(gale_task *task, struct print *p,
                                const gale_tuple *in, const char *name)
{
    uint32_t i = gale_index_of(in, name);

    if (i == GALE_NO_FIELD)
        return gale_error(task, GALE_FATAL,
                          "the tuples of %s, stream %s, have no field %s: see "
                          "the options format and fields",
                          gale_source_component(in), gale_source_stream(in),
                          name);
    append_value(p, in, gale_get(in, i), 0);
    return GALE_OK;
}

static gale_result append_line(gale_task *task, struct print *p,
                               const gale_tuple *in)
{
    uint32_t n = p->n_pieces ? 0 : gale_n_fields(in);
    gale_result result = GALE_OK;

    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            append(p, p->separator.data, p->separator.size);
        append_value(p, in, gale_get(in, i), 0);
    }
    for (size_t i = 0; i < p->n_pieces && result == GALE_OK; i++) {
        if (p->pieces[i].field)
            result = append_field(task, p, in, p->pieces[i].text);
        else
            append(p, p->pieces[i].text, p->pieces[i].size);
    }
    append(p, "\n", 1);
    return result;
}

/* -- output ---------------------------------------------------------------- */

/* 0, or the errno. */
static int write_all(const char *data, size_t size)
{
    struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};

    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, data, size);

        if (n < 0 && errno == EAGAIN)
            poll(&ready, 1, -1);
        else if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

static gale_result flush(gale_task *task)
{
    struct print *p = gale_instance(task);
    int error;

    pthread_mutex_lock(p->turn);
    error = write_all(p->data, p->size);
    pthread_mutex_unlock(p->turn);
    if (error) /* what was not written stays unacked */
        p->n_held = p->size = 0;
    if (error == EPIPE)
        return gale_error(task, GALE_FATAL,
                          "standard output was closed by its reader");
    if (error)
        return gale_error(task, GALE_FATAL,
                          "cannot write to standard output: %s",
                          strerror(error));
    for (size_t i = 0; i < p->n_held; i++)
        gale_ack(task, p->held[i]);
    p->n_held = 0;
    p->size = 0;
    gale_tick_every(task, 0);
    return GALE_OK;
}

static void *make_turn(gale_task *task, void *arg)
{
    pthread_mutex_t *turn = grown(NULL, sizeof(*turn));

    (void)task;
    (void)arg;
    pthread_mutex_init(turn, NULL);
    return turn;
}

static void end_turn(void *turn)
{
    pthread_mutex_destroy(turn);
    free(turn);
}

/* -- callbacks ------------------------------------------------------------- */

static gale_result prepare(gale_task *task)
{
    struct print *p = gale_instance(task);
    const char *wrong = NULL;

    p->turn = gale_resource(task, "print.turn", make_turn, end_turn, NULL);
    p->held = grown(NULL, HELD_MAX * sizeof(*p->held));
    if (p->format.size)
        wrong = pieces_of_format(p, p->format.data);
    else if (p->fields.size)
        pieces_of_fields(p);
    return wrong ? gale_error(task, GALE_FATAL, WRONG_FORMAT, wrong) : GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct print *p = gale_instance(task);

    for (size_t i = 0; i < p->n_pieces; i++)
        free(p->pieces[i].text);
    free(p->pieces);
    free(p->data);
    free(p->held);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct print *p = gale_instance(task);
    gale_result result = append_line(task, p, in);

    if (result != GALE_OK)
        return result;
    p->held[p->n_held++] = gale_hold(task, in);
    if (p->size >= FLUSH_SIZE || p->n_held == HELD_MAX)
        return flush(task);
    if (p->n_held == 1)
        gale_tick_every(task, FLUSH_MS);
    return GALE_OK;
}

GALE_BOLT(
    print, .summary = "each tuple as a line on standard output",
    .flags = GALE_BOLT_BLOCKING | GALE_BOLT_MANUAL_ACK, .declare = declare,
    .prepare = prepare, .cleanup = cleanup, .execute = execute, .tick = flush,
    .end_of_input = flush, .instance_size = sizeof(struct print),
    .options = GALE_OPTIONS(
        GALE_OPTION_FIELDS_IN(struct print, format, "format", "", "{}",
                              "the line, with {name} for a field, as in "
                              "\"{count} {word}\"; goes before the others"),
        GALE_OPTION_FIELDS(struct print, fields, "fields", "",
                           "names of the fields to print, in this order; "
                           "none: all"),
        GALE_OPTION_STR(struct print, separator, "separator", "\t",
                        "text between two fields")));
