/* kafka_topics.c - see kafka_topics.h. */
#include "connectors/kafka_topics.h"
#include "connectors/must.h"

enum { NAME_MAX_BYTES = 249 }; /* Kafka's own limit */

bool kafka_topics_is_name(gale_str text)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '\0' || strchr(legal, text.data[i]) == NULL)
            return false;
    return text.size > 0 && text.size <= NAME_MAX_BYTES;
}

static bool add(struct kafka_topics *t, char *word, char *text, size_t size)
{
    struct kafka_topic_rule *rule;
    char why[100];
    int error = 0;

    t->rules = must_alloc(t->rules, (t->n + 1) * sizeof(*t->rules));
    rule = &t->rules[t->n];
    rule->is_pattern = word[0] == '^';
    if (rule->is_pattern)
        error = regcomp(&rule->pattern, word, REG_EXTENDED | REG_NOSUB);
    if (error != 0) {
        regerror(error, &rule->pattern, why, sizeof(why));
        snprintf(text, size, "option topics: the pattern %.200s is none: %s",
                 word, why);
        return false;
    }
    if (!rule->is_pattern &&
        !kafka_topics_is_name(gale_str_make(word, strlen(word)))) {
        snprintf(text, size,
                 "option topics: %.200s is no name of a topic; a pattern "
                 "begins with ^",
                 word);
        return false;
    }
    rule->text = strdup(word);
    t->n++;
    return true;
}

bool kafka_topics_init(struct kafka_topics *t, gale_str list, char *text,
                       size_t size)
{
    char *copy = must_alloc(NULL, list.size + 1), *rest = copy, *word;
    bool ok = true;

    t->rules = NULL;
    t->n = 0;
    memcpy(copy, list.data, list.size);
    copy[list.size] = '\0';
    while (ok && (word = strsep(&rest, "\n, \t")) != NULL)
        ok = word[0] == '\0' || add(t, word, text, size);
    free(copy);
    if (ok && t->n == 0)
        snprintf(text, size, "option topics names none");
    return ok && t->n > 0;
}

void kafka_topics_fini(struct kafka_topics *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->rules[i].text);
        if (t->rules[i].is_pattern)
            regfree(&t->rules[i].pattern);
    }
    free(t->rules);
    t->rules = NULL;
    t->n = 0;
}

bool kafka_topics_match(const struct kafka_topics *t, const char *topic)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct kafka_topic_rule *r = &t->rules[i];

        if (r->is_pattern ? regexec(&r->pattern, topic, 0, NULL, 0) == 0
                          : !strcmp(r->text, topic))
            return true;
    }
    return false;
}

bool kafka_topics_have_pattern(const struct kafka_topics *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->rules[i].is_pattern)
            return true;
    return false;
}
