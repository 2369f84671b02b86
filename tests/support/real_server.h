/*
 * real_server.h - has GALE_ZOOKEEPER_SCRIPT (tests/servers/zookeeper.sh) do
 * something with the server in GALE_ZOOKEEPER_DIRECTORY.
 */
#ifndef GALE_REAL_SERVER_H
#define GALE_REAL_SERVER_H

/* "kill", "start", "pause" …: done when it returns; a failure if it fails. */
void real_server(const char *verb);

#endif
