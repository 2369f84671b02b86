/* replication.c - which nimbus has which file; see replication.h. */
#include "nimbus/replication.h"
#include "common/check.h"
#include "common/sorted.h"
#include "topology-api/memory.h"

#define SECOND_NS INT64_C(1000000000)
#define PAUSE_MAX_NS (30 * SECOND_NS)

static uint64_t bit(uint32_t nimbus)
{
    check(nimbus < REPLICATION_NIMBUSES_MAX);
    return UINT64_C(1) << nimbus;
}

static struct replication_action *act(struct replication_actions *actions,
                                      enum replication_action_kind kind,
                                      const char *hash)
{
    struct replication_action *a;

    if (actions->n == actions->room) {
        actions->room = actions->room > 0 ? 2 * actions->room : 8;
        actions->list =
            xreallocarray(actions->list, actions->room, sizeof(*actions->list));
    }
    a = &actions->list[actions->n++];
    *a = (struct replication_action){.kind = kind};
    if (hash != NULL)
        memcpy(a->hash, hash, RECORD_HASH_SIZE);
    return a;
}

/* -- the table of files ---------------------------------------------------- */

static int by_hash(const void *item, const void *hash)
{
    return strcmp(((const struct replication_file *)item)->hash, hash);
}

/* Where it is, or where it would be. */
static uint32_t place_of(const struct replication *r, const char *hash)
{
    return sorted_place(r->files, r->n_files, sizeof(*r->files), by_hash, hash);
}

static struct replication_file *find(const struct replication *r,
                                     const char *hash)
{
    uint32_t i = place_of(r, hash);

    return i < r->n_files && strcmp(r->files[i].hash, hash) == 0 ? &r->files[i]
                                                                 : NULL;
}

static struct replication_file *find_or_add(struct replication *r,
                                            const char *hash)
{
    uint32_t i = place_of(r, hash);

    if (i < r->n_files && strcmp(r->files[i].hash, hash) == 0)
        return &r->files[i];
    check(strlen(hash) == RECORD_HASH_SIZE - 1);
    if (r->n_files == r->files_room) {
        r->files_room = r->files_room > 0 ? 2 * r->files_room : 16;
        r->files = xreallocarray(r->files, r->files_room, sizeof(*r->files));
    }
    memmove(&r->files[i + 1], &r->files[i],
            (r->n_files++ - i) * sizeof(*r->files));
    r->files[i] = (struct replication_file){.unwanted = INT64_MAX};
    memcpy(r->files[i].hash, hash, RECORD_HASH_SIZE);
    return &r->files[i];
}

static bool is_wanted(const struct replication_file *f)
{
    return f->in_topology || f->n_submissions > 0;
}

static bool is_here(const struct replication *r,
                    const struct replication_file *f)
{
    return (f->holders & bit(r->me)) != 0;
}

/* Those about which there is nothing to know. */
static void forget_files(struct replication *r)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < r->n_files; i++) {
        const struct replication_file *f = &r->files[i];

        if (is_wanted(f) || f->holders != 0 || f->fetching)
            r->files[kept++] = *f;
    }
    r->n_files = kept;
}

/* -- fetching -------------------------------------------------------------- */

/* The leader, if it has the file; NOBODY: none is left to be asked. */
static uint32_t source_of(const struct replication *r,
                          const struct replication_file *f)
{
    uint64_t sources = f->holders & r->alive & ~f->failed & ~bit(r->me);

    if (r->leader != REPLICATION_NOBODY && (sources & bit(r->leader)) != 0)
        return r->leader;
    return sources != 0 ? (uint32_t)__builtin_ctzll(sources)
                        : REPLICATION_NOBODY;
}

static void begin_pause(struct replication_file *f, int64_t now)
{
    f->pause_ns = f->pause_ns > 0 ? 2 * f->pause_ns : SECOND_NS;
    if (f->pause_ns > PAUSE_MAX_NS)
        f->pause_ns = PAUSE_MAX_NS;
    f->again = now + f->pause_ns;
    f->failed = 0;
}

static bool is_to_fetch(const struct replication *r,
                        const struct replication_file *f)
{
    return is_wanted(f) && !is_here(r, f) && !f->fetching;
}

static uint32_t count_fetches(const struct replication *r)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->n_files; i++)
        n += r->files[i].fetching;
    return n;
}

static void fetch(struct replication *r, int64_t now,
                  struct replication_actions *actions)
{
    uint32_t n = count_fetches(r);

    for (uint32_t i = 0; i < r->n_files && n < REPLICATION_FETCHES_MAX; i++) {
        struct replication_file *f = &r->files[i];

        if (!is_to_fetch(r, f) || now < f->again)
            continue;
        f->from = source_of(r, f);
        if (f->from == REPLICATION_NOBODY)
            continue;
        f->fetching = true;
        act(actions, REPLICATION_FETCH, f->hash)->from = f->from;
        n++;
    }
}

static void end_fetch(struct replication *r, const char *hash, bool failed,
                      int64_t now)
{
    struct replication_file *f = find(r, hash);

    if (f == NULL || !f->fetching)
        return;
    f->fetching = false;
    if (!failed) {
        f->holders |= bit(r->me);
        f->failed = 0;
        f->pause_ns = 0;
        return;
    }
    f->failed |= bit(f->from);
    if (source_of(r, f) == REPLICATION_NOBODY)
        begin_pause(f, now);
}

/* -- removing -------------------------------------------------------------- */

static void note_unwanted(struct replication *r, int64_t now)
{
    for (uint32_t i = 0; i < r->n_files; i++) {
        struct replication_file *f = &r->files[i];

        if (!r->topologies_known || is_wanted(f))
            f->unwanted = INT64_MAX;
        else if (f->unwanted == INT64_MAX)
            f->unwanted = now;
    }
}

static bool is_to_remove(const struct replication *r,
                         const struct replication_file *f)
{
    return is_here(r, f) && f->unwanted != INT64_MAX;
}

static void remove_unwanted(struct replication *r, int64_t now,
                            struct replication_actions *actions)
{
    for (uint32_t i = 0; i < r->n_files; i++) {
        struct replication_file *f = &r->files[i];

        if (!is_to_remove(r, f) || now - f->unwanted < r->delay_ns)
            continue;
        f->holders &= ~bit(r->me);
        act(actions, REPLICATION_REMOVE, f->hash);
    }
}

/* -- submissions ----------------------------------------------------------- */

static struct replication_submission *find_submission(struct replication *r,
                                                      uint64_t number)
{
    for (uint32_t i = 0; i < r->n_submissions; i++)
        if (r->submissions[i].number == number)
            return &r->submissions[i];
    return NULL;
}

static void end_submission(struct replication *r, uint64_t number)
{
    struct replication_submission *s = find_submission(r, number);

    if (s == NULL)
        return;
    for (uint32_t i = 0; i < s->n_hashes; i++)
        find(r, s->hashes[i])->n_submissions--;
    free(s->hashes);
    *s = r->submissions[--r->n_submissions];
}

static int64_t deadline_of(const struct replication_event *e, int64_t now)
{
    if (e->wait_secs < 0 || e->wait_secs > (INT64_MAX - now) / SECOND_NS)
        return INT64_MAX;
    return now + e->wait_secs * SECOND_NS;
}

static void begin_submission(struct replication *r,
                             const struct replication_event *e, int64_t now)
{
    struct replication_submission *s;

    end_submission(r, e->submission);
    r->submissions = xreallocarray(r->submissions, r->n_submissions + 1,
                                   sizeof(*r->submissions));
    s = &r->submissions[r->n_submissions++];
    *s = (struct replication_submission){
        .number = e->submission,
        .n_hashes = e->n_hashes,
        .hashes = xcalloc(e->n_hashes, sizeof(*s->hashes)),
        .leader = e->leader,
        .copies = e->copies,
        .deadline = deadline_of(e, now),
    };
    for (uint32_t i = 0; i < e->n_hashes; i++) {
        find_or_add(r, e->hashes[i])->n_submissions++;
        memcpy(s->hashes[i], e->hashes[i], RECORD_HASH_SIZE);
    }
}

/* A submission is its leader's, and is given up with it. */
static void end_submissions_of_others(struct replication *r)
{
    for (uint32_t i = r->n_submissions; i-- > 0;)
        if (r->submissions[i].leader != r->leader)
            end_submission(r, r->submissions[i].number);
}

/* Of the file that has the fewest; without files, as many as are asked for. */
static uint32_t copies_of(const struct replication *r,
                          const struct replication_submission *s)
{
    uint32_t fewest = s->n_hashes > 0 ? REPLICATION_NIMBUSES_MAX : s->copies;

    for (uint32_t i = 0; i < s->n_hashes; i++) {
        uint32_t copies = replication_copies(r, s->hashes[i]);

        if (copies < fewest)
            fewest = copies;
    }
    return fewest;
}

static void look_at_submissions(struct replication *r, int64_t now,
                                struct replication_actions *actions)
{
    for (uint32_t i = 0; i < r->n_submissions; i++) {
        struct replication_submission *s = &r->submissions[i];
        uint32_t copies = copies_of(r, s);
        bool enough = copies >= s->copies;
        struct replication_action *a;

        if (s->stored || (!enough && (copies == 0 || now < s->deadline)))
            continue;
        s->stored = true;
        a = act(actions, REPLICATION_STORED, NULL);
        a->submission = s->number;
        a->copies = copies;
        a->enough = enough;
    }
}

/* -- the step -------------------------------------------------------------- */

static void take_topologies(struct replication *r,
                            const struct replication_event *e)
{
    r->topologies_known = true;
    for (uint32_t i = 0; i < r->n_files; i++)
        r->files[i].in_topology = false;
    for (uint32_t i = 0; i < e->n_hashes; i++)
        find_or_add(r, e->hashes[i])->in_topology = true;
}

static void take_nimbuses(struct replication *r,
                          const struct replication_event *e)
{
    r->alive = e->alive | bit(r->me);
    r->leader = e->leader;
    for (uint32_t i = 0; i < r->n_files; i++)
        r->files[i].holders &= r->alive;
    if (r->leader != REPLICATION_NOBODY)
        end_submissions_of_others(r);
}

static void take_holder(struct replication *r,
                        const struct replication_event *e, const char *hash)
{
    uint64_t holder = bit(e->nimbus) & r->alive;
    struct replication_file *f = find_or_add(r, hash);

    if (e->kind == REPLICATION_HOLDS)
        f->holders |= holder;
    else
        f->holders &= ~holder;
    if (e->kind == REPLICATION_HOLDS && e->nimbus == r->me)
        f->unwanted = INT64_MAX; /* somebody has uploaded it, perhaps again */
}

static void take_holders(struct replication *r,
                         const struct replication_event *e)
{
    if (e->hash != NULL)
        take_holder(r, e, e->hash);
    for (uint32_t i = 0; i < e->n_hashes; i++)
        take_holder(r, e, e->hashes[i]);
}

static void take_event(struct replication *r, const struct replication_event *e,
                       int64_t now)
{
    switch (e->kind) {
    case REPLICATION_NIMBUSES:
        take_nimbuses(r, e);
        break;
    case REPLICATION_HOLDS:
    case REPLICATION_LACKS:
        take_holders(r, e);
        break;
    case REPLICATION_TOPOLOGIES:
        take_topologies(r, e);
        break;
    case REPLICATION_AWAY:
        r->topologies_known = false;
        break;
    case REPLICATION_SUBMIT:
        begin_submission(r, e, now);
        break;
    case REPLICATION_SUBMITTED:
        end_submission(r, e->submission);
        break;
    case REPLICATION_FETCHED:
    case REPLICATION_FAILED:
        end_fetch(r, e->hash, e->kind == REPLICATION_FAILED, now);
        break;
    case REPLICATION_TICK:
        break;
    }
}

void replication_step(struct replication *r,
                      const struct replication_event *event, int64_t now,
                      struct replication_actions *actions)
{
    actions->n = 0;
    take_event(r, event, now);
    note_unwanted(r, now);
    remove_unwanted(r, now, actions);
    fetch(r, now, actions);
    look_at_submissions(r, now, actions);
    forget_files(r);
}

void replication_init(struct replication *r, uint32_t me, int64_t delay_ns)
{
    *r = (struct replication){.me = me,
                              .leader = REPLICATION_NOBODY,
                              .alive = bit(me),
                              .delay_ns = delay_ns};
}

void replication_free(struct replication *r)
{
    for (uint32_t i = 0; i < r->n_submissions; i++)
        free(r->submissions[i].hashes);
    free(r->submissions);
    free(r->files);
}

/* -- asked from outside ---------------------------------------------------- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t replication_due(const struct replication *r)
{
    int64_t due = INT64_MAX;
    bool may_fetch = count_fetches(r) < REPLICATION_FETCHES_MAX;

    for (uint32_t i = 0; i < r->n_files; i++) {
        const struct replication_file *f = &r->files[i];

        if (is_to_remove(r, f))
            due = earlier(due, f->unwanted + r->delay_ns);
        if (may_fetch && is_to_fetch(r, f) &&
            source_of(r, f) != REPLICATION_NOBODY)
            due = earlier(due, f->again);
    }
    for (uint32_t i = 0; i < r->n_submissions; i++)
        if (!r->submissions[i].stored && copies_of(r, &r->submissions[i]) > 0)
            due = earlier(due, r->submissions[i].deadline);
    return due;
}

uint32_t replication_lacking(const struct replication *r)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->n_files; i++)
        n += r->files[i].in_topology && !is_here(r, &r->files[i]);
    return n;
}

bool replication_is_here(const struct replication *r, const char *hash)
{
    const struct replication_file *f = find(r, hash);

    return f != NULL && is_here(r, f);
}

bool replication_is_sought(const struct replication *r,
                           const struct replication_file *f)
{
    return is_to_fetch(r, f) && (f->holders & r->alive) == 0;
}

uint32_t replication_copies(const struct replication *r, const char *hash)
{
    const struct replication_file *f = find(r, hash);

    return f != NULL ? (uint32_t)__builtin_popcountll(f->holders & r->alive)
                     : 0;
}
