/*
 * link_socket.h - a descriptor of the network that a carrier watches for one of
 * its executors. The carrier's own.
 */
#ifndef GALE_LINK_SOCKET_H
#define GALE_LINK_SOCKET_H

#include "worker/carrier.h"

struct link_socket {
    struct carrier_watch watch;
    struct executor *executor; /* runs when there is something */
    int fd;                    /* -1: none */
    uint32_t armed;            /* events that it waits for, once */
    uint32_t ready;            /* events that came, until they are taken */
};

void link_socket_init(struct link_socket *s, struct executor *e);
/* It is the socket's from here on. */
void link_socket_use(struct link_socket *s, int fd);
/* Wait for these events, unless it does; false and errno. */
bool link_socket_await(struct link_socket *s, uint32_t events);
/* Events since it was asked last. */
uint32_t link_socket_take(struct link_socket *s);
/* Watches it no more; it is the caller's again. */
int link_socket_release(struct link_socket *s);
/* Harmless if there is none. */
void link_socket_close(struct link_socket *s);

#endif
