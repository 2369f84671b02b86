/* kafka_presence.c - see kafka_presence.h. */
#include "connectors/kafka_presence.h"
#include "connectors/kafka_trouble.h"
#include <inttypes.h>

#define MS INT64_C(1000000)

enum {
    ASK_MS = 1000,
    PAUSE_MS = 100,
    MISSING_MS = 2000 /* a new topic may not be known everywhere yet */
};

enum answer { IS_THERE, IS_MISSING, NOBODY_SAYS, IS_WRONG };

static enum answer judge(const struct kafka_presence *p,
                         const rd_kafka_metadata_topic_t *t, char *text)
{
    if (t->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        t->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
        snprintf(text, KAFKA_TEXT,
                 "there is no topic %.249s: create it, or name another one",
                 t->topic);
        return IS_MISSING;
    }
    if (t->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        snprintf(text, KAFKA_TEXT, "topic %.249s: %s", t->topic,
                 rd_kafka_err2str(t->err));
        return NOBODY_SAYS;
    }
    if (p->partition < t->partition_cnt)
        return IS_THERE;
    snprintf(text, KAFKA_TEXT,
             "topic %.249s has no partition %" PRId64 ", expected 0 to %d",
             t->topic, p->partition, t->partition_cnt - 1);
    return IS_WRONG;
}

static enum answer ask(const struct kafka_presence *p, rd_kafka_t *handle,
                       char *text)
{
    const struct rd_kafka_metadata *data;
    rd_kafka_resp_err_t error =
        rd_kafka_metadata(handle, false, p->topic, &data, ASK_MS);
    enum answer answer = IS_THERE;

    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        snprintf(text, KAFKA_TEXT, "%s", rd_kafka_err2str(error));
        return NOBODY_SAYS;
    }
    if (p->topic != NULL && data->topic_cnt == 1)
        answer = judge(p, &data->topics[0], text);
    rd_kafka_metadata_destroy(data);
    return answer;
}

bool kafka_presence_await(const struct kafka_presence *p,
                          struct kafka_client *client, gale_task *task,
                          char *text)
{
    int64_t waited, began = gale_now(task);
    enum answer answer;
    char why[KAFKA_TEXT];

    do {
        answer = ask(p, client->handle, why);
        kafka_client_listen(client, task, answer == IS_THERE ? 0 : PAUSE_MS);
        waited = (gale_now(task) - began) / MS;
    } while ((answer == NOBODY_SAYS || answer == IS_MISSING) &&
             waited < p->start_ms &&
             (answer != IS_MISSING || waited < MISSING_MS));
    if (answer == NOBODY_SAYS)
        kafka_trouble_explain(p->from, p->start_ms / 1000, why, client->trouble,
                              text, KAFKA_TEXT);
    else
        snprintf(text, KAFKA_TEXT, "%s", why);
    return answer == IS_THERE;
}
