/* progress.c - a line that says how much is done; see progress.h. */
#include "cli/progress.h"
#include "cli/human.h"

void progress_init(struct progress *p, FILE *out, uint64_t total)
{
    *p = (struct progress){.out = out, .total = total};
}

bool progress_step(struct progress *p, uint64_t n, int64_t now)
{
    p->done += n;
    if (p->out == NULL || p->total <= PROGRESS_LEAST || p->done >= p->total)
        return false;
    return !p->shown || now - p->shown_at >= PROGRESS_EVERY_NS;
}

void progress_text(const struct progress *p, char *buffer, size_t size)
{
    char done[HUMAN_MAX], total[HUMAN_MAX];

    snprintf(buffer, size, "sent %s of %s bytes",
             human_number(done, (double)p->done),
             human_number(total, (double)p->total));
}

void progress_add(struct progress *p, uint64_t n, int64_t now)
{
    char text[100];

    if (!progress_step(p, n, now))
        return;
    progress_text(p, text, sizeof(text));
    fprintf(p->out, "\r%s\033[K\r", text);
    fflush(p->out);
    p->shown = true;
    p->shown_at = now;
}

void progress_clear(struct progress *p)
{
    if (!p->shown)
        return;
    fputs("\r\033[K", p->out);
    fflush(p->out);
    p->shown = false;
}
