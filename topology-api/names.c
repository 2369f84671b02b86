/* names.c - which names are allowed, and which known one somebody meant. */
#include "topology-api/names.h"
#include <ctype.h>
#include <stdio.h>

static bool allowed(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool names_valid(const char *name)
{
    size_t n = 0;

    if (name == NULL || !strncmp(name, "__", 2))
        return false;
    while (n <= NAMES_MAX && allowed((unsigned char)name[n]))
        n++;
    return n > 0 && n <= NAMES_MAX && name[n] == '\0';
}

static int refuse(const char *what, const char *name, const char *rule,
                  gale_err *error)
{
    char text[128];

    if (name == NULL)
        return error_set(error, "%s has no name (NULL); expected %s", what,
                         rule);
    return error_set(error, "%s %s is no valid name; expected %s", what,
                     value_text(gale_cstr(name), text, sizeof(text)), rule);
}

int names_check(const char *what, const char *name, gale_err *error)
{
    return names_valid(name) ? 0 : refuse(what, name, NAMES_RULE, error);
}

int names_check_component(const char *id, gale_err *error)
{
    return names_valid(id) && *id != '.'
               ? 0
               : refuse("a component's id", id, NAMES_COMPONENT_RULE, error);
}

bool names_topology_valid(const char *name, size_t size)
{
    if (size < 1 || size > NAMES_TOPOLOGY_MAX || name[0] == '_' ||
        name[0] == '-')
        return false;
    for (size_t i = 0; i < size; i++)
        if (!allowed((unsigned char)name[i]) || name[i] == '.')
            return false;
    return true;
}

int names_check_topology(const char *name, gale_err *error)
{
    return name != NULL && names_topology_valid(name, strlen(name))
               ? 0
               : refuse("a topology's name", name, NAMES_TOPOLOGY_RULE, error);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters must be changed, added, left out or swapped with their
 * neighbour to get from a to b, no matter their case. */
static unsigned distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    unsigned rows[3][NAMES_MAX + 1]; /* rows[i % 3][j]: of a[0…i) and b[0…j) */

    for (size_t i = 0; i <= n_a; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= n_b; j++) {
            int x = i > 0 ? tolower((unsigned char)a[i - 1]) : 0;
            int y = tolower((unsigned char)b[j - 1]);

            row[j] = row[j - 1] + 1;
            if (i == 0)
                continue;
            row[j] = least(row[j], above[j] + 1);
            row[j] = least(row[j], above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]))
                row[j] = least(row[j], rows[(i + 1) % 3][j - 2] + 1);
        }
    }
    return rows[n_a % 3][n_b];
}

void names_start(struct names_nearest *nearest, const char *wanted)
{
    size_t n = strlen(wanted);

    nearest->wanted = wanted;
    nearest->best[0] = '\0';
    nearest->distance = n < 3 ? 2 : 2 + (unsigned)n / 4; /* too far */
}

void names_consider(struct names_nearest *nearest, const char *known)
{
    size_t n_wanted = strlen(nearest->wanted), n_known = strlen(known);
    unsigned far;

    if (n_wanted > NAMES_MAX || n_known > NAMES_MAX || n_known == 0)
        return;
    far = distance(nearest->wanted, n_wanted, known, n_known);
    if (far < nearest->distance && far < n_wanted) {
        nearest->distance = far;
        memcpy(nearest->best, known, n_known + 1);
    }
}

const char *names_hint(struct names_nearest *nearest)
{
    if (nearest->best[0] == '\0')
        return "";
    snprintf(nearest->hint, sizeof(nearest->hint), "; did you mean \"%s\"?",
             nearest->best);
    return nearest->hint;
}
