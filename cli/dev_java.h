/*
 * dev_java.h - what `gale dev-zookeeper` and `gale cluster` run: a Java
 * machine, and the server's jars as Debian installs them.
 */
#ifndef GALE_DEV_JAVA_H
#define GALE_DEV_JAVA_H

struct dev_java {
    char *java;       /* the program */
    char *class_path; /* the jars */
};

/* 0, or an exit status: what is missing has been said by that command, and how
 * to get it. jars: the directory; NULL: Debian's. Freed in any case. */
int dev_java_find(struct dev_java *j, const char *command, const char *jars);
void dev_java_free(struct dev_java *j);

#endif
