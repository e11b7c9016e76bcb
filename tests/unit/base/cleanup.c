/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/cleanup.c. */
#include "base/cleanup.h"

#include "support.h"

#include <errno.h>
#include <fcntl.h>

static int scoped_fd(void)
{
    JB_CLEANUP(jb_closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void a_descriptor_closes_with_its_scope(void **state)
{
    int fd = scoped_fd();
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(errno, EBADF);
}

static void closing_marks_the_variable_and_keeps_errno(void **state)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    errno = EXDEV;
    jb_closep(&fd);
    assert_int_equal(fd, -1);
    jb_closep(&fd); /* nothing to close */
    fd = 1000000;   /* close fails */
    jb_closep(&fd);
    assert_int_equal(errno, EXDEV);
}

static void freeing_empties_the_variable_and_keeps_errno(void **state)
{
    char *text = strdup("x");
    assert_non_null(text);
    errno = EXDEV;
    jb_freep(&text);
    assert_null(text);
    jb_freep(&text);
    assert_int_equal(errno, EXDEV);
}

static void count_is_the_number_of_elements(void **state)
{
    const short numbers[7] = {0};
    assert_int_equal(JB_COUNT(numbers), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_descriptor_closes_with_its_scope),
        cmocka_unit_test(closing_marks_the_variable_and_keeps_errno),
        cmocka_unit_test(freeing_empties_the_variable_and_keeps_errno),
        cmocka_unit_test(count_is_the_number_of_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
