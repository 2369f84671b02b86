/* pack.c - MessagePack, written and read; see pack.h. */
#include "common/pack.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <string.h>

/* -- writing --------------------------------------------------------------- */

void pack_init(struct pack *p)
{
    msgpack_sbuffer_init(&p->buffer);
    msgpack_packer_init(&p->packer, &p->buffer, msgpack_sbuffer_write);
}

void pack_free(struct pack *p)
{
    msgpack_sbuffer_destroy(&p->buffer);
}

void pack_shrink(struct pack *p)
{
    msgpack_sbuffer *b = &p->buffer;

    if (b->size == 0)
        return;
    b->data = xrealloc(b->data, b->size);
    b->alloc = b->size;
}

/* Only memory can fail it. */
static void done(int result)
{
    if (result != 0)
        memory_none_left();
}

void pack_map(struct pack *p, uint32_t n)
{
    done(msgpack_pack_map(&p->packer, n));
}

void pack_array(struct pack *p, uint32_t n)
{
    done(msgpack_pack_array(&p->packer, n));
}

void pack_nil(struct pack *p)
{
    done(msgpack_pack_nil(&p->packer));
}

void pack_bool(struct pack *p, bool value)
{
    done(value ? msgpack_pack_true(&p->packer)
               : msgpack_pack_false(&p->packer));
}

void pack_int(struct pack *p, int64_t value)
{
    done(msgpack_pack_int64(&p->packer, value));
}

void pack_uint(struct pack *p, uint64_t value)
{
    done(msgpack_pack_uint64(&p->packer, value));
}

void pack_float(struct pack *p, double value)
{
    done(msgpack_pack_double(&p->packer, value));
}

void pack_text_n(struct pack *p, const char *text, size_t size)
{
    done(msgpack_pack_str(&p->packer, size));
    done(msgpack_pack_str_body(&p->packer, text, size));
}

void pack_text(struct pack *p, const char *text)
{
    if (text == NULL)
        pack_nil(p);
    else
        pack_text_n(p, text, strlen(text));
}

void pack_bytes(struct pack *p, const void *data, size_t size)
{
    done(msgpack_pack_bin(&p->packer, size));
    done(msgpack_pack_bin_body(&p->packer, data, size));
}

void pack_packed(struct pack *p, const struct pack *other)
{
    if (other->buffer.size > 0)
        done(msgpack_sbuffer_write(&p->buffer, other->buffer.data,
                                   other->buffer.size));
}

void pack_object(struct pack *p, const msgpack_object *object)
{
    done(msgpack_pack_object(&p->packer, *object));
}

void pack_key_int(struct pack *p, const char *key, int64_t value)
{
    pack_text(p, key);
    pack_int(p, value);
}

void pack_key_uint(struct pack *p, const char *key, uint64_t value)
{
    pack_text(p, key);
    pack_uint(p, value);
}

void pack_key_bool(struct pack *p, const char *key, bool value)
{
    pack_text(p, key);
    pack_bool(p, value);
}

void pack_key_text(struct pack *p, const char *key, const char *text)
{
    pack_text(p, key);
    pack_text(p, text);
}

void pack_key_bytes(struct pack *p, const char *key, const void *data,
                    size_t size)
{
    pack_text(p, key);
    pack_bytes(p, data, size);
}

/* -- checking -------------------------------------------------------------- */

/* How a first byte goes on: so many bytes of a length (or of the value), and
 * what the length counts. */
struct form {
    enum { FORM_VALUE, FORM_BYTES, FORM_ITEMS, FORM_PAIRS, FORM_NONE } kind;
    uint32_t length_bytes; /* that follow; 0: `length` is in the byte */
    uint32_t length;       /* FORM_VALUE: of the value */
};

/* Of the first bytes 0xc0 … 0xdf:
 * https://github.com/msgpack/msgpack/blob/master/spec.md */
/* clang-format off */
static const struct form forms[32] = {
    [0x00] = {FORM_VALUE, 0, 0}, /* nil */
    [0x01] = {FORM_NONE, 0, 0},
    [0x02] = {FORM_VALUE, 0, 0}, /* false */
    [0x03] = {FORM_VALUE, 0, 0}, /* true */
    [0x04] = {FORM_BYTES, 1, 0}, /* bin */
    [0x05] = {FORM_BYTES, 2, 0},
    [0x06] = {FORM_BYTES, 4, 0},
    [0x07] = {FORM_BYTES, 1, 1}, /* ext */
    [0x08] = {FORM_BYTES, 2, 1},
    [0x09] = {FORM_BYTES, 4, 1},
    [0x0a] = {FORM_VALUE, 0, 4}, /* float */
    [0x0b] = {FORM_VALUE, 0, 8},
    [0x0c] = {FORM_VALUE, 0, 1}, /* uint */
    [0x0d] = {FORM_VALUE, 0, 2},
    [0x0e] = {FORM_VALUE, 0, 4},
    [0x0f] = {FORM_VALUE, 0, 8},
    [0x10] = {FORM_VALUE, 0, 1}, /* int */
    [0x11] = {FORM_VALUE, 0, 2},
    [0x12] = {FORM_VALUE, 0, 4},
    [0x13] = {FORM_VALUE, 0, 8},
    [0x14] = {FORM_VALUE, 0, 2}, /* fixext */
    [0x15] = {FORM_VALUE, 0, 3},
    [0x16] = {FORM_VALUE, 0, 5},
    [0x17] = {FORM_VALUE, 0, 9},
    [0x18] = {FORM_VALUE, 0, 17},
    [0x19] = {FORM_BYTES, 1, 0}, /* str */
    [0x1a] = {FORM_BYTES, 2, 0},
    [0x1b] = {FORM_BYTES, 4, 0},
    [0x1c] = {FORM_ITEMS, 2, 0}, /* array */
    [0x1d] = {FORM_ITEMS, 4, 0},
    [0x1e] = {FORM_PAIRS, 2, 0}, /* map */
    [0x1f] = {FORM_PAIRS, 4, 0},
};
/* clang-format on */

static struct form form_of(uint8_t byte)
{
    if (byte < 0x80 || byte >= 0xe0)
        return (struct form){FORM_VALUE, 0, 0};
    if (byte < 0x90)
        return (struct form){FORM_PAIRS, 0, byte & 0x0fu};
    if (byte < 0xa0)
        return (struct form){FORM_ITEMS, 0, byte & 0x0fu};
    if (byte < 0xc0)
        return (struct form){FORM_BYTES, 0, byte & 0x1fu};
    return forms[byte - 0xc0];
}

/* Where the check is. */
struct course {
    const uint8_t *at, *end;
    uint64_t left[PACK_DEPTH_MAX + 1]; /* objects to come, per level */
    uint32_t depth;
    uint64_t elements; /* that may still come */
};

static const char *const cut_off = "ends in the middle of a value";

/* The length of the form; false: the text ends before. An ext's type counts to
 * what follows. */
static bool read_length(struct course *c, const struct form *f,
                        uint64_t *length)
{
    uint64_t n = 0;

    if (f->length_bytes == 0) {
        *length = f->length;
        return true;
    }
    if ((size_t)(c->end - c->at) < f->length_bytes)
        return false;
    for (uint32_t i = 0; i < f->length_bytes; i++)
        n = n << 8 | *c->at++;
    *length = n + f->length; /* an ext's type is a byte more */
    return true;
}

static const char *enter(struct course *c, uint64_t n)
{
    if (n > (uint64_t)(c->end - c->at))
        return "says that it holds more elements than bytes follow";
    if (n > c->elements)
        return "has more elements than are allowed";
    if (c->depth == PACK_DEPTH_MAX)
        return "is nested too deeply";
    c->elements -= n;
    c->left[++c->depth] = n;
    return NULL;
}

static const char *check_one(struct course *c)
{
    struct form f = form_of(*c->at++);
    uint64_t length;

    if (f.kind == FORM_NONE)
        return "has the byte 0xc1, which begins no value";
    if (!read_length(c, &f, &length))
        return cut_off;
    if (f.kind == FORM_ITEMS || f.kind == FORM_PAIRS)
        return enter(c, f.kind == FORM_PAIRS ? length * 2 : length);
    if (length > (uint64_t)(c->end - c->at))
        return cut_off;
    c->at += length;
    return NULL;
}

const char *pack_defect(const void *data, size_t size,
                        struct pack_limits limits)
{
    struct course c = {.at = data, .elements = limits.elements};
    const char *defect;

    if (size > limits.bytes)
        return "is longer than allowed";
    c.end = c.at + size;
    c.left[0] = 1;
    for (;;) {
        while (c.left[c.depth] == 0) {
            if (c.depth == 0)
                return c.at == c.end ? NULL : "goes on behind its end";
            c.depth--;
        }
        c.left[c.depth]--;
        if (c.at == c.end)
            return cut_off;
        defect = check_one(&c);
        if (defect != NULL)
            return defect;
    }
}

/* -- reading --------------------------------------------------------------- */

int unpack(struct unpacked *u, const void *data, size_t size,
           struct pack_limits limits, const char *what, gale_err *error)
{
    const char *defect = pack_defect(data, size, limits);
    size_t offset = 0;

    if (defect != NULL)
        return error_set(error, "%s %s", what, defect);
    msgpack_unpacked_init(&u->message);
    if (msgpack_unpack_next(&u->message, data, size, &offset) !=
            MSGPACK_UNPACK_SUCCESS ||
        offset != size) {
        msgpack_unpacked_destroy(&u->message);
        return error_set(error, "%s is no MessagePack", what);
    }
    u->root = &u->message.data;
    return 0;
}

void unpacked_free(struct unpacked *u)
{
    msgpack_unpacked_destroy(&u->message);
}

static bool is_key(const msgpack_object *o, const char *key)
{
    size_t size = strlen(key);

    return o->type == MSGPACK_OBJECT_STR && o->via.str.size == size &&
           (size == 0 || !memcmp(o->via.str.ptr, key, size));
}

const msgpack_object *unpack_key(const msgpack_object *map, const char *key)
{
    for (uint32_t i = 0; i < unpack_n_pairs(map); i++)
        if (is_key(&map->via.map.ptr[i].key, key))
            return &map->via.map.ptr[i].val;
    return NULL;
}

int64_t unpack_int(const msgpack_object *o, int64_t otherwise)
{
    if (o != NULL && o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        return o->via.i64;
    if (o != NULL && o->type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
        o->via.u64 <= INT64_MAX)
        return (int64_t)o->via.u64;
    return otherwise;
}

uint64_t unpack_uint(const msgpack_object *o, uint64_t otherwise)
{
    return o != NULL && o->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? o->via.u64
                                                                   : otherwise;
}

double unpack_float(const msgpack_object *o, double otherwise)
{
    if (o == NULL)
        return otherwise;
    switch (o->type) {
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return o->via.f64;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return (double)o->via.u64;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return (double)o->via.i64;
    default:
        return otherwise;
    }
}

bool unpack_bool(const msgpack_object *o, bool otherwise)
{
    return o != NULL && o->type == MSGPACK_OBJECT_BOOLEAN ? o->via.boolean
                                                          : otherwise;
}

/* The library has no place for what is empty. */
static gale_str str_at(const char *data, uint32_t size)
{
    return gale_str_make(size > 0 ? data : "", size);
}

gale_str unpack_str(const msgpack_object *o)
{
    if (o != NULL && o->type == MSGPACK_OBJECT_STR)
        return str_at(o->via.str.ptr, o->via.str.size);
    if (o != NULL && o->type == MSGPACK_OBJECT_BIN)
        return str_at(o->via.bin.ptr, o->via.bin.size);
    return gale_str_make(NULL, 0);
}

char *unpack_text(const msgpack_object *o, size_t max)
{
    gale_str text = unpack_str(o);

    if (o == NULL || o->type != MSGPACK_OBJECT_STR || text.size > max ||
        memchr(text.data, '\0', text.size) != NULL)
        return NULL;
    return xstrndup(text.data, text.size);
}

uint32_t unpack_n(const msgpack_object *o)
{
    return o != NULL && o->type == MSGPACK_OBJECT_ARRAY ? o->via.array.size : 0;
}

const msgpack_object *unpack_at(const msgpack_object *o, uint32_t i)
{
    check(i < unpack_n(o));
    return &o->via.array.ptr[i];
}

uint32_t unpack_n_pairs(const msgpack_object *o)
{
    return o != NULL && o->type == MSGPACK_OBJECT_MAP ? o->via.map.size : 0;
}

const msgpack_object_kv *unpack_pair(const msgpack_object *o, uint32_t i)
{
    check(i < unpack_n_pairs(o));
    return &o->via.map.ptr[i];
}
