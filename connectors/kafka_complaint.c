/* kafka_complaint.c - see kafka_complaint.h. */
#include "connectors/kafka_complaint.h"

#define MINUTE INT64_C(60000000000)

/* So many fails show that it holds up others; so many, that it always fails. */
enum { HOLDING_FAILS = 3, MANY_FAILS = 8 };

static bool holds_up(const struct kafka_partition *p,
                     const struct offset_entry *e)
{
    return p->paused && !p->said && e->fails >= HOLDING_FAILS &&
           e == offset_ledger_oldest(&p->ledger);
}

/* Where there is a place for dead letters, one that goes on failing has either
 * no limit, or it could not be kept there, which is an error of its own. */
static const char *advice(gale_task *task)
{
    if (gale_config(task, "gale.topology.dead.letter").kind == GALE_NIL)
        return "gale.topology.max.replays says how often it may, and "
               "gale.topology.dead.letter where it goes then";
    if (gale_config(task, "gale.topology.max.replays").as.i == 0)
        return "gale.topology.max.replays says how often it may before it goes "
               "to gale.topology.dead.letter; poison goes at once, unless an "
               "error says that it cannot";
    return "it goes to gale.topology.dead.letter after "
           "gale.topology.max.replays, unless an error says that it cannot";
}

void kafka_complain(gale_task *task, struct kafka_complaints *c,
                    struct kafka_partition *p, const struct offset_entry *e)
{
    bool holds = holds_up(p, e);
    int64_t now = gale_now(task);

    if (!holds && (e->fails < MANY_FAILS || now < c->next))
        return;
    p->said |= holds;
    c->next = now + MINUTE;
    gale_report_error(
        task,
        "topic %s, partition %d: offset %lld has failed %u times and %s; %s",
        p->topic, (int)p->number, (long long)e->offset, e->fails,
        holds ? "holds up what is behind it" : "is emitted again",
        advice(task));
}

/* To go on somewhere else would leave records out without anybody's having said
 * so; a topology that stands still loses nothing. */
gale_result kafka_out_of_range(gale_task *task, const struct kafka_partition *p,
                               const rd_kafka_message_t *m)
{
    return gale_error(
        task, GALE_FATAL,
        "topic %s, partition %d: offset %lld is not there any longer (%s): "
        "retention has taken it, or the topic was cut or made again; to go on "
        "without what is gone, set out.of.range to earliest, or to latest",
        rd_kafka_topic_name(m->rkt), (int)m->partition,
        p == NULL ? -1LL : (long long)p->ledger.next,
        rd_kafka_message_errstr(m));
}
