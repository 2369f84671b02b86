/*
 * gale/abi.h - what a plugin and its host agree on before any code runs.
 *
 * A plugin is a shared object that links nothing of gale. It exports `const`
 * descriptors (gale/spout.h, gale/bolt.h, gale/grouping.h, gale/topology.h),
 * and every handle that the host passes to a callback begins with a pointer to
 * a table of host functions whose first member is the table's size. The inline
 * functions of these headers only call through those tables, so a binding for
 * another language needs the structs alone.
 *
 * Manifest. The GALE_… macros also put one line of text per descriptor into
 * the ELF section "gale_manifest": `gale:ABI:KIND:ID` and a NUL byte, KIND one
 * of spout, bolt, grouping, hook, invariant, topology. The host reads it from
 * the file, so a file of another ABI is refused before any of its code runs.
 * The descriptor itself is the exported symbol `gale_KIND_ID`. A linker that is
 * told to drop what nothing refers to (--gc-sections, as by Rust's compiler)
 * drops that section, too, unless a symbol in it is exported:
 *
 *     #[no_mangle] #[used] #[link_section = "gale_manifest"]
 *     pub static gale_manifest_shout: [u8; 18] = *b"gale:0:bolt:shout\0";
 *
 * Pointers of a descriptor lead to memory that stays: constant, or made at run
 * time by what the loader calls. A text ends within 64 KiB. The host looks
 * whether it can read there before it follows one, so that a wrong pointer is
 * an error with the name of the member.
 *
 * Versions. GALE_ABI changes when a struct changes in another way than growing
 * at its end; it is 0 until connectors, windows and state have used it. Within
 * one ABI number a host accepts a shorter (older) descriptor and treats the
 * missing members as absent; a longer (newer) one is accepted as far as the
 * host knows it. `host_needs` is the least size of the task's host table that
 * the plugin calls into: a host with a shorter one refuses the plugin, so the
 * inline functions test nothing.
 *
 * Nothing here locks, allocates or fails.
 */
#ifndef GALE_ABI_H
#define GALE_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define GALE_EXTERN extern "C"
#define GALE_BEGIN_DECLS extern "C" {
#define GALE_END_DECLS }
#else
#define GALE_EXTERN extern
#define GALE_BEGIN_DECLS
#define GALE_END_DECLS
#endif

#define GALE_ABI 0
#define GALE_VERSION "0.1.0"

/* Leave a symbol visible where the rest is built with -fvisibility=hidden. */
#define GALE_EXPORT __attribute__((visibility("default")))
#define GALE_MUST_CHECK __attribute__((warn_unused_result))
#define GALE_PRINTF(text_, args_)                                              \
    __attribute__((__format__(__printf__, text_, args_)))

#define GALE_TEXT_(x) #x
#define GALE_TEXT(x) GALE_TEXT_(x)
#if defined(__has_attribute)
#if __has_attribute(retain)
#define GALE_RETAIN_                                                           \
    __attribute__((used, retain, aligned(1), section("gale_manifest")))
#endif
#endif
#ifndef GALE_RETAIN_
#define GALE_RETAIN_ __attribute__((used, aligned(1), section("gale_manifest")))
#endif

/* One line of the manifest; the descriptor macros write it for you. */
#define GALE_MANIFEST(kind, id)                                                \
    GALE_RETAIN_ static const char gale_manifest_##kind##_##id[] =             \
        "gale:" GALE_TEXT(GALE_ABI) ":" #kind ":" #id

/*
 * What a callback returns is policy; the host acts on it.
 *
 * For `execute` the word is about the input tuple; for `open`, `prepare`,
 * `next` and the others every result but GALE_OK and GALE_DROP is an error
 * whose text is what gale_error() set. A value outside this list is fatal.
 */
typedef enum gale_result {
    GALE_OK = 0,     /* done; the input is acked unless it is held */
    GALE_DROP = 1,   /* acked, and counted as dropped on purpose */
    GALE_RETRY = 2,  /* failed: the spout is told and may emit it again; the
                       host may also run `execute` again */
    GALE_POISON = 3, /* this input can never succeed: failed, counted as
                        poison and reported as an error */
    GALE_FATAL = 4,  /* the worker stops with the text of gale_error() */
    /* Reserved for checkpoints and sinks; fatal until these exist. */
    GALE_AGAIN = 5,
    GALE_ALREADY = 6,
    GALE_FENCED = 7,
} gale_result;

/* What a component cannot do without and a simulated world does not have: with
 * such a component, a run from a seed (`gale local --seed`) is refused. */
typedef enum gale_needs {
    GALE_NEEDS_NETWORK = 1u << 0, /* a real server, or real time */
} gale_needs;

/* Names a message to its spout; compared bit by bit, {0, 0} is a valid id. */
typedef struct gale_msgid {
    uint64_t hi;
    uint64_t lo;
} gale_msgid;

#endif
