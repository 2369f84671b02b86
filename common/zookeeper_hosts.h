/*
 * zookeeper_hosts.h - the names of ZooKeeper's servers as addresses.
 *
 * The library would look names up itself, again and again, on the thread that
 * speaks with the server: while name servers are away, that one would say
 * nothing, and the session end, or it would try without a pause. So it gets
 * addresses, and names are looked up here.
 */
#ifndef GALE_ZOOKEEPER_HOSTS_H
#define GALE_ZOOKEEPER_HOSTS_H

/*
 * The addresses of "zk1:2181,zk2:2181" in the same form, sorted; names that are
 * not found are left out. To be freed. NULL: none is found; *why is one of
 * getaddrinfo()'s reasons. Blocks for as long as name servers take.
 */
char *zookeeper_hosts_find(const char *hosts, int *why);

#endif
