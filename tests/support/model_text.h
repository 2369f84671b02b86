/*
 * model_text.h - all that can be seen of a model, as text: two models that say
 * the same are equal, wherever their plugins lie.
 */
#ifndef TESTS_MODEL_TEXT_H
#define TESTS_MODEL_TEXT_H

#include "topology-api/model.h"
#include <stdio.h>

void model_text(FILE *out, const struct model *m);

#endif
