/*
 * letter_rule.h - when a message that failed is not tried any more. Pure.
 */
#ifndef GALE_LETTER_RULE_H
#define GALE_LETTER_RULE_H

#include <stdbool.h>
#include <stdint.h>

struct letter_rule {
    uint32_t max_replays; /* gale.topology.max.replays; 0: no limit */
    bool kept;            /* gale.topology.dead.letter says where */
};

/* Does anybody ask why a message failed? */
static inline bool letter_rule_asks(struct letter_rule rule)
{
    return rule.kept || rule.max_replays > 0;
}

/* It has failed so often, the last time as poison or not: is that enough? */
static inline bool letter_rule_ends(struct letter_rule rule, uint32_t failures,
                                    bool poison)
{
    if (poison && letter_rule_asks(rule))
        return true;
    return rule.max_replays > 0 && failures > rule.max_replays;
}

#endif
