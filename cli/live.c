/*
 * live.c - one line on the terminal, refreshed while a topology runs.
 */
#include "cli/live.h"
#include "cli/human.h"
#include <string.h>
#include <sys/ioctl.h>

void live_init(struct live *live, FILE *out, int64_t now)
{
    *live = (struct live){.out = out, .started = now, .shown = now};
}

void live_text(char *buffer, size_t size, const struct totals *totals,
               double seconds, double rate)
{
    char per_second[HUMAN_MAX], acked[HUMAN_MAX], failed[HUMAN_MAX];
    char pending[HUMAN_MAX], p99[HUMAN_MAX] = "-";

    if (totals->p99 > 0)
        human_time(p99, (double)totals->p99);
    snprintf(buffer, size,
             "%.1f s  %s tuples/s  acked %s  failed %s  pending %s  p99 %s",
             seconds, human_number(per_second, rate),
             human_count(acked, totals->acked),
             human_count(failed, totals->failed),
             human_count(pending, totals->pending), p99);
}

void live_stopping_text(char *buffer, size_t size, const struct totals *totals,
                        const char *hint)
{
    char pending[HUMAN_MAX];

    snprintf(buffer, size, "stopping: %s pending; %s",
             human_count(pending, totals->pending), hint);
}

/* Where a part of the line ends. */
static bool is_border(const char *at)
{
    return *at == ';' || (at[0] == ' ' && at[1] == ' ');
}

void live_cut(char *text, uint32_t columns)
{
    char *border = NULL;
    uint32_t column = 0;

    for (; *text != '\0'; text++) {
        if (((unsigned char)*text & 0xc0) == 0x80)
            continue;
        if (is_border(text))
            border = text;
        if (++column < columns)
            continue;
        *(border != NULL ? border : text) = '\0';
        return;
    }
}

/* A line that wraps could not be wiped away. */
static void cut_to_width(char *text, FILE *out)
{
    struct winsize size;

    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        live_cut(text, size.ws_col);
}

void live_show(struct live *live, const struct totals *totals, int64_t now)
{
    char text[200];
    double interval = (double)(now - live->shown) / 1e9;
    double rate = 0;

    if (live->out == NULL)
        return;
    if (interval > 0)
        rate = (double)(totals->executed - live->executed) / interval;
    if (live->stopping != NULL)
        live_stopping_text(text, sizeof(text), totals, live->stopping);
    else
        live_text(text, sizeof(text), totals,
                  (double)(now - live->started) / 1e9, rate);
    cut_to_width(text, live->out);
    fprintf(live->out, "\r%s\033[K\r", text);
    fflush(live->out);
    live->shown = now;
    live->executed = totals->executed;
}

void live_clear(struct live *live)
{
    if (live->out == NULL)
        return;
    fputs("\r\033[K", live->out);
    fflush(live->out);
}
