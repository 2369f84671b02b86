/*
 * cmocka_all.h - cmocka with the headers that it wants before it, and without
 * its macro fail(), which would take the place of members of that name in
 * gale's tables; fail_msg() is there.
 */
#ifndef CMOCKA_ALL_H
#define CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail
#undef fail_msg
#define fail_msg(...)                                                          \
    (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#endif
