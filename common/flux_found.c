/* flux_found.c - what is wrong with a topology in YAML, and where. */
#include "common/flux_in.h"
#include "topology-api/memory.h"
#include "topology-api/text_buffer.h"

#include <ctype.h>
#include <string.h>

void *flux_keep(struct flux *f, void *block)
{
    return yaml_tree_keep(f->kept, block);
}

const char *flux_place(struct flux *f, struct flux_at at)
{
    char place[1200];

    snprintf(place, sizeof(place), "%.1000s:%u:%u", at.file->path,
             at.node->line, at.node->column);
    return flux_keep(f, xstrdup(place));
}

/* What stands behind "path:", as a number and a colon; NULL: none does. */
static const char *take_number(const char *text, uint32_t *number)
{
    char *end;

    if (!isdigit((unsigned char)*text))
        return NULL;
    *number = (uint32_t)strtoul(text, &end, 10);
    return *end == ':' ? end + 1 : NULL;
}

/* Sentences of the topology's check have their place in front. */
static void find_place(const struct flux *f, struct flux_finding *finding)
{
    for (uint32_t i = 0; i < f->n_files; i++) {
        size_t size = strlen(f->files[i]->path);
        const char *rest = finding->text + size + 1;

        if (strncmp(finding->text, f->files[i]->path, size) ||
            finding->text[size] != ':')
            continue;
        finding->file = i;
        rest = take_number(rest, &finding->line);
        if (rest != NULL)
            take_number(rest, &finding->column);
        return;
    }
}

void flux_found(struct flux *f, bool is_error, const char *text)
{
    struct flux_finding finding = {.is_error = is_error, .text = xstrdup(text)};

    f->n_errors += is_error;
    if (f->n_findings == FLUX_FOUND_MAX) {
        free(finding.text);
        return;
    }
    find_place(f, &finding);
    f->findings = xreallocarray(f->findings, (size_t)f->n_findings + 1,
                                sizeof(*f->findings));
    f->findings[f->n_findings++] = finding;
}

int flux_wrong(struct flux *f, struct flux_at at, const char *format, ...)
{
    struct text_buffer text;
    char sentence[1024];
    va_list args;

    text_buffer_init(&text, sentence, sizeof(sentence));
    text_buffer_put(&text, "%s: ", flux_place(f, at));
    va_start(args, format);
    text_buffer_vput(&text, format, args);
    va_end(args);
    flux_found(f, true, sentence);
    return -1;
}

static bool comes_before(const struct flux_finding *a,
                         const struct flux_finding *b)
{
    if (a->file != b->file)
        return a->file < b->file;
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* They are few, and mostly in order. */
void flux_sort(struct flux *f)
{
    for (uint32_t i = 1; i < f->n_findings; i++) {
        struct flux_finding finding = f->findings[i];
        uint32_t j = i;

        for (; j > 0 && comes_before(&finding, &f->findings[j - 1]); j--)
            f->findings[j] = f->findings[j - 1];
        f->findings[j] = finding;
    }
}
