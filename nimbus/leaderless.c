/* leaderless.c - why a command finds no leader; see leaderless.h. */
#include "nimbus/leaderless.h"
#include <stdio.h>

bool leaderless_is_known(const char *leader, const char *trouble)
{
    return *leader != '\0' && *trouble == '\0';
}

static int put_who_leads(char text[LEADERLESS_TEXT], const char *leader,
                         const char *trouble)
{
    if (leaderless_is_known(leader, trouble))
        return snprintf(text, LEADERLESS_TEXT, "%s leads and cannot be reached",
                        leader);
    if (*leader != '\0')
        return snprintf(text, LEADERLESS_TEXT,
                        "it is not known which nimbus leads, %s did last: "
                        "ZooKeeper does not answer: %s",
                        leader, trouble);
    return snprintf(
        text, LEADERLESS_TEXT, "no nimbus leads%s%s",
        *trouble == '\0' ? "" : ", and ZooKeeper does not answer: ", trouble);
}

void leaderless_text(char text[LEADERLESS_TEXT], const char *leader,
                     const char *trouble)
{
    int n = put_who_leads(text, leader, trouble);

    if (n < LEADERLESS_TEXT)
        snprintf(text + n, (size_t)(LEADERLESS_TEXT - n),
                 "; supervisors and topologies are known to who leads alone: "
                 "what runs goes on");
}
