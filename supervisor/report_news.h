/*
 * report_news.h - which reports of a worker the leader hears of at once; others
 * with the next of its supervisor's, which come every second. Pure.
 */
#ifndef GALE_REPORT_NEWS_H
#define GALE_REPORT_NEWS_H

#include "common/pack.h"

/* Reports as worker/worker_reports.c packs them. What is missing in one is
 * news. */
bool report_is_news(const msgpack_object *before, const msgpack_object *now);

#endif
