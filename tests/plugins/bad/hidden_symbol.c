/* hidden_symbol.c - broken: the manifest names a descriptor that is not
 * exported. */
#include <gale/bolt.h>

GALE_MANIFEST(bolt, shy);
