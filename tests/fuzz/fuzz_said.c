/*
 * fuzz_said.c - what a worker says to its supervisor and to nimbus, which has
 * the key of that worker and runs code of users: positions, reports, metrics.
 *
 * Two calls follow each other: the first byte says how many bytes the first one
 * has.
 */
#include "common/metric_table.h"
#include "common/position_save.h"
#include "supervisor/newest_positions.h"
#include "supervisor/report_news.h"
#include "tests/fuzz/fuzz.h"

enum { POSITIONS = 64, METRICS = 8, METRICS_BYTES = 4096 };

static void take_positions(struct newest_positions *newest,
                           const msgpack_object *said)
{
    static const struct slot_wanted worker = {.topology = "words-1-9"};
    struct position_save *save =
        position_save_new("words-1-9", said, POSITIONS);

    newest_positions_take(newest, &worker, said);
    fuzz_must(newest->bytes <= NEWEST_POSITIONS_BYTES);
    for (uint32_t i = 0; save != NULL && i < position_save_n(save); i++) {
        gale_str data;
        const char *name = position_save_get(save, i, &data);

        fuzz_must(position_save_is_name(name));
        newest_positions_yield(newest, &worker, name, data);
    }
    position_save_free(save);
}

static void take_metrics(struct metric_table *t, const msgpack_object *said)
{
    struct pack p;

    metric_table_add(t, said);
    fuzz_must(t->n <= t->max);
    metric_table_sort(t);
    pack_init(&p);
    metric_table_pack(t, METRICS_BYTES, &p);
    pack_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct pack_limits limits = {1 << 16, 4096};
    struct fuzz f = {data, size};
    size_t first = fuzz_number(&f, 1);
    struct unpacked u[2];
    struct newest_positions newest = {.n = 0};
    struct metric_table metrics = {.max = METRICS};

    first = first < f.left ? first : f.left;
    if (unpack(&u[0], f.at, first, limits, "it", NULL) != 0)
        return 0;
    if (unpack(&u[1], f.at + first, f.left - first, limits, "it", NULL) == 0) {
        for (size_t i = 0; i < 2; i++) {
            take_positions(&newest, u[i].root);
            take_metrics(&metrics, u[i].root);
        }
        (void)report_is_news(u[0].root, u[1].root);
        (void)report_is_news(NULL, u[1].root);
        unpacked_free(&u[1]);
    }
    unpacked_free(&u[0]);
    newest_positions_fini(&newest);
    metric_table_free(&metrics);
    return 0;
}
