/*
 * record_read.c - reads what is kept in ZooKeeper; see record.h.
 *
 * First the signature, then the form, then the members. A record that fails at
 * any of them is empty.
 */
#include "common/record.h"
#include "common/record_fields.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <inttypes.h>

/* -- what a member may be -------------------------------------------------- */

/* Where it is read, for messages. */
struct place {
    const char *what; /* "topology" */
    const char *list; /* NULL: in the record itself */
    uint32_t i;
    gale_err *error;
};

static int wrong(const struct place *place, const struct record_field *f,
                 const char *expected)
{
    if (place->list != NULL)
        return error_set(place->error,
                         "the %s record has no right \"%s\" in element %" PRIu32
                         " of \"%s\", expected %s",
                         place->what, f->key, place->i, place->list, expected);
    return error_set(place->error,
                     "the %s record has no right \"%s\", expected %s",
                     place->what, f->key, expected);
}

static bool in_range(const struct record_field *f, const msgpack_object *o,
                     uint64_t *n)
{
    *n = unpack_uint(o, 0);
    return o != NULL && o->type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
           *n >= f->min && *n <= f->max;
}

static int read_number(const struct place *place, const struct record_field *f,
                       const msgpack_object *o, void *record)
{
    char expected[64];
    uint64_t n;

    snprintf(expected, sizeof(expected),
             "a number from %" PRIu64 " to %" PRIu64, f->min, f->max);
    if (!in_range(f, o, &n))
        return wrong(place, f, expected);
    if (f->size == sizeof(uint32_t))
        *(uint32_t *)record_at(record, f->at) = (uint32_t)n;
    else
        *(uint64_t *)record_at(record, f->at) = n;
    return 0;
}

static int read_flag(const struct place *place, const struct record_field *f,
                     const msgpack_object *o, void *record)
{
    if (o == NULL || o->type != MSGPACK_OBJECT_BOOLEAN)
        return wrong(place, f, "true or false");
    *(bool *)record_at(record, f->at) = o->via.boolean;
    return 0;
}

static int read_word(const struct place *place, const struct record_field *f,
                     const msgpack_object *o, void *record)
{
    gale_str text = unpack_str(o);

    for (unsigned i = 0; text.data != NULL && f->words[i] != NULL; i++)
        if (strlen(f->words[i]) == text.size &&
            !memcmp(f->words[i], text.data, text.size)) {
            *(unsigned *)record_at(record, f->at) = i;
            return 0;
        }
    return wrong(place, f, f->expected);
}

/* NULL: it is none, or does not follow the rule. */
static char *text_of(const struct record_field *f, const msgpack_object *o)
{
    char *text = unpack_text(o, f->max);

    if (text == NULL || f->valid == NULL || f->valid(text) ||
        (f->optional && *text == '\0'))
        return text;
    free(text);
    return NULL;
}

static int read_text(const struct place *place, const struct record_field *f,
                     const msgpack_object *o, void *record)
{
    char *text = text_of(f, o);

    if (text == NULL)
        return wrong(place, f, f->expected);
    memcpy(record_at(record, f->at), text, strlen(text) + 1);
    free(text);
    return 0;
}

static int read_owned(const struct place *place, const struct record_field *f,
                      const msgpack_object *o, void *record)
{
    char *text = text_of(f, o);

    if (text == NULL)
        return wrong(place, f, f->expected);
    *record_owned(record, f) = text;
    return 0;
}

/* -- lists ----------------------------------------------------------------- */

static int too_many(const struct place *place, const struct record_field *f)
{
    char expected[64];

    snprintf(expected, sizeof(expected),
             "a list of at most %" PRIu64 " elements", f->max);
    return wrong(place, f, expected);
}

static int read_numbers(const struct place *place, const struct record_field *f,
                        const msgpack_object *o, void *record)
{
    uint32_t per = record_per(f), n = unpack_n(o);
    uint32_t *numbers;

    if (o == NULL || o->type != MSGPACK_OBJECT_ARRAY || n / per > f->max)
        return too_many(place, f);
    if (n % per != 0)
        return wrong(place, f, "as many numbers in each element");
    numbers = xcalloc(n, sizeof(*numbers));
    *record_array(record, f) = numbers;
    *record_n(record, f) = n / per;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t value = unpack_uint(unpack_at(o, i), UINT64_MAX);

        if (value > UINT32_MAX)
            return wrong(place, f, "numbers of at most 32 bits");
        numbers[i] = (uint32_t)value;
    }
    return 0;
}

static int read_fields(const struct place *place,
                       const struct record_form *form,
                       const msgpack_object *map, void *record);

static int read_list(const struct place *place, const struct record_field *f,
                     const msgpack_object *o, void *record)
{
    struct place inside = *place;
    uint32_t n = unpack_n(o);
    char *elements;

    if (o == NULL || o->type != MSGPACK_OBJECT_ARRAY || n > f->max)
        return too_many(place, f);
    elements = xcalloc(n, f->form->size);
    *record_array(record, f) = elements;
    *record_n(record, f) = n;
    inside.list = f->key;
    for (inside.i = 0; inside.i < n; inside.i++)
        if (read_fields(&inside, f->form, unpack_at(o, inside.i),
                        elements + inside.i * f->form->size) != 0)
            return -1;
    return 0;
}

/* -- the whole ------------------------------------------------------------- */

static int read_field(const struct place *place, const struct record_field *f,
                      const msgpack_object *o, void *record)
{
    static int (*const readers[])(const struct place *,
                                  const struct record_field *,
                                  const msgpack_object *, void *) = {
        [RECORD_NUMBER] = read_number,   [RECORD_FLAG] = read_flag,
        [RECORD_WORD] = read_word,       [RECORD_TEXT] = read_text,
        [RECORD_OWNED] = read_owned,     [RECORD_LIST] = read_list,
        [RECORD_NUMBERS] = read_numbers,
    };

    if (f->optional && (o == NULL || o->type == MSGPACK_OBJECT_NIL))
        return 0;
    return readers[f->kind](place, f, o, record);
}

static int read_fields(const struct place *place,
                       const struct record_form *form,
                       const msgpack_object *map, void *record)
{
    for (uint32_t i = 0; i < form->n_fields; i++) {
        const struct record_field *f = &form->fields[i];

        if (read_field(place, f, unpack_key(map, f->key), record) != 0)
            return -1;
    }
    return 0;
}

static bool is_text(gale_str text, const char *wanted)
{
    return text.data != NULL && strlen(wanted) == text.size &&
           !memcmp(text.data, wanted, text.size);
}

static bool is_known(const struct record_form *form, const msgpack_object *key)
{
    gale_str text = unpack_str(key);

    if (is_text(text, RECORD_KIND_KEY) || is_text(text, RECORD_VERSION_KEY) ||
        is_text(text, RECORD_MAC_KEY))
        return true;
    for (uint32_t i = 0; i < form->n_fields; i++)
        if (is_text(text, form->fields[i].key))
            return true;
    return false;
}

static void keep_rest(const struct record_form *form, const msgpack_object *map,
                      struct record_rest *rest)
{
    struct pack p;

    pack_init(&p);
    for (uint32_t i = 0; i < unpack_n_pairs(map); i++) {
        const msgpack_object_kv *pair = unpack_pair(map, i);

        if (is_known(form, &pair->key))
            continue;
        pack_object(&p, &pair->key);
        pack_object(&p, &pair->val);
        rest->n++;
    }
    rest->size = p.buffer.size;
    if (rest->size > 0)
        rest->pairs = xstrndup(p.buffer.data, p.buffer.size);
    pack_free(&p);
}

static int check_kind(const struct record_form *form, const msgpack_object *map,
                      gale_err *error)
{
    uint64_t version = unpack_uint(unpack_key(map, RECORD_VERSION_KEY), 0);

    if (!is_text(unpack_str(unpack_key(map, RECORD_KIND_KEY)), form->what))
        return error_set(error,
                         "the record is none of kind \"%s\", which is "
                         "expected here",
                         form->what);
    if (version == 0)
        return error_set(error,
                         "the %s record has no right \"version\", expected a "
                         "number from 1 on",
                         form->what);
    if (version > form->version)
        return error_set(error,
                         "the %s record is of version %" PRIu64
                         ", written by a newer gale; this one reads up to "
                         "version %" PRIu32 ": install the newer one here, too",
                         form->what, version, form->version);
    return 0;
}

static int read_record(const struct record_form *form,
                       const msgpack_object *map, void *record, gale_err *error)
{
    struct place place = {.what = form->what, .error = error};
    const char *defect;

    if (check_kind(form, map, error) != 0 ||
        read_fields(&place, form, map, record) != 0)
        return -1;
    defect = form->defect != NULL ? form->defect(record) : NULL;
    if (defect != NULL)
        return error_set(error, "the %s record %s", form->what, defect);
    keep_rest(form, map, record_rest(form, record));
    return 0;
}

/* Whether the last bytes are the right MAC of those before. */
static bool is_signed_by(const struct digest *key, const void *data,
                         size_t size)
{
    struct digest mac, right;

    if (size < DIGEST_BYTES)
        return false;
    memcpy(mac.bytes, (const char *)data + size - DIGEST_BYTES, DIGEST_BYTES);
    right = digest_mac(key->bytes, DIGEST_BYTES, data, size - DIGEST_BYTES);
    return digest_equal(&mac, &right);
}

int record_unpack(const struct record_form *form, const void *data, size_t size,
                  const struct digest *key, void *record, gale_err *error)
{
    const struct pack_limits limits = {RECORD_BYTES_MAX, RECORD_ELEMENTS_MAX};
    struct unpacked u;
    char what[64];
    int result;

    memset(record, 0, form->size);
    snprintf(what, sizeof(what), "the %s record", form->what);
    if (form->is_signed && size <= RECORD_BYTES_MAX &&
        !is_signed_by(key, data, size))
        return error_set(error,
                         "%s is not signed with this cluster's key: it is "
                         "damaged, or written by who does not belong to it",
                         what);
    if (unpack(&u, data, size, limits, what, error) != 0)
        return -1;
    result = read_record(form, u.root, record, error);
    unpacked_free(&u);
    if (result != 0)
        record_free(form, record);
    return result;
}
