/* number.c - strtod() and printf("%g") in the C locale; see number.h. */
#include "common/number.h"
#include "common/check.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t c_locale; /* made once, kept */

static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    check(c_locale != (locale_t)0);
}

double number_read(const char *text, char **end)
{
    pthread_once(&once, make_locale);
    return strtod_l(text, end, c_locale);
}

void number_write(double value, char text[NUMBER_TEXT_SIZE])
{
    locale_t before;

    pthread_once(&once, make_locale);
    before = uselocale(c_locale); /* of this thread */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, NUMBER_TEXT_SIZE, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    uselocale(before);
}
