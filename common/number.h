/*
 * number.h - floating-point numbers as text, with a point in every locale.
 *
 * A program that embeds gale may have set a locale in which strtod() and
 * printf() use a comma; files and JSON never do.
 */
#ifndef GALE_NUMBER_H
#define GALE_NUMBER_H

enum { NUMBER_TEXT_SIZE = 32 };

/* As strtod(). */
double number_read(const char *text, char **end);

/* The shortest of the usual lengths that reads back as the same number. */
void number_write(double value, char text[NUMBER_TEXT_SIZE]);

#endif
