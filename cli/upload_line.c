/* upload_line.c - a line that says how much is sent; see upload_line.h. */
#include "cli/upload_line.h"
#include "cli/human.h"

void upload_line_init(struct upload_line *p, FILE *out, uint64_t total)
{
    *p = (struct upload_line){.out = out, .total = total};
}

bool upload_line_step(struct upload_line *p, uint64_t n, int64_t now)
{
    p->done += n;
    if (p->out == NULL || p->total <= UPLOAD_LINE_LEAST || p->done >= p->total)
        return false;
    return !p->shown || now - p->shown_at >= UPLOAD_LINE_EVERY_NS;
}

void upload_line_text(const struct upload_line *p, char *buffer, size_t size)
{
    char done[HUMAN_MAX], total[HUMAN_MAX];

    snprintf(buffer, size, "sent %s of %s bytes",
             human_number(done, (double)p->done),
             human_number(total, (double)p->total));
}

void upload_line_add(struct upload_line *p, uint64_t n, int64_t now)
{
    char text[100];

    if (!upload_line_step(p, n, now))
        return;
    upload_line_text(p, text, sizeof(text));
    fprintf(p->out, "\r%s\033[K\r", text);
    fflush(p->out);
    p->shown = true;
    p->shown_at = now;
}

void upload_line_clear(struct upload_line *p)
{
    if (!p->shown)
        return;
    fputs("\r\033[K", p->out);
    fflush(p->out);
    p->shown = false;
}
