/* log_places.c - which logs there are; see log_places.h. */
#include "cli/log_places.h"
#include "cli/command.h"
#include "common/check.h"
#include "common/record.h"
#include "common/topology_id.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

struct search {
    struct log_places *places;
    struct cluster *cluster;
    const char *command;
    const struct log_wish *wish;
    const msgpack_object *answer; /* of nimbus */
    bool quiet;
};

/* -- which workers --------------------------------------------------------- */

static bool is_text(const msgpack_object *o, const char *text)
{
    gale_str s = unpack_str(o);

    return s.data != NULL && s.size == strlen(text) &&
           memcmp(s.data, text, s.size) == 0;
}

static bool lists(const msgpack_object *list, const char *text)
{
    for (uint32_t i = 0; i < unpack_n(list); i++)
        if (is_text(unpack_at(list, i), text))
            return true;
    return false;
}

static bool has_component(const struct search *s, uint64_t worker)
{
    const msgpack_object *workers = unpack_key(s->answer, "workers");

    for (uint32_t i = 0; i < unpack_n(workers); i++) {
        const msgpack_object *w = unpack_at(workers, i);

        if (unpack_uint(unpack_key(w, "worker"), UINT64_MAX) == worker &&
            lists(unpack_key(w, "components"), s->wish->component))
            return true;
    }
    return false;
}

/* As nimbus says of workers that run, or their supervisor of those that did. */
static bool is_wished(const struct search *s, uint64_t worker,
                      const msgpack_object *log)
{
    if (s->wish->worker >= 0 && worker != (uint64_t)s->wish->worker)
        return false;
    return s->wish->component == NULL || has_component(s, worker) ||
           unpack_bool(unpack_key(log, "has"), false);
}

static int look_at_wish(const struct search *s)
{
    const char *component = s->wish->component;

    if (component == NULL)
        return EXIT_OK;
    if (!lists(unpack_key(s->answer, "components"), component))
        return command_error(s->command,
                             "the topology \"%s\" has no component \"%s\"",
                             s->wish->name, component);
    return EXIT_OK;
}

/* -- one log --------------------------------------------------------------- */

static struct log_place *place_of(struct log_places *p, uint32_t worker,
                                  const char *supervisor)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->list[i].worker == worker &&
            strcmp(p->list[i].supervisor, supervisor) == 0)
            return &p->list[i];
    return NULL;
}

static void take_sizes(struct log_place *place, const msgpack_object *log)
{
    const msgpack_object *sizes = unpack_key(log, "sizes");

    for (uint32_t i = 0; i < unpack_n(sizes) && i < LOG_FILES_MAX; i++)
        place->sizes[place->n_files++] = unpack_uint(unpack_at(sizes, i), 0);
    place->rotated_us = unpack_int(unpack_key(log, "rotated_us"), 0);
}

static void take_log(struct search *s, const msgpack_object *log,
                     const struct log_place *where)
{
    uint64_t worker = unpack_uint(unpack_key(log, "worker"), UINT64_MAX);
    struct log_places *p = s->places;
    struct log_place *place;

    if (worker > UINT32_MAX || !is_wished(s, worker, log) ||
        place_of(p, (uint32_t)worker, where->supervisor) != NULL)
        return;
    p->list = xreallocarray(p->list, p->n + 1, sizeof(*p->list));
    place = &p->list[p->n++];
    *place = *where;
    place->worker = (uint32_t)worker;
    place->supervisor = xstrdup(where->supervisor);
    place->host = xstrdup(where->host);
    take_sizes(place, log);
}

/* -- one supervisor -------------------------------------------------------- */

/* What it has is not shown. */
static void note_missed(struct search *s, int status)
{
    if (status > s->places->missed)
        s->places->missed = status;
}

static void ask(struct search *s, const struct log_place *where)
{
    struct unpacked answer;
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 2);
    pack_key_text(&params, "topology", s->places->topology);
    pack_key_text(&params, "component", s->wish->component);
    status =
        cluster_call_at(s->cluster, &where->address, "logs", &params, &answer);
    pack_free(&params);
    if (status == EXIT_OK) {
        const msgpack_object *logs = unpack_key(answer.root, "logs");

        for (uint32_t i = 0; i < unpack_n(logs); i++)
            take_log(s, unpack_at(logs, i), where);
        unpacked_free(&answer);
        return;
    }
    note_missed(s, status);
    if (!s->quiet)
        command_error(s->command, "supervisor %s of %s: %s", where->supervisor,
                      where->host, cluster_why(s->cluster));
}

/* Its address; false: it serves no logs. */
static bool find_address(struct log_place *where, const msgpack_object *o)
{
    uint64_t port = unpack_uint(unpack_key(o, "port"), 0);
    char *host = unpack_text(unpack_key(o, "address"), RECORD_HOST_SIZE);
    bool ok = host != NULL && port > 0 && port <= UINT16_MAX &&
              rpc_address_of(host, (uint16_t)port, &where->address, NULL) == 0;

    free(host);
    return ok;
}

/* `status` names those, too, that are not: nobody would answer. */
static bool is_there(const msgpack_object *supervisor)
{
    const msgpack_object *state = unpack_key(supervisor, "state");

    return !is_text(state, "dead") && !is_text(state, "not registered") &&
           !is_text(state, "ended");
}

static void serves_none(struct search *s, const struct log_place *where)
{
    note_missed(s, EXIT_ERROR);
    if (!s->quiet)
        command_error(s->command,
                      "supervisor %s of %s serves no logs: its own log says "
                      "why",
                      where->supervisor, where->host);
}

static void take_supervisor(struct search *s, const msgpack_object *o)
{
    struct log_place where = {
        .supervisor = unpack_text(unpack_key(o, "id"), RECORD_NAME_SIZE),
        .host = unpack_text(unpack_key(o, "host"), RECORD_HOST_SIZE),
    };

    if (where.supervisor != NULL && where.host != NULL) {
        if (find_address(&where, o))
            ask(s, &where);
        else
            serves_none(s, &where);
    }
    free(where.supervisor);
    free(where.host);
}

/* -- one that is not there ------------------------------------------------- */

/* Among those that nimbus has named. */
static bool is_listed(const struct search *s, const char *supervisor)
{
    const msgpack_object *list = unpack_key(s->answer, "supervisors");

    for (uint32_t i = 0; i < unpack_n(list); i++)
        if (is_text(unpack_key(unpack_at(list, i), "id"), supervisor))
            return true;
    return false;
}

/* Where a worker is whose logs are wished for. */
static bool is_on(const struct search *s, const msgpack_object *worker,
                  const char *supervisor)
{
    return is_wished(s, unpack_uint(unpack_key(worker, "worker"), UINT64_MAX),
                     NULL) &&
           is_text(unpack_key(worker, "supervisor"), supervisor);
}

/* Whether that goes for one of the first n workers. */
static bool has_any(const struct search *s, uint32_t n, const char *supervisor)
{
    const msgpack_object *workers = unpack_key(s->answer, "workers");

    for (uint32_t i = 0; i < n; i++)
        if (is_on(s, unpack_at(workers, i), supervisor))
            return true;
    return false;
}

/* Workers are on supervisors that nobody can ask: they are gone, or their
 * sessions are over. Each is named once. */
static void look_for_missing(struct search *s)
{
    const msgpack_object *workers = unpack_key(s->answer, "workers");

    for (uint32_t i = 0; i < unpack_n(workers); i++) {
        const msgpack_object *worker = unpack_at(workers, i);
        char *id =
            unpack_text(unpack_key(worker, "supervisor"), RECORD_NAME_SIZE);

        if (id != NULL && is_on(s, worker, id) && !has_any(s, i, id) &&
            !is_listed(s, id)) {
            note_missed(s, EXIT_AWAY);
            if (!s->quiet)
                command_error(s->command,
                              "supervisor %s is not registered: the logs that "
                              "it has are not shown",
                              id);
        }
        free(id);
    }
}

/* -- all ------------------------------------------------------------------- */

static int by_worker(const void *a, const void *b)
{
    const struct log_place *x = a, *y = b;

    if (x->worker != y->worker)
        return x->worker < y->worker ? -1 : 1;
    return strcmp(x->supervisor, y->supervisor);
}

/* What nimbus has answered goes with the next question: it is copied. */
static int ask_nimbus(struct search *s, const char *method,
                      struct unpacked *answer, struct pack *copy)
{
    static const struct pack_limits limits = {8u << 20, 4u << 20};
    struct unpacked first;
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 1);
    pack_key_text(&params, "name", s->wish->name);
    status = cluster_call(s->cluster, method, &params, &first);
    pack_free(&params);
    if (status != EXIT_OK)
        return status;
    pack_object(copy, first.root);
    unpacked_free(&first);
    check(unpack(answer, copy->buffer.data, copy->buffer.size, limits,
                 "nimbus's answer", NULL) == 0);
    s->answer = answer->root;
    return EXIT_OK;
}

/* id: to be taken over. */
static int find(struct search *s, char *id)
{
    const msgpack_object *supervisors = unpack_key(s->answer, "supervisors");

    if (id == NULL)
        return command_error(s->command, "nimbus's answer has no id");
    free(s->places->topology);
    s->places->topology = id;
    s->places->missed = EXIT_OK;
    for (uint32_t i = 0; i < unpack_n(supervisors); i++)
        if (is_there(unpack_at(supervisors, i)))
            take_supervisor(s, unpack_at(supervisors, i));
    look_for_missing(s);
    if (s->places->n > 0)
        qsort(s->places->list, s->places->n, sizeof(*s->places->list),
              by_worker);
    return EXIT_OK;
}

static int find_present(struct search *s)
{
    int status = look_at_wish(s);

    return status != EXIT_OK ? status
                             : find(s, unpack_text(unpack_key(s->answer, "id"),
                                                   TOPOLOGY_ID_SIZE));
}

/* -- one that is gone ------------------------------------------------------ */

/* The id of what this supervisor has logs of, or NULL. */
static char *ask_logged(struct search *s, const msgpack_object *supervisor)
{
    struct log_place where = {.supervisor = NULL};
    struct unpacked answer;
    struct pack params;
    char *id = NULL;

    if (!is_there(supervisor) || !find_address(&where, supervisor))
        return NULL;
    pack_init(&params);
    pack_map(&params, 1);
    pack_key_text(&params, "name", s->wish->name);
    if (cluster_call_at(s->cluster, &where.address, "logged", &params,
                        &answer) == EXIT_OK) {
        id = unpack_text(unpack_key(answer.root, "id"), TOPOLOGY_ID_SIZE);
        unpacked_free(&answer);
    }
    pack_free(&params);
    if (topology_id_valid(id))
        return id;
    free(id);
    return NULL;
}

static int find_gone(struct search *s)
{
    const msgpack_object *supervisors = unpack_key(s->answer, "supervisors");
    char *newest = NULL;

    for (uint32_t i = 0; i < unpack_n(supervisors); i++) {
        char *id = ask_logged(s, unpack_at(supervisors, i));
        bool newer =
            id != NULL && (newest == NULL ||
                           topology_id_number(id) > topology_id_number(newest));

        free(newer ? newest : id);
        newest = newer ? id : newest;
    }
    s->places->gone = true;
    if (newest != NULL)
        return find(s, newest);
    return command_error(s->command,
                         "there is no topology \"%s\", and no supervisor that "
                         "runs has logs of one that is gone",
                         s->wish->name);
}

/* -- all of that ----------------------------------------------------------- */

static int look(struct search *s, struct unpacked *answer, struct pack *copy)
{
    int status = ask_nimbus(s, "workers", answer, copy);

    if (status == EXIT_OK)
        return find_present(s);
    if (cluster_has_no_topology(s->cluster)) {
        status = ask_nimbus(s, "status", answer, copy);
        if (status == EXIT_OK)
            return find_gone(s);
    }
    command_error(s->command, "%s", cluster_why(s->cluster));
    return status;
}

int log_places_find(struct log_places *p, struct cluster *c,
                    const char *command, const struct log_wish *wish,
                    bool quiet)
{
    struct search s = {.places = p,
                       .cluster = c,
                       .command = command,
                       .wish = wish,
                       .quiet = quiet};
    struct unpacked answer;
    struct pack copy;
    int status;

    pack_init(&copy);
    status = look(&s, &answer, &copy);
    if (s.answer != NULL)
        unpacked_free(&answer);
    pack_free(&copy);
    return status;
}

void log_places_free(struct log_places *p)
{
    for (uint32_t i = 0; i < p->n; i++) {
        free(p->list[i].supervisor);
        free(p->list[i].host);
    }
    free(p->list);
    free(p->topology);
    *p = (struct log_places){.n = 0};
}
