/* SPDX-License-Identifier: Apache-2.0 */
/* test.h - what every cmocka test includes, in the order that cmocka wants. */
#ifndef JB_TESTS_API_TEST_H
#define JB_TESTS_API_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#endif
