/*
 * skeleton.h - the files of cli/skeleton/, which are part of the command.
 *
 * In a text, @NAME@ stands for the name of what is being made and @KIND@ for
 * bolt, spout or topology.
 */
#ifndef GALE_SKELETON_H
#define GALE_SKELETON_H

/* The text of cli/skeleton/FILE; there must be one. */
const char *skeleton_text(const char *file);

/* A copy, to be freed, with the place holders filled in. */
char *skeleton_fill(const char *text, const char *kind, const char *name);

#endif
