/*
 * coverage_exit.c - in builds for coverage: a process that ends by _exit(), as
 * the run of a seed does, leaves what it has counted, too.
 *
 * The linker leads calls of _exit() here (--wrap, in the Makefile).
 */
#ifdef GALE_COVERAGE

void __gcov_dump(void);
void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}

#else

typedef int nothing; /* a file has to have something */

#endif
