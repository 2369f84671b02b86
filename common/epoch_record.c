/* epoch_record.c - who leads; see epoch_record.h. */
#include "common/epoch_record.h"
#include "common/topology_id.h"

/* Before the first leader they are empty. */
#define EMPTY_OF(member_, valid_, expected_)                                   \
    {                                                                          \
        .key = #member_, .kind = RECORD_TEXT, .optional = true,                \
        .at = offsetof(struct epoch_record, member_),                          \
        .max = sizeof(((struct epoch_record *)0)->member_) - 1,                \
        .valid = (valid_), .expected = (expected_)                             \
    }

static const struct record_field fields[] = {
    RECORD_NUMBER_OF(struct epoch_record, epoch, 0, INT32_MAX),
    EMPTY_OF(nimbus, record_name_valid, TOPOLOGY_NAME_RULE),
    EMPTY_OF(host, record_host_valid, RECORD_HOST_RULE),
    EMPTY_OF(address, record_host_valid, RECORD_HOST_RULE),
    RECORD_NUMBER_OF(struct epoch_record, port, 0, UINT16_MAX),
    EMPTY_OF(candidate, record_name_valid, TOPOLOGY_NAME_RULE),
};

static const struct record_form form = {
    .what = "epoch",
    .version = 1,
    .size = sizeof(struct epoch_record),
    .rest = offsetof(struct epoch_record, rest),
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .fields = fields,
};

int epoch_record_pack(const struct epoch_record *e, struct pack *p,
                      gale_err *error)
{
    return record_pack(&form, e, NULL, p, error);
}

int epoch_record_unpack(const void *data, size_t size, struct epoch_record *e,
                        gale_err *error)
{
    return record_unpack(&form, data, size, NULL, e, error);
}

void epoch_record_free(struct epoch_record *e)
{
    record_free(&form, e);
}
