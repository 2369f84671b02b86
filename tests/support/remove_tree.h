/* remove_tree.h - a directory that a test has made goes, with all below it. */
#ifndef GALE_REMOVE_TREE_H
#define GALE_REMOVE_TREE_H

/* Links are not followed. 0; else -1 and errno: something stays. */
int remove_tree(const char *directory);

#endif
