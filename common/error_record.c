/* error_record.c - the last errors of a component; see error_record.h. */
#include "common/error_record.h"
#include "topology-api/memory.h"
#include <string.h>

#define E struct reported_error
static const struct record_field error_fields[] = {
    RECORD_NUMBER_OF(E, at_us, 0, INT64_MAX),
    RECORD_NUMBER_OF(E, count, 0, INT64_MAX),
    RECORD_NUMBER_OF(E, worker, 0, RECORD_WORKERS_MAX - 1),
    RECORD_TEXT_OF(E, host, record_host_valid, RECORD_HOST_RULE),
    RECORD_OWNED_OF(E, text, ERROR_TEXT_MAX, NULL, "text of at most 511 bytes"),
};
#undef E

static const struct record_form error_form = {
    .size = sizeof(struct reported_error),
    .n_fields = sizeof(error_fields) / sizeof(error_fields[0]),
    .fields = error_fields,
};

#define R struct error_record
static const struct record_field fields[] = {
    RECORD_TEXT_OF(R, component, names_valid, NAMES_RULE),
    RECORD_LIST_OF(R, errors, ERROR_RECORD_MAX, &error_form),
};
#undef R

static const struct record_form form = {
    .what = "errors",
    .version = 1,
    .size = sizeof(struct error_record),
    .rest = offsetof(struct error_record, rest),
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .fields = fields,
};

int error_record_pack(const struct error_record *e, struct pack *p,
                      gale_err *error)
{
    return record_pack(&form, e, NULL, p, error);
}

int error_record_unpack(const void *data, size_t size, struct error_record *e,
                        gale_err *error)
{
    return record_unpack(&form, data, size, NULL, e, error);
}

void error_record_free(struct error_record *e)
{
    record_free(&form, e);
}

/* -- a new one ------------------------------------------------------------- */

static uint32_t find_text(const struct error_record *e, const char *text)
{
    uint32_t i = 0;

    while (i < e->n_errors && strcmp(e->errors[i].text, text) != 0)
        i++;
    return i;
}

static void take_out(struct error_record *e, uint32_t at)
{
    free(e->errors[at].text);
    e->n_errors--;
    memmove(&e->errors[at], &e->errors[at + 1],
            (e->n_errors - at) * sizeof(*e->errors));
}

/* Behind all that are later. */
static void put_in(struct error_record *e, const struct reported_error *new)
{
    uint32_t at = 0;

    while (at < e->n_errors && e->errors[at].at_us > new->at_us)
        at++;
    e->errors = xreallocarray(e->errors, e->n_errors + 1, sizeof(*e->errors));
    memmove(&e->errors[at + 1], &e->errors[at],
            (e->n_errors - at) * sizeof(*e->errors));
    e->errors[at] = *new;
    e->errors[at].text = xstrdup(new->text);
    e->n_errors++;
}

/* Which the record can hold: a worker may say any number. */
static uint64_t sum_of(uint64_t a, uint64_t b)
{
    return a > INT64_MAX || b > INT64_MAX - a ? INT64_MAX : a + b;
}

bool error_record_add(struct error_record *e, const struct reported_error *new,
                      bool in_all)
{
    uint32_t at = find_text(e, new->text);
    struct reported_error added = *new;

    if (at < e->n_errors) {
        uint64_t before = e->errors[at].count;

        if (e->errors[at].at_us >= new->at_us)
            return false;
        added.count = !in_all               ? sum_of(before, new->count)
                      : before > new->count ? before
                                            : new->count;
        take_out(e, at);
    }
    added.count = sum_of(added.count, 0);
    put_in(e, &added);
    if (e->n_errors > ERROR_RECORD_MAX)
        take_out(e, ERROR_RECORD_MAX);
    return true;
}
