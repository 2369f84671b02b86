/* damaged_manifest.c - broken: its manifest has a line of another form. */
#include <gale/abi.h>

GALE_RETAIN_ static const char good[] = "gale:0:bolt:fine";
GALE_RETAIN_ static const char bad[] = "gale:0:bolt:not\na name";
