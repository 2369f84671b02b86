/* zookeeper_letter.c - requests and answers in memory; see
 * zookeeper_letter.h. */
#include "common/zookeeper_letter.h"
#include "topology-api/memory.h"
#include <string.h>

struct zookeeper_letter *zookeeper_letter_new(
    const struct zookeeper_request *request)
{
    struct zookeeper_letter *letter = xcalloc(1, sizeof(*letter));

    letter->kind = request->kind;
    letter->then = request->then;
    letter->n_writes = request->n;
    letter->path = request->path != NULL ? xstrdup(request->path) : NULL;
    letter->writes = xcalloc(request->n, sizeof(letter->writes[0]));
    for (uint32_t i = 0; i < request->n; i++) {
        struct zookeeper_write *w = &letter->writes[i];

        *w = request->writes[i];
        w->path = xstrdup(w->path);
        w->data = xstrndup(w->data, w->size);
    }
    return letter;
}

void zookeeper_letter_free(struct zookeeper_letter *letter)
{
    for (uint32_t i = 0; i < letter->n_writes; i++) {
        free((void *)letter->writes[i].path);
        free((void *)letter->writes[i].data);
    }
    for (uint32_t i = 0; i < letter->answer.n_children; i++)
        free((void *)letter->children[i]);
    free(letter->children);
    free(letter->writes);
    free(letter->path);
    free(letter->data);
    free(letter);
}

bool zookeeper_letter_asks(const struct zookeeper_letter *letter)
{
    return letter->step <= ZOOKEEPER_REFUSED;
}

void zookeeper_letter_lost(struct zookeeper_letter *letter)
{
    letter->answer.result = zookeeper_kind_writes(letter->kind)
                                ? ZOOKEEPER_UNKNOWN
                                : ZOOKEEPER_AWAY;
}

/* -- the ensemble ---------------------------------------------------------- */

static void answer_write(struct zookeeper_letter *letter,
                         const struct zookeeper_outcome *outcome)
{
    struct zookeeper_answer *answer = &letter->answer;

    answer->result = outcome->result;
    answer->failed = outcome->failed;
    if (outcome->node == NULL || letter->kind == ZOOKEEPER_MULTI)
        return;
    answer->stat = outcome->node->stat;
    letter->path = xstrdup(outcome->node->path);
    answer->path = letter->path;
}

static void answer_children(struct zookeeper_letter *letter,
                            const struct zookeeper_node *node)
{
    uint32_t n = (uint32_t)node->stat.n_children;

    letter->children = xcalloc(n, sizeof(letter->children[0]));
    for (uint32_t i = 0; i < n; i++)
        letter->children[i] = xstrdup(zookeeper_tree_name(node->children[i]));
    letter->answer.children = letter->children;
    letter->answer.n_children = n;
}

static void answer_read(struct zookeeper_letter *letter,
                        const struct zookeeper_node *node)
{
    struct zookeeper_answer *answer = &letter->answer;

    answer->result = node != NULL ? ZOOKEEPER_OK : ZOOKEEPER_NO_NODE;
    if (node == NULL)
        return;
    answer->stat = node->stat;
    if (letter->kind == ZOOKEEPER_CHILDREN)
        answer_children(letter, node);
    if (letter->kind != ZOOKEEPER_GET)
        return;
    letter->data = xstrndup(node->data, node->size);
    answer->data = letter->data;
    answer->size = node->size;
}

void zookeeper_letter_carry_out(struct zookeeper_letter *letter,
                                struct zookeeper_tree *tree, int64_t session)
{
    struct zookeeper_outcome outcome;

    if (!zookeeper_kind_writes(letter->kind)) {
        answer_read(letter, zookeeper_tree_find(tree, letter->path));
        return;
    }
    outcome =
        zookeeper_tree_write(tree, letter->writes, letter->n_writes, session);
    answer_write(letter, &outcome);
}
