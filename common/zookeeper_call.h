/*
 * zookeeper_call.h - a request to real servers, from the call to the answer.
 *
 * It lives until the library has let go of it, which may be after its user was
 * answered (deadline).
 */
#ifndef GALE_ZOOKEEPER_CALL_H
#define GALE_ZOOKEEPER_CALL_H

#include "common/zookeeper.h"
#include "common/zookeeper_mail.h"

#define ZOOKEEPER_NOT_SENT UINT64_C(0) /* the handle of a call */

struct zookeeper_call {
    struct zookeeper_call *next;
    struct zookeeper_box *box; /* constant: also for the library's threads */
    enum zookeeper_kind kind;
    struct zookeeper_then then;
    const char *root; /* constant, too */
    char *path;       /* of a read, with the root */
    uint64_t spot;    /* of a read with a watch; 0: without */
    bool watching;    /* it asks for the watch of a node that is missing */
    bool watched;     /* that is set */
    bool syncs;       /* it asks for nothing but the leader of the servers */
    int64_t sent;     /* when the last of its requests was */
    int64_t deadline;
    uint64_t handle; /* by which it was sent */
    bool told;       /* what comes yet is for nobody */
    uint32_t n;      /* of a multi */
    zoo_op_result_t *results;
};

/* Of a request that zookeeper_request_check() has passed. The root outlives
 * it. */
struct zookeeper_call *zookeeper_call_new(struct zookeeper_box *box,
                                          const struct zookeeper_request *r,
                                          const char *root, uint64_t spot);
void zookeeper_call_free(struct zookeeper_call *call);

/* The request, which is a write: to the library, with the ACL of what is
 * created. What it says. */
int zookeeper_call_write(struct zookeeper_call *call, zhandle_t *zh,
                         const struct zookeeper_request *r, const char *root,
                         const struct ACL_vector *acl);
/* The next request of a call that reads. */
int zookeeper_call_read(struct zookeeper_call *call, zhandle_t *zh);

/*
 * A read with a watch takes several requests: whether there must be another
 * after this reply; then zookeeper_call_read() sends it.
 */
bool zookeeper_call_goes_on(struct zookeeper_call *call,
                            const struct zookeeper_mail *reply);

/* The reply, as the user sees it; it points into the reply, whose children are
 * sorted. */
void zookeeper_call_answer(const struct zookeeper_call *call,
                           struct zookeeper_mail *reply,
                           struct zookeeper_answer *answer);

/* Asks that leader to let the server catch up with it; what the library says.
 */
int zookeeper_call_sync(struct zookeeper_call *call, zhandle_t *zh);

/* Whether its answer comes from most of the servers. What is read, one of them
 * answers alone, for some seconds also when it is cut off from the others, for
 * whom the session may be over. */
bool zookeeper_call_proves(const struct zookeeper_call *call);

/* A server has said so, and not the library. */
bool zookeeper_call_from_server(int rc);

/* For who gets no answer. */
enum zookeeper_result zookeeper_call_unanswered(
    const struct zookeeper_call *call);

/* ROOT and the path below it; the caller's to free. */
char *zookeeper_call_path(const char *root, const char *path);

#endif
