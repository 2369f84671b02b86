/* flux_properties.c - a file of properties; see flux_properties.h. */
#include "common/flux_properties.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */

#include <stdbool.h>
#include <string.h>

/* A line with those that it goes on in, while it is taken apart. */
struct line {
    const char *at, *end; /* what is left of the file */
    uint32_t number;      /* of the line that it begins in, from 1 on */
    uint32_t next;        /* … and of the one that at is in */
    char *text;           /* one part at a time: name, value */
    size_t n;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static bool at_line_end(const struct line *l)
{
    return l->at == l->end || *l->at == '\n' || *l->at == '\r';
}

static void skip_blanks(struct line *l)
{
    while (l->at < l->end && is_blank(*l->at))
        l->at++;
}

static void skip_line_end(struct line *l)
{
    if (l->at == l->end)
        return;
    if (*l->at == '\r' && l->at + 1 < l->end && l->at[1] == '\n')
        l->at++;
    l->at++;
    l->next++;
}

/* -- characters ------------------------------------------------------------ */

static void put(struct line *l, char c)
{
    l->text[l->n++] = c; /* a part is never longer than the file */
}

/* As UTF-8; of halves of a pair, too, as Java writes what is beyond. */
static void put_code(struct line *l, uint32_t code)
{
    if (code < 0x80) {
        put(l, (char)code);
    } else if (code < 0x800) {
        put(l, (char)(0xc0 | code >> 6));
        put(l, (char)(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        put(l, (char)(0xe0 | code >> 12));
        put(l, (char)(0x80 | (code >> 6 & 0x3f)));
        put(l, (char)(0x80 | (code & 0x3f)));
    } else {
        put(l, (char)(0xf0 | code >> 18));
        put(l, (char)(0x80 | (code >> 12 & 0x3f)));
        put(l, (char)(0x80 | (code >> 6 & 0x3f)));
        put(l, (char)(0x80 | (code & 0x3f)));
    }
}

/* Four digits at l->at; -1 if they are none. */
static int32_t hex4(struct line *l)
{
    int32_t code = 0;

    if (l->end - l->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = *l->at++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0)
            return -1;
        code = code << 4 | digit;
    }
    return code;
}

/* Behind \u. NULL, or what is wrong. */
static const char *put_unicode(struct line *l)
{
    int32_t code = hex4(l);

    if (code < 0)
        return "\\u without four hexadecimal digits";
    if (code == 0)
        return "\\u0000, which no value may hold";
    if (code >= 0xd800 && code < 0xdc00) {
        int32_t low = -1;

        if (l->end - l->at >= 6 && l->at[0] == '\\' && l->at[1] == 'u') {
            l->at += 2;
            low = hex4(l);
        }
        if (low < 0xdc00 || low > 0xdfff)
            return "half of a pair of \\u";
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return "half of a pair of \\u";
    }
    put_code(l, (uint32_t)code);
    return NULL;
}

/* Behind a backslash. NULL, or what is wrong. */
static const char *put_escaped(struct line *l)
{
    static const char letters[] = "ntrf", meant[] = "\n\t\r\f";
    const char *letter;

    if (at_line_end(l)) {
        skip_line_end(l);
        skip_blanks(l);
        return NULL;
    }
    if (*l->at == 'u') {
        l->at++;
        return put_unicode(l);
    }
    letter = strchr(letters, *l->at);
    put(l, letter != NULL ? meant[letter - letters] : *l->at);
    l->at++;
    return NULL;
}

/* -- parts ----------------------------------------------------------------- */

/* A name ends at a blank, = or :; a value with its line. */
static const char *take_part(struct line *l, bool name)
{
    const char *wrong = NULL;

    l->n = 0;
    while (wrong == NULL && !at_line_end(l)) {
        char c = *l->at;

        if (name && (is_blank(c) || c == '=' || c == ':'))
            break;
        l->at++;
        if (c == '\\')
            wrong = put_escaped(l);
        else if (c == '\0')
            wrong = "a NUL byte";
        else
            put(l, c);
    }
    l->text[l->n] = '\0';
    return wrong;
}

static void skip_separator(struct line *l)
{
    skip_blanks(l);
    if (!at_line_end(l) && (*l->at == '=' || *l->at == ':'))
        l->at++;
    skip_blanks(l);
}

/* The line that begins at l->at, with its name and value. NULL, or what is
 * wrong. */
static const char *take_line(struct line *l, const char *place,
                             struct settings *to)
{
    const char *wrong = take_part(l, true);
    char *name = xstrdup(l->text);

    if (wrong == NULL && *name == '\0')
        wrong = "a value without a name";
    else if (wrong == NULL && settings_get(to, name) != NULL)
        wrong = "a name that is there before";
    if (wrong == NULL) {
        skip_separator(l);
        wrong = take_part(l, false);
    }
    if (wrong == NULL)
        settings_set_at(to, name, gale_string(l->text, l->n), place);
    free(name);
    return wrong;
}

static int take_all(struct line *l, const char *name, struct settings *to,
                    gale_err *error)
{
    char place[300];

    while (l->at < l->end) {
        const char *wrong = NULL;

        l->number = l->next;
        skip_blanks(l);
        if (l->at < l->end && (*l->at == '#' || *l->at == '!'))
            while (!at_line_end(l))
                l->at++;
        snprintf(place, sizeof(place), "%.250s:%u", name, l->number);
        if (!at_line_end(l))
            wrong = take_line(l, place, to);
        if (wrong != NULL)
            return error_set(error, "%s: found %s; expected NAME=VALUE", place,
                             wrong);
        skip_line_end(l);
    }
    return 0;
}

struct settings *flux_properties_read(const char *name, const char *text,
                                      size_t size, gale_err *error)
{
    struct settings *to = settings_new();
    struct line l = {.at = text, .end = text + size, .next = 1};
    int result;

    l.text = xmalloc(size + 1);
    result = take_all(&l, name, to, error);
    free(l.text);
    if (result == 0)
        return to;
    settings_free(to);
    return NULL;
}
