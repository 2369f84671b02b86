/*
 * log.c - one line of text per event, whole and harmless; see log.h.
 *
 * A line is made on the stack of whoever logs and written by one fwrite() in
 * the monitor, so that lines of different threads never mix.
 */
#include "common/log.h"
#include "common/check.h"
#include "common/utf8.h"
#include "topology-api/memory.h"

#include <string.h>
#include <time.h>

struct log {
    struct env *env;
    FILE *to;
    char *topology;
    _Atomic int level;
    struct env_monitor *monitor; /* while a line is written */
};

/* Room for time, level, names and the text with every byte escaped. */
enum { LINE_MAX_BYTES = LOG_TEXT_MAX * 4 + 2 * 256 * 4 + 64 };

struct line {
    size_t size;
    char text[LINE_MAX_BYTES];
};

struct log *log_new(struct env *env, FILE *to, const char *topology)
{
    struct log *l = xcalloc(1, sizeof(*l));

    l->env = env;
    l->to = to;
    l->topology = xstrdup(topology ? topology : "-");
    l->level = GALE_LOG_INFO;
    l->monitor = env->ops->monitor_new(env);
    return l;
}

void log_free(struct log *l)
{
    if (!l)
        return;
    l->env->ops->monitor_free(l->env, l->monitor);
    free(l->topology);
    free(l);
}

void log_set_level(struct log *l, gale_log_level level)
{
    atomic_store_explicit(&l->level, (int)level, memory_order_relaxed);
}

bool log_on(const struct log *l, gale_log_level level)
{
    return (int)level <= atomic_load_explicit(&l->level, memory_order_relaxed);
}

const char *log_level_name(gale_log_level level)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG"};

    return (size_t)level < sizeof(names) / sizeof(names[0]) ? names[level]
                                                            : "DEBUG";
}

bool log_level_read(const char *name, size_t size, gale_log_level *level)
{
    for (gale_log_level l = GALE_LOG_ERROR; l <= GALE_LOG_DEBUG; l++)
        if (size == strlen(log_level_name(l)) &&
            memcmp(name, log_level_name(l), size) == 0) {
            *level = l;
            return true;
        }
    return false;
}

static void put(struct line *line, const char *text, size_t size)
{
    check(size <= sizeof(line->text) - line->size);
    memcpy(line->text + line->size, text, size);
    line->size += size;
}

static void put_time(struct line *line, int64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    char text[64];
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    n += (size_t)snprintf(text + n, sizeof(text) - n, ".%03dZ ",
                          (int)(wall_us / 1000 % 1000));
    put(line, text, n);
}

static void put_escape(struct line *line, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    const char hex[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

    switch (byte) {
    case '\n':
        put(line, "\\n", 2);
        break;
    case '\r':
        put(line, "\\r", 2);
        break;
    case '\t':
        put(line, "\\t", 2);
        break;
    default:
        put(line, hex, sizeof(hex));
    }
}

/* U+0080 to U+009F are control characters, too. */
static bool is_harmless(uint32_t code)
{
    return code >= 0x20 && !(code >= 0x7f && code <= 0x9f);
}

static void put_escaped(struct line *line, const char *text, size_t size)
{
    uint32_t code;

    for (size_t i = 0; i < size;) {
        size_t n = utf8_next(text + i, size - i, &code);

        if (n > 0 && is_harmless(code)) {
            put(line, text + i, n);
            i += n;
        } else {
            put_escape(line, (unsigned char)text[i++]);
        }
    }
}

static void put_name(struct line *line, const char *name)
{
    size_t size = strlen(name);

    put_escaped(line, name, size < 256 ? size : 256);
    put(line, " ", 1);
}

/* Not in the middle of a character. */
static size_t cut_at(const char *text, size_t size)
{
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return size;
}

void log_write(struct log *l, gale_log_level level, const char *where,
               const char *text, size_t size)
{
    struct line line;
    bool cut = size > LOG_TEXT_MAX;

    line.size = 0;
    put_time(&line, l->env->ops->wall_us(l->env));
    put_name(&line, log_level_name(level));
    put_name(&line, l->topology);
    put_name(&line, where);
    put_escaped(&line, text, cut ? cut_at(text, LOG_TEXT_MAX) : size);
    if (cut)
        put(&line, "…", strlen("…"));
    put(&line, "\n", 1);
    env_enter(l->env, l->monitor);
    fwrite(line.text, 1, line.size, l->to);
    fflush(l->to);
    env_leave(l->env, l->monitor);
}

void log_format(struct log *l, gale_log_level level, const char *where,
                const char *format, ...)
{
    char text[LOG_TEXT_MAX + 8]; /* longer than a line takes: shows a cut */
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    check(n >= 0);
    log_write(l, level, where, text,
              (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}
