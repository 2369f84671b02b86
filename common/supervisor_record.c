/* supervisor_record.c - a machine for workers; see supervisor_record.h. */
#include "common/supervisor_record.h"
#include "common/topology_id.h"

#define S struct supervisor_record
static const struct record_field fields[] = {
    RECORD_TEXT_OF(S, id, record_name_valid, TOPOLOGY_NAME_RULE),
    RECORD_TEXT_OF(S, host, record_host_valid, RECORD_HOST_RULE),
    RECORD_TEXT_OF(S, address, record_host_valid, RECORD_HOST_RULE),
    RECORD_NUMBER_OF(S, port, 0, UINT16_MAX),
    RECORD_NUMBER_OF(S, started_us, 0, INT64_MAX),
    RECORD_TEXT_OF(S, gale, NULL, "text of at most 63 bytes"),
    RECORD_NUMBERS_OF(S, ports, RECORD_PORTS_MAX),
};
#undef S

static const char *defect_of(const void *record)
{
    const struct supervisor_record *s = record;
    uint32_t before = 0;

    for (uint32_t i = 0; i < s->n_ports; i++) {
        if (s->ports[i].number <= before || s->ports[i].number > UINT16_MAX)
            return "does not have its ports once each, in ascending order";
        before = s->ports[i].number;
    }
    return NULL;
}

static const struct record_form form = {
    .what = "supervisor",
    .version = 1,
    .size = sizeof(struct supervisor_record),
    .rest = offsetof(struct supervisor_record, rest),
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .fields = fields,
    .defect = defect_of,
};

int supervisor_record_pack(const struct supervisor_record *s, struct pack *p,
                           gale_err *error)
{
    return record_pack(&form, s, NULL, p, error);
}

int supervisor_record_unpack(const void *data, size_t size,
                             struct supervisor_record *s, gale_err *error)
{
    return record_unpack(&form, data, size, NULL, s, error);
}

void supervisor_record_free(struct supervisor_record *s)
{
    record_free(&form, s);
}
