/* position_limits.h - how large a position of a spout may be, and the name of
 * its split. */
#ifndef GALE_POSITION_LIMITS_H
#define GALE_POSITION_LIMITS_H

#define POSITION_SPLIT_MAX 255u
#define POSITION_BYTES_MAX 4096u

#endif
