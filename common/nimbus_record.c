/* nimbus_record.c - a nimbus that leads or would; see nimbus_record.h. */
#include "common/nimbus_record.h"
#include "common/topology_id.h"

#define N struct nimbus_record
static const struct record_field fields[] = {
    RECORD_TEXT_OF(N, id, record_name_valid, TOPOLOGY_NAME_RULE),
    RECORD_TEXT_OF(N, host, record_host_valid, RECORD_HOST_RULE),
    RECORD_TEXT_OF(N, address, record_host_valid, RECORD_HOST_RULE),
    RECORD_NUMBER_OF(N, port, 1, UINT16_MAX),
    RECORD_NUMBER_OF(N, started_us, 0, INT64_MAX),
    RECORD_TEXT_OF(N, gale, NULL, "text of at most 63 bytes"),
};
#undef N

static const struct record_form form = {
    .what = "nimbus",
    .version = 1,
    .size = sizeof(struct nimbus_record),
    .rest = offsetof(struct nimbus_record, rest),
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .fields = fields,
};

int nimbus_record_pack(const struct nimbus_record *n, struct pack *p,
                       gale_err *error)
{
    return record_pack(&form, n, NULL, p, error);
}

int nimbus_record_unpack(const void *data, size_t size, struct nimbus_record *n,
                         gale_err *error)
{
    return record_unpack(&form, data, size, NULL, n, error);
}

void nimbus_record_free(struct nimbus_record *n)
{
    record_free(&form, n);
}
