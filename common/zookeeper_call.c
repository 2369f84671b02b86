/* zookeeper_call.c - requests to real servers; see zookeeper_call.h. */
#include "common/zookeeper_call.h"
#include "topology-api/memory.h"
#include <string.h>

char *zookeeper_call_path(const char *root, const char *path)
{
    char *joined;

    if (*root != '\0' && strcmp(path, "/") == 0)
        return xstrdup(root);
    if (asprintf(&joined, "%s%s", root, path) < 0)
        memory_none_left();
    return joined;
}

struct zookeeper_call *zookeeper_call_new(struct zookeeper_box *box,
                                          const struct zookeeper_request *r,
                                          const char *root, uint64_t spot)
{
    struct zookeeper_call *call = xcalloc(1, sizeof(*call));

    call->box = box;
    call->kind = r->kind;
    call->then = r->then;
    call->spot = spot;
    call->root = root;
    if (r->path != NULL)
        call->path = zookeeper_call_path(root, r->path);
    if (r->kind == ZOOKEEPER_MULTI) {
        call->n = r->n;
        call->results = xcalloc(r->n, sizeof(call->results[0]));
    }
    return call;
}

void zookeeper_call_free(struct zookeeper_call *call)
{
    free(call->results);
    free(call->path);
    free(call);
}

/* -- to the library -------------------------------------------------------- */

static void op_init(zoo_op_t *op, const struct zookeeper_write *w,
                    const char *path, const struct ACL_vector *acl)
{
    if (w->kind == ZOOKEEPER_CREATE)
        zoo_create_op_init(op, path, w->data != NULL ? w->data : "",
                           (int)w->size, acl, (int)w->flags, NULL, 0);
    else if (w->kind == ZOOKEEPER_DELETE)
        zoo_delete_op_init(op, path, w->version);
    else if (w->kind == ZOOKEEPER_SET)
        zoo_set_op_init(op, path, w->data != NULL ? w->data : "", (int)w->size,
                        w->version, NULL);
    else
        zoo_check_op_init(op, path, w->version);
}

static int write_all(struct zookeeper_call *call, zhandle_t *zh,
                     const struct zookeeper_request *r, const char *root,
                     const struct ACL_vector *acl)
{
    zoo_op_t *ops = xcalloc(r->n, sizeof(*ops));
    char **paths = xcalloc(r->n, sizeof(*paths));
    int rc;

    for (uint32_t i = 0; i < r->n; i++) {
        paths[i] = zookeeper_call_path(root, r->writes[i].path);
        op_init(&ops[i], &r->writes[i], paths[i], acl);
    }
    rc = zoo_amulti(zh, (int)r->n, ops, call->results, zookeeper_mail_void,
                    call);
    for (uint32_t i = 0; i < r->n; i++)
        free(paths[i]);
    free(paths);
    free(ops);
    return rc;
}

int zookeeper_call_write(struct zookeeper_call *call, zhandle_t *zh,
                         const struct zookeeper_request *r, const char *root,
                         const struct ACL_vector *acl)
{
    const struct zookeeper_write *w = r->writes;
    const char *data = w->data != NULL ? w->data : "";
    char *path;
    int rc;

    if (r->kind == ZOOKEEPER_MULTI)
        return write_all(call, zh, r, root, acl);
    path = zookeeper_call_path(root, w->path);
    if (r->kind == ZOOKEEPER_CREATE)
        rc = zoo_acreate(zh, path, data, (int)w->size, acl, (int)w->flags,
                         zookeeper_mail_path, call);
    else if (r->kind == ZOOKEEPER_SET)
        rc = zoo_aset(zh, path, data, (int)w->size, w->version,
                      zookeeper_mail_stat, call);
    else
        rc = zoo_adelete(zh, path, w->version, zookeeper_mail_void, call);
    free(path);
    return rc;
}

static void *context(uint64_t spot)
{
    return (void *)(uintptr_t)spot;
}

int zookeeper_call_read(struct zookeeper_call *call, zhandle_t *zh)
{
    bool watch = call->spot != 0;

    if (call->watching || (watch && call->kind == ZOOKEEPER_EXISTS))
        return zoo_awexists(zh, call->path, zookeeper_mail_watch,
                            context(call->spot), zookeeper_mail_stat, call);
    if (call->kind == ZOOKEEPER_EXISTS)
        return zoo_aexists(zh, call->path, 0, zookeeper_mail_stat, call);
    if (call->kind == ZOOKEEPER_CHILDREN && watch)
        return zoo_awget_children2(zh, call->path, zookeeper_mail_watch,
                                   context(call->spot), zookeeper_mail_children,
                                   call);
    if (call->kind == ZOOKEEPER_CHILDREN)
        return zoo_aget_children2(zh, call->path, 0, zookeeper_mail_children,
                                  call);
    if (watch && !call->watched)
        return zoo_awget(zh, call->path, zookeeper_mail_watch,
                         context(call->spot), zookeeper_mail_data, call);
    return zoo_aget(zh, call->path, 0, zookeeper_mail_data, call);
}

int zookeeper_call_sync(struct zookeeper_call *call, zhandle_t *zh)
{
    call->syncs = true;
    return zoo_async(zh, call->path, zookeeper_mail_synced, call);
}

/* -- from the library ------------------------------------------------------ */

/* get and children set no watch on what is missing, exists does; and if the
 * node has come in between, it is read again. */
bool zookeeper_call_goes_on(struct zookeeper_call *call,
                            const struct zookeeper_mail *reply)
{
    if (call->spot == 0 || call->kind == ZOOKEEPER_EXISTS)
        return false;
    if (call->watching) {
        call->watching = false;
        call->watched = call->kind == ZOOKEEPER_GET;
        return reply->rc == ZOK;
    }
    call->watching = reply->rc == ZNONODE && !call->watched;
    return call->watching;
}

bool zookeeper_call_proves(const struct zookeeper_call *call)
{
    return call->syncs || zookeeper_kind_writes(call->kind);
}

bool zookeeper_call_from_server(int rc)
{
    return rc == ZOK || (rc < ZAPIERROR && rc != ZSESSIONEXPIRED &&
                         rc != ZAUTHFAILED && rc != ZCLOSING);
}

enum zookeeper_result zookeeper_call_unanswered(
    const struct zookeeper_call *call)
{
    return zookeeper_kind_writes(call->kind) &&
                   call->handle != ZOOKEEPER_NOT_SENT
               ? ZOOKEEPER_UNKNOWN
               : ZOOKEEPER_AWAY;
}

static enum zookeeper_result result_of(const struct zookeeper_call *call,
                                       int rc)
{
    switch (rc) {
    case ZOK:
        return ZOOKEEPER_OK;
    case ZNONODE:
        return ZOOKEEPER_NO_NODE;
    case ZNODEEXISTS:
        return ZOOKEEPER_NODE_EXISTS;
    case ZBADVERSION:
        return ZOOKEEPER_BAD_VERSION;
    case ZNOTEMPTY:
        return ZOOKEEPER_NOT_EMPTY;
    case ZNOCHILDRENFOREPHEMERALS:
        return ZOOKEEPER_NO_CHILDREN;
    case ZNOAUTH:
    case ZINVALIDACL:
        return ZOOKEEPER_NO_AUTH;
    case ZTHROTTLEDOP: /* it was not carried out */
        return ZOOKEEPER_AWAY;
    case ZSESSIONMOVED:
    case ZDATAINCONSISTENCY:
        return zookeeper_call_unanswered(call);
    default:
        return zookeeper_call_from_server(rc) ? ZOOKEEPER_FAILED
                                              : zookeeper_call_unanswered(call);
    }
}

/* Those before the one that failed and those behind it have other words for
 * not having been done. */
static uint32_t which_failed(const struct zookeeper_call *call, int rc)
{
    for (uint32_t i = 0; i < call->n; i++)
        if (call->results[i].err == rc)
            return i;
    return 0;
}

/* Below the root; NULL: there is none, or it is not there. */
static const char *own_path(const struct zookeeper_call *call, const char *path)
{
    size_t size = strlen(call->root);

    return path != NULL && strncmp(path, call->root, size) == 0 &&
                   path[size] == '/'
               ? path + size
               : NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void zookeeper_call_answer(const struct zookeeper_call *call,
                           struct zookeeper_mail *reply,
                           struct zookeeper_answer *answer)
{
    const char *path = own_path(call, reply->path);
    bool elsewhere = reply->path != NULL && path == NULL;

    if (reply->n_children > 0)
        qsort(reply->children, reply->n_children, sizeof(reply->children[0]),
              compare);
    *answer = (struct zookeeper_answer){
        .result = result_of(call, elsewhere ? ZDATAINCONSISTENCY : reply->rc),
        .path = path,
        .data = reply->data != NULL ? reply->data : "",
        .size = reply->size,
        .stat = reply->stat,
        .children = (const char *const *)reply->children,
        .n_children = reply->n_children,
        .failed = which_failed(call, reply->rc)};
}
