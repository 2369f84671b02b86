/* config_scalar.c - words to values; see config_scalar.h. */
#include "common/config_scalar.h"
#include "common/number.h"
#include "topology-api/memory.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (!strcmp(text, *words))
            return true;
    return false;
}

static bool yaml_word(const char *text, gale_value *value)
{
    static const char *const nils[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", "yes", "Yes",
                                        "YES",  "on",   "On",   "ON",  NULL};
    static const char *const falses[] = {
        "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", NULL};

    if (is_one_of(text, nils))
        *value = gale_nil();
    else if (is_one_of(text, trues))
        *value = gale_bool(true);
    else if (is_one_of(text, falses))
        *value = gale_bool(false);
    else
        return false;
    return true;
}

static bool yaml_special(const char *text, gale_value *value)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    bool minus = text[0] == '-';

    if (is_one_of(text, nans))
        *value = gale_float(NAN);
    else if (is_one_of(text + (minus || text[0] == '+'), infinities))
        *value = gale_float(minus ? -INFINITY : INFINITY);
    else
        return false;
    return true;
}

static size_t span(const char *text, const char *digits)
{
    return strspn(text, digits);
}

static const char decimal[] = "0123456789";

/* Behind an exponent, or where it would begin; NULL if it is broken. */
static const char *skip_exponent(const char *p)
{
    if (*p != 'e' && *p != 'E')
        return p;
    p++;
    if (*p == '+' || *p == '-')
        p++;
    return isdigit((unsigned char)*p) ? p + span(p, decimal) : NULL;
}

/* digits [. digits] [exponent] or . digits [exponent], with one of the two. */
static bool looks_float(const char *p)
{
    size_t before, behind = 0;
    bool point;
    const char *rest;

    p += *p == '+' || *p == '-';
    before = span(p, decimal);
    p += before;
    point = *p == '.';
    if (point) {
        p++;
        behind = span(p, decimal);
        p += behind;
    }
    if (before + behind == 0)
        return false;
    rest = skip_exponent(p);
    return rest && *rest == 0 && (point || rest != p);
}

/* 2, 8, 10 or 16 if the word is an integer, else 0. *digits: where they are. */
static int integer_base(const char *text, const char **digits)
{
    static const struct {
        const char *prefix, *allowed;
        int base;
    } forms[] = {
        {"0x", "0123456789abcdefABCDEF", 16},
        {"0o", "01234567", 8},
        {"0b", "01", 2},
    };
    const char *p = text + (*text == '+' || *text == '-');

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strncmp(p, forms[i].prefix, 2))
            continue;
        *digits = p + 2;
        p += 2;
        return *p && p[span(p, forms[i].allowed)] == 0 ? forms[i].base : 0;
    }
    *digits = p;
    if (!*p || p[span(p, decimal)] != 0)
        return 0;
    if (p[0] != '0' || p[1] == 0)
        return 10;
    return p[span(p, "01234567")] == 0 ? 8 : 0; /* 0600, as in YAML 1.1 */
}

static gale_value integer(const char *digits, int base, bool minus)
{
    unsigned long long magnitude;

    errno = 0;
    magnitude = strtoull(digits, NULL, base);
    if (errno == 0 && magnitude <= (unsigned long long)INT64_MAX)
        return gale_int(minus ? -(int64_t)magnitude : (int64_t)magnitude);
    if (errno == 0 && minus && magnitude == 1ull << 63)
        return gale_int(INT64_MIN);
    if (base == 10) {
        double f = number_read(digits, NULL);

        return gale_float(minus ? -f : f);
    }
    return gale_float(minus ? -INFINITY : INFINITY);
}

static bool number(const char *text, gale_value *value)
{
    const char *digits;
    int base = integer_base(text, &digits);

    if (base)
        *value = integer(digits, base, text[0] == '-');
    else if (looks_float(text))
        *value = gale_float(number_read(text, NULL));
    else
        return false;
    return true;
}

/* YAML 1.1 groups digits by underscores: 10_000. NULL if there are none, or the
 * word does not begin as a number does. */
static char *without_underscores(const char *text, size_t size)
{
    const char *p = text + (*text == '+' || *text == '-');
    char *copy, *to;

    if (!isdigit((unsigned char)*p) || !strchr(text, '_') ||
        !strncmp(p, "0_", 2)) /* or 0_x1 would be 0x1 */
        return NULL;
    copy = to = xmalloc(size + 1);
    for (p = text; *p; p++)
        if (*p != '_')
            *to++ = *p;
    *to = 0;
    return copy;
}

/* Digits behind zeros; a single one that octal has is the same in both. */
bool config_scalar_is_ambiguous(const char *text)
{
    const char *p = text + (*text == '+' || *text == '-'), *digits;

    digits = p + span(p, "0_");
    return *p == '0' && digits > p && isdigit((unsigned char)*digits) &&
           digits[span(digits, "0123456789_")] == '\0' &&
           (digits[1] != '\0' || *digits > '7');
}

gale_value config_scalar_yaml(const char *text, size_t size)
{
    gale_value value;
    char *grouped;
    bool found;

    if (strlen(text) != size) /* a NUL byte: no word of YAML's */
        return gale_string(text, size);
    if (yaml_word(text, &value) || yaml_special(text, &value) ||
        number(text, &value))
        return value;
    grouped = without_underscores(text, size);
    found = grouped && number(grouped, &value);
    free(grouped);
    return found ? value : gale_string(text, size);
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool is_json_number(const char *p)
{
    size_t n;

    p += *p == '-';
    n = span(p, decimal);
    if (n == 0 || (n > 1 && *p == '0'))
        return false;
    p += n;
    if (*p == '.') {
        n = span(++p, decimal);
        if (n == 0)
            return false;
        p += n;
    }
    p = skip_exponent(p);
    return p && *p == 0;
}

bool config_scalar_json(const char *text, size_t size, gale_value *value)
{
    if (strlen(text) != size)
        return false;
    if (!strcmp(text, "null"))
        *value = gale_nil();
    else if (!strcmp(text, "true") || !strcmp(text, "false"))
        *value = gale_bool(text[0] == 't');
    else
        return is_json_number(text) && number(text, value);
    return true;
}
