/* zookeeper_member.c - clients of an ensemble in memory, and their letters; see
 * zookeeper_member.h. */
#include "common/zookeeper_member.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <string.h>

int64_t zookeeper_member_way(const struct zookeeper_member *z)
{
    const struct zookeeper_memory *m = z->memory;

    return m->way != NULL ? m->way(m->way_arg, &z->base) : m->latency;
}

/* -- letters --------------------------------------------------------------- */

static void wake(struct zookeeper_memory *m)
{
    if (!m->advancing && m->wake != NULL)
        m->wake(m->wake_arg);
}

/* What goes the same way as another does not overtake it. */
static bool goes_behind(const struct zookeeper_letter *letter,
                        const struct zookeeper_letter *other)
{
    static const char ways[] = {[ZOOKEEPER_TO_ENSEMBLE] = 1,
                                [ZOOKEEPER_TO_CLIENT] = 2,
                                [ZOOKEEPER_EVENT] = 2,
                                [ZOOKEEPER_CONNECT] = 0};

    return letter->member == other->member && ways[letter->step] != 0 &&
           ways[letter->step] == ways[other->step];
}

static void insert_behind(struct zookeeper_memory *m,
                          struct zookeeper_letter *before,
                          struct zookeeper_letter *letter)
{
    letter->before = before;
    letter->next = before != NULL ? before->next : m->letters;
    *(before != NULL ? &before->next : &m->letters) = letter;
    *(letter->next != NULL ? &letter->next->before : &m->last_letter) = letter;
}

void zookeeper_member_take(struct zookeeper_letter *letter)
{
    struct zookeeper_memory *m = letter->member->memory;

    *(letter->before != NULL ? &letter->before->next : &m->letters) =
        letter->next;
    *(letter->next != NULL ? &letter->next->before : &m->last_letter) =
        letter->before;
    letter->next = letter->before = NULL;
}

/* Behind those of the same time. Most go to the end, or near it: so that is
 * where the place is looked for. */
void zookeeper_member_post(struct zookeeper_letter *letter, int64_t at)
{
    struct zookeeper_memory *m = letter->member->memory;
    struct zookeeper_letter *last = m->last_letter;

    while (last != NULL && last->at > at && !goes_behind(letter, last))
        last = last->before;
    if (last != NULL && last->at > at)
        at = last->at;
    for (last = m->last_letter; last != NULL && last->at > at;)
        last = last->before;
    letter->at = at;
    insert_behind(m, last, letter);
    if (last == NULL)
        wake(m);
}

void zookeeper_member_post_step(struct zookeeper_member *z,
                                enum zookeeper_step step, int64_t at)
{
    struct zookeeper_letter *letter = xcalloc(1, sizeof(*letter));

    letter->step = step;
    letter->member = z;
    letter->connection = z->connection;
    zookeeper_member_post(letter, at);
}

/* The client is told, and the letter is done with. */
static void deliver(struct zookeeper_letter *letter)
{
    if (letter->answer.data == NULL)
        letter->answer.data = "";
    if (letter->then.fn != NULL)
        letter->then.fn(letter->then.arg, &letter->answer);
    zookeeper_letter_free(letter);
}

/* The first letter of the client that passes, taken out of the list. */
static struct zookeeper_letter *take(
    struct zookeeper_member *z,
    bool (*passes)(const struct zookeeper_letter *letter))
{
    struct zookeeper_letter *letter = z->memory->letters;

    while (letter != NULL && (letter->member != z || !passes(letter)))
        letter = letter->next;
    if (letter != NULL)
        zookeeper_member_take(letter);
    return letter;
}

/* -- sessions, as the ensemble has them ------------------------------------ */

static struct zookeeper_kept_session **session_of(struct zookeeper_memory *m,
                                                  int64_t id)
{
    struct zookeeper_kept_session **link = &m->sessions;

    while (*link != NULL && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

static void session_new(struct zookeeper_member *z)
{
    struct zookeeper_kept_session *session = xcalloc(1, sizeof(*session));

    session->id = ++z->memory->last_session;
    session->ns = z->session_ns;
    session->expires = INT64_MAX;
    session->next = z->memory->sessions;
    z->memory->sessions = session;
    z->session = session->id;
}

void zookeeper_member_end_session(struct zookeeper_memory *m, int64_t id)
{
    struct zookeeper_kept_session **link = session_of(m, id), *session = *link;

    if (session == NULL)
        return;
    *link = session->next;
    free(session);
    zookeeper_tree_end_session(&m->tree, id);
}

/* From now on nobody speaks for it. */
static void session_silent(struct zookeeper_memory *m, int64_t id)
{
    struct zookeeper_kept_session *session = *session_of(m, id);

    if (session != NULL)
        session->expires = m->now + session->ns;
    wake(m);
}

const struct zookeeper_kept_session *zookeeper_member_first_to_expire(
    const struct zookeeper_memory *m)
{
    const struct zookeeper_kept_session *first = NULL;

    for (const struct zookeeper_kept_session *s = m->sessions; s != NULL;
         s = s->next)
        if (first == NULL || s->expires < first->expires)
            first = s;
    return m->stopped ? NULL : first;
}

/* -- connections ----------------------------------------------------------- */

static void tell(struct zookeeper_member *z, enum zookeeper_state state)
{
    z->state = state == ZOOKEEPER_IS_LOST ? ZOOKEEPER_IS_AWAY : state;
    if (z->fn != NULL)
        z->fn(z->arg, state);
}

/* The client and the ensemble hear each other no longer. */
void zookeeper_member_unlink(struct zookeeper_member *z)
{
    if (!z->linked)
        return;
    z->linked = false;
    z->heard = z->memory->now;
    session_silent(z->memory, z->session);
}

static bool is_of_a_lost_connection(const struct zookeeper_letter *letter)
{
    return zookeeper_letter_asks(letter) &&
           letter->connection != letter->member->connection;
}

/* What is asked in an answer is refused, and told so later. */
static void notice_break(struct zookeeper_member *z)
{
    bool was_connected = z->state == ZOOKEEPER_IS_CONNECTED;
    struct zookeeper_letter *letter;

    z->connection++;
    z->state = ZOOKEEPER_IS_AWAY;
    while ((letter = take(z, is_of_a_lost_connection)) != NULL) {
        if (letter->step != ZOOKEEPER_REFUSED)
            zookeeper_letter_lost(letter);
        deliver(letter);
    }
    if (was_connected)
        tell(z, ZOOKEEPER_IS_AWAY);
}

static void drop_held(struct zookeeper_member *z)
{
    while (z->held != NULL) {
        struct zookeeper_letter *letter = z->held;

        z->held = letter->next;
        zookeeper_letter_free(letter);
    }
}

static void lose_session(struct zookeeper_member *z)
{
    z->session = 0;
    drop_held(z);
    tell(z, ZOOKEEPER_IS_LOST);
    zookeeper_watches_fire_all(&z->watches);
    zookeeper_member_post_step(z, ZOOKEEPER_CONNECT,
                               z->memory->now + zookeeper_member_way(z));
}

static void connect_member(struct zookeeper_member *z)
{
    struct zookeeper_memory *m = z->memory;
    struct zookeeper_kept_session *session = *session_of(m, z->session);
    struct zookeeper_letter *letter;

    if (z->linked || z->cut || m->stopped)
        return;
    if (z->session != 0 && session == NULL) {
        lose_session(z);
        return;
    }
    if (session == NULL)
        session_new(z);
    else
        session->expires = INT64_MAX;
    z->linked = true;
    while ((letter = z->held) != NULL) {
        z->held = letter->next;
        zookeeper_member_post(letter, m->now);
    }
    tell(z, ZOOKEEPER_IS_CONNECTED);
}

void zookeeper_member_break(struct zookeeper_member *z)
{
    int64_t at = z->memory->now + zookeeper_member_way(z);

    zookeeper_member_unlink(z);
    zookeeper_member_post_step(z, ZOOKEEPER_BREAK, at);
    zookeeper_member_post_step(z, ZOOKEEPER_CONNECT, at);
}

/* -- steps ----------------------------------------------------------------- */

static void lose_letter(struct zookeeper_letter *letter)
{
    zookeeper_letter_lost(letter);
    letter->step = ZOOKEEPER_LOST_LETTER;
    zookeeper_member_post(letter, letter->deadline);
}

/* It has come to the ensemble. */
static void arrive(struct zookeeper_letter *letter)
{
    struct zookeeper_member *z = letter->member;
    struct zookeeper_memory *m = z->memory;

    if (!z->linked || letter->connection != z->connection) {
        lose_letter(letter);
        return;
    }
    zookeeper_letter_carry_out(letter, &m->tree, z->session);
    zookeeper_traffic_answer(&z->traffic, letter);
    zookeeper_traffic_answer(&m->traffic, letter);
    if (z->lose > 0 && zookeeper_kind_writes(letter->kind)) {
        z->lose--;
        lose_letter(letter);
        zookeeper_member_break(z);
        return;
    }
    letter->step = ZOOKEEPER_TO_CLIENT;
    zookeeper_member_post(letter, m->now + zookeeper_member_way(z));
}

static void fire(struct zookeeper_letter *letter)
{
    struct zookeeper_member *z = letter->member;

    if (z->state != ZOOKEEPER_IS_CONNECTED || !z->linked) {
        letter->next = z->held;
        z->held = letter;
        return;
    }
    zookeeper_watches_fire(&z->watches, letter->spot);
    zookeeper_letter_free(letter);
}

void zookeeper_member_step(struct zookeeper_letter *letter)
{
    struct zookeeper_member *z = letter->member;
    bool current = letter->connection == z->connection;

    switch (letter->step) {
    case ZOOKEEPER_TO_ENSEMBLE:
        arrive(letter);
        return;
    case ZOOKEEPER_TO_CLIENT:
        if (z->linked && current)
            deliver(letter);
        else
            lose_letter(letter);
        return;
    case ZOOKEEPER_LOST_LETTER:
    case ZOOKEEPER_REFUSED:
        deliver(letter);
        return;
    case ZOOKEEPER_EVENT:
        fire(letter);
        return;
    case ZOOKEEPER_BREAK:
        zookeeper_letter_free(letter);
        if (current && !z->linked) /* one that was away may be back before */
            notice_break(z);
        return;
    case ZOOKEEPER_CONNECT:
        zookeeper_letter_free(letter);
        connect_member(z);
        return;
    }
}

/* -- watches --------------------------------------------------------------- */

static bool is_child_of(const char *path, const char *parent)
{
    size_t size = (size_t)(strrchr(path, '/') - path);

    if (size == 0)
        return parent[1] == '\0' && path[1] != '\0';
    return strncmp(path, parent, size) == 0 && parent[size] == '\0';
}

static bool concerns(const struct zookeeper_spot *spot, const char *path,
                     enum zookeeper_kind how)
{
    if (spot->of_children && how == ZOOKEEPER_SET)
        return false;
    return strcmp(spot->path, path) == 0 ||
           (spot->of_children && is_child_of(path, spot->path));
}

void zookeeper_member_changed(void *arg, const char *path,
                              enum zookeeper_kind how)
{
    struct zookeeper_memory *m = arg;

    for (struct zookeeper_member *z = m->members; z != NULL; z = z->next)
        for (struct zookeeper_spot *s = z->watches.spots; s; s = s->next) {
            struct zookeeper_letter *letter;

            if (s->told || !concerns(s, path, how))
                continue;
            s->told = true;
            zookeeper_traffic_event(&z->traffic, s->path);
            zookeeper_traffic_event(&m->traffic, s->path);
            letter = xcalloc(1, sizeof(*letter));
            letter->step = ZOOKEEPER_EVENT;
            letter->member = z;
            letter->spot = s->id;
            zookeeper_member_post(letter, m->now + zookeeper_member_way(z));
        }
}

/* -- its end --------------------------------------------------------------- */

static void answer_all(struct zookeeper_member *z)
{
    struct zookeeper_letter *letter;
    uint32_t n = 0;

    z->state = ZOOKEEPER_IS_AWAY; /* for what is asked in an answer */
    z->memory->advancing = true;
    while ((letter = take(z, zookeeper_letter_asks)) != NULL) {
        check(++n < ZOOKEEPER_LAST_ANSWERS_MAX);
        if (letter->step != ZOOKEEPER_REFUSED)
            zookeeper_letter_lost(letter);
        deliver(letter);
    }
    z->memory->advancing = false;
}

static bool any(const struct zookeeper_letter *letter)
{
    return letter != NULL;
}

void zookeeper_member_free(struct zookeeper_member *z)
{
    struct zookeeper_member **link = &z->memory->members;
    struct zookeeper_letter *letter;

    check(!z->memory->advancing);
    answer_all(z);
    while (*link != z)
        link = &(*link)->next;
    *link = z->next;
    while ((letter = take(z, any)) != NULL)
        zookeeper_letter_free(letter);
    drop_held(z);
    zookeeper_watches_clear(&z->watches);
    free(z);
}
