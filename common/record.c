/* record.c - writes, copies, frees what is kept in ZooKeeper; see record.h. */
#include "common/record.h"
#include "common/check.h"
#include "common/record_fields.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "common/topology_id.h"

/* -- rules of texts -------------------------------------------------------- */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool record_name_valid(const char *text)
{
    return topology_name_valid(text);
}

bool record_host_valid(const char *text)
{
    return *text != '\0' && text[strspn(text, LETTERS ".:%_-")] == '\0';
}

bool record_hash_valid(const char *text)
{
    return strspn(text, "0123456789abcdef") == RECORD_HASH_SIZE - 1;
}

bool record_file_valid(const char *text)
{
    return names_valid(text) && *text != '.';
}

/* -- writing --------------------------------------------------------------- */

static uint64_t number(const void *record, const struct record_field *f)
{
    if (f->size == sizeof(uint32_t))
        return *(uint32_t *)record_at(record, f->at);
    return *(uint64_t *)record_at(record, f->at);
}

static void pack_numbers(struct pack *p, const struct record_field *f,
                         const void *record)
{
    uint32_t n = *record_n(record, f) * record_per(f);
    const uint32_t *at = *record_array(record, f);

    pack_array(p, n);
    for (uint32_t i = 0; i < n; i++)
        pack_uint(p, at[i]);
}

static void pack_fields(struct pack *p, const struct record_form *form,
                        const void *record);

static void pack_list(struct pack *p, const struct record_field *f,
                      const void *record)
{
    uint32_t n = *record_n(record, f);
    const char *at = *record_array(record, f);

    pack_array(p, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_map(p, f->form->n_fields);
        pack_fields(p, f->form, at + i * f->form->size);
    }
}

static void pack_field(struct pack *p, const struct record_field *f,
                       const void *record)
{
    pack_text(p, f->key);
    switch (f->kind) {
    case RECORD_NUMBER:
        pack_uint(p, number(record, f));
        break;
    case RECORD_FLAG:
        pack_bool(p, *(bool *)record_at(record, f->at));
        break;
    case RECORD_WORD:
        pack_text(p, f->words[*(unsigned *)record_at(record, f->at)]);
        break;
    case RECORD_TEXT:
        pack_text(p, record_at(record, f->at));
        break;
    case RECORD_OWNED:
        pack_text(p, *record_owned(record, f));
        break;
    case RECORD_NUMBERS:
        pack_numbers(p, f, record);
        break;
    case RECORD_LIST:
        pack_list(p, f, record);
        break;
    }
}

static void pack_fields(struct pack *p, const struct record_form *form,
                        const void *record)
{
    for (uint32_t i = 0; i < form->n_fields; i++)
        pack_field(p, &form->fields[i], record);
}

static void pack_rest(struct pack *p, const struct record_rest *rest)
{
    if (rest->size > 0 &&
        msgpack_sbuffer_write(&p->buffer, rest->pairs, rest->size) != 0)
        memory_none_left();
}

static void sign(struct pack *p, const struct digest *key)
{
    static const struct digest none;
    struct digest mac;
    size_t signed_size;

    pack_key_bytes(p, RECORD_MAC_KEY, none.bytes, DIGEST_BYTES);
    signed_size = p->buffer.size - DIGEST_BYTES;
    mac = digest_mac(key->bytes, DIGEST_BYTES, p->buffer.data, signed_size);
    memcpy(p->buffer.data + signed_size, mac.bytes, DIGEST_BYTES);
}

static void pack_all(struct pack *p, const struct record_form *form,
                     const void *record, const struct digest *key)
{
    const struct record_rest *rest = record_rest(form, record);

    pack_map(p, 2 + form->n_fields + rest->n + form->is_signed);
    pack_key_text(p, RECORD_KIND_KEY, form->what);
    pack_key_uint(p, RECORD_VERSION_KEY, form->version);
    pack_fields(p, form, record);
    pack_rest(p, rest);
    if (form->is_signed)
        sign(p, key);
}

int record_pack(const struct record_form *form, const void *record,
                const struct digest *key, struct pack *p, gale_err *error)
{
    void *again = xcalloc(1, form->size);
    int result;

    check(p->buffer.size == 0 && form->is_signed == (key != NULL));
    pack_all(p, form, record, key);
    result =
        record_unpack(form, p->buffer.data, p->buffer.size, key, again, error);
    record_free(form, again);
    free(again);
    return result;
}

/* -- freeing and copying --------------------------------------------------- */

static void free_fields(const struct record_form *form, void *record);

static void free_list(const struct record_field *f, void *record)
{
    char *at = *record_array(record, f);

    for (uint32_t i = 0; i < *record_n(record, f); i++)
        free_fields(f->form, at + i * f->form->size);
    free(at);
}

static void free_fields(const struct record_form *form, void *record)
{
    for (uint32_t i = 0; i < form->n_fields; i++) {
        const struct record_field *f = &form->fields[i];

        if (f->kind == RECORD_OWNED)
            free(*record_owned(record, f));
        else if (f->kind == RECORD_NUMBERS)
            free(*record_array(record, f));
        else if (f->kind == RECORD_LIST)
            free_list(f, record);
    }
}

void record_free(const struct record_form *form, void *record)
{
    free_fields(form, record);
    free(record_rest(form, record)->pairs);
    memset(record, 0, form->size);
}

static void *copy_of(const void *data, size_t size)
{
    return data == NULL ? NULL : xstrndup(data, size);
}

static void own_fields(const struct record_form *form, void *record);

static void own_list(const struct record_field *f, void *record)
{
    uint32_t n = *record_n(record, f);
    void **array = record_array(record, f);

    *array = copy_of(*array, n * f->form->size);
    for (uint32_t i = 0; i < n; i++)
        own_fields(f->form, (char *)*array + i * f->form->size);
}

/* What is another's until now is copied. */
static void own_fields(const struct record_form *form, void *record)
{
    for (uint32_t i = 0; i < form->n_fields; i++) {
        const struct record_field *f = &form->fields[i];
        void **array = record_array(record, f);

        if (f->kind == RECORD_OWNED && *array != NULL)
            *array = xstrdup(*array);
        else if (f->kind == RECORD_NUMBERS)
            *array = copy_of(*array, *record_n(record, f) * f->size);
        else if (f->kind == RECORD_LIST)
            own_list(f, record);
    }
}

void record_copy(const struct record_form *form, const void *from, void *to)
{
    struct record_rest *rest = record_rest(form, to);

    memcpy(to, from, form->size);
    own_fields(form, to);
    rest->pairs = copy_of(rest->pairs, rest->size);
}
