/* topology_life.c - states and commands; see topology_life.h. */
#include "nimbus/topology_life.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"

#define SECOND_US INT64_C(1000000)

/* -- what is delayed ------------------------------------------------------- */

int64_t topology_life_left_us(const struct topology_record *t, int64_t now_us)
{
    int64_t wait = t->action_wait_secs * SECOND_US;
    int64_t passed = now_us - t->action_asked_us;

    if (t->action == TOPOLOGY_STAY)
        return INT64_MAX;
    if (passed < 0)
        return wait;
    return passed < wait ? wait - passed : 0;
}

static void delay(struct topology_record *t, enum topology_action action,
                  uint32_t wait_secs, int64_t now_us)
{
    t->action = action;
    t->action_wait_secs = wait_secs;
    t->action_asked_us = now_us;
}

/* -- wishes of a rebalance ------------------------------------------------- */

static void drop_wishes(struct topology_record *t)
{
    t->wish_workers = 0;
    free(t->wish_executors);
    t->wish_executors = NULL;
    t->n_wish_executors = 0;
    free(t->wish_conf);
    t->wish_conf = NULL;
}

static const struct topology_component *find_component(
    const struct topology_record *t, const char *id)
{
    for (uint32_t i = 0; i < t->n_components; i++)
        if (strcmp(t->components[i].id, id) == 0)
            return &t->components[i];
    return NULL;
}

static int check_wish(const struct topology_record *t,
                      const struct life_executors *wish, gale_err *error)
{
    const struct topology_component *c = find_component(t, wish->component);

    if (c == NULL)
        return error_set(error,
                         "topology \"%s\" has no component \"%s\" to rebalance",
                         t->name, wish->component);
    if (wish->executors < 1 || wish->executors > c->tasks)
        return error_set(error,
                         "topology \"%s\": component \"%s\" cannot have %u "
                         "executors, expected 1 to %u, the number of its tasks",
                         t->name, c->id, wish->executors, c->tasks);
    return 0;
}

static int check_wishes(const struct topology_record *t,
                        const struct life_event *event, gale_err *error)
{
    if (event->workers > RECORD_WORKERS_MAX)
        return error_set(error,
                         "topology \"%s\" cannot have %u workers, expected at "
                         "most %u",
                         t->name, event->workers, RECORD_WORKERS_MAX);
    for (uint32_t i = 0; i < event->n_executors; i++)
        if (check_wish(t, &event->executors[i], error))
            return -1;
    return 0;
}

static void note_wishes(struct topology_record *t,
                        const struct life_event *event)
{
    drop_wishes(t);
    t->wish_workers = event->workers;
    t->wish_conf = event->conf != NULL ? xstrdup(event->conf) : NULL;
    if (event->n_executors == 0)
        return;
    t->n_wish_executors = t->n_components;
    t->wish_executors = xcalloc(t->n_components, sizeof(*t->wish_executors));
    for (uint32_t i = 0; i < event->n_executors; i++)
        t->wish_executors[find_component(t, event->executors[i].component) -
                          t->components]
            .executors = event->executors[i].executors;
}

static void fulfil_wishes(struct topology_record *t)
{
    if (t->wish_workers > 0)
        t->workers = t->wish_workers;
    for (uint32_t i = 0; i < t->n_wish_executors; i++)
        if (t->wish_executors[i].executors > 0)
            t->components[i].executors = t->wish_executors[i].executors;
    if (t->wish_conf != NULL) {
        free(t->conf);
        t->conf = t->wish_conf;
        t->wish_conf = NULL;
    }
    drop_wishes(t);
}

/* -- commands -------------------------------------------------------------- */

const char *topology_life_word(const struct topology_record *t, bool runs)
{
    return t->status == TOPOLOGY_FINISHED && runs
               ? "FINISHING"
               : topology_status_words[t->status];
}

static int refuse(const struct topology_record *t, bool runs, const char *what,
                  gale_err *error)
{
    static const char *const possible[] = {
        [TOPOLOGY_ACTIVE] = "deactivate, rebalance or kill",
        [TOPOLOGY_INACTIVE] = "activate, rebalance or kill",
        [TOPOLOGY_KILLED] = "kill, with a shorter wait",
        [TOPOLOGY_REBALANCING] =
            "wait until it is done, rebalance in another way, or kill",
        [TOPOLOGY_FINISHED] = "kill",
    };

    return error_set(error,
                     "topology \"%s\" cannot be %s while it is %s; what can be "
                     "done: %s",
                     t->name, what, topology_life_word(t, runs),
                     possible[t->status]);
}

static bool is_steady(const struct topology_record *t)
{
    return t->status == TOPOLOGY_ACTIVE || t->status == TOPOLOGY_INACTIVE;
}

static int set_active(struct topology_record *t, const struct life_event *event,
                      struct life_actions *actions, gale_err *error)
{
    bool active = event->kind == LIFE_ACTIVATE;
    enum topology_status status = active ? TOPOLOGY_ACTIVE : TOPOLOGY_INACTIVE;

    if (!is_steady(t))
        return refuse(t, event->runs, active ? "activated" : "deactivated",
                      error);
    actions->write = t->status != status;
    t->status = status;
    return 0;
}

/* A rebalance that waits is given up: it goes without. */
static void kill_it(struct topology_record *t, const struct life_event *event,
                    int64_t now_us, struct life_actions *actions)
{
    bool sooner = topology_life_left_us(t, now_us) >
                  (int64_t)event->wait_secs * SECOND_US;

    actions->remove = !event->runs;
    if (!event->runs || (t->status == TOPOLOGY_KILLED && !sooner))
        return;
    drop_wishes(t);
    t->status = TOPOLOGY_KILLED;
    delay(t, TOPOLOGY_KILL, event->wait_secs, now_us);
    actions->write = true;
}

/* Its spouts rest already, for the one before: no longer than for that. */
static void rebalance_otherwise(struct topology_record *t, uint32_t wait_secs,
                                int64_t now_us)
{
    if (topology_life_left_us(t, now_us) > (int64_t)wait_secs * SECOND_US)
        delay(t, TOPOLOGY_REBALANCE, wait_secs, now_us);
}

static int rebalance(struct topology_record *t, const struct life_event *event,
                     int64_t now_us, struct life_actions *actions,
                     gale_err *error)
{
    if (!is_steady(t) && t->status != TOPOLOGY_REBALANCING)
        return refuse(t, event->runs, "rebalanced", error);
    if (check_wishes(t, event, error))
        return -1;
    note_wishes(t, event);
    actions->write = true;
    if (t->status == TOPOLOGY_REBALANCING) {
        rebalance_otherwise(t, event->wait_secs, now_us);
    } else if (!event->runs) {
        fulfil_wishes(t);
    } else {
        t->status_back = t->status;
        t->status = TOPOLOGY_REBALANCING;
        delay(t, TOPOLOGY_REBALANCE, event->wait_secs, now_us);
    }
    return 0;
}

/* -- what happens ---------------------------------------------------------- */

static void end_rebalance(struct topology_record *t,
                          struct life_actions *actions)
{
    if (t->status != TOPOLOGY_REBALANCING)
        return;
    fulfil_wishes(t);
    t->status = t->status_back;
    delay(t, TOPOLOGY_STAY, 0, 0);
    actions->write = true;
}

static void happen(struct topology_record *t, enum life_event_kind kind,
                   struct life_actions *actions)
{
    bool over = kind == LIFE_DUE || kind == LIFE_DESERTED;
    bool drained = over || kind == LIFE_DRAINED;
    bool ended = over || kind == LIFE_ENDED;

    if (kind == LIFE_ASSIGNED)
        end_rebalance(t, actions);
    if (kind == LIFE_SUBMITTED)
        actions->write = true;
    if (kind == LIFE_BEFORE_GONE && t->waits_for[0] != '\0') {
        t->waits_for[0] = '\0';
        actions->write = true;
    }
    if (kind == LIFE_EXHAUSTED && t->status == TOPOLOGY_ACTIVE) {
        t->status = TOPOLOGY_FINISHED;
        actions->write = true;
    }
    actions->assign = drained && t->status == TOPOLOGY_REBALANCING;
    actions->remove = ended && t->status == TOPOLOGY_KILLED;
    actions->release = kind == LIFE_ENDED && t->status == TOPOLOGY_FINISHED;
}

/* -- what the state asks for ----------------------------------------------- */

static enum life_drain drain_of(const struct topology_record *t)
{
    static const enum life_drain drains[] = {
        [TOPOLOGY_ACTIVE] = LIFE_DRAIN_WATCH,
        [TOPOLOGY_INACTIVE] = LIFE_DRAIN_NOTHING,
        [TOPOLOGY_KILLED] = LIFE_DRAIN_END,
        [TOPOLOGY_REBALANCING] = LIFE_DRAIN_STOP,
        [TOPOLOGY_FINISHED] = LIFE_DRAIN_END,
    };

    return drains[t->status];
}

/* What was due is not due again, though it may have to wait: for slots. */
static void ask_for_the_rest(const struct topology_record *t, bool runs,
                             bool was_due, int64_t now_us,
                             struct life_actions *actions)
{
    bool goes = actions->remove || actions->release;

    if (t->status == TOPOLOGY_KILLED && !runs)
        actions->remove = goes = true;
    if (!runs && !goes && t->waits_for[0] == '\0' &&
        (is_steady(t) || t->status == TOPOLOGY_REBALANCING))
        actions->assign = true;
    actions->write &= !actions->remove;
    actions->spouts = !goes && t->status == TOPOLOGY_ACTIVE;
    actions->drain = goes || !runs ? LIFE_DRAIN_NOTHING : drain_of(t);
    actions->due_us =
        goes || was_due ? INT64_MAX : topology_life_left_us(t, now_us);
}

int topology_life_step(struct topology_record *t,
                       const struct life_event *event, int64_t now_us,
                       struct life_actions *actions, gale_err *error)
{
    bool runs = event->runs || event->kind == LIFE_ASSIGNED;
    int refused = 0;

    *actions = (struct life_actions){.due_us = INT64_MAX};
    switch (event->kind) {
    case LIFE_ACTIVATE:
    case LIFE_DEACTIVATE:
        refused = set_active(t, event, actions, error);
        break;
    case LIFE_KILL:
        kill_it(t, event, now_us, actions);
        break;
    case LIFE_REBALANCE:
        refused = rebalance(t, event, now_us, actions, error);
        break;
    default:
        happen(t, event->kind, actions);
        break;
    }
    if (refused == 0)
        ask_for_the_rest(t, runs, event->kind == LIFE_DUE, now_us, actions);
    return refused;
}

/* -- one after the other --------------------------------------------------- */

int topology_life_admit(const struct topology_record *holder, bool runs,
                        bool replace, gale_err *error)
{
    if (holder == NULL || replace ||
        (holder->status == TOPOLOGY_FINISHED && !runs))
        return 0;
    return error_set(
        error,
        "the name \"%s\" is in use: topology %s is %s; %s, or submit with "
        "--replace %s, or under another name",
        holder->name, holder->id, topology_life_word(holder, runs),
        holder->status == TOPOLOGY_KILLED     ? "wait until it has gone"
        : holder->status == TOPOLOGY_FINISHED ? "wait until it is FINISHED"
                                              : "kill it first",
        holder->name);
}

const char *topology_life_waits_for(const struct topology_record *holder,
                                    const struct life_actions *actions)
{
    return actions->remove ? holder->waits_for : holder->id;
}
