/* slot_reason.c - why a worker's process ended; see slot_reason.h. */
#include "supervisor/slot_reason.h"
#include "common/check.h"
#include "common/inherited.h"
#include "common/utf8.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text; /* what is not made of parts */
} reasons[] = {
    [SLOT_NO_REASON] = {"NONE", ""},
    [SLOT_NOT_WANTED] = {"NOT_WANTED",
                         "it was told to end: nothing is wanted here "
                         "any more"},
    [SLOT_ASSIGNMENT_CHANGED] = {"ASSIGNMENT_CHANGED",
                                 "it was told to end: the assignment has "
                                 "changed"},
    [SLOT_CLOSED] = {"CLOSED", "the worker has closed"},
    [SLOT_PROCESS_EXIT] = {"PROCESS_EXIT", NULL},
    [SLOT_PROCESS_SIGNAL] = {"PROCESS_SIGNAL", NULL},
    [SLOT_TERMINATED] = {"TERMINATED",
                         "the worker was told to end with SIGTERM, as `gale "
                         "kill_workers` does"},
    [SLOT_PROCESS_GONE] = {"PROCESS_GONE",
                           "the worker ended, of what is not known: it was "
                           "started by an earlier supervisor"},
    [SLOT_OUT_OF_MEMORY] = {"OUT_OF_MEMORY",
                            "the worker was killed for lack of memory"},
    [SLOT_START_TIMEOUT] = {"START_TIMEOUT", NULL},
    [SLOT_REPORT_TIMEOUT] = {"REPORT_TIMEOUT", NULL},
    [SLOT_START_FAILED] = {"START_FAILED", "the worker could not be started"},
    [SLOT_FETCH_FAILED] = {"FETCH_FAILED",
                           "the worker's files could not be fetched"},
};

enum slot_reason slot_reason_of(const struct slot_end *end)
{
    if (end->out_of_memory)
        return SLOT_OUT_OF_MEMORY;
    if (!end->known)
        return SLOT_PROCESS_GONE;
    if (end->signal == SIGTERM ||
        (end->signal == 0 && end->status == INHERITED_TERMINATED))
        return SLOT_TERMINATED;
    return end->signal != 0 ? SLOT_PROCESS_SIGNAL : SLOT_PROCESS_EXIT;
}

bool slot_reason_is_error(enum slot_reason reason)
{
    return reason != SLOT_NO_REASON && reason != SLOT_NOT_WANTED &&
           reason != SLOT_ASSIGNMENT_CHANGED && reason != SLOT_CLOSED &&
           reason != SLOT_TERMINATED;
}

const char *slot_reason_name(enum slot_reason reason)
{
    check((unsigned)reason < sizeof(reasons) / sizeof(reasons[0]));
    return reasons[reason].name;
}

/* Plugins put the text together, so that it may be anything. */
static size_t put_harmless(char *to, size_t room, const char *from)
{
    size_t n = 0, size = strlen(from);

    for (size_t at = 0; at < size;) {
        uint32_t code;
        size_t take = utf8_next(from + at, size - at, &code);
        bool harmless =
            take > 0 && code >= 0x20 && (code < 0x7f || code > 0x9f);

        if (n + (harmless ? take : 1) > room)
            break;
        if (harmless)
            memcpy(to + n, from + at, take);
        else
            to[n] = code == '\t' && take == 1 ? ' ' : '?';
        n += harmless ? take : 1;
        at += take > 0 ? take : 1;
    }
    to[n] = '\0';
    return n;
}

static int put_what(char *text, size_t size, enum slot_reason reason,
                    const struct slot_end *end)
{
    if (reason == SLOT_PROCESS_EXIT)
        return snprintf(text, size, "the worker ended with status %d",
                        end->status);
    return snprintf(text, size, "the worker was ended by signal %d (%s)",
                    end->signal, strsignal(end->signal));
}

static int put_timeout(char *text, size_t size, enum slot_reason reason,
                       int64_t ns)
{
    return snprintf(text, size,
                    reason == SLOT_START_TIMEOUT
                        ? "the worker did not report within %.3g s of its start"
                        : "the worker did not report for %.3g s",
                    (double)ns / 1e9);
}

void slot_reason_text(char text[SLOT_WHY_MAX], enum slot_reason reason,
                      const struct slot_end *end, int64_t ns,
                      const char *detail)
{
    int n;

    slot_reason_name(reason);
    if (reasons[reason].text != NULL)
        n = snprintf(text, SLOT_WHY_MAX, "%s", reasons[reason].text);
    else if (end != NULL)
        n = put_what(text, SLOT_WHY_MAX, reason, end);
    else
        n = put_timeout(text, SLOT_WHY_MAX, reason, ns);
    check(n >= 0 && n + 3 < (int)SLOT_WHY_MAX);
    if (detail == NULL || *detail == '\0')
        return;
    memcpy(text + n, ": ", 3);
    put_harmless(text + n + 2, SLOT_WHY_MAX - 1 - (size_t)n - 2, detail);
}
