/*
 * config_doc.h - the documents that come from the table of keys.
 */
#ifndef GALE_CONFIG_DOC_H
#define GALE_CONFIG_DOC_H

#include <stdio.h>

void config_doc_yaml(FILE *to);     /* conf/gale.yaml */
void config_doc_markdown(FILE *to); /* docs/configuration.md */

#endif
