/* status_page.h - the cluster on one page, as `gale status` shows it. */
#ifndef GALE_STATUS_PAGE_H
#define GALE_STATUS_PAGE_H

#include "common/pack.h"
#include <stdio.h>

/* status: what nimbus has answered to "status". */
void status_page(FILE *out, const msgpack_object *status);

#endif
